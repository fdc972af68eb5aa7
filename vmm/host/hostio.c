/* SPDX-License-Identifier: MIT */
#include "vmm/host/hostio.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "vmm/base/status_line.h"

#define IOV_CHUNK_MAX 64

/* Opening the multiplexer of pseudo-terminals makes a new one each time. */
#define PTMX_MAJOR 5
#define PTMX_MINOR 2

void hostio_init(struct hostio *io, int fd, bool is_output)
{
	*io = (struct hostio){.fd = fd, .own_fd = -1, .is_output = is_output};
}

void hostio_fini(struct hostio *io)
{
	if (io->own_fd >= 0)
		close(io->own_fd);
	io->own_fd = -1;
}

int hostio_poll_fd(const struct hostio *io)
{
	return io->own_fd >= 0 ? io->own_fd : io->fd;
}

short hostio_events(const struct hostio *io)
{
	return io->is_output ? POLLOUT : POLLIN;
}

/* Makes a description of our own; where that fails the caller goes on with
 * poll(2). The new descriptor must be of the same file: /proc may be foreign. */
static bool reopen(struct hostio *io, const struct stat *st)
{
	int flags = (io->is_output ? O_WRONLY : O_RDONLY) | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	struct stat own;
	char path[40];

	if (S_ISCHR(st->st_mode) && st->st_rdev == makedev(PTMX_MAJOR, PTMX_MINOR))
		return false;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", io->fd);
	int fd = open(path, flags);
	if (fd < 0)
		return false;
	if (fstat(fd, &own) || own.st_dev != st->st_dev || own.st_ino != st->st_ino) {
		close(fd);
		return false;
	}
	io->own_fd = fd;
	return true;
}

static void set_polled(struct hostio *io, size_t chunk_bytes)
{
	io->kind = HOSTIO_POLLED;
	io->chunk_bytes = chunk_bytes;
}

static void reopen_or_poll(struct hostio *io, const struct stat *st)
{
	if (reopen(io, st))
		io->kind = HOSTIO_PLAIN;
	else
		set_polled(io, PIPE_BUF);
}

static void probe(struct hostio *io)
{
	struct stat st;

	io->kind = HOSTIO_PLAIN; /* also for a closed one: it will say so */
	if (fstat(io->fd, &st))
		return;
	io->is_terminal = S_ISCHR(st.st_mode) && isatty(io->fd);
	if (S_ISSOCK(st.st_mode))
		io->kind = HOSTIO_SOCKET;
	else if (S_ISFIFO(st.st_mode))
		io->kind = HOSTIO_NOWAIT;
	else if (io->is_terminal)
		reopen_or_poll(io, &st);
	else if (S_ISCHR(st.st_mode))
		set_polled(io, 0);
}

/* A kernel whose pipes do not know RWF_NOWAIT. */
static void give_up_nowait(struct hostio *io)
{
	struct stat st;

	if (fstat(io->fd, &st))
		set_polled(io, PIPE_BUF);
	else
		reopen_or_poll(io, &st);
}

static ssize_t move_plain(struct hostio *io, const struct iovec *iov, int nr_iov)
{
	int fd = hostio_poll_fd(io);
	ssize_t moved = io->is_output ? writev(fd, iov, nr_iov) : readv(fd, iov, nr_iov);

	return moved < 0 ? -errno : moved;
}

static ssize_t move_socket(struct hostio *io, const struct iovec *iov, unsigned int nr_iov)
{
	struct msghdr msg = {.msg_iov = (struct iovec *)iov, .msg_iovlen = nr_iov};
	ssize_t moved = io->is_output ? sendmsg(io->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL)
				      : recvmsg(io->fd, &msg, MSG_DONTWAIT);

	return moved < 0 ? -errno : moved;
}

/* Offset -1: at the file position, as readv(2) and writev(2). */
static ssize_t move_nowait(struct hostio *io, const struct iovec *iov, int nr_iov)
{
	ssize_t moved = io->is_output ? pwritev2(io->fd, iov, nr_iov, -1, RWF_NOWAIT)
				      : preadv2(io->fd, iov, nr_iov, -1, RWF_NOWAIT);

	if (moved >= 0)
		return moved;
	if (errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL)
		return -errno;
	give_up_nowait(io);
	return hostio_transfer(io, iov, (unsigned int)nr_iov);
}

/* The first bytes of a vector, at most max, as a vector. */
static int cut_iov(const struct iovec *iov, unsigned int nr_iov, size_t max,
		   struct iovec cut[IOV_CHUNK_MAX])
{
	int nr = 0;

	for (unsigned int i = 0; i < nr_iov && nr < IOV_CHUNK_MAX && max; i++) {
		cut[nr] = iov[i];
		if (cut[nr].iov_len > max)
			cut[nr].iov_len = max;
		max -= cut[nr++].iov_len;
	}
	return nr;
}

static ssize_t move_polled(struct hostio *io, const struct iovec *iov, unsigned int nr_iov)
{
	struct pollfd pollfd = {.fd = io->fd, .events = hostio_events(io)};
	struct iovec cut[IOV_CHUNK_MAX];

	int ready = poll(&pollfd, 1, 0);
	if (ready < 0)
		return -errno;
	if (!ready)
		return -EAGAIN;
	if (!io->chunk_bytes || !io->is_output)
		return move_plain(io, iov, (int)nr_iov);
	return move_plain(io, cut, cut_iov(iov, nr_iov, io->chunk_bytes, cut));
}

static ssize_t transfer(struct hostio *io, const struct iovec *iov, unsigned int nr_iov)
{
	switch (io->kind) {
	case HOSTIO_SOCKET:
		return move_socket(io, iov, nr_iov);
	case HOSTIO_NOWAIT:
		return move_nowait(io, iov, (int)nr_iov);
	case HOSTIO_POLLED:
		return move_polled(io, iov, nr_iov);
	default:
		return move_plain(io, iov, (int)nr_iov);
	}
}

/* The last of the first moved bytes of these; -1 if nothing was moved. */
static int last_of(const struct iovec *iov, ssize_t moved)
{
	if (moved <= 0)
		return -1;
	while (moved > (ssize_t)iov->iov_len)
		moved -= (ssize_t)(iov++)->iov_len;
	return ((const unsigned char *)iov->iov_base)[moved - 1];
}

ssize_t hostio_transfer(struct hostio *io, const struct iovec *iov, unsigned int nr_iov)
{
	ssize_t moved;

	if (io->kind == HOSTIO_UNKNOWN)
		probe(io);
	if (!io->is_output || !io->is_terminal)
		return transfer(io, iov, nr_iov);
	status_line_begin();
	moved = transfer(io, iov, nr_iov);
	status_line_end(last_of(iov, moved));
	return moved;
}
