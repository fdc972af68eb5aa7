/* SPDX-License-Identifier: MIT */
/* Looking up guest paths in the directory that becomes the guest's root. */
#ifndef VMM_BOOT_ROOT_H
#define VMM_BOOT_ROOT_H

#include <stdbool.h>

struct root {
	int fd; /* -1: there is none */
};

/* dir may be NULL: then nothing is in it. 0 or -errno. */
int root_open(struct root *root, const char *dir);
void root_close(struct root *root);

/* Whether the absolute guest path leads to a file, symbolic links being
 * followed as the guest does: never out of the root. */
bool root_has(const struct root *root, const char *guest_path);

#endif
