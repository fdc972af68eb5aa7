/* SPDX-License-Identifier: MIT */
#ifndef VMM_BASE_WRITE_ALL_H
#define VMM_BASE_WRITE_ALL_H

#include <stddef.h>

/* write(2), until all is written: 0 or -errno. A limit or a full disk is told by the
 * write after the one that came up to it. */
int write_all(int fd, const void *buf, size_t len);

#endif
