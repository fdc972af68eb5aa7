/* SPDX-License-Identifier: MIT */
/* System calls on the numbers of open files, and pipes, which are two of them. */
#include <asm/ioctls.h>
#include <linux/close_range.h>
#include <linux/fcntl.h>

#include "guest/fs/pipe.h"
#include "guest/fs/stream.h"
#include "guest/sys/fd.h"
#include "guest/sys/syscall.h"
#include "guest/sys/tty_ioctl.h"

int64_t sys_close(struct trap_frame *f)
{
	return file_close(current()->files, arg_int(f, 0));
}

int64_t sys_close_range(struct trap_frame *f)
{
	struct file_table *table = current()->files;
	uint32_t first = arg_int(f, 0), last = arg_int(f, 1), flags = arg_int(f, 2);

	if (first > last || flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC))
		return -EINVAL;
	last = min_u64(last, FD_MAX - 1);
	for (uint32_t fd = first; fd <= last; fd++) {
		fd = file_table_next(table, min_u64(fd, FD_MAX));
		if (fd > last)
			break;
		if (flags & CLOSE_RANGE_CLOEXEC)
			file_set_closes_on_exec(table, fd, true);
		else
			file_close(table, fd);
	}
	return 0;
}

static int64_t duplicate(struct file *file, int min, bool closes_on_exec)
{
	int fd;

	if (min < 0 || min >= current()->files->limit)
		return -EINVAL;
	fd = file_install(current()->files, file, min, closes_on_exec);
	if (fd >= 0)
		file_get(file);
	return fd;
}

static int64_t duplicate_at(int fd, int new_fd, bool closes_on_exec)
{
	struct file *file = fd_get_any(fd);
	int err;

	if ((unsigned)new_fd >= (unsigned)current()->files->limit || !file)
		return -EBADF;
	file_get(file);
	err = file_install_at(current()->files, new_fd, file, closes_on_exec);
	if (err < 0)
		file_put(file);
	return err;
}

int64_t sys_dup(struct trap_frame *f)
{
	struct file *file = fd_get_any(arg_int(f, 0));

	return file ? duplicate(file, 0, false) : -EBADF;
}

int64_t sys_dup2(struct trap_frame *f)
{
	int fd = arg_int(f, 0), new_fd = arg_int(f, 1);

	if (fd == new_fd)
		return fd_get_any(fd) ? fd : -EBADF;
	return duplicate_at(fd, new_fd, false);
}

int64_t sys_dup3(struct trap_frame *f)
{
	if (arg_int(f, 2) & ~O_CLOEXEC || arg_int(f, 0) == arg_int(f, 1))
		return -EINVAL;
	return duplicate_at(arg_int(f, 0), arg_int(f, 1), arg_int(f, 2) & O_CLOEXEC);
}

/* Nobody else's lock is ever in the way: locks are taken and not kept. */
static int64_t lock_fcntl(const struct file *file, int command, vaddr_t at)
{
	struct flock lock;

	if (get_user(&lock, at, sizeof(lock)))
		return -EFAULT;
	if (lock.l_type != F_RDLCK && lock.l_type != F_WRLCK && lock.l_type != F_UNLCK)
		return -EINVAL;
	if (lock.l_whence < 0 || lock.l_whence > 2)
		return -EINVAL;
	if (command == F_GETLK || command == F_OFD_GETLK) {
		lock.l_type = F_UNLCK;
		return put_user(at, &lock, sizeof(lock));
	}
	if ((lock.l_type == F_RDLCK && !fd_can_read(file)) ||
	    (lock.l_type == F_WRLCK && !fd_can_write(file)))
		return -EBADF;
	return 0;
}

static int64_t pipe_size(const struct file *file, bool is_set, uint64_t size)
{
	if (!pipe_is(file))
		return -EBADF;
	if (is_set && (int)size < 0)
		return -EINVAL;
	return is_set && size > PIPE_BYTES ? -EPERM : (int64_t)PIPE_BYTES;
}

#define STATUS_FLAGS (O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME)

/* What concerns the number, and may be asked of one opened with O_PATH. */
static int64_t fcntl_number(struct file *file, int fd, int command, uint64_t arg)
{
	struct file_table *table = current()->files;

	switch (command) {
	case F_DUPFD:
		return duplicate(file, arg, false);
	case F_DUPFD_CLOEXEC:
		return duplicate(file, arg, true);
	case F_GETFD:
		return file_closes_on_exec(table, fd) ? FD_CLOEXEC : 0;
	case F_SETFD:
		file_set_closes_on_exec(table, fd, arg & FD_CLOEXEC);
		return 0;
	case F_GETFL:
		return file->flags;
	default:
		return file->flags & O_PATH ? -EBADF : -EINVAL;
	}
}

