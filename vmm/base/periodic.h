/* SPDX-License-Identifier: MIT */
/* Something that is done from time to time, on a thread of its own. */
#ifndef VMM_BASE_PERIODIC_H
#define VMM_BASE_PERIODIC_H

#include <stdint.h>

struct periodic;

/* Calls work(ctx) on the thread, first after first_ns and then every period_ns. The
 * thread takes no signals. NULL: no memory, or no thread. */
struct periodic *periodic_start(void (*work)(void *ctx), void *ctx, uint64_t first_ns,
				uint64_t period_ns);

/* When it returns work is not called any more. NULL is nothing. */
void periodic_stop(struct periodic *periodic);

#endif
