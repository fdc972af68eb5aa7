/* SPDX-License-Identifier: MIT */
/*
 * What is inside the executable: the guest kernel and the built-in programs.
 */
#ifndef VMM_BOOT_EMBEDDED_H
#define VMM_BOOT_EMBEDDED_H

#include <stddef.h>
#include <stdint.h>

/* The guest kernel, an ELF file. */
extern const uint8_t embedded_kernel_start[];
extern const uint8_t embedded_kernel_end[];

struct embedded_program {
	const char *name; /* as in guest/user */
	const uint8_t *start;
	const uint8_t *end;
};

/* In the order of the build; ends with an entry whose name is NULL. */
extern const struct embedded_program embedded_programs[];

/* The program of this name, or NULL. */
const struct embedded_program *embedded_find(const char *name);

#endif
