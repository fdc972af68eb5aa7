/* SPDX-License-Identifier: MIT */
/* A folder for files that are gone at the end of a command: traces, images. */
#ifndef VMM_CLI_SCRATCH_H
#define VMM_CLI_SCRATCH_H

#define SCRATCH_SIZE 256

/* In TMPDIR or /tmp; name is what it is for. 0 or -errno, with dir the one that
 * could not be made. */
int scratch_make(char dir[SCRATCH_SIZE], const char *name);

/* With the files in it, and those in folders in it. */
void scratch_remove(const char *dir);

#endif
