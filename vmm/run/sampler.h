/* SPDX-License-Identifier: MIT */
/*
 * Writes how a run stands into a pipe, from time to time and at its end, for a live
 * view in another process (live_sample.h). A thread of its own, which only reads.
 * Where nobody reads any more it goes on without.
 */
#ifndef VMM_RUN_SAMPLER_H
#define VMM_RUN_SAMPLER_H

#include <stdbool.h>

#include "vmm/observe/live_sample.h"

struct sampler;

/* fill gets room for LIVE_ROWS_MAX rows, and is called on the thread, or in
 * sampler_stop; false: there is nothing yet. fd is borrowed. NULL: no memory, or no
 * thread. */
struct sampler *sampler_start(int fd,
			  bool (*fill)(void *ctx, struct live_sample *sample,
				       struct live_row *rows),
			  void *ctx);

/* The last sample is out. NULL is nothing. */
void sampler_stop(struct sampler *sampler);

#endif
