/* SPDX-License-Identifier: MIT */
/*
 * Bytes as the doings of a hostile guest: writes to any register of a virtio
 * device, and to any place of its memory, the rings among them.
 */
#ifndef TESTS_FUZZ_VIRTIO_INPUT_H
#define TESTS_FUZZ_VIRTIO_INPUT_H

#include <stddef.h>
#include <stdint.h>

#include "vmm/dev/virtio_mmio.h"

/* A device to do it to. */
struct virtio_target {
	struct vmmio *mmio;
	unsigned int nr_queues;
	void (*create)(const struct guestmem *mem);
	void (*serve)(void);
	/* Aborts if it has more in hand than it may, or, after a reset, anything. */
	void (*check)(int is_reset);
	void (*end)(void);
};

extern const struct virtio_target virtio_target_disk, virtio_target_console;

/* For targets: does not return unless it holds. */
void virtio_input_check(int holds, const char *what);

/* Carries out len bytes against a device that has been reset, and resets it.
 * Aborts if something does not hold. The same target until virtio_input_end. */
void virtio_input_run(const struct virtio_target *target, const uint8_t *bytes, size_t len);

/* The same with each file of a folder; how many, -1: it cannot be read. */
int virtio_input_run_folder(const struct virtio_target *target, const char *folder);
/* The same with random bytes, which FAKE_SEED in the environment decides. */
void virtio_input_run_garbage(const struct virtio_target *target, int rounds);

/* Waits for the device's threads, and gives everything back. */
void virtio_input_end(void);

#endif
