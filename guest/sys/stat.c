/* SPDX-License-Identifier: MIT */
/* System calls that say what a file is. */
#include <asm/stat.h>
#include <asm/statfs.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/stat.h>

#include "guest/fs/device.h"
#include "guest/fs/regular.h"
#include "guest/fs/stream.h"
#include "guest/lib/ledger.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"
#include "guest/sys/fd.h"
#include "guest/sys/lookup.h"
#include "guest/sys/syscall.h"

#define AT_KNOWN    (AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_STATX_SYNC_TYPE)
#define BLOCK_BYTES 512
#define NS_PER_SEC  1000000000ull
#define TTY_BLOCK   1024 /* st_blksize of a terminal */

static uint64_t nr_blocks(const struct inode *inode)
{
	if (inode_is_on_disk(inode))
		return inode->ops->tree->nr_sectors(inode);
	if (!inode_has_content(inode))
		return 0;
	return content_nr_pages(&inode->content) * (PAGE_SIZE / BLOCK_BYTES);
}

static uint32_t nr_links(const struct inode *inode)
{
	if (inode->device == DEVICE_TREE || inode_is_on_disk(inode) || inode->nlink)
		return inode->nlink;
	return inode_is_dir(inode) ? 2 : 1;
}

static uint32_t block_bytes(const struct inode *inode)
{
	return inode->rdev == DEVICE_CONSOLE ? TTY_BLOCK : PAGE_SIZE;
}

static int64_t put_stat(const struct inode *inode, vaddr_t dst)
{
	struct stat st;

	memset(&st, 0, sizeof(st));
	st.st_dev = inode->device;
	st.st_ino = inode->number;
	st.st_nlink = nr_links(inode);
	st.st_mode = inode->mode;
	st.st_uid = inode->uid;
	st.st_gid = inode->gid;
	st.st_rdev = inode->rdev;
	st.st_size = inode->object.size;
	st.st_blksize = block_bytes(inode);
	st.st_blocks = nr_blocks(inode);
	st.st_atime = inode->atime_ns / NS_PER_SEC;
	st.st_atime_nsec = inode->atime_ns % NS_PER_SEC;
	st.st_mtime = inode->mtime_ns / NS_PER_SEC;
	st.st_mtime_nsec = inode->mtime_ns % NS_PER_SEC;
	st.st_ctime = inode->ctime_ns / NS_PER_SEC;
	st.st_ctime_nsec = inode->ctime_ns % NS_PER_SEC;
	return put_user(dst, &st, sizeof(st));
}

static int64_t stat_path(int dirfd, vaddr_t from, unsigned flags, vaddr_t dst)
{
	struct inode *inode;
	int64_t err = lookup_inode(dirfd, from, flags, &inode);

	if (err)
		return err;
	err = put_stat(inode, dst);
	inode_put(inode);
	return err;
}

int64_t sys_stat(struct trap_frame *f)
{
	return stat_path(AT_FDCWD, arg_u64(f, 0), LOOKUP_F_FOLLOW, arg_u64(f, 1));
}

int64_t sys_lstat(struct trap_frame *f)
{
	return stat_path(AT_FDCWD, arg_u64(f, 0), 0, arg_u64(f, 1));
}

int64_t sys_fstat(struct trap_frame *f)
{
	struct file *file = fd_get_any(arg_int(f, 0));

	return file ? put_stat(file->inode, arg_u64(f, 1)) : -EBADF;
}

/* AT_* as lookup.h has them. */
static unsigned lookup_flags(int at)
{
	return (at & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_F_FOLLOW) |
	       (at & AT_EMPTY_PATH ? LOOKUP_F_EMPTY : 0);
}

int64_t sys_newfstatat(struct trap_frame *f)
{
	int flags = arg_int(f, 3);

	if (flags & ~AT_KNOWN)
		return -EINVAL;
	return stat_path(arg_int(f, 0), arg_u64(f, 1), lookup_flags(flags), arg_u64(f, 2));
}

static struct statx_timestamp timestamp(uint64_t ns)
{
	return (struct statx_timestamp){ .tv_sec = ns / NS_PER_SEC, .tv_nsec = ns % NS_PER_SEC };
}

static int64_t put_statx(const struct inode *inode, vaddr_t dst)
{
	struct statx stx;

	memset(&stx, 0, sizeof(stx));
	stx.stx_mask = STATX_BASIC_STATS;
	stx.stx_blksize = block_bytes(inode);
	stx.stx_nlink = nr_links(inode);
	stx.stx_uid = inode->uid;
	stx.stx_gid = inode->gid;
	stx.stx_mode = inode->mode;
	stx.stx_ino = inode->number;
	stx.stx_size = inode->object.size;
	stx.stx_blocks = nr_blocks(inode);
	stx.stx_atime = timestamp(inode->atime_ns);
	stx.stx_mtime = timestamp(inode->mtime_ns);
	stx.stx_ctime = timestamp(inode->ctime_ns);
	stx.stx_rdev_major = inode->rdev >> 8;
	stx.stx_rdev_minor = inode->rdev & 0xff;
	stx.stx_dev_major = inode->device >> 8;
	stx.stx_dev_minor = inode->device & 0xff;
	return put_user(dst, &stx, sizeof(stx));
}