int64_t sys_fcntl(struct trap_frame *f)
{
	int fd = arg_int(f, 0), command = arg_int(f, 1);
	struct file *file = fd_get_any(fd);
	uint64_t arg = arg_u64(f, 2);

	if (!file)
		return -EBADF;
	if (file->flags & O_PATH)
		return fcntl_number(file, fd, command, arg);
	switch (command) {
	case F_SETFL:
		file->flags = (file->flags & ~STATUS_FLAGS) | (arg & STATUS_FLAGS);
		return 0;
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
	case F_OFD_GETLK:
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		return lock_fcntl(file, command, arg);
	case F_GETOWN:
	case F_SETOWN:
		return 0;
	case F_GETPIPE_SZ:
		return pipe_size(file, false, 0);
	case F_SETPIPE_SZ:
		return pipe_size(file, true, arg & UINT32_MAX);
	default:
		return fcntl_number(file, fd, command, arg);
	}
}

#define LOCK_SHARED    1
#define LOCK_EXCLUSIVE 2
#define LOCK_NONBLOCK  4
#define LOCK_UNLOCK    8
#define LOCK_MANDATORY 32

int64_t sys_flock(struct trap_frame *f)
{
	int operation = arg_int(f, 1) & ~LOCK_NONBLOCK;

	if (operation & LOCK_MANDATORY)
		return 0; /* Linux has no such locks any more, and says nothing */
	if (operation != LOCK_SHARED && operation != LOCK_EXCLUSIVE && operation != LOCK_UNLOCK)
		return -EINVAL;
	return fd_get(arg_int(f, 0)) ? 0 : -EBADF;
}

static int64_t make_pipe(vaddr_t dst, int flags)
{
	struct file_table *table = current()->files;
	struct file *ends[2];
	int fds[2], err;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
		return -EINVAL;
	err = pipe_open(ends, flags & ~O_CLOEXEC);
	if (err)
		return err;
	fds[0] = file_install(table, ends[0], 0, flags & O_CLOEXEC);
	if (fds[0] < 0) {
		file_put(ends[0]);
		file_put(ends[1]);
		return fds[0];
	}
	fds[1] = file_install(table, ends[1], 0, flags & O_CLOEXEC);
	if (fds[1] < 0) {
		file_close(table, fds[0]);
		file_put(ends[1]);
		return fds[1];
	}
	if (!put_user(dst, fds, sizeof(fds)))
		return 0;
	file_close(table, fds[0]);
	file_close(table, fds[1]);
	return -EFAULT;
}

int64_t sys_pipe(struct trap_frame *f)
{
	return make_pipe(arg_u64(f, 0), 0);
}

int64_t sys_pipe2(struct trap_frame *f)
{
	return make_pipe(arg_u64(f, 0), arg_int(f, 1));
}

/* ---- ioctl ----------------------------------------------------------- */

static int64_t put_nr_readable(struct file *file, vaddr_t dst)
{
	int64_t n = -ENOTTY;
	int32_t value;

	if (file->ops->nr_readable)
		n = file->ops->nr_readable(file);
	else if (inode_has_content(file->inode))
		n = file->inode->object.size - file->pos;
	if (n < 0 && !inode_has_content(file->inode))
		return n;
	value = n;
	return put_user(dst, &value, sizeof(value));
}

int64_t sys_ioctl(struct trap_frame *f)
{
	int fd = arg_int(f, 0), value;
	struct file *file = fd_get(fd);
	uint32_t request = arg_int(f, 1);
	vaddr_t arg = arg_u64(f, 2);

	if (!file)
		return -EBADF;
	switch (request) {
	case FIOCLEX:
	case FIONCLEX:
		file_set_closes_on_exec(current()->files, fd, request == FIOCLEX);
		return 0;
	case FIONBIO:
		if (get_user(&value, arg, sizeof(value)))
			return -EFAULT;
		file->flags = value ? file->flags | O_NONBLOCK : file->flags & ~O_NONBLOCK;
		return 0;
	case FIONREAD:
		return put_nr_readable(file, arg);
	default:
		if (file->ops->ioctl)
			return file->ops->ioctl(file, request, arg);
		return stream_is_tty(file) ? tty_ioctl(request, arg) : -ENOTTY;
	}
}
