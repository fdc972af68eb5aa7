/* SPDX-License-Identifier: MIT */
#include "guest/core/watch.h"

#include "guest/mm/pool.h"

struct watch {
	struct list in_source, in_watcher;
	struct watcher *watcher;
};

static struct pool watch_pool = POOL_INIT(watch_pool, struct watch);

void watch_begin(struct watcher *watcher)
{
	list_init(&watcher->queue.waiters);
	list_init(&watcher->watches);
	watcher->is_due = watcher->is_failed = false;
}

void watch_add(struct watcher *watcher, struct watch_source *source)
{
	struct watch *watch = pool_alloc(&watch_pool);

	if (!watch) {
		watcher->is_failed = true;
		return;
	}
	watch->watcher = watcher;
	list_add_tail(&source->watches, &watch->in_source);
	list_add_tail(&watcher->watches, &watch->in_watcher);
}

int watch_wait(struct watcher *watcher, uint64_t deadline)
{
	int err = watcher->is_due ? 0 : wait_on(&watcher->queue, deadline);

	watcher->is_due = false;
	return err;
}

void watch_end(struct watcher *watcher)
{
	list_for_each_safe(l, &watcher->watches) {
		struct watch *watch = list_entry(l, struct watch, in_watcher);

		list_remove(&watch->in_source);
		pool_free(&watch_pool, watch);
	}
}

void watch_wake(struct watch_source *source)
{
	list_for_each(l, &source->watches) {
		struct watcher *watcher = list_entry(l, struct watch, in_source)->watcher;

		watcher->is_due = true;
		wait_wake_one(&watcher->queue);
	}
}