int64_t sys_statx(struct trap_frame *f)
{
	int flags = arg_int(f, 2);
	struct inode *inode;
	int64_t err;

	if (flags & ~(AT_KNOWN | AT_STATX_SYNC_TYPE) || arg_u64(f, 3) & STATX__RESERVED ||
	    (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE)
		return -EINVAL;
	err = lookup_inode(arg_int(f, 0), arg_u64(f, 1), lookup_flags(flags), &inode);
	if (err)
		return err;
	err = put_statx(inode, arg_u64(f, 4));
	inode_put(inode);
	return err;
}

#define WANT_EXEC  1
#define WANT_WRITE 2

/* Everybody is root: all is allowed, but executing what nobody may execute. */
static int64_t check_access(int dirfd, vaddr_t from, int mode, int flags)
{
	struct inode *inode;
	int64_t err;

	if (mode & ~7 || flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	err = lookup_inode(dirfd, from, lookup_flags(flags), &inode);
	if (err)
		return err;
	if (mode & WANT_EXEC && !inode_is_dir(inode) && !(inode->mode & MODE_EXEC_ANY))
		err = -EACCES;
	if (mode & WANT_WRITE && inode_is_read_only(inode) &&
	    (inode_is_dir(inode) || inode_is_regular(inode) || inode_is_symlink(inode)))
		err = -EROFS;
	inode_put(inode);
	return err;
}

int64_t sys_access(struct trap_frame *f)
{
	return check_access(AT_FDCWD, arg_u64(f, 0), arg_int(f, 1), 0);
}

int64_t sys_faccessat(struct trap_frame *f)
{
	return check_access(arg_int(f, 0), arg_u64(f, 1), arg_int(f, 2), 0);
}

int64_t sys_faccessat2(struct trap_frame *f)
{
	return check_access(arg_int(f, 0), arg_u64(f, 1), arg_int(f, 2), arg_int(f, 3));
}

#define STATFS_READ_ONLY 1     /* ST_RDONLY */
#define STATFS_FLAGS     0x1020 /* ST_VALID, ST_RELATIME */

static int64_t put_statfs_of_disk(const struct inode *inode, vaddr_t dst)
{
	struct tree_usage u;
	struct statfs st;

	inode->ops->tree->usage(inode, &u);
	memset(&st, 0, sizeof(st));
	st.f_type = u.magic;
	st.f_bsize = st.f_frsize = u.block_bytes;
	st.f_blocks = u.nr_blocks;
	st.f_bfree = u.nr_free;
	st.f_bavail = u.nr_available;
	st.f_files = u.nr_inodes;
	st.f_ffree = u.nr_inodes_free;
	st.f_fsid.val[0] = inode->device;
	st.f_namelen = FILE_NAME_MAX;
	st.f_flags = STATFS_FLAGS | (inode_is_read_only(inode) ? STATFS_READ_ONLY : 0);
	return put_user(dst, &st, sizeof(st));
}

static int64_t put_statfs(const struct inode *inode, vaddr_t dst)
{
	static const uint32_t types[] = {
		[DEVICE_TREE] = TMPFS_MAGIC,
		[DEVICE_STREAMS] = DEVPTS_SUPER_MAGIC,
		[DEVICE_PIPES] = PIPEFS_MAGIC,
		[DEVICE_PROC] = PROC_SUPER_MAGIC,
	};
	struct statfs st;

	if (inode_is_on_disk(inode))
		return put_statfs_of_disk(inode, dst);
	memset(&st, 0, sizeof(st));
	st.f_type = types[inode->device];
	st.f_bsize = st.f_frsize = PAGE_SIZE;
	st.f_namelen = FILE_NAME_MAX;
	st.f_flags = STATFS_FLAGS;
	if (inode->device == DEVICE_TREE) {
		st.f_blocks = ledger.pages_total;
		st.f_bfree = st.f_bavail = content_nr_free();
		st.f_files = ledger.pages_total;
		st.f_ffree = content_nr_free();
	}
	return put_user(dst, &st, sizeof(st));
}

int64_t sys_statfs(struct trap_frame *f)
{
	struct inode *inode;
	int64_t err = lookup_inode(AT_FDCWD, arg_u64(f, 0), LOOKUP_F_FOLLOW, &inode);

	if (err)
		return err;
	err = put_statfs(inode, arg_u64(f, 1));
	inode_put(inode);
	return err;
}

int64_t sys_fstatfs(struct trap_frame *f)
{
	struct file *file = fd_get_any(arg_int(f, 0));

	return file ? put_statfs(file->inode, arg_u64(f, 1)) : -EBADF;
}
