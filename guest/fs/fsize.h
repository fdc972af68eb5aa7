/* SPDX-License-Identifier: MIT */
/* RLIMIT_FSIZE: how far the running process may make files grow. */
#ifndef GUEST_FS_FSIZE_H
#define GUEST_FS_FSIZE_H

#include <asm/resource.h>

#include "guest/core/rlimit.h"
#include "guest/lib/errno.h"

/* How many of len bytes at pos it may write, at least one of them; or -EFBIG, for
 * which the caller sends SIGXFSZ. */
static inline int64_t fsize_allow(uint64_t pos, uint64_t len)
{
	uint64_t limit = rlimit_get(current(), RLIMIT_FSIZE).soft;

	if (!len || (pos < limit && len <= limit - pos))
		return len;
	return pos < limit ? (int64_t)(limit - pos) : -EFBIG;
}

/* Whether it may make a file of size old that large. */
static inline bool fsize_may_become(uint64_t old, uint64_t size)
{
	return size <= old || size <= rlimit_get(current(), RLIMIT_FSIZE).soft;
}

#endif
