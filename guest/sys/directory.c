/* SPDX-License-Identifier: MIT */
/* System calls on folders: where the process is, and what is in them. */
#include "guest/arch/direct.h"
#include "guest/arch/offload.h"
#include "guest/fs/wanted.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"
#include "guest/sys/fd.h"
#include "guest/sys/lookup.h"
#include "guest/sys/syscall.h"

int64_t sys_getcwd(struct trap_frame *f)
{
	paddr_t pa = page_alloc();
	int64_t len;

	if (!pa)
		return -ENOMEM;
	len = inode_path(current()->cwd, direct_map(pa), PATH_SIZE);
	if (len > 0 && (uint64_t)len > arg_u64(f, 1))
		len = -ERANGE;
	if (len > 0 && put_user(arg_u64(f, 0), direct_map(pa), len))
		len = -EFAULT;
	page_put(pa);
	return len;
}

/* Takes the caller's use of inode over. */
static int64_t change_dir(struct inode *inode)
{
	struct process *p = current();

	if (!inode_is_dir(inode)) {
		inode_put(inode);
		return -ENOTDIR;
	}
	inode_put(p->cwd);
	p->cwd = inode;
	return 0;
}

int64_t sys_chdir(struct trap_frame *f)
{
	struct inode *inode;
	int err = lookup_inode(AT_FDCWD, arg_u64(f, 0), LOOKUP_F_FOLLOW, &inode);

	return err ? err : change_dir(inode);
}

int64_t sys_fchdir(struct trap_frame *f)
{
	struct file *file = fd_get_any(arg_int(f, 0));

	return file ? change_dir(inode_get(file->inode)) : -EBADF;
}

/* One record of getdents64(2); the name and a NUL follow. */
struct dirent_header {
	uint64_t ino;
	int64_t next;
	uint16_t bytes;
	uint8_t type;
} __attribute__((packed));

#define TYPE_SHIFT 12 /* d_type is the part of st_mode above the permissions */

/* A page of records for as much of the folder as fits. */
struct listing {
	struct file *file;
	char *page;
	uint64_t len, size;
	bool is_over;
};

/* What is at the position: . and .. first, for every kind of folder. */
static int item_at(struct file *file, uint64_t pos, struct dir_item *item)
{
	struct inode *dir = file->inode, *inode = pos ? dir->parent : dir;

	if (pos >= 2)
		return dir->ops->list(dir, pos, &file->cursor, item);
	item->name = "..";
	item->len = pos + 1;
	item->mode = inode->mode;
	item->number = inode->number;
	item->next = pos + 1;
	return 1;
}

static bool listing_add(struct listing *l, const struct dir_item *item)
{
	struct dirent_header h = {
		.ino = item->number,
		.next = item->next,
		.bytes = ALIGN_UP(sizeof(h) + item->len + 1, 8),
		.type = (item->mode & MODE_TYPE) >> TYPE_SHIFT,
	};
	char *at = l->page + l->len;

	if (h.bytes > l->size - l->len)
		return false;
	memset(at + h.bytes - 8, 0, 8);
	memcpy(at, &h, sizeof(h));
	memcpy(at + sizeof(h), item->name, item->len);
	at[sizeof(h) + item->len] = '\0';
	l->len += h.bytes;
	return true;
}

static uint64_t listing_fill(void *arg)
{
	struct listing *l = arg;
	struct dir_item item;

	for (;;) {
		int found = item_at(l->file, l->file->pos, &item);

		if (found <= 0) {
			l->is_over = !found;
			return found;
		}
		if (!listing_add(l, &item))
			return 0;
		l->file->pos = item.next;
	}
}

/* Pages of records, until there is no more of them or of room. */
static int64_t put_listing(struct listing *l, vaddr_t dst, uint64_t size)
{
	uint64_t done = 0;

	int err = 0;

	while (!l->is_over && done < size) {
		uint64_t before = l->file->pos;

		l->len = 0;
		l->size = min_u64(size - done, PAGE_SIZE);
		err = (int)offload_call(listing_fill, l);
		if (!l->len && wanted_bring_for(&err))
			continue;
		if (!l->len)
			break;
		if (put_user(dst + done, l->page, l->len)) {
			l->file->pos = before;
			return done ? (int64_t)done : -EFAULT;
		}
		done += l->len;
	}
	if (done || l->is_over)
		return done;
	return err ? err : -EINVAL;
}

int64_t sys_getdents64(struct trap_frame *f)
{
	struct listing l = { .file = fd_get(arg_int(f, 0)) };
	paddr_t pa;
	int64_t n;

	if (!l.file)
		return -EBADF;
	if (!inode_is_dir(l.file->inode))
		return -ENOTDIR;
	if (!l.file->inode->nlink &&
	    (l.file->inode->device == DEVICE_TREE || inode_is_on_disk(l.file->inode)))
		return -ENOENT; /* removed */
	pa = page_alloc();
	if (!pa)
		return -ENOMEM;
	l.page = direct_map(pa);
	n = put_listing(&l, arg_u64(f, 1), arg_u64(f, 2) & UINT32_MAX);
	page_put(pa);
	if (n > 0 && !inode_is_read_only(l.file->inode) &&
	    (!inode_is_on_disk(l.file->inode) ||
	     l.file->inode->atime_ns <= l.file->inode->mtime_ns))
		inode_touch(l.file->inode, INODE_READ);
	return n;
}
