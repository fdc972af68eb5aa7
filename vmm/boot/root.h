/* SPDX-License-Identifier: MIT */
/* Looking up guest paths in the directory that becomes the guest's root. */
#ifndef VMM_BOOT_ROOT_H
#define VMM_BOOT_ROOT_H

#include <stdbool.h>
#include <stddef.h>

struct root {
	int fd; /* -1: there is none */
};

/* dir may be NULL: then nothing is in it. 0 or -errno. */
int root_open(struct root *root, const char *dir);
void root_close(struct root *root);

/*
 * Where a file of the absolute guest path has to be put so that the path leads
 * to it: the same path, with symbolic links of the root's directories followed
 * (/bin/x where /bin is a link to usr/bin: /usr/bin/x). The result is in buf.
 * 0 or -ENAMETOOLONG.
 */
int root_place(const struct root *root, const char *guest_path, char *buf, size_t size);

/* Whether the absolute guest path leads to a file, symbolic links being
 * followed as the guest does: never out of the root. */
bool root_has(const struct root *root, const char *guest_path);

#endif
