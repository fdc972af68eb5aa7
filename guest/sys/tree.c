/* SPDX-License-Identifier: MIT */
/* System calls that add names to the tree and take them away. */
#include <linux/fs.h>

#include "guest/arch/direct.h"
#include "guest/arch/offload.h"
#include "guest/fs/dir.h"
#include "guest/fs/node.h"
#include "guest/fs/regular.h"
#include "guest/fs/text.h"
#include "guest/fs/wanted.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"
#include "guest/sys/fd.h"
#include "guest/sys/lookup.h"
#include "guest/sys/syscall.h"

/* Walks to where a new name is to be, which must not be there yet. */
static int begin_create(struct lookup *l, int dirfd, vaddr_t from, bool is_for_dir)
{
	int err = lookup_begin(l, dirfd, from, LOOKUP_F_PARENT);

	if (err)
		return err;
	if (l->end.last != PATH_LAST_NAME)
		return -EEXIST;
	if (l->end.len > FILE_NAME_MAX)
		return -ENAMETOOLONG;
	if (!dir_is_kept(l->end.dir)) {
		err = lookup_in(l->end.dir, l->end.name, l->end.len, &l->end.inode);
		if (err != -ENOENT || !inode_is_on_disk(l->end.dir))
			return err ? err : -EEXIST;
	} else if (dir_find(l->end.dir, l->end.name, l->end.len)) {
		return -EEXIST;
	}
	if (l->end.has_slash && !is_for_dir)
		return -ENOENT;
	return l->end.dir->nlink ? 0 : -ENOENT;
}

/* Adds a file of the kind that mode says. */
static int64_t make_node(int dirfd, vaddr_t from, uint32_t mode, uint32_t rdev)
{
	struct inode *inode = NULL;
	struct lookup l;
	int err = begin_create(&l, dirfd, from, (mode & MODE_TYPE) == MODE_DIR);

	mode &= MODE_TYPE | (MODE_BITS & ~current()->umask);
	if (!err && inode_is_on_disk(l.end.dir)) {
		err = lookup_create_on_disk(&l, mode, rdev, NULL, &inode);
	} else if (!err) {
		inode = node_create(mode, rdev);
		err = lookup_create(&l, inode);
	}
	if (inode)
		inode_put(inode);
	lookup_end(&l);
	return err;
}

int64_t sys_mkdir(struct trap_frame *f)
{
	return make_node(AT_FDCWD, arg_u64(f, 0), MODE_DIR | (arg_int(f, 1) & 01777), 0);
}

int64_t sys_mkdirat(struct trap_frame *f)
{
	return make_node(arg_int(f, 0), arg_u64(f, 1), MODE_DIR | (arg_int(f, 2) & 01777), 0);
}

static int64_t make_special(int dirfd, vaddr_t from, uint32_t mode, uint32_t rdev)
{
	mode &= MODE_TYPE | MODE_BITS;
	switch (mode & MODE_TYPE) {
	case 0:
		return make_node(dirfd, from, mode | MODE_REGULAR, 0);
	case MODE_REGULAR:
	case MODE_FIFO:
	case MODE_SOCKET:
		return make_node(dirfd, from, mode, 0);
	case MODE_CHAR:
	case MODE_BLOCK:
		return make_node(dirfd, from, mode, rdev);
	case MODE_DIR:
		return -EPERM;
	default:
		return -EINVAL;
	}
}

int64_t sys_mknod(struct trap_frame *f)
{
	return make_special(AT_FDCWD, arg_u64(f, 0), arg_int(f, 1), arg_int(f, 2));
}

int64_t sys_mknodat(struct trap_frame *f)
{
	return make_special(arg_int(f, 0), arg_u64(f, 1), arg_int(f, 2), arg_int(f, 3));
}

/* Makes a link of the new name; target is copied. */
static int make_link(struct lookup *l, const char *target)
{
	uint64_t len = strlen(target);
	struct inode *link = NULL;
	const char *text;
	int err;

	if (inode_is_on_disk(l->end.dir)) {
		err = lookup_create_on_disk(l, MODE_SYMLINK | 0777, 0, target, &link);
		if (!err)
			inode_put(link);
		return err;
	}
	text = text_keep(target, len);
	if (text)
		link = link_create(text, len);
	if (!link) {
		if (text)
			text_drop(text, len);
		return -ENOMEM;
	}
	err = lookup_create(l, link);
	inode_put(link);
	return err;
}

