/* SPDX-License-Identifier: MIT */
/* From a path to what it names. */
#ifndef GUEST_FS_PATH_H
#define GUEST_FS_PATH_H

#include "guest/fs/inode.h"

enum {
	PATH_F_FOLLOW = 1, /* a link at the end counts as what it leads to */
	PATH_F_PARENT = 2, /* what is named need not be there, and is not looked for */
	PATH_F_NOW = 4,    /* -EABSENT instead of waiting for a disk */
};

/* What kind of name the last one is. */
enum path_last { PATH_LAST_NAME, PATH_LAST_DOT, PATH_LAST_DOT_DOT, PATH_LAST_ROOT };

/* Where a path leads: users of dir and of inode, given back by path_put. */
struct path_end {
	struct inode *dir;   /* that the last name is in */
	struct inode *inode; /* that it names, or NULL */
	const char *name;    /* the last name, in the path or in a link */
	uint32_t len;
	enum path_last last;
	bool has_slash;      /* behind the last name: only a folder will do */
};

/*
 * Walks along path from start. 0, -ENOENT, -ENOTDIR, -ELOOP, -ENAMETOOLONG or
 * -ENOMEM. Where all but the last name is found, end is filled in, also on an
 * error, for those who create: end->dir is not NULL then. end->name is good
 * until anything else happens.
 */
int path_walk(struct inode *start, const char *path, unsigned flags, struct path_end *end);

void path_put(struct path_end *end);

#endif
