/* SPDX-License-Identifier: MIT */
/*
 * Lottery: each turn of a quantum is drawn, with as many chances as a process
 * has tickets. The draw walks the queue, so it takes as long as there are
 * processes READY.
 *
 * A turn may be longer than a quantum, as the timer comes late when the host has
 * other work. What was too long is a debt, and is paid with lots that are void: so
 * shares are those of the tickets on a busy host, too.
 */
#include <libfdt_env.h>

#include "guest/arch/event.h"
#include "guest/core/policy.h"
#include "guest/core/process.h"

static struct list queue = { &queue, &queue };
static uint64_t nr_tickets; /* of all in the queue */
static uint64_t lottery_quantum, random_state;

/* xorshift64* (Vigna 2016): good enough to draw lots, and repeatable. */
static uint64_t next_random(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * 0x2545f4914f6cdd1dull;
}

/*
 * What the host has drawn beforehand. Who holds which ticket must then be certain,
 * so the queue is in the order of process numbers.
 */
static const fdt32_t *draws;
static uint32_t nr_draws;

/* Quanta. Who was stopped for long with the whole machine is not kept away as long. */
#define DEBT_MAX 100
/* Draws are kernel time. */
#define VOID_MAX 8

static void lottery_admit(struct process *p)
{
	p->slice = lottery_quantum;
	p->policy.debt = 0;
}

/* Its slice counts only if somebody waited for its end. */
static void lottery_charge(struct process *p, uint64_t ticks, bool waits)
{
	uint64_t end = p->state_since + ticks;

	if (waits || list_is_empty(&queue) || end <= p->slice_end)
		return;
	p->policy.debt = min_u64(p->policy.debt + end - p->slice_end, DEBT_MAX * lottery_quantum);
}

static void lottery_enqueue(struct process *p, enum policy_event event)
{
	(void)event;
	if (nr_draws)
		process_insert_by_pid(&queue, p);
	else
		list_add_tail(&queue, &p->queue_link);
	p->policy.entered = p->share.tickets;
	nr_tickets += p->policy.entered;
}

/* Takes the one with that ticket off the queue. */
static struct process *take(uint64_t ticket)
{
	list_for_each(l, &queue) {
		struct process *p = list_entry(l, struct process, queue_link);

		if (ticket < p->policy.entered) {
			list_remove(l);
			nr_tickets -= p->policy.entered;
			return p;
		}
		ticket -= p->policy.entered;
	}
	__builtin_unreachable(); /* the tickets add up to nr_tickets */
}

static struct process *take_drawn(void)
{
	uint64_t of = nr_tickets;
	uint32_t number = fdt32_to_cpu(*draws++);
	struct process *p = take(number % of);
	struct lde_trace_record *record;

	nr_draws--;
	if (event_is_on(LDE_TRACE_C_SCHED)) {
		record = event_begin(LDE_TRACE_DRAW);
		record->code = 0;
		record->args[0] = number;
		record->args[1] = number % of;
		record->args[2] = of;
		record->args[3] = p->pid;
		event_end(record);
	}
	return p;
}

static struct process *draw(void)
{
	return take((unsigned __int128)next_random() * nr_tickets >> 64);
}

static struct process *lottery_pick(void)
{
	if (list_is_empty(&queue))
		return NULL;
	if (nr_draws)
		return take_drawn();
	for (unsigned i = 0; i < VOID_MAX; i++) {
		struct process *p = draw();

		if (p->policy.debt < lottery_quantum || list_is_empty(&queue))
			return p;
		p->policy.debt -= lottery_quantum;
		lottery_enqueue(p, POLICY_YIELDED);
	}
	return draw();
}

/* A draw is of a whole tick, whatever the winner makes of it. */
static bool lottery_ends_in_a_tick(const struct process *p)
{
	(void)p;
	return true;
}

const struct policy_ops *policy_lottery(const struct policy_config *config)
{
	static struct policy_ops ops = {
		.name = "lottery",
		.has_slices = true,
		.admit = lottery_admit,
		.enqueue = lottery_enqueue,
		.pick = lottery_pick,
		.ends_in_a_tick = lottery_ends_in_a_tick,
	};

	ops.charge = config->is_logical ? NULL : lottery_charge;
	ops.has_whole_slices = config->nr_draws; /* a draw is worth a quantum */
	lottery_quantum = config->quantum;
	random_state = config->seed;
	draws = (const fdt32_t *)config->draws;
	nr_draws = config->nr_draws;
	return &ops;
}
