/* SPDX-License-Identifier: MIT */
/* Starting a program: from an ELF file to a process about to enter ring 3. */
#ifndef GUEST_SYS_EXEC_H
#define GUEST_SYS_EXEC_H

#include "guest/arch/frame.h"
#include "guest/dev/tree.h"

struct inode;

struct exec_args {
	const char *path; /* absolute or from the current directory */
	struct string_list argv, env;
};

/*
 * Replaces the running process's program. 0 with frame set to its first
 * instruction, or a negative errno and nothing changed: what looking up the
 * path says, -EACCES, -ENOEXEC, -E2BIG, -ENOMEM.
 */
int exec_program(const struct exec_args *args, struct trap_frame *frame);

#endif
