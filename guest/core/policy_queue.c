/* SPDX-License-Identifier: MIT */
/* Round robin: one queue, everybody for a quantum at a time. */
#include "guest/core/policy.h"
#include "guest/core/process.h"

static struct list queue = { &queue, &queue };
static uint64_t rr_quantum;

static void rr_enqueue(struct process *p, enum policy_event event)
{
	(void)event;
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

const struct policy_ops *policy_rr(const struct policy_config *config)
{
	static const struct policy_ops ops = {
		.name = "rr",
		.has_slices = true,
		.admit = rr_admit,
		.enqueue = rr_enqueue,
		.pick = rr_pick,
	};

	rr_quantum = config->quantum;
	return &ops;
}

/* First in, first out is the same queue; the timer stays off. */
static void fifo_admit(struct process *p)
{
	p->slice = POLICY_SLICE_ENDLESS;
}

const struct policy_ops *policy_fifo(const struct policy_config *config)
{
	static const struct policy_ops ops = {
		.name = "fifo",
		.admit = fifo_admit,
		.enqueue = rr_enqueue,
		.pick = rr_pick,
	};

	(void)config;
	return &ops;
}
