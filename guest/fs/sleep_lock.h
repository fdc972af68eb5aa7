/* SPDX-License-Identifier: MIT */
/*
 * A lock for what blocks: who finds it taken is BLOCKED. Not to be offloaded. It goes
 * by tickets, in the order in which they came: who holds it while a disk is waited
 * for, and comes back at once, would else have it again before those who wait have run.
 */
#ifndef GUEST_FS_SLEEP_LOCK_H
#define GUEST_FS_SLEEP_LOCK_H

#include "guest/core/wait.h"

struct sleep_lock {
	uint32_t nr_tickets; /* that were given, and... */
	uint32_t nr_called;  /* ...that have had the lock */
	bool is_held;
	struct wait_queue waiters;
};

static inline void sleep_lock_init(struct sleep_lock *lock)
{
	lock->nr_tickets = lock->nr_called = 0;
	lock->is_held = false;
	wait_queue_init(&lock->waiters);
}

static inline void sleep_lock_take(struct sleep_lock *lock)
{
	uint32_t ticket = lock->nr_tickets++;

	/* They wait in the order of their tickets, and only the first is woken. */
	while (lock->is_held || ticket != lock->nr_called)
		wait_uninterrupted(&lock->waiters);
	lock->nr_called++;
	lock->is_held = true;
}

static inline void sleep_lock_drop(struct sleep_lock *lock)
{
	lock->is_held = false;
	wait_wake_one(&lock->waiters);
}

#endif