static int64_t symlink_at(vaddr_t target_from, int dirfd, vaddr_t from)
{
	struct lookup l;
	char *target;
	int err = lookup_copy(target_from, &target);

	if (err)
		return err;
	if (!*target) {
		lookup_free(target);
		return -ENOENT;
	}
	err = begin_create(&l, dirfd, from, false);
	if (!err)
		err = make_link(&l, target);
	lookup_end(&l);
	lookup_free(target);
	return err;
}

int64_t sys_symlink(struct trap_frame *f)
{
	return symlink_at(arg_u64(f, 0), AT_FDCWD, arg_u64(f, 1));
}

int64_t sys_symlinkat(struct trap_frame *f)
{
	return symlink_at(arg_u64(f, 0), arg_int(f, 1), arg_u64(f, 2));
}

/* One more name for inode, where l has led. */
static int add_link(struct lookup *l, struct inode *inode)
{
	int err;

	if (inode->device != l->end.dir->device)
		return -EXDEV;
	if (inode_is_dir(inode))
		return -EPERM;
	if (inode_is_on_disk(inode))
		return inode->ops->tree->link(l->end.dir, l->end.name, l->end.len, inode);
	err = lookup_create(l, inode);
	return err;
}

static int64_t link_at(int old_dirfd, vaddr_t old, int new_dirfd, vaddr_t new, int flags)
{
	struct inode *inode;
	struct lookup l;
	int err;

	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	err = lookup_inode(old_dirfd, old,
			   (flags & AT_SYMLINK_FOLLOW ? LOOKUP_F_FOLLOW : 0) |
				   (flags & AT_EMPTY_PATH ? LOOKUP_F_EMPTY : 0),
			   &inode);
	if (err)
		return err;
	err = begin_create(&l, new_dirfd, new, false);
	if (!err)
		err = add_link(&l, inode);
	lookup_end(&l);
	inode_put(inode);
	return err;
}

int64_t sys_link(struct trap_frame *f)
{
	return link_at(AT_FDCWD, arg_u64(f, 0), AT_FDCWD, arg_u64(f, 1), 0);
}

int64_t sys_linkat(struct trap_frame *f)
{
	return link_at(arg_int(f, 0), arg_u64(f, 1), arg_int(f, 2), arg_u64(f, 3), arg_int(f, 4));
}

/* ---- removing -------------------------------------------------------- */

/* The entry to which l has led. */
static int find_entry(const struct lookup *l, struct dir_entry **entry)
{
	struct inode *dir = l->end.dir, *found;
	int err;

	if (l->end.len > FILE_NAME_MAX)
		return -ENAMETOOLONG;
	if (dir_is_kept(dir)) {
		*entry = dir_find(dir, l->end.name, l->end.len);
		return *entry ? 0 : -ENOENT;
	}
	err = dir->ops->lookup(dir, l->end.name, l->end.len, &found);
	if (err)
		return err;
	inode_put(found);
	return -EPERM; /* /proc is as it is */
}

static uint64_t remove_run(void *arg)
{
	dir_remove(arg);
	return 0;
}

/* Takes a name away, and tells the times. */
static void remove_entry(struct dir_entry *entry)
{
	struct inode *dir = entry->dir, *inode = inode_get(entry->inode);

	inode_touch(inode, INODE_CHANGED);
	inode_touch(dir, INODE_WRITTEN);
	offload_call(remove_run, entry);
	inode_put(inode);
}

static int remove_on_disk(const struct lookup *l, bool is_rmdir)
{
	const struct path_end *end = &l->end;

	if (end->len > FILE_NAME_MAX)
		return -ENAMETOOLONG;
	return end->dir->ops->tree->remove(end->dir, end->name, end->len, is_rmdir, end->has_slash);
}

static int unlink_entry(const struct lookup *l)
{
	struct dir_entry *entry;
	int err;

	if (l->end.last != PATH_LAST_NAME)
		return -EISDIR;
	if (inode_is_on_disk(l->end.dir))
		return remove_on_disk(l, false);
	err = find_entry(l, &entry);
	if (err)
		return err;
	if (inode_is_dir(entry->inode))
		return -EISDIR;
	if (l->end.has_slash)
		return -ENOTDIR;
	remove_entry(entry);
	return 0;
}

