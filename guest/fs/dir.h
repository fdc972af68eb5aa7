/* SPDX-License-Identifier: MIT */
/*
 * Folders that are kept in memory: which names they have for which inodes.
 *
 * All names of all folders are in one hash table, which grows and shrinks with
 * them, a bucket at a time: finding, adding and removing a name takes the same
 * time in a folder of any size.
 */
#ifndef GUEST_FS_DIR_H
#define GUEST_FS_DIR_H

#include "guest/fs/inode.h"

struct dir_entry {
	struct dir_entry *next; /* in its bucket */
	struct list in_dir, in_inode;
	struct inode *dir, *inode;
	const char *name;       /* not NUL terminated */
	uint32_t name_len, hash;
	uint64_t position;      /* in listings */
};

extern const struct inode_ops dir_inode_ops;

/* An empty folder without a name; NULL without memory. */
struct inode *dir_create(uint32_t mode);

/* Whether names can be added to it and taken away. */
static inline bool dir_is_kept(const struct inode *dir)
{
	return dir->ops == &dir_inode_ops;
}

static inline bool dir_is_empty(const struct inode *dir)
{
	return list_is_empty(&dir->dir.entries);
}

/* Takes away all names below dir. */
void dir_clear(struct inode *dir);

/* Takes everything away that has a name, and the root: for the end. */
void dir_destroy_tree(void);

/* For the self-check: what is wrong with any name, or NULL. */
const char *dir_check(void);

/* The entry of that name, or NULL. */
struct dir_entry *dir_find(const struct inode *dir, const char *name, uint32_t len);

/*
 * Adds a name, which must not be there, for inode. name is text of text.h that
 * the entry takes over. NULL without memory: then it does not.
 */
struct dir_entry *dir_add(struct inode *dir, const char *name, uint32_t len, struct inode *inode);

/* Takes the entry away; a folder must be empty. */
void dir_remove(struct dir_entry *entry);

/* Moves the entry to another folder, name or both; name passes to it as in
 * dir_add. */
void dir_move(struct dir_entry *entry, struct inode *dir, const char *name, uint32_t len);

/* Each entry names what the other did. */
void dir_exchange(struct dir_entry *a, struct dir_entry *b);

/* Lets the entry name another inode; the one that it named loses a name. */
void dir_replace(struct dir_entry *entry, struct inode *inode);

#endif
