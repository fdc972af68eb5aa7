/* SPDX-License-Identifier: MIT */
/* Paths as system calls take them: copied in, and walked from where they start. */
#ifndef GUEST_SYS_LOOKUP_H
#define GUEST_SYS_LOOKUP_H

#include "guest/fs/path.h"
#include "guest/lib/compiler.h"

enum {
	LOOKUP_F_FOLLOW = PATH_F_FOLLOW,
	LOOKUP_F_PARENT = PATH_F_PARENT,
	LOOKUP_F_EMPTY = 16, /* an empty path stands for dirfd itself (AT_EMPTY_PATH) */
};

struct lookup {
	struct path_end end;
	char *path; /* a page; NULL: given back */
};

/* A string of at most PATH_SIZE with its NUL, in a page. 0, -EFAULT,
 * -ENAMETOOLONG, -ENOMEM. */
int lookup_copy(vaddr_t from, char **path);
void lookup_free(char *path);

/*
 * Walks along the path at address from. 0 or what path_walk says, -EBADF,
 * -ENOTDIR, or what lookup_copy says. In any case lookup_end is to follow, and
 * until then l->end is as path_walk leaves it.
 */
int lookup_begin(struct lookup *l, int dirfd, vaddr_t from, unsigned flags);
void lookup_end(struct lookup *l);

/* Gives inode the name to which l has led, and which nothing has yet; sets the
 * times of both. 0 or -ENOMEM, also where inode is NULL. */
int lookup_create(struct lookup *l, struct inode *inode);

/* What the folder, of whatever kind, has by that name; the caller becomes a user.
 * 0, or what the folder's lookup says. */
int lookup_in(struct inode *dir, const char *name, uint32_t len, struct inode **found);

/* The same as lookup_create for a new file in a folder on a disk; target: of a
 * link. *made, with the caller as a user. */
int lookup_create_on_disk(struct lookup *l, uint32_t mode, uint32_t rdev, const char *target,
			  struct inode **made);

/* All at once: *found with the caller as a user. */
int lookup_inode(int dirfd, vaddr_t from, unsigned flags, struct inode **found);

#endif
