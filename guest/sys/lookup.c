/* SPDX-License-Identifier: MIT */
#include "guest/sys/lookup.h"

#include "guest/arch/direct.h"
#include "guest/arch/offload.h"
#include "guest/fs/dir.h"
#include "guest/fs/text.h"
#include "guest/fs/wanted.h"
#include "guest/lib/errno.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"
#include "guest/mm/usercopy.h"
#include "guest/sys/fd.h"

int lookup_copy(vaddr_t from, char **path)
{
	paddr_t pa = page_alloc();
	int64_t len;

	if (!pa)
		return -ENOMEM;
	*path = direct_map(pa);
	len = user_read_string(current()->space, *path, from, PATH_SIZE);
	if (len >= 0)
		return 0;
	page_put(pa);
	return len;
}

void lookup_free(char *path)
{
	page_put(direct_paddr(path));
}

/* Where a path that is not absolute starts. */
static int start_dir(int dirfd, struct inode **dir)
{
	struct file *file;

	if (dirfd == AT_FDCWD) {
		*dir = current()->cwd;
		return 0;
	}
	file = fd_get_any(dirfd);
	if (!file)
		return -EBADF;
	*dir = file->inode;
	return 0;
}

/* A name for a disk must last while that is waited for, and this one may lie in a
 * link: then it moves to where the path was. */
static void keep_name(struct lookup *l)
{
	struct path_end *end = &l->end;
	const char *page_end = l->path + PAGE_SIZE;

	if (!end->dir || !inode_is_on_disk(end->dir) ||
	    (end->name >= l->path && end->name < page_end))
		return;
	/* The first byte still says whether the path was empty. */
	memmove(l->path + 1, end->name, min_u64(end->len, PAGE_SIZE - 1));
	end->name = l->path + 1;
}

int lookup_begin(struct lookup *l, int dirfd, vaddr_t from, unsigned flags)
{
	struct inode *dir = inode_root();
	int err;

	l->end.dir = l->end.inode = NULL;
	err = lookup_copy(from, &l->path);
	if (err) {
		l->path = NULL;
		return err;
	}
	if (!*l->path && !(flags & LOOKUP_F_EMPTY))
		return -ENOENT;
	if (*l->path != '/')
		err = start_dir(dirfd, &dir);
	if (err)
		return err;
	if (*l->path) {
		err = path_walk(dir, l->path, flags & (PATH_F_FOLLOW | PATH_F_PARENT), &l->end);
		keep_name(l);
		return err;
	}
	l->end.inode = inode_get(dir);
	return 0;
}

void lookup_end(struct lookup *l)
{
	path_put(&l->end);
	if (l->path)
		lookup_free(l->path);
}

struct create {
	struct path_end *end;
	struct inode *inode;
};

static uint64_t create_run(void *arg)
{
	const struct create *c = arg;
	const struct path_end *end = c->end;
	const char *text = text_keep(end->name, end->len);

	if (!text)
		return -ENOMEM;
	if (dir_add(end->dir, text, end->len, c->inode))
		return 0;
	text_drop(text, end->len);
	return -ENOMEM;
}

int lookup_create(struct lookup *l, struct inode *inode)
{
	struct create c = { &l->end, inode };
	int err = inode ? (int)offload_call(create_run, &c) : -ENOMEM;

	if (err)
		return err;
	/* Only a new inode has no times; what gets another name keeps its own. */
	inode_touch(inode, inode->ctime_ns ? INODE_CHANGED : INODE_READ | INODE_WRITTEN);
	inode_touch(l->end.dir, INODE_WRITTEN);
	return 0;
}

struct find {
	struct inode *dir, **found;
	const char *name;
	uint32_t len;
};

static uint64_t find_run(void *arg)
{
	const struct find *f = arg;

	return f->dir->ops->lookup(f->dir, f->name, f->len, f->found);
}

int lookup_in(struct inode *dir, const char *name, uint32_t len, struct inode **found)
{
	struct find f = { dir, found, name, len };
	int err;

	do
		err = (int)offload_call(find_run, &f);
	while (wanted_bring_for(&err));
	return err;
}

int lookup_create_on_disk(struct lookup *l, uint32_t mode, uint32_t rdev, const char *target,
			  struct inode **made)
{
	const struct path_end *end = &l->end;

	return end->dir->ops->tree->create(end->dir, end->name, end->len, mode, rdev, target, made);
}

int lookup_inode(int dirfd, vaddr_t from, unsigned flags, struct inode **found)
{
	struct lookup l;
	int err = lookup_begin(&l, dirfd, from, flags);

	if (!err)
		*found = inode_get(l.end.inode);
	lookup_end(&l);
	return err;
}
