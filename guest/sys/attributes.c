/* SPDX-License-Identifier: MIT */
/* System calls that change what a file says of itself, and its size. */
#include <linux/falloc.h>
#include <linux/stat.h>

#include "guest/core/clock.h"
#include "guest/fs/fsize.h"
#include "guest/fs/regular.h"
#include "guest/sys/fd.h"
#include "guest/sys/lookup.h"
#include "guest/sys/syscall.h"

#define NS_PER_SEC 1000000000ull

/* What a call does with the inode that it has found. */
struct change {
	int (*apply)(struct inode *inode, const struct change *c);
	uint32_t mode, uid, gid;
	uint64_t size;
	struct {
		bool is_set;
		uint64_t ns;
	} atime, mtime;
};

static int64_t change_at(int dirfd, vaddr_t from, int at_flags, const struct change *c)
{
	struct inode *inode;
	int err = lookup_inode(dirfd, from,
			       (at_flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_F_FOLLOW) |
				       (at_flags & AT_EMPTY_PATH ? LOOKUP_F_EMPTY : 0),
			       &inode);

	if (err)
		return err;
	err = c->apply(inode, c);
	inode_put(inode);
	return err;
}

static int64_t change_fd(int fd, const struct change *c)
{
	struct file *file = fd_get(fd);

	return file ? c->apply(file->inode, c) : -EBADF;
}

static int apply_mode(struct inode *inode, const struct change *c)
{
	if (inode->device == DEVICE_PROC)
		return -EPERM;
	if (inode_is_read_only(inode))
		return -EROFS;
	if (inode_is_symlink(inode))
		return -EOPNOTSUPP;
	inode->mode = (inode->mode & MODE_TYPE) | (c->mode & MODE_BITS);
	inode_touch(inode, INODE_CHANGED);
	return 0;
}

int64_t sys_chmod(struct trap_frame *f)
{
	struct change c = { .apply = apply_mode, .mode = arg_int(f, 1) };

	return change_at(AT_FDCWD, arg_u64(f, 0), 0, &c);
}

int64_t sys_fchmod(struct trap_frame *f)
{
	struct change c = { .apply = apply_mode, .mode = arg_int(f, 1) };

	return change_fd(arg_int(f, 0), &c);
}

int64_t sys_fchmodat(struct trap_frame *f)
{
	struct change c = { .apply = apply_mode, .mode = arg_int(f, 2) };

	return change_at(arg_int(f, 0), arg_u64(f, 1), 0, &c);
}

/* A program that changes hands no longer runs as its owner. */
#define MODE_SET_UID    04000u
#define MODE_SET_GID    02000u
#define MODE_GROUP_EXEC 00010u

static int apply_owner(struct inode *inode, const struct change *c)
{
	if (inode->device == DEVICE_PROC)
		return -EPERM;
	if (inode_is_read_only(inode))
		return -EROFS;
	if (c->uid != UINT32_MAX)
		inode->uid = c->uid;
	if (c->gid != UINT32_MAX)
		inode->gid = c->gid;
	if (!inode_is_dir(inode)) {
		inode->mode &= ~MODE_SET_UID;
		if (inode->mode & MODE_GROUP_EXEC)
			inode->mode &= ~MODE_SET_GID;
	}
	inode_touch(inode, INODE_CHANGED);
	return 0;
}

int64_t sys_chown(struct trap_frame *f)
{
	struct change c = { .apply = apply_owner, .uid = arg_int(f, 1), .gid = arg_int(f, 2) };

	return change_at(AT_FDCWD, arg_u64(f, 0), 0, &c);
}

int64_t sys_lchown(struct trap_frame *f)
{
	struct change c = { .apply = apply_owner, .uid = arg_int(f, 1), .gid = arg_int(f, 2) };

	return change_at(AT_FDCWD, arg_u64(f, 0), AT_SYMLINK_NOFOLLOW, &c);
}

int64_t sys_fchown(struct trap_frame *f)
{
	struct change c = { .apply = apply_owner, .uid = arg_int(f, 1), .gid = arg_int(f, 2) };

	return change_fd(arg_int(f, 0), &c);
}

