/* SPDX-License-Identifier: MIT */
/*
 * Multi-level feedback queue. Who is on a higher level runs first; equals take
 * turns. Everybody starts on the first level and sinks by one when its allotment
 * of CPU time there is used up, however many waits it was spread over. Now and
 * then everybody is lifted to the first level again (boost).
 *
 * On the real clock, who wakes up on the first level goes before its equals and takes
 * the CPU from one of them, or it would wait for as many quanta as there are others
 * each time that all have been lifted. Nobody starves of that: its allotment is the
 * same. Those who woke up do not take the CPU from each other. On the logical clock,
 * where times are exact, the plain rules hold, and who has waited goes on with what
 * was left of its slice.
 *
 * The boost is a change of the epoch: the queues are joined at once, from the last
 * one up, and those who are not in one notice when they come by.
 */
#include "guest/arch/event.h"
#include "guest/core/clock.h"
#include "guest/core/policy.h"
#include "guest/core/process.h"

static struct {
	struct list woken; /* before all queues */
	struct list queues[POLICY_LEVELS_MAX];
	uint64_t quanta[POLICY_LEVELS_MAX];
	uint64_t allotments[POLICY_LEVELS_MAX]; /* in time */
	uint32_t nr_levels, epoch;
	uint64_t boost, last_boost;
	bool is_logical, stay, io_bump;
} mlfq;

static void start_level(struct process *p, uint32_t level)
{
	p->policy.level = level;
	p->policy.used = p->policy.left = 0;
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
}

/* Where s will be when it is charged for ticks. */
static uint32_t level_after(const struct policy_state *s, uint64_t ticks)
{
	if (s->epoch != mlfq.epoch)
		return 0;
	if (s->level + 1 < mlfq.nr_levels &&
	    s->used + ticks >= mlfq.allotments[s->level])
		return s->level + 1;
	return s->level;
}

/* It waits, and gets back what it has used. Only a slice that ends with the wait
 * counts all the same. */
static void forgive(struct process *p)
{
	uint64_t slice = p->policy.left ? 0 : mlfq.quanta[p->policy.level];

	start_level(p, p->policy.level);
	p->policy.used = slice;
}

static void mlfq_charge(struct process *p, uint64_t ticks, bool waits)
{
	struct policy_state *s = &p->policy;

	notice_boost(p);
	s->left = p->slice > ticks ? p->slice - ticks : 0;
	s->has_waited = waits;
	if (waits && mlfq.stay) {
		forgive(p);
		ticks = 0;
	}
	if (s->used + ticks >= mlfq.allotments[s->level])
		start_level(p, level_after(s, ticks));
	else
		s->used += ticks;
}

/* Where its slice is to go on that it did not use up. */
static bool keeps_slice(const struct policy_state *s, enum policy_event event)
{
	return s->left && (event == POLICY_DISPLACED || (mlfq.is_logical && s->has_waited));
}

static void mlfq_enqueue(struct process *p, enum policy_event event)
{
	struct policy_state *s = &p->policy;
	struct list *queue;

	notice_boost(p);
	s->is_woken = !mlfq.is_logical && event == POLICY_WOKEN && s->level == 0 && s->has_waited;
	queue = s->is_woken ? &mlfq.woken : &mlfq.queues[s->level];
	p->slice = keeps_slice(s, event) ? s->left : mlfq.quanta[s->level];
	if (event == POLICY_DISPLACED || (mlfq.io_bump && s->has_waited))
		list_add_head(queue, &p->queue_link); /* before its equals */
	else
		list_add_tail(queue, &p->queue_link);
	s->has_waited = false;
}

static void record_boost(uint64_t tick)
{
	if (event_is_on(LDE_TRACE_C_SCHED))
		event_add_1(LDE_TRACE_BOOST, 0, tick);
}

static void boost_all(void)
{
	mlfq.epoch++;
	for (uint32_t level = mlfq.nr_levels; --level;)
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

static bool mlfq_is_special(uint64_t tick)
{
	return mlfq.boost && tick && !(tick % mlfq.boost);
}

static void mlfq_tick(uint64_t tick)
{
	if (!mlfq_is_special(tick))
		return;
	boost_all();
	record_boost(tick);
}

static struct process *mlfq_pick(void)
{
	uint64_t now = clock_now();
	struct list *queue;
	struct process *p;

	if (mlfq.boost && !mlfq.is_logical && now - mlfq.last_boost >= mlfq.boost) {
		mlfq.last_boost = now;
		boost_all();
		record_boost(0);
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

/* ---- a traced run on the real clock --------------------------------------------- */

static void record_level(const struct process *p, enum lde_level_why why)
{
	struct lde_trace_record *record = event_begin(LDE_TRACE_LEVEL);

	record->code = why;
	record->args[0] = p->pid;
	record->args[1] = p->policy.level;
	record->args[2] = clock_ticks_to_ns(p->policy.used);
	record->args[3] = clock_ticks_to_ns(p->slice);
	event_end(record);
}

_Static_assert((int)POLICY_WOKEN == LDE_LEVEL_WOKEN && (int)POLICY_YIELDED == LDE_LEVEL_YIELDED,
	       "recorded as they are");

static void mlfq_enqueue_traced(struct process *p, enum policy_event event)
{
	mlfq_enqueue(p, event);
	record_level(p, (enum lde_level_why)event);
}

static struct process *mlfq_pick_traced(void)
{
	struct process *p = mlfq_pick();

	if (p)
		record_level(p, LDE_LEVEL_TURN);
	return p;
}

/* ---- as a policy ------------------------------------------------------------------ */

static uint64_t allotment_in_time(const struct policy_config *config, uint32_t level)
{
	uint64_t quantum = config->quanta[level], nr = config->allotments[level];

	if (nr == LDE_SCHED_ENDLESS || (quantum && nr > POLICY_SLICE_ENDLESS / quantum))
		return UINT64_MAX;
	return quantum * nr;
}

const struct policy_ops *policy_mlfq(const struct policy_config *config)
{
	const bool is_traced = event_is_on(LDE_TRACE_C_SCHED) && !config->is_logical;
	static struct policy_ops ops;

	ops = (struct policy_ops){
		.name = "mlfq",
		.has_slices = true,
		.admit = mlfq_admit,
		.enqueue = is_traced ? mlfq_enqueue_traced : mlfq_enqueue,
		.pick = is_traced ? mlfq_pick_traced : mlfq_pick,
		.charge = mlfq_charge,
		.preempts = mlfq_preempts,
		.tick = mlfq_tick,
		.is_special = mlfq_is_special,
	};

	list_init(&mlfq.woken);
	for (uint32_t i = 0; i < POLICY_LEVELS_MAX; i++) {
		list_init(&mlfq.queues[i]);
		mlfq.quanta[i] = config->quanta[i];
		mlfq.allotments[i] = allotment_in_time(config, i);
	}
	mlfq.nr_levels = config->nr_levels;
	mlfq.is_logical = config->is_logical;
	mlfq.stay = config->stay;
	mlfq.io_bump = config->io_bump;
	mlfq.boost = config->boost;
	mlfq.last_boost = clock_now();
	mlfq.epoch = 0;
	return &ops;
}
