/* SPDX-License-Identifier: MIT */
/* Random bytes: the host's, fetched a kilobyte at a time. */
#ifndef GUEST_CORE_RANDOM_H
#define GUEST_CORE_RANDOM_H

#include "guest/lib/compiler.h"

/* seed: what the device tree brought, used up before the host is asked. */
void random_init(const uint8_t *seed, uint32_t len);
/* buf: in the direct map or the kernel's image. */
void random_bytes(void *buf, uint32_t len);

#endif
