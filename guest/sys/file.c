/* SPDX-License-Identifier: MIT */
/* System calls on open files. */
#include "guest/fs/file.h"

#include <asm/ioctls.h>
#include <asm/poll.h>
#include <asm/signal.h>
#include <asm/termbits.h>
#include <linux/fcntl.h>
#include <linux/fs.h>

#include "guest/core/clock.h"
#include "guest/core/wait.h"
#include "guest/lib/string.h"
#include "guest/sys/signals.h"
#include "guest/sys/syscall.h"

#define PIECES_MAX 16 /* pieces handed down at a time */
#define IOV_MAX    1024

/* As Linux: no transfer is larger than this (read(2), NOTES). */
#define TRANSFER_MAX 0x7ffff000ull

static bool can_read(const struct file *file)
{
	return (file->flags & O_ACCMODE) != O_WRONLY;
}

static bool can_write(const struct file *file)
{
	return (file->flags & O_ACCMODE) != O_RDONLY;
}

/* As access_ok() in Linux: checked before anything else is. */
static bool can_be_users(vaddr_t start, uint64_t len)
{
	return len <= USER_END && start <= USER_END - len;
}

static int64_t read_piece(struct file *file, vaddr_t buf, uint64_t len, uint64_t *pos)
{
	if (!can_read(file))
		return -EBADF;
	if (!file->ops->read)
		return file->inode && inode_is_dir(file->inode) ? -EISDIR : -EINVAL;
	if (!can_be_users(buf, len))
		return -EFAULT;
	return file->ops->read(file, buf, min_u64(len, TRANSFER_MAX), pos);
}

static int64_t write_pieces(struct file *file, const struct user_piece *pieces, unsigned nr,
			    uint64_t *pos)
{
	int64_t n;

	if (!can_write(file))
		return -EBADF;
	for (unsigned i = 0; i < nr; i++)
		if (!can_be_users(pieces[i].start, pieces[i].len))
			return -EFAULT;
	if (!file->ops->write)
		return -EINVAL;
	n = file->ops->write(file, pieces, nr, pos);
	if (unlikely(n == -EPIPE))
		signal_send_current(SIGPIPE);
	return n;
}

int64_t sys_read(struct trap_frame *f)
{
	struct file *file = file_get(current()->files, arg_int(f, 0));

	if (!file)
		return -EBADF;
	return read_piece(file, arg_u64(f, 1), arg_u64(f, 2), &file->pos);
}

int64_t sys_write(struct trap_frame *f)
{
	struct file *file = file_get(current()->files, arg_int(f, 0));
	struct user_piece piece = { arg_u64(f, 1), arg_u64(f, 2) };

	if (!file)
		return -EBADF;
	return write_pieces(file, &piece, 1, &file->pos);
}

/* Reads pieces from, at most PIECES_MAX of nr, checking as Linux does. */
static int get_pieces(struct user_piece *pieces, vaddr_t from, unsigned nr)
{
	if (get_user(pieces, from, nr * sizeof(*pieces)))
		return -EFAULT;
	for (unsigned i = 0; i < nr; i++)
		if ((int64_t)pieces[i].len < 0)
			return -EINVAL;
	return 0;
}

typedef int64_t (*transfer_fn)(struct file *file, const struct user_piece *pieces, unsigned nr,
			       uint64_t *pos);

static int64_t read_pieces(struct file *file, const struct user_piece *pieces, unsigned nr,
			   uint64_t *pos)
{
	int64_t done = 0;

	for (unsigned i = 0; i < nr; i++) {
		int64_t n = read_piece(file, pieces[i].start, pieces[i].len, pos);

		if (n < 0)
			return done ? done : n;
		done += n;
		if ((uint64_t)n < pieces[i].len)
			break;
	}
	return done;
}

/* readv and writev: batches of pieces until one comes out short. */
static int64_t transfer_vector(struct file *file, vaddr_t iov, int count, uint64_t *pos,
			       transfer_fn transfer)
{
	struct user_piece pieces[PIECES_MAX];
	int64_t done = 0;

	if (count < 0 || count > IOV_MAX)
		return -EINVAL;
	while (count) {
		unsigned nr = min_u64(count, PIECES_MAX);
		int64_t n = get_pieces(pieces, iov, nr);
		uint64_t asked = 0;

		for (unsigned i = 0; i < nr && !n; i++)
			asked += pieces[i].len;
		if (!n)
			n = transfer(file, pieces, nr, pos);
		if (n < 0)
			return done ? done : n;
		done += n;
		if ((uint64_t)n < asked)
			break;
		iov += nr * sizeof(pieces[0]);
		count -= nr;
	}
	return done;
}

