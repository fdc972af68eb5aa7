/* SPDX-License-Identifier: MIT */
/* eventfd(2) as a bell between threads, and to KVM. */
#ifndef VMM_BASE_EVENT_H
#define VMM_BASE_EVENT_H

#include <stdint.h>
#include <unistd.h>

static inline void event_add(int fd, uint64_t count)
{
	/* Cannot fail: the counter is far from full. */
	ssize_t ignored = write(fd, &count, sizeof(count));
	(void)ignored;
}

static inline void event_signal(int fd)
{
	event_add(fd, 1);
}

/* How often it has been signalled since the last time. Waits for the first, unless the
 * descriptor is not to block. */
static inline uint64_t event_take(int fd)
{
	uint64_t count;

	return read(fd, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

#endif
