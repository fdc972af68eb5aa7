/* SPDX-License-Identifier: MIT */
/*
 * Stride: every process has a pass value, which grows with the CPU time that it
 * has had, the slower the more tickets it has; who has the least is next. Unlike
 * a lottery it is exact at any time. Who comes back from a wait goes on where
 * the others are: time slept is not saved up.
 */
#include "guest/core/clock.h"
#include "guest/core/logical.h"
#include "guest/core/policy.h"
#include "guest/core/process.h"

static struct heap queue;
static uint64_t last_pass; /* of the one that was chosen last, when it was */
static uint64_t stride_quantum;

/* Pass is in ticks of a process that has so many tickets. */
#define TICKETS_ONE 1024

static void stride_admit(struct process *p)
{
	p->slice = stride_quantum;
	p->policy.pass = 0;
}

static uint64_t pass_after(const struct process *p, uint64_t ticks)
{
	return p->policy.pass + ticks * TICKETS_ONE / p->share.tickets;
}

static void stride_charge(struct process *p, uint64_t ticks, bool waits)
{
	(void)waits;
	p->policy.pass = pass_after(p, ticks);
}

/* How long the running process has had the CPU. */
static uint64_t turn_so_far(const struct process *running)
{
	return logical_is_on ? logical_turn() : clock_now() - running->state_since;
}

/* Where those are that want the CPU: the one that has it, or the next. */
static uint64_t pass_of_others(void)
{
	const struct process *running = current();
	uint64_t pass = last_pass;

	if (running->state == LDE_STATE_RUNNING)
		pass = pass_after(running, turn_so_far(running));
	return queue.root && queue.root->key < pass ? queue.root->key : pass;
}

static void stride_enqueue(struct process *p, enum policy_event event)
{
	struct policy_state *s = &p->policy;

	if (event == POLICY_WOKEN)
		s->pass = max_u64(s->pass, pass_of_others());
	heap_insert(&queue, &s->node, s->pass);
}

static struct process *stride_pick(void)
{
	struct heap_node *node = queue.root;

	if (!node)
		return NULL;
	heap_remove(&queue, node);
	last_pass = node->key;
	return container_of(node, struct process, policy.node);
}

static bool stride_is_queued(const struct process *p)
{
	return heap_is_sound(&queue, &p->policy.node);
}

const struct policy_ops *policy_stride(const struct policy_config *config)
{
	static const struct policy_ops ops = {
		.name = "stride",
		.has_slices = true,
		.admit = stride_admit,
		.enqueue = stride_enqueue,
		.pick = stride_pick,
		.charge = stride_charge,
		.is_queued = stride_is_queued,
	};

	stride_quantum = config->quantum;
	last_pass = 0;
	return &ops;
}
