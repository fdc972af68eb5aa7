/* SPDX-License-Identifier: MIT */
/*
 * From a word on the command line to a file that the guest can run.
 *
 * A word is looked up as a shell does: with a '/' in it it is a path, else the
 * directories of PATH are tried. Names under PROGRAM_BUILTIN_DIR are the
 * programs inside lde itself.
 */
#ifndef VMM_CLI_PROGRAM_H
#define VMM_CLI_PROGRAM_H

#include <stdbool.h>

#include "vmm/base/complaint.h"

#define PROGRAM_BUILTIN_DIR "/lde/"

/* Where to look. Borrowed strings. */
struct program_search {
	const char *root_dir;    /* tried first; NULL: no --root */
	const char *host_paths;  /* PATH of the host; NULL: none */
	const char *guest_paths; /* PATH of the guest, for root_dir; NULL: none */
};

struct program {
	char *host_path;  /* owned; NULL: built into lde */
	bool in_root;     /* found below root_dir, which the guest has already */
	char *guest_path; /* owned; absolute, without "." and ".." and "//" */
};

/*
 * Finds and checks name. 0, or with a complaint: -ENOENT not found, -ENOMEM,
 * or another -errno: found, but it cannot be executed, and the complaint says
 * what would do. On success program_fini frees the paths.
 */
int program_find(struct program *program, const struct program_search *search, const char *name,
		 struct complaint *complaint);
void program_fini(struct program *program);

/* What a shell returns for an error of program_find: 127, 126 or 125. */
int program_exit_status(int err);

/*
 * path as an absolute path, relative to base if it does not start with '/';
 * ".", ".." and "//" are taken out by name alone, so a symbolic link in the
 * path stays as it was typed. Malloced; NULL: out of memory.
 */
char *program_absolute_path(const char *base, const char *path);

#endif
