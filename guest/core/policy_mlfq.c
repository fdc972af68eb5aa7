/* SPDX-License-Identifier: MIT */
/*
 * Multi-level feedback queue. Who is on a higher level runs first; equals take
 * turns. Everybody starts on the first level and sinks by one when its allotment
 * of CPU time there is used up, however many waits it was spread over. Now and
 * then everybody is lifted to the first level again (boost).
 *
 * Who wakes up on the first level goes before its equals and takes the CPU from
 * one of them, or it would wait for as many quanta as there are others each time
 * that all have been lifted. Nobody starves of that: its allotment is the same.
 * Those who woke up do not take the CPU from each other.
 *
 * The boost is a change of the epoch: the queues are joined at once, and those
 * who are not in one notice when they come by.
 */
#include "guest/core/clock.h"
#include "guest/core/policy.h"
#include "guest/core/process.h"

static struct {
	struct list woken; /* before all queues */
	struct list queues[POLICY_LEVELS_MAX];
	uint64_t quanta[POLICY_LEVELS_MAX];
	uint32_t nr_levels, allotment, epoch;
	uint64_t boost, last_boost;
} mlfq;

static void start_level(struct process *p, uint32_t level)
{
	p->policy.level = level;
	p->policy.used = 0;
	p->policy.epoch = mlfq.epoch;
}

static void notice_boost(struct process *p)
{
	if (p->policy.epoch != mlfq.epoch)
		start_level(p, 0);
}

static void mlfq_admit(struct process *p)
{
	start_level(p, 0);
	p->policy.left = 0; /* until it has run */
}

/* Where s will be when it is charged for ticks. */
static uint32_t level_after(const struct policy_state *s, uint64_t ticks)
{
	if (s->epoch != mlfq.epoch)
		return 0;
	if (s->level + 1 < mlfq.nr_levels &&
	    s->used + ticks >= mlfq.quanta[s->level] * mlfq.allotment)
		return s->level + 1;
	return s->level;
}

static void mlfq_charge(struct process *p, uint64_t ticks)
{
	struct policy_state *s = &p->policy;

	uint64_t allotment;

	notice_boost(p);
	s->left = p->slice > ticks ? p->slice - ticks : 1;
	allotment = mlfq.quanta[s->level] * mlfq.allotment;
	if (s->used + ticks >= allotment)
		start_level(p, level_after(s, ticks));
	else
		s->used += ticks;
}

static void mlfq_enqueue(struct process *p, enum policy_event event)
{
	struct policy_state *s = &p->policy;
	struct list *queue;

	notice_boost(p);
	s->is_woken = event == POLICY_WOKEN && s->level == 0 && s->left;
	queue = s->is_woken ? &mlfq.woken : &mlfq.queues[s->level];
	if (event == POLICY_DISPLACED) { /* goes on with its slice, before its equals */
		p->slice = s->left;
		list_add_head(queue, &p->queue_link);
	} else {
		p->slice = mlfq.quanta[s->level];
		list_add_tail(queue, &p->queue_link);
	}
}

static void boost_all(void)
{
	mlfq.epoch++;
	for (uint32_t level = 1; level < mlfq.nr_levels; level++)
		list_add_all(&mlfq.queues[0], &mlfq.queues[level]);
}

static struct list *first_queue(void)
{
	if (!list_is_empty(&mlfq.woken))
		return &mlfq.woken;
	for (uint32_t level = 0; level < mlfq.nr_levels; level++)
		if (!list_is_empty(&mlfq.queues[level]))
			return &mlfq.queues[level];
	return NULL;
}

static struct process *mlfq_pick(void)
{
	uint64_t now = clock_now();
	struct list *queue;
	struct process *p;

	if (mlfq.boost && now - mlfq.last_boost >= mlfq.boost) {
		mlfq.last_boost = now;
		boost_all();
	}
	queue = first_queue();
	if (!queue)
		return NULL;
	p = list_entry(list_take_first(queue), struct process, queue_link);
	if (p->policy.epoch != mlfq.epoch) {
		start_level(p, 0);
		p->slice = mlfq.quanta[0];
	}
	return p;
}

static bool mlfq_preempts(const struct process *p, const struct process *running, uint64_t ticks)
{
	return p->policy.level < level_after(&running->policy, ticks) ||
	       (p->policy.is_woken && !running->policy.is_woken);
}

const struct policy_ops *policy_mlfq(const struct policy_config *config)
{
	static const struct policy_ops ops = {
		.name = "mlfq",
		.has_slices = true,
		.admit = mlfq_admit,
		.enqueue = mlfq_enqueue,
		.pick = mlfq_pick,
		.charge = mlfq_charge,
		.preempts = mlfq_preempts,
	};

	list_init(&mlfq.woken);
	for (uint32_t i = 0; i < POLICY_LEVELS_MAX; i++) {
		list_init(&mlfq.queues[i]);
		mlfq.quanta[i] = config->quanta[i];
	}
	mlfq.nr_levels = config->nr_levels;
	mlfq.allotment = config->allotment;
	mlfq.boost = config->boost;
	mlfq.last_boost = clock_now();
	mlfq.epoch = 0;
	return &ops;
}
