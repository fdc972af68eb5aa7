/* SPDX-License-Identifier: MIT */
/*
 * The kernel's ELF image: checked field by field, then copied to its place.
 * The file is ours, but a damaged or foreign one must end in a message.
 * (System V ABI, chapters 4 and 5; AMD64 supplement.)
 */
#ifndef VMM_BOOT_ELF_H
#define VMM_BOOT_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lde/boot.h>

#include "vmm/host/memory.h"

#define KIMAGE_SEGMENTS_MAX 8

struct kimage_segment {
	uint64_t gpa; /* page aligned */
	uint64_t memory_bytes;
	uint64_t file_offset;
	uint64_t file_bytes; /* the rest up to memory_bytes is zero */
	bool is_writable;
	bool is_executable;
};

struct kimage {
	const uint8_t *file; /* borrowed */
	uint64_t entry;      /* virtual */
	struct kimage_segment segments[KIMAGE_SEGMENTS_MAX];
	unsigned int nr_segments;
	uint64_t end_gpa; /* after the last segment, page aligned */
	struct lde_boot_note note;
};

/*
 * Checks the file and fills *image, which refers to it. On -ENOEXEC, *why says
 * what is wrong, to stand after "the kernel image".
 */
int kimage_parse(const void *file, size_t len, struct kimage *image, const char **why);

/* Copies the segments into memory that is still all zeroes. 0 or -EFAULT. */
int kimage_load(const struct kimage *image, const struct guestmem *mem);

#endif
