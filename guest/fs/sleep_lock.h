/* SPDX-License-Identifier: MIT */
/* A lock for what blocks: who finds it taken is BLOCKED. Not to be offloaded. */
#ifndef GUEST_FS_SLEEP_LOCK_H
#define GUEST_FS_SLEEP_LOCK_H

#include "guest/core/wait.h"

struct sleep_lock {
	bool is_held;
	struct wait_queue waiters;
};

static inline void sleep_lock_init(struct sleep_lock *lock)
{
	lock->is_held = false;
	wait_queue_init(&lock->waiters);
}

static inline void sleep_lock_take(struct sleep_lock *lock)
{
	while (lock->is_held)
		wait_uninterrupted(&lock->waiters);
	lock->is_held = true;
}

static inline void sleep_lock_drop(struct sleep_lock *lock)
{
	lock->is_held = false;
	wait_wake_one(&lock->waiters);
}

#endif
