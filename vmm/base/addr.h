/* SPDX-License-Identifier: MIT */
/*
 * Guest-physical addresses as a type of their own, so that the compiler
 * refuses one where a host pointer, a size or a guest-virtual address is meant.
 * The only way from a gpa_t to memory is guestmem_at() (vmm/host/memory.h).
 */
#ifndef VMM_BASE_ADDR_H
#define VMM_BASE_ADDR_H

#include <stdint.h>

typedef struct {
	uint64_t value;
} gpa_t;

static inline gpa_t gpa_of(uint64_t value)
{
	return (gpa_t){value};
}

static inline gpa_t gpa_add(gpa_t gpa, uint64_t bytes)
{
	return (gpa_t){gpa.value + bytes};
}

#endif
