/* SPDX-License-Identifier: MIT */
/*
 * Lottery: each turn of a quantum is drawn, with as many chances as a process
 * has tickets. The draw walks the queue, so it takes as long as there are
 * processes READY.
 */
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

static void lottery_admit(struct process *p)
{
	p->slice = lottery_quantum;
}

static void lottery_enqueue(struct process *p, enum policy_event event)
{
	(void)event;
	list_add_tail(&queue, &p->queue_link);
	nr_tickets += p->share.tickets;
}

static struct process *lottery_pick(void)
{
	uint64_t winner;

	if (list_is_empty(&queue))
		return NULL;
	winner = (unsigned __int128)next_random() * nr_tickets >> 64;
	list_for_each(l, &queue) {
		struct process *p = list_entry(l, struct process, queue_link);

		if (winner < p->share.tickets) {
			list_remove(l);
			nr_tickets -= p->share.tickets;
			return p;
		}
		winner -= p->share.tickets;
	}
	__builtin_unreachable(); /* the tickets add up to nr_tickets */
}

const struct policy_ops *policy_lottery(const struct policy_config *config)
{
	static const struct policy_ops ops = {
		.name = "lottery",
		.has_slices = true,
		.admit = lottery_admit,
		.enqueue = lottery_enqueue,
		.pick = lottery_pick,
	};

	lottery_quantum = config->quantum;
	random_state = config->seed;
	return &ops;
}
