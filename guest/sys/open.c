/* SPDX-License-Identifier: MIT */
/* Opening files. */
#include <asm/stat.h>

#include "guest/fs/dir.h"
#include "guest/fs/node.h"
#include "guest/fs/regular.h"
#include "guest/sys/fd.h"
#include "guest/sys/lookup.h"
#include "guest/sys/syscall.h"

/* Linux shows that it allows files beyond 2 GiB, which on x86-64 it always does;
 * the header has 0 for it. */
#define LARGEFILE 0100000

/* What concerns opening, not the open file. */
#define OPEN_ONCE (O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC)

/* What of the flags counts with O_PATH. */
#define WITH_PATH (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

static bool is_tmpfile(uint32_t flags)
{
	return (flags & O_TMPFILE) == O_TMPFILE;
}

static int check_flags(uint32_t flags)
{
	if (flags & O_TMPFILE & ~O_DIRECTORY &&
	    (!is_tmpfile(flags) || (flags & O_ACCMODE) == O_RDONLY))
		return -EINVAL;
	if (flags & O_CREAT && flags & O_DIRECTORY)
		return -EINVAL;
	return 0;
}

/* A new file where l has led, and where nothing is yet. */
static int create_file(struct lookup *l, uint32_t mode)
{
	struct inode *dir = l->end.dir;
	int err;

	if (l->end.len > FILE_NAME_MAX)
		return -ENAMETOOLONG;
	if (inode_is_on_disk(dir))
		return lookup_create_on_disk(l, MODE_REGULAR | (mode & MODE_BITS & ~current()->umask),
					     0, NULL, &l->end.inode);
	if (!dir_is_kept(dir) || !dir->nlink)
		return -ENOENT;
	l->end.inode = node_create(MODE_REGULAR | (mode & MODE_BITS & ~current()->umask), 0);
	err = lookup_create(l, l->end.inode);
	return err;
}

/* Whether what is there may be opened so, in Linux's order. */
static int check_existing(const struct inode *inode, uint32_t flags)
{
	if (flags & O_CREAT && flags & O_EXCL)
		return -EEXIST;
	if (flags & O_CREAT && inode_is_dir(inode))
		return -EISDIR;
	if (flags & O_DIRECTORY && !inode_is_dir(inode))
		return -ENOTDIR;
	if (flags & O_PATH)
		return 0;
	if (inode_is_symlink(inode))
		return -ELOOP;
	if (((flags & O_ACCMODE) != O_RDONLY || flags & O_TRUNC) && inode_is_regular(inode) &&
	    inode_is_read_only(inode))
		return -EROFS;
	if (inode_is_dir(inode) && ((flags & O_ACCMODE) != O_RDONLY || flags & O_TRUNC))
		return -EISDIR;
	return 0;
}

static int open_found(struct inode *inode, uint32_t flags, bool is_new, struct file **file)
{
	int err = check_existing(inode, flags);

	if (err)
		return err;
	if (((flags & O_ACCMODE) != O_RDONLY || flags & O_TRUNC) && !(flags & O_PATH) && !is_new &&
	    inode->nr_runs)
		return -ETXTBSY;
	if (flags & O_TRUNC && inode_has_content(inode)) {
		err = regular_resize(inode, 0);
		if (err)
			return err;
		inode_touch(inode, INODE_WRITTEN);
	}
	return file_open(inode, (flags & ~OPEN_ONCE) | (flags & O_PATH ? 0 : LARGEFILE), file);
}

/* A file without a name, in the file system that the folder is in. */
static int open_nameless(const struct inode *dir, uint32_t flags, uint32_t mode, struct file **file)
{
	struct inode *inode;
	int err;

	if (!inode_is_dir(dir))
		return -ENOTDIR;
	if (!dir_is_kept(dir))
		return -EOPNOTSUPP;
	inode = node_create(MODE_REGULAR | (mode & MODE_BITS & ~current()->umask), 0);
	if (!inode)
		return -ENOMEM;
	inode_touch(inode, INODE_READ | INODE_WRITTEN);
	err = file_open(inode, (flags & ~(OPEN_ONCE | O_TMPFILE)) | LARGEFILE, file);
	inode_put(inode);
	return err;
}

static int open_looked_up(struct lookup *l, int found, uint32_t flags, uint32_t mode,
			  struct file **file)
{
	bool is_new = false, can_create = flags & O_CREAT && l->end.dir && inode_is_dir(l->end.dir);

	if (can_create && l->end.has_slash && l->end.last == PATH_LAST_NAME)
		return -EISDIR;
	if (found && (found != -ENOENT || !can_create))
		return found;
	if (is_tmpfile(flags))
		return open_nameless(l->end.inode, flags, mode, file);
	if (found) {
		found = create_file(l, mode);
		if (found == -EEXIST && !(flags & O_EXCL)) { /* it came while a disk was waited for */
			found = lookup_in(l->end.dir, l->end.name, l->end.len, &l->end.inode);
		} else if (!found) {
			flags &= ~(O_EXCL | O_TRUNC);
			is_new = true;
		}
		if (found)
			return found;
	}
	return open_found(l->end.inode, flags, is_new, file);
}

static int64_t open_at(int dirfd, vaddr_t from, uint32_t flags, uint32_t mode)
{
	struct file_table *table = current()->files;
	bool follows = !(flags & O_NOFOLLOW) && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
	struct file *file = NULL;
	struct lookup l;
	int err, fd;

	if (flags & O_PATH)
		flags &= WITH_PATH;
	err = check_flags(flags);
	if (err)
		return err;
	err = lookup_begin(&l, dirfd, from, follows ? LOOKUP_F_FOLLOW : 0);
	if (l.path && file_table_is_full(table))
		err = -EMFILE;
	else if (l.path)
		err = open_looked_up(&l, err, flags, mode, &file);
	lookup_end(&l);
	if (err)
		return err;
	fd = file_install(table, file, 0, flags & O_CLOEXEC);
	if (fd < 0)
		file_put(file);
	return fd;
}

int64_t sys_open(struct trap_frame *f)
{
	return open_at(AT_FDCWD, arg_u64(f, 0), arg_int(f, 1), arg_int(f, 2));
}

int64_t sys_openat(struct trap_frame *f)
{
	return open_at(arg_int(f, 0), arg_u64(f, 1), arg_int(f, 2), arg_int(f, 3));
}

int64_t sys_creat(struct trap_frame *f)
{
	return open_at(AT_FDCWD, arg_u64(f, 0), O_CREAT | O_WRONLY | O_TRUNC, arg_int(f, 1));
}
