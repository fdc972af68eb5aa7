/* SPDX-License-Identifier: MIT */
/*
 * Reading from and writing to the descriptors that the VMM was started with,
 * without ever waiting, and without setting O_NONBLOCK on them: that flag
 * belongs to the open file description, which other processes share.
 *
 * How depends on what the descriptor is, and is found out at the first use:
 * a regular file is always ready; a socket has MSG_DONTWAIT; a pipe has
 * RWF_NOWAIT, from Linux 6.4 on; a terminal, and a pipe before that, is opened
 * once more through /proc with O_NONBLOCK, which makes a description of our
 * own; and where that is not allowed, poll(2) is asked first and as little
 * moved as cannot block.
 *
 * One thread at a time may use one struct hostio.
 */
#ifndef VMM_HOST_HOSTIO_H
#define VMM_HOST_HOSTIO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

enum hostio_kind {
	HOSTIO_UNKNOWN, /* not used yet */
	HOSTIO_PLAIN,   /* always ready, or O_NONBLOCK is set */
	HOSTIO_SOCKET,
	HOSTIO_NOWAIT,
	HOSTIO_POLLED,
};

struct hostio {
	int fd;     /* the one given: borrowed */
	int own_fd; /* the same file opened once more, or -1 */
	bool is_output;
	bool is_terminal;
	enum hostio_kind kind;
	size_t chunk_bytes; /* POLLED output: at most this at a time; 0: any */
};

void hostio_init(struct hostio *io, int fd, bool is_output);
void hostio_fini(struct hostio *io);

/*
 * Moves as much as can be moved at once: bytes (0: end of file, for input),
 * -EAGAIN if nothing can be, or -errno. nr_iov is 1..IOV_MAX.
 */
ssize_t hostio_transfer(struct hostio *io, const struct iovec *iov, unsigned int nr_iov);

/* The descriptor to poll(2) after -EAGAIN, for hostio_events(). */
int hostio_poll_fd(const struct hostio *io);
short hostio_events(const struct hostio *io);

#endif
