/* SPDX-License-Identifier: MIT */
/*
 * Images of ext2 that lie, and what programs then do with them, from bytes: a
 * layout, changes to the image, then calls. The kernel's ext2 runs on the fake
 * machine of tests/unit/fake with a disk in memory.
 */
#ifndef FUZZ_EXT2_INPUT_H
#define FUZZ_EXT2_INPUT_H

#include <stddef.h>
#include <stdint.h>

/* Makes the images, by mke2fs; once, before the others. */
void ext2_input_begin(void);

void ext2_input_run(const uint8_t *bytes, size_t len);

/* Runs every file in the folder: how many. */
unsigned ext2_input_run_folder(const char *path);

#endif