int64_t sys_fchownat(struct trap_frame *f)
{
	struct change c = { .apply = apply_owner, .uid = arg_int(f, 2), .gid = arg_int(f, 3) };

	if (arg_int(f, 4) & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	return change_at(arg_int(f, 0), arg_u64(f, 1), arg_int(f, 4), &c);
}

int64_t sys_umask(struct trap_frame *f)
{
	uint32_t old = current()->umask;

	current()->umask = arg_int(f, 0) & 0777;
	return old;
}

/* ---- size ------------------------------------------------------------ */

static int check_growth(const struct inode *inode, uint64_t size)
{
	if (fsize_may_become(inode->object.size, size))
		return 0;
	fd_signal_error(-EFBIG);
	return -EFBIG;
}

static int apply_size(struct inode *inode, const struct change *c)
{
	int err;

	if (inode_is_dir(inode))
		return -EISDIR;
	if (!inode_has_content(inode))
		return -EINVAL;
	if (inode->nr_runs)
		return -ETXTBSY;
	err = check_growth(inode, c->size);
	if (!err)
		err = regular_resize(inode, c->size);
	if (!err)
		inode_touch(inode, INODE_WRITTEN);
	return err;
}

int64_t sys_truncate(struct trap_frame *f)
{
	struct change c = { .apply = apply_size, .size = arg_u64(f, 1) };

	if ((int64_t)c.size < 0)
		return -EINVAL;
	return change_at(AT_FDCWD, arg_u64(f, 0), 0, &c);
}

int64_t sys_ftruncate(struct trap_frame *f)
{
	struct change c = { .apply = apply_size, .size = arg_u64(f, 1) };
	struct file *file = fd_get(arg_int(f, 0));

	if ((int64_t)c.size < 0)
		return -EINVAL;
	if (!file)
		return -EBADF;
	if (!inode_is_regular(file->inode) || !fd_can_write(file))
		return -EINVAL;
	return apply_size(file->inode, &c);
}

static int check_fallocate(const struct file *file, int mode, int64_t offset, int64_t len)
{
	int64_t end;

	if (!file)
		return -EBADF;
	if (offset < 0 || len <= 0)
		return -EINVAL;
	if (mode & ~FALLOC_FL_KEEP_SIZE)
		return -EOPNOTSUPP;
	if (!fd_can_write(file))
		return -EBADF;
	if ((file->inode->mode & MODE_TYPE) == MODE_FIFO)
		return -ESPIPE;
	if (!inode_has_content(file->inode))
		return -ENODEV;
	if (__builtin_add_overflow(offset, len, &end))
		return -EFBIG;
	return 0;
}

int64_t sys_fallocate(struct trap_frame *f)
{
	struct file *file = fd_get(arg_int(f, 0));
	int mode = arg_int(f, 1);
	uint64_t offset = arg_u64(f, 2), len = arg_u64(f, 3);
	int err = check_fallocate(file, mode, offset, len);

	if (!err)
		err = check_growth(file->inode, offset + len);
	if (!err)
		err = regular_reserve(file->inode, offset, len);
	if (!err && !(mode & FALLOC_FL_KEEP_SIZE) && offset + len > file->inode->object.size)
		err = regular_resize(file->inode, offset + len);
	if (!err)
		inode_touch(file->inode, INODE_WRITTEN);
	return err;
}

/* ---- times ----------------------------------------------------------- */

#define TIME_NOW  ((1l << 30) - 1l) /* UTIME_NOW */
#define TIME_OMIT ((1l << 30) - 2l) /* UTIME_OMIT */

struct timespec_user {
	int64_t sec, nsec;
};

static int apply_times(struct inode *inode, const struct change *c)
{
	if (inode->device == DEVICE_PROC)
		return -EPERM;
	if (inode_is_read_only(inode))
		return -EROFS;
	if (c->atime.is_set)
		inode->atime_ns = c->atime.ns;
	if (c->mtime.is_set)
		inode->mtime_ns = c->mtime.ns;
	inode_touch(inode, INODE_CHANGED);
	return 0;
}

/* What is to be done with both times: false if one is no time. Times before the
 * epoch become it. */
static bool set_times(struct change *c, const struct timespec_user *times)
{
	uint64_t now = clock_real_ns(), ns[2];

	for (unsigned i = 0; i < 2; i++) {
		uint64_t nsec = times[i].nsec;

		if (nsec != TIME_NOW && nsec != TIME_OMIT && nsec >= NS_PER_SEC)
			return false;
		ns[i] = times[i].sec < 0 ? 0 : times[i].sec * NS_PER_SEC + nsec;
		if (nsec == TIME_NOW)
			ns[i] = now;
	}
	c->apply = apply_times;
	c->atime.is_set = times[0].nsec != TIME_OMIT;
	c->atime.ns = ns[0];
	c->mtime.is_set = times[1].nsec != TIME_OMIT;
	c->mtime.ns = ns[1];
	return true;
}

static const struct timespec_user both_now[2] = { { 0, TIME_NOW }, { 0, TIME_NOW } };

static int64_t utimes_at(int dirfd, vaddr_t from, int at_flags, const struct timespec_user *times)
{
	struct change c;

	if (times[0].nsec == TIME_OMIT && times[1].nsec == TIME_OMIT)
		return 0;
	if (!set_times(&c, times))
		return -EINVAL;
	if (at_flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (from || dirfd == AT_FDCWD)
		return change_at(dirfd, from, at_flags, &c);
	return at_flags ? -EINVAL : change_fd(dirfd, &c);
}

int64_t sys_utimensat(struct trap_frame *f)
{
	struct timespec_user times[2] = { both_now[0], both_now[1] };

	if (arg_u64(f, 2) && get_user(times, arg_u64(f, 2), sizeof(times)))
		return -EFAULT;
	return utimes_at(arg_int(f, 0), arg_u64(f, 1), arg_int(f, 3), times);
}

/* Microseconds, as utimes and futimesat have them. */
static int64_t utimes_us(int dirfd, vaddr_t from, vaddr_t times_at)
{
	struct timespec_user times[2] = { both_now[0], both_now[1] };

	if (times_at && get_user(times, times_at, sizeof(times)))
		return -EFAULT;
	for (unsigned i = 0; times_at && i < 2; i++) {
		if ((uint64_t)times[i].nsec >= 1000000)
			return -EINVAL;
		times[i].nsec *= 1000;
	}
	return utimes_at(dirfd, from, 0, times);
}

int64_t sys_utimes(struct trap_frame *f)
{
	return utimes_us(AT_FDCWD, arg_u64(f, 0), arg_u64(f, 1));
}

int64_t sys_futimesat(struct trap_frame *f)
{
	return utimes_us(arg_int(f, 0), arg_u64(f, 1), arg_u64(f, 2));
}

int64_t sys_utime(struct trap_frame *f)
{
	struct timespec_user times[2] = { both_now[0], both_now[1] };
	int64_t seconds[2];

	if (arg_u64(f, 1)) {
		if (get_user(seconds, arg_u64(f, 1), sizeof(seconds)))
			return -EFAULT;
		times[0] = (struct timespec_user){ seconds[0], 0 };
		times[1] = (struct timespec_user){ seconds[1], 0 };
	}
	return utimes_at(AT_FDCWD, arg_u64(f, 0), 0, times);
}
