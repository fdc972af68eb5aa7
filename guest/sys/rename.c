/* SPDX-License-Identifier: MIT */
/* rename(2) and its kin, with Linux's checks in Linux's order. */
#include <linux/fs.h>

#include "guest/fs/dir.h"
#include "guest/fs/text.h"
#include "guest/sys/fd.h"
#include "guest/sys/lookup.h"
#include "guest/sys/syscall.h"

struct rename {
	struct lookup old, new;
	unsigned flags;
	struct dir_entry *from, *to; /* to: NULL if the new name is not there */
};

/* Whether dir is inode, or below it. */
static bool is_below(const struct inode *dir, const struct inode *inode)
{
	while (dir != inode && dir != dir->parent)
		dir = dir->parent;
	return dir == inode;
}

/* Whether another file system begins there: /proc, or a disk. */
static bool is_mount_point(const struct dir_entry *entry)
{
	return inode_is_dir(entry->inode) && !dir_is_kept(entry->inode);
}

static int check_ends(const struct rename *r)
{
	const struct path_end *old = &r->old.end, *new = &r->new.end;

	if (old->dir->device != new->dir->device)
		return -EXDEV;
	if (old->last != PATH_LAST_NAME)
		return -EBUSY;
	if (new->last != PATH_LAST_NAME)
		return r->flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
	if (!dir_is_kept(old->dir) && !inode_is_on_disk(old->dir))
		return -EPERM;
	return old->len > FILE_NAME_MAX || new->len > FILE_NAME_MAX ? -ENAMETOOLONG : 0;
}

/* Slashes behind names, and folders into themselves. */
static int check_shape(const struct rename *r)
{
	const struct path_end *old = &r->old.end, *new = &r->new.end;
	bool exchanges = r->flags & RENAME_EXCHANGE;

	if (exchanges && new->has_slash && !inode_is_dir(r->to->inode))
		return -ENOTDIR;
	if (!inode_is_dir(r->from->inode) && (old->has_slash || (new->has_slash && !exchanges)))
		return -ENOTDIR;
	if (inode_is_dir(r->from->inode) && is_below(new->dir, r->from->inode))
		return -EINVAL;
	if (r->to && inode_is_dir(r->to->inode) && is_below(old->dir, r->to->inode))
		return exchanges ? -EINVAL : -ENOTEMPTY;
	return 0;
}

/* A folder gives way to a folder only, another file to another file. */
static int check_kinds(const struct rename *r)
{
	bool to_is_dir = inode_is_dir(r->to->inode);

	if (inode_is_dir(r->from->inode))
		return to_is_dir ? 0 : -ENOTDIR;
	return to_is_dir ? -EISDIR : 0;
}

static int check_entries(struct rename *r)
{
	const struct path_end *old = &r->old.end, *new = &r->new.end;
	bool replaces;
	int err;

	r->from = dir_find(old->dir, old->name, old->len);
	if (!r->from)
		return -ENOENT;
	r->to = dir_find(new->dir, new->name, new->len);
	if (r->to && r->flags & RENAME_NOREPLACE)
		return -EEXIST;
	if (!r->to && r->flags & RENAME_EXCHANGE)
		return -ENOENT;
	err = check_shape(r);
	if (err)
		return err;
	if (!new->dir->nlink)
		return -ENOENT;
	if (r->to && r->to->inode == r->from->inode)
		return 0;
	replaces = r->to && !(r->flags & RENAME_EXCHANGE);
	err = replaces ? check_kinds(r) : 0;
	if (err)
		return err;
	if (is_mount_point(r->from) || (r->to && is_mount_point(r->to)))
		return -EBUSY;
	return replaces && inode_is_dir(r->to->inode) && !dir_is_empty(r->to->inode) ?
		       -ENOTEMPTY :
		       0;
}

static int rename_on_disk(const struct rename *r)
{
	const struct path_end *old = &r->old.end, *new = &r->new.end;
	struct tree_name from = { old->dir, old->name, old->len, old->has_slash };
	struct tree_name to = { new->dir, new->name, new->len, new->has_slash };

	return old->dir->ops->tree->rename(&from, &to, r->flags);
}

static int rename_entry(struct rename *r)
{
	const struct path_end *old = &r->old.end, *new = &r->new.end;
	const char *text;

	if (r->to && r->to->inode == r->from->inode)
		return 0; /* two names of one file: both stay */
	inode_touch(r->from->inode, INODE_CHANGED);
	inode_touch(old->dir, INODE_WRITTEN);
	inode_touch(new->dir, INODE_WRITTEN);
	if (r->flags & RENAME_EXCHANGE) {
		inode_touch(r->to->inode, INODE_CHANGED);
		dir_exchange(r->from, r->to);
		return 0;
	}
	text = text_keep(new->name, new->len);
	if (!text)
		return -ENOMEM;
	if (r->to) {
		inode_touch(r->to->inode, INODE_CHANGED);
		dir_remove(r->to);
	}
	dir_move(r->from, new->dir, text, new->len);
	return 0;
}

static int64_t rename_at(int old_dirfd, vaddr_t old, int new_dirfd, vaddr_t new, unsigned flags)
{
	struct rename r = { .flags = flags };
	int err;

	if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE) ||
	    flags == (RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	err = lookup_begin(&r.old, old_dirfd, old, LOOKUP_F_PARENT);
	if (!err) {
		err = lookup_begin(&r.new, new_dirfd, new, LOOKUP_F_PARENT);
		if (!err)
			err = check_ends(&r);
		if (!err && inode_is_on_disk(r.old.end.dir)) {
			err = rename_on_disk(&r);
		} else if (!err) {
			err = check_entries(&r);
			if (!err)
				err = rename_entry(&r);
		}
		lookup_end(&r.new);
	}
	lookup_end(&r.old);
	return err;
}

int64_t sys_rename(struct trap_frame *f)
{
	return rename_at(AT_FDCWD, arg_u64(f, 0), AT_FDCWD, arg_u64(f, 1), 0);
}

int64_t sys_renameat(struct trap_frame *f)
{
	return rename_at(arg_int(f, 0), arg_u64(f, 1), arg_int(f, 2), arg_u64(f, 3), 0);
}

int64_t sys_renameat2(struct trap_frame *f)
{
	return rename_at(arg_int(f, 0), arg_u64(f, 1), arg_int(f, 2), arg_u64(f, 3),
			 arg_int(f, 4));
}
