/* SPDX-License-Identifier: MIT */
/*
 * The guest's RAM: one range of guest-physical addresses from 0, backed by
 * one anonymous mapping. No KVM in it, so that devices are tested without.
 */
#ifndef VMM_HOST_MEMORY_H
#define VMM_HOST_MEMORY_H

#include <stdint.h>

#include "vmm/base/addr.h"

struct guestmem {
	uint8_t *base;
	uint64_t size_bytes;
};

/* Maps size_bytes of zeroes, reserved only as it is touched. 0 or -errno. */
int guestmem_init(struct guestmem *mem, uint64_t size_bytes);
void guestmem_fini(struct guestmem *mem);

/*
 * The one way from a guest address to host memory: a pointer to len bytes at
 * gpa, or NULL unless all of them are RAM. A length of 0 is checked like any
 * other. The guest may write there at any moment: copy a field once, then
 * validate the copy.
 */
void *guestmem_at(const struct guestmem *mem, gpa_t gpa, uint64_t len);

/* Copies between the host and the guest; -EFAULT unless all of it is RAM. */
int guestmem_read(const struct guestmem *mem, gpa_t gpa, void *to, uint64_t len);
int guestmem_write(const struct guestmem *mem, gpa_t gpa, const void *from, uint64_t len);

#endif
