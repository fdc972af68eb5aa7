/* SPDX-License-Identifier: MIT */
#include "vmm/base/write_all.h"

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

int write_all(int fd, const void *buf, size_t len)
{
	const uint8_t *at = buf;

	while (len) {
		ssize_t written = write(fd, at, len);

		if (written > 0) {
			at += written;
			len -= (size_t)written;
		} else if (written == 0 || errno != EINTR) {
			return written ? -errno : -ENOSPC;
		}
	}
	return 0;
}