static int64_t vector_call(struct trap_frame *f, transfer_fn transfer)
{
	struct file *file = file_get(current()->files, arg_int(f, 0));

	if (!file)
		return -EBADF;
	return transfer_vector(file, arg_u64(f, 1), arg_int(f, 2), &file->pos, transfer);
}

int64_t sys_readv(struct trap_frame *f)
{
	return vector_call(f, read_pieces);
}

int64_t sys_writev(struct trap_frame *f)
{
	return vector_call(f, write_pieces);
}

/* The file of a call with an offset, which must be one that can seek. */
static int get_seekable(struct trap_frame *f, struct file **file)
{
	*file = file_get(current()->files, arg_int(f, 0));
	if (!*file)
		return -EBADF;
	if ((int64_t)arg_u64(f, 3) < 0)
		return -EINVAL;
	return (*file)->ops->can_seek ? 0 : -ESPIPE;
}

int64_t sys_pread64(struct trap_frame *f)
{
	uint64_t pos = arg_u64(f, 3);
	struct file *file;
	int err = get_seekable(f, &file);

	return err ? err : read_piece(file, arg_u64(f, 1), arg_u64(f, 2), &pos);
}

int64_t sys_pwrite64(struct trap_frame *f)
{
	struct user_piece piece = { arg_u64(f, 1), arg_u64(f, 2) };
	uint64_t pos = arg_u64(f, 3);
	struct file *file;
	int err = get_seekable(f, &file);

	return err ? err : write_pieces(file, &piece, 1, &pos);
}

static int64_t vector_call_at(struct trap_frame *f, transfer_fn transfer)
{
	uint64_t pos = arg_u64(f, 3);
	struct file *file;
	int err = get_seekable(f, &file);

	return err ? err : transfer_vector(file, arg_u64(f, 1), arg_int(f, 2), &pos, transfer);
}

int64_t sys_preadv(struct trap_frame *f)
{
	return vector_call_at(f, read_pieces);
}

int64_t sys_pwritev(struct trap_frame *f)
{
	return vector_call_at(f, write_pieces);
}

int64_t sys_lseek(struct trap_frame *f)
{
	struct file *file = file_get(current()->files, arg_int(f, 0));
	int64_t offset = arg_u64(f, 1), base;

	if (!file)
		return -EBADF;
	if (!file->ops->can_seek)
		return -ESPIPE;
	switch (arg_int(f, 2)) {
	case SEEK_SET:
		base = 0;
		break;
	case SEEK_CUR:
		base = file->pos;
		break;
	case SEEK_END:
		base = file->inode->object.size;
		break;
	default:
		return -EINVAL;
	}
	if (__builtin_add_overflow(base, offset, &base))
		return -EOVERFLOW;
	if (base < 0)
		return -EINVAL;
	file->pos = base;
	return base;
}

int64_t sys_close(struct trap_frame *f)
{
	return file_close(current()->files, arg_int(f, 0));
}

static int64_t duplicate(int fd, int min, bool closes_on_exec)
{
	struct file_table *table = current()->files;
	struct file *file = file_get(table, fd);
	int new_fd;

	if (!file)
		return -EBADF;
	if (min < 0 || min >= FD_MAX)
		return -EINVAL;
	new_fd = file_install(table, file, min, closes_on_exec);
	if (new_fd >= 0)
		file->users++;
	return new_fd;
}

static int64_t duplicate_at(int fd, int new_fd, bool closes_on_exec)
{
	struct file_table *table = current()->files;
	struct file *file = file_get(table, fd);

	if (!file || (unsigned)new_fd >= FD_MAX)
		return -EBADF;
	file->users++;
	file_install_at(table, new_fd, file, closes_on_exec);
	return new_fd;
}

int64_t sys_dup(struct trap_frame *f)
{
	return duplicate(arg_int(f, 0), 0, false);
}

int64_t sys_dup2(struct trap_frame *f)
{
	int fd = arg_int(f, 0), new_fd = arg_int(f, 1);

	if (fd == new_fd)
		return file_get(current()->files, fd) ? fd : -EBADF;
	return duplicate_at(fd, new_fd, false);
}

