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
	if (list_is_empty(&queue))
		return NULL;
	return list_entry(list_take_first(&queue), struct process, queue_link);
}

static void rr_admit(struct process *p)
{
	p->slice = rr_quantum;
}

const struct policy_ops *policy_round_robin(uint64_t quantum)
{
	static const struct policy_ops ops = {
		.name = "rr",
		.admit = rr_admit,
		.enqueue = rr_enqueue,
		.pick = rr_pick,
	};

	rr_quantum = quantum;
	return &ops;
}
