/* SPDX-License-Identifier: MIT */
#include "guest/core/wait.h"

#include "guest/arch/event.h"
#include "guest/core/clock.h"
#include "guest/core/sched.h"
#include "guest/lib/errno.h"

static void wake(struct process *p, int result)
{
	timer_stop(&p->wait_timer);
	list_remove(&p->queue_link);
	p->wait_result = result;
	p->is_interruptible = false;
	sched_ready(p);
}

static void wait_expired(struct timer *timer)
{
	wake(container_of(timer, struct process, wait_timer), -ETIMEDOUT);
}

int wait_on(struct wait_queue *queue, uint64_t deadline)
{
	struct process *p = current();

	if (p->needs_attention)
		return -EINTR;
	if (queue)
		list_add_tail(&queue->waiters, &p->queue_link);
	else
		list_init(&p->queue_link);
	if (deadline != WAIT_FOREVER) {
		p->wait_timer.fire = wait_expired;
		timer_start(&p->wait_timer, deadline);
	}
	p->is_interruptible = true;
	sched_block();
	return p->wait_result;
}

void wait_uninterrupted(struct wait_queue *queue)
{
	list_add_tail(&queue->waiters, &current()->queue_link);
	sched_block();
}

void wait_interrupt(struct process *p)
{
	if (p->state == LDE_STATE_BLOCKED && p->is_interruptible)
		wake(p, -EINTR);
}

void wait_stop(struct process *p)
{
	timer_stop(&p->wait_timer);
	list_remove(&p->queue_link);
	p->wait_result = 0;
	p->is_interruptible = false;
	process_set_state(p, LDE_STATE_STOPPED, clock_now());
	if (event_is_on(LDE_TRACE_C_SCHED))
		event_add_1(LDE_TRACE_SCHED_STOP, 0, p->pid);
}

static void wait_begins(struct timer *timer)
{
	sched_ready(container_of(timer, struct process, wait_timer));
}

void wait_begin_at(struct process *p, uint64_t deadline)
{
	p->wait_timer.fire = wait_begins;
	timer_start(&p->wait_timer, deadline);
}

void wait_wake_one(struct wait_queue *queue)
{
	if (!list_is_empty(&queue->waiters))
		wake(list_entry(queue->waiters.next, struct process, queue_link), 0);
}

void wait_wake_all(struct wait_queue *queue)
{
	while (!list_is_empty(&queue->waiters))
		wait_wake_one(queue);
}