static int rmdir_entry(const struct lookup *l)
{
	static const int errors[] = { [PATH_LAST_DOT] = -EINVAL,
				      [PATH_LAST_DOT_DOT] = -ENOTEMPTY,
				      [PATH_LAST_ROOT] = -EBUSY };
	struct dir_entry *entry;
	int err;

	if (l->end.last != PATH_LAST_NAME)
		return errors[l->end.last];
	if (inode_is_on_disk(l->end.dir))
		return remove_on_disk(l, true);
	err = find_entry(l, &entry);
	if (err)
		return err;
	if (!inode_is_dir(entry->inode))
		return -ENOTDIR;
	if (!dir_is_kept(entry->inode))
		return -EBUSY; /* where /proc is */
	if (!dir_is_empty(entry->inode))
		return -ENOTEMPTY;
	remove_entry(entry);
	return 0;
}

static int64_t remove_at(int dirfd, vaddr_t from, int (*remove)(const struct lookup *l))
{
	struct lookup l;
	int err = lookup_begin(&l, dirfd, from, LOOKUP_F_PARENT);

	if (!err)
		err = remove(&l);
	lookup_end(&l);
	return err;
}

int64_t sys_unlink(struct trap_frame *f)
{
	return remove_at(AT_FDCWD, arg_u64(f, 0), unlink_entry);
}

int64_t sys_rmdir(struct trap_frame *f)
{
	return remove_at(AT_FDCWD, arg_u64(f, 0), rmdir_entry);
}

int64_t sys_unlinkat(struct trap_frame *f)
{
	int flags = arg_int(f, 2);

	if (flags & ~AT_REMOVEDIR)
		return -EINVAL;
	return remove_at(arg_int(f, 0), arg_u64(f, 1),
			 flags & AT_REMOVEDIR ? rmdir_entry : unlink_entry);
}

struct link_read {
	struct inode *link;
	char *buf;
	const char *target;
};

static uint64_t link_read_run(void *arg)
{
	struct link_read *r = arg;

	return r->link->ops->read_link(r->link, r->buf, &r->target);
}

/* Of a link on a disk, which may have to be waited for. */
static int64_t read_link_on_disk(struct link_read *r)
{
	int result;

	do
		result = (int)offload_call(link_read_run, r);
	while (wanted_bring_for(&result));
	return result;
}

/* Puts what a link says, cut to what fits and without a NUL (readlink(2)). */
static int64_t put_link(struct inode *link, vaddr_t dst, int64_t size)
{
	paddr_t pa = page_alloc();
	struct link_read r = { .link = link };
	int64_t len;

	if (!pa)
		return -ENOMEM;
	r.buf = direct_map(pa);
	if (inode_is_on_disk(link))
		len = read_link_on_disk(&r);
	else
		len = link->ops->read_link(link, r.buf, &r.target);
	if (len > size)
		len = size;
	if (len > 0 && put_user(dst, r.target, len))
		len = -EFAULT;
	page_put(pa);
	return len;
}

static int64_t readlink_at(int dirfd, vaddr_t from, vaddr_t dst, int size)
{
	struct lookup l;
	int64_t result;

	if (size <= 0)
		return -EINVAL;
	/* An empty path stands for a link that dirfd is open on. */
	result = lookup_begin(&l, dirfd, from, LOOKUP_F_EMPTY);
	if (!result) {
		if (inode_is_symlink(l.end.inode))
			result = put_link(l.end.inode, dst, size);
		else
			result = *l.path ? -EINVAL : -ENOENT;
	}
	lookup_end(&l);
	return result;
}

int64_t sys_readlink(struct trap_frame *f)
{
	return readlink_at(AT_FDCWD, arg_u64(f, 0), arg_u64(f, 1), arg_int(f, 2));
}

int64_t sys_readlinkat(struct trap_frame *f)
{
	return readlink_at(arg_int(f, 0), arg_u64(f, 1), arg_u64(f, 2), arg_int(f, 3));
}