int64_t sys_dup3(struct trap_frame *f)
{
	if (arg_int(f, 2) & ~O_CLOEXEC || arg_int(f, 0) == arg_int(f, 1))
		return -EINVAL;
	return duplicate_at(arg_int(f, 0), arg_int(f, 1), arg_int(f, 2) & O_CLOEXEC);
}

#define STATUS_FLAGS (O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME)

int64_t sys_fcntl(struct trap_frame *f)
{
	struct file_table *table = current()->files;
	int fd = arg_int(f, 0);
	struct file *file = file_get(table, fd);

	if (!file)
		return -EBADF;
	switch (arg_int(f, 1)) {
	case F_DUPFD:
		return duplicate(fd, arg_int(f, 2), false);
	case F_DUPFD_CLOEXEC:
		return duplicate(fd, arg_int(f, 2), true);
	case F_GETFD:
		return table->closes_on_exec[fd] ? FD_CLOEXEC : 0;
	case F_SETFD:
		table->closes_on_exec[fd] = arg_int(f, 2) & FD_CLOEXEC;
		return 0;
	case F_GETFL:
		return file->flags;
	case F_SETFL:
		file->flags = (file->flags & ~STATUS_FLAGS) | (arg_int(f, 2) & STATUS_FLAGS);
		return 0;
	default:
		return -EINVAL;
	}
}

/* What a terminal is set to before anybody changes it. */
static int64_t terminal_get(vaddr_t dst)
{
	static const struct termios settings = {
		.c_iflag = ICRNL | IXON,
		.c_oflag = OPOST | ONLCR,
		.c_cflag = B38400 | CS8 | CREAD,
		.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
		.c_cc = { [VINTR] = 3, [VQUIT] = 28, [VERASE] = 127, [VKILL] = 21, [VEOF] = 4,
			  [VMIN] = 1 },
	};

	return put_user(dst, &settings, sizeof(settings));
}

static int64_t window_size_get(vaddr_t dst)
{
	const struct console_info *info = console_info();
	uint16_t size[4] = { info->window[0], info->window[1] };

	return put_user(dst, size, sizeof(size));
}

int64_t sys_ioctl(struct trap_frame *f)
{
	struct file *file = file_get(current()->files, arg_int(f, 0));

	if (!file)
		return -EBADF;
	if (file->inode || !(console_info()->tty >> file->stream & 1))
		return -ENOTTY;
	switch (arg_u64(f, 1) & UINT32_MAX) {
	case TCGETS:
		return terminal_get(arg_u64(f, 2));
	case TIOCGWINSZ:
		return window_size_get(arg_u64(f, 2));
	default:
		return -ENOTTY;
	}
}

/* Files cannot be written to, and the streams hold nothing back. */
int64_t sys_fsync(struct trap_frame *f)
{
	struct file *file = file_get(current()->files, arg_int(f, 0));

	if (!file)
		return -EBADF;
	return file->inode ? 0 : -EINVAL;
}

struct pollfd_user {
	int32_t fd;
	int16_t events, revents;
};

static int16_t poll_events(const struct file *file)
{
	if (!file)
		return POLLNVAL;
	if (!file->inode && file->stream != CONSOLE_STDIN)
		return POLLOUT;
	return POLLIN; /* a read of stdin may still wait: docs/syscalls.md */
}

#define POLL_MAX 1024

int64_t sys_poll(struct trap_frame *f)
{
	uint64_t nr = arg_u64(f, 1);
	int timeout_ms = arg_int(f, 2), ready = 0, err;

	if (nr > POLL_MAX)
		return -EINVAL;
	for (uint64_t i = 0; i < nr; i++) {
		vaddr_t at = arg_u64(f, 0) + i * sizeof(struct pollfd_user);
		struct pollfd_user p;

		if (get_user(&p, at, sizeof(p)))
			return -EFAULT;
		p.revents = 0;
		if (p.fd >= 0)
			p.revents = poll_events(file_get(current()->files, p.fd)) &
				    (p.events | POLLNVAL);
		ready += !!p.revents;
		if (put_user(at, &p, sizeof(p)))
			return -EFAULT;
	}
	if (ready || !timeout_ms)
		return ready;
	err = wait_on(NULL, timeout_ms < 0 ? WAIT_FOREVER :
					     clock_now() + clock_ns_to_ticks(timeout_ms * 1000000ull));
	return err == -EINTR ? err : 0;
}
