/* SPDX-License-Identifier: MIT */
/*
 * Shortest job first, and shortest time to completion first, which is the same
 * with preemption by a shorter job that arrives.
 *
 * How long a job is: what is left of the CPU time that its program said it needs
 * (policy_share.length). Where nothing was said, what it is going to compute
 * until it waits the next time, guessed from its past: half of the guess is the
 * last such burst, a quarter the one before, and so on.
 */
#include "guest/core/policy.h"
#include "guest/core/process.h"

static struct heap queue;
static uint32_t nr_arrivals;

static uint64_t left_of(uint64_t whole, uint64_t part)
{
	return whole > part ? whole - part : 0;
}

/* What p still needs, having computed for ticks since it was last charged. */
static uint64_t time_left(const struct process *p, uint64_t ticks)
{
	const struct policy_state *s = &p->policy;

	if (p->share.length)
		return left_of(p->share.length, s->total + ticks);
	return left_of(s->expected, s->burst + ticks);
}

static void sjf_admit(struct process *p)
{
	p->slice = POLICY_SLICE_ENDLESS;
	p->policy.burst = p->policy.expected = p->policy.total = 0;
}

/* Equal times in order of arrival: the lower bits of the key number it. */
#define ARRIVAL_BITS 24
#define ARRIVAL_MASK ((1u << ARRIVAL_BITS) - 1)
#define TIME_SHIFT   10 /* TSC ticks are finer than needed; those of a logical clock not */

static unsigned time_shift;

static void sjf_enqueue(struct process *p, enum policy_event event)
{
	struct policy_state *s = &p->policy;
	uint64_t time, arrival = s->node.key & ARRIVAL_MASK;

	if (event != POLICY_DISPLACED) /* else it keeps its place among equals */
		arrival = nr_arrivals++ & ARRIVAL_MASK;
	if (event == POLICY_WOKEN && s->burst) {
		s->expected = (s->expected + s->burst) / 2;
		s->burst = 0;
	}
	time = min_u64(time_left(p, 0) >> time_shift, UINT64_MAX >> ARRIVAL_BITS);
	heap_insert(&queue, &s->node, time << ARRIVAL_BITS | arrival);
}

static struct process *sjf_pick(void)
{
	struct heap_node *node = queue.root;

	if (!node)
		return NULL;
	heap_remove(&queue, node);
	return container_of(node, struct process, policy.node);
}

static void sjf_charge(struct process *p, uint64_t ticks, bool waits)
{
	(void)waits;
	p->policy.total += ticks;
	p->policy.burst += ticks;
}

static bool stcf_preempts(const struct process *p, const struct process *running, uint64_t ticks)
{
	return time_left(p, 0) < time_left(running, ticks);
}

static bool sjf_is_queued(const struct process *p)
{
	return heap_is_sound(&queue, &p->policy.node);
}

const struct policy_ops *policy_sjf(const struct policy_config *config)
{
	static const struct policy_ops ops = {
		.name = "sjf",
		.admit = sjf_admit,
		.enqueue = sjf_enqueue,
		.pick = sjf_pick,
		.charge = sjf_charge,
		.is_queued = sjf_is_queued,
	};

	time_shift = config->is_logical ? 0 : TIME_SHIFT;
	return &ops;
}

const struct policy_ops *policy_stcf(const struct policy_config *config)
{
	static const struct policy_ops ops = {
		.name = "stcf",
		.admit = sjf_admit,
		.enqueue = sjf_enqueue,
		.pick = sjf_pick,
		.charge = sjf_charge,
		.is_queued = sjf_is_queued,
		.preempts = stcf_preempts,
	};

	time_shift = config->is_logical ? 0 : TIME_SHIFT;
	return &ops;
}
