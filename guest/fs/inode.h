/* SPDX-License-Identifier: MIT */
/*
 * The tree of files. Today all of it comes from the initrd and is read-only;
 * file data stays where the VMM put it, page aligned, and is mapped from there.
 */
#ifndef GUEST_FS_INODE_H
#define GUEST_FS_INODE_H

#include "guest/lib/list.h"
#include "guest/mm/object.h"

/* st_mode */
#define MODE_TYPE    0170000u
#define MODE_DIR     0040000u
#define MODE_CHAR    0020000u
#define MODE_REGULAR 0100000u
#define MODE_SYMLINK 0120000u
#define MODE_EXEC_ANY 0111u

struct inode {
	struct memory_object object; /* size and pages */
	uint32_t users; /* open files, mappings, processes that run it or are in it */
	uint32_t number;
	uint32_t mode, uid, gid;
	int64_t mtime; /* seconds since the epoch */
	const char *name; /* in the parent; not NUL terminated */
	uint32_t name_len;
	struct inode *parent; /* the root is its own */
	struct list children, sibling;
	paddr_t data; /* page aligned */
};

static inline bool inode_is_dir(const struct inode *inode)
{
	return (inode->mode & MODE_TYPE) == MODE_DIR;
}

static inline bool inode_is_regular(const struct inode *inode)
{
	return (inode->mode & MODE_TYPE) == MODE_REGULAR;
}

static inline bool inode_is_symlink(const struct inode *inode)
{
	return (inode->mode & MODE_TYPE) == MODE_SYMLINK;
}

struct inode *inode_root(void);

/* One more user, one less. Returns inode, for the place that keeps it. */
static inline struct inode *inode_get(struct inode *inode)
{
	inode->users++;
	return inode;
}

void inode_put(struct inode *inode);

/* The child of that name, or NULL. */
struct inode *inode_child(const struct inode *dir, const char *name, uint32_t len);

/* A new child without data, or what is there already; NULL without memory. */
struct inode *inode_add_child(struct inode *dir, const char *name, uint32_t len, uint32_t mode);

/* Bytes read, 0 beyond the end. The data is in memory: never blocks. */
uint64_t inode_read(const struct inode *inode, uint64_t offset, void *buf, uint64_t len);

/*
 * What path names, seen from dir. follow: a symbolic link at the end counts as
 * what it points to. 0 and *found, of which the caller becomes a user, or
 * -ENOENT, -ENOTDIR, -ELOOP, -ENAMETOOLONG.
 */
int inode_lookup(struct inode *dir, const char *path, bool follow, struct inode **found);

/* The absolute path with its NUL; its length with the NUL, or -ERANGE. */
int64_t inode_path(const struct inode *inode, char *buf, uint64_t size);

#define PATH_SIZE 4096 /* longest path, with its NUL */

#endif
