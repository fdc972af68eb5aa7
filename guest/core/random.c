/* SPDX-License-Identifier: MIT */
#include "guest/core/random.h"

#include "guest/arch/monitor.h"
#include "guest/lib/string.h"

static struct lde_entropy pool;
static const uint8_t *next;
static uint32_t left;

void random_init(const uint8_t *seed, uint32_t len)
{
	next = seed;
	left = len;
}

/* No byte is handed out twice. */
void random_bytes(void *buf, uint32_t len)
{
	while (len) {
		uint32_t n = len < left ? len : left;

		memcpy(buf, next, n);
		buf = (char *)buf + n;
		next += n;
		left -= n;
		len -= n;
		for (; len >= sizeof(pool); len -= sizeof(pool)) {
			monitor_read_entropy(buf);
			buf = (char *)buf + sizeof(pool);
		}
		if (len) {
			monitor_read_entropy(&pool);
			next = pool.bytes;
			left = sizeof(pool.bytes);
		}
	}
}
