/* SPDX-License-Identifier: MIT */
/*
 * Waiting for any of several files (poll, select): a file that may become ready
 * has a source, and a process that polls watches the sources of all its files.
 * A process that waits for one file alone uses a wait queue.
 */
#ifndef GUEST_CORE_WATCH_H
#define GUEST_CORE_WATCH_H

#include "guest/core/wait.h"

struct watch_source {
	struct list watches;
};

#define WATCH_SOURCE_INIT(name)                                                                    \
	{                                                                                          \
		{ &(name).watches, &(name).watches }                                               \
	}

/* One process that polls; on its kernel stack. */
struct watcher {
	struct wait_queue queue;
	struct list watches;
	bool is_due;    /* something has changed since the last look */
	bool is_failed; /* a watch could not be had: no memory */
};

void watch_begin(struct watcher *watcher);
/* From now on a change at source is noticed. */
void watch_add(struct watcher *watcher, struct watch_source *source);
/* Waits for a change until deadline, which clock_timer_now is to reach: as wait_on. */
int watch_wait(struct watcher *watcher, uint64_t deadline);
void watch_end(struct watcher *watcher);

void watch_wake(struct watch_source *source);

/* Something about the file has changed: whoever watches is to look again. */
static inline void watch_notify(struct watch_source *source)
{
	if (unlikely(!list_is_empty(&source->watches)))
		watch_wake(source);
}

#endif
