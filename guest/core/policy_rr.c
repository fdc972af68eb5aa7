/* SPDX-License-Identifier: MIT */
#include "guest/core/policy.h"
#include "guest/core/process.h"

static struct list queue = { &queue, &queue };
static uint64_t rr_quantum;

static void rr_enqueue(struct process *p, bool was_preempted)
{
	(void)was_preempted;
	list_add_tail(&queue, &p->queue_link);
}

static struct process *rr_pick(void)
{
	struct process *p;

	if (list_is_empty(&queue))
		return NULL;
	p = list_entry(queue.next, struct process, queue_link);
	list_remove(&p->queue_link);
	return p;
}

static uint64_t rr_slice(const struct process *p)
{
	(void)p;
	return rr_quantum;
}

const struct policy_ops *policy_round_robin(uint64_t quantum)
{
	static const struct policy_ops ops = {
		.name = "rr",
		.enqueue = rr_enqueue,
		.pick = rr_pick,
		.slice = rr_slice,
	};

	rr_quantum = quantum;
	return &ops;
}
