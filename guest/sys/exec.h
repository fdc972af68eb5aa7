/* SPDX-License-Identifier: MIT */
/* Starting a program: from an ELF file to a process about to enter ring 3. */
#ifndef GUEST_SYS_EXEC_H
#define GUEST_SYS_EXEC_H

#include "guest/arch/frame.h"
#include "guest/dev/tree.h"

struct inode;

/*
 * Argument or environment strings: some of the kernel's, then those that an
 * array in the running program's memory points to.
 */
struct exec_strings {
	struct string_list kernel;
	vaddr_t user;  /* the array, ended by a null; 0: none */
	uint32_t skip; /* entries of it that do not count */
};

struct exec_args {
	const char *path; /* absolute or from the current directory */
	struct exec_strings argv, env;
};

/* More bytes of strings and pointers than this are -E2BIG. */
#define EXEC_STRINGS_MAX (1u << 20)
/* So is one that is longer than this with its NUL. */
#define EXEC_STRING_MAX (1u << 17)

/*
 * Replaces the running process's program by the ELF file inode. 0 with frame
 * set to its first instruction, or a negative errno and nothing changed:
 * -EACCES, -ENOEXEC, -E2BIG, -EFAULT, -ENOMEM.
 */
int exec_program(struct inode *inode, const struct exec_args *args, struct trap_frame *frame);

/* What path names, if it may be executed; to be let go of by the caller. May block. */
int exec_find(const char *path, struct inode **inode);
void exec_let_go(struct inode *inode);

#endif
