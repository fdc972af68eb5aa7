/* SPDX-License-Identifier: MIT */
/*
 * Bytes as the doings of a hostile guest: writes to any register of a block
 * device, and to any place of its memory, the rings among them.
 */
#ifndef TESTS_FUZZ_VIRTIO_INPUT_H
#define TESTS_FUZZ_VIRTIO_INPUT_H

#include <stddef.h>
#include <stdint.h>

/* Carries out len bytes against a device that has been reset, and resets it.
 * Aborts if something does not hold. */
void virtio_input_run(const uint8_t *bytes, size_t len);

/* Waits for the device's threads, and gives everything back. */
void virtio_input_end(void);

#endif
