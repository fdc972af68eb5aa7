/* SPDX-License-Identifier: MIT */
/*
 * The scan: no slices; when the CPU is free, the next process by number that is
 * READY gets it, counted from the one that had it, around and around.
 *
 * Who looks for the next looks as the last tick ends: a process whose wait ends
 * with the same tick is not there yet, and is taken only if there is nobody else.
 * With io_immediate it takes the CPU, from whoever has it. With switch_on_end the
 * CPU is given away only by who ends: while its process waits for time to pass, as
 * one does who reads from a slow device, nobody has it. A wait for others gives it
 * away all the same, or it would last for ever.
 */
#include "guest/core/logical.h"
#include "guest/core/policy.h"
#include "guest/core/process.h"

static struct {
	struct list queue; /* by number */
	bool switch_on_end, io_immediate;
	uint32_t last_pid;               /* had the CPU last */
	const struct process *holder;    /* waits, and keeps the CPU; NULL: nobody */
	const struct process *displaced; /* had to give way, and may go on */
	uint64_t woken_at;   /* the last tick at which a wait was over */
	uint64_t checked_at; /* the last one at which it was then seen who had ended */
	bool was_wait;       /* the last one left the CPU to wait */
	bool is_checked;     /* the one on the CPU came after such a one */
} scan;

#define NEVER UINT64_MAX

static void scan_admit(struct process *p)
{
	p->slice = POLICY_SLICE_ENDLESS;
	p->policy.woken_at = NEVER;
}

static void scan_enqueue(struct process *p, enum policy_event event)
{
	struct policy_state *s = &p->policy;

	if (event == POLICY_WOKEN && s->has_waited)
		s->woken_at = scan.woken_at = logical_is_on ? logical_now() : 0;
	else
		s->woken_at = NEVER;
	s->has_waited = false;
	if (event == POLICY_DISPLACED)
		scan.displaced = p;
	process_insert_by_pid(&scan.queue, p);
}

static void scan_charge(struct process *p, uint64_t ticks, bool waits)
{
	(void)ticks;
	p->policy.has_waited = scan.was_wait = waits;
	if (waits && scan.switch_on_end)
		scan.holder = p;
}

/* On the real clock nobody is in the same tick: it matters only who may go first. */
static bool is_just_woken(const struct process *p)
{
	if (!logical_is_on)
		return scan.io_immediate && p->policy.woken_at != NEVER;
	return p->policy.woken_at == logical_now() &&
	       scan.checked_at != logical_now();
}

/* How early p's turn is: first those behind the last one, then those up to it; and
 * those whose wait has just ended before or after all others. */
static uint64_t place_of(const struct process *p)
{
	uint64_t place = p->pid > scan.last_pid ? p->pid : p->pid + PID_MAX;

	if (!is_just_woken(p))
		return p == scan.displaced ? 1 : place + 1;
	return scan.io_immediate ? 0 : place + 3 * PID_MAX;
}

static struct process *scan_pick(void)
{
	struct process *best = NULL;

	if (scan.holder && scan.holder->state == LDE_STATE_BLOCKED &&
	    !scan.holder->wait_timer.is_started)
		scan.holder = NULL;
	list_for_each(l, &scan.queue) {
		struct process *p = list_entry(l, struct process, queue_link);

		if (scan.holder && p != scan.holder)
			continue;
		if (!best || place_of(p) < place_of(best))
			best = p;
	}
	if (!best)
		return NULL;
	list_remove(&best->queue_link);
	scan.holder = scan.displaced = NULL;
	scan.last_pid = best->pid;
	scan.is_checked = scan.was_wait;
	scan.was_wait = false;
	return best;
}

static bool scan_preempts(const struct process *p, const struct process *running, uint64_t ticks)
{
	(void)running;
	(void)ticks;
	return p->policy.woken_at != NEVER;
}

/*
 * It does, unless somebody looks whether it has anything to do: that is after it
 * was chosen because another one waits, and, once, after a wait is over.
 */
static bool scan_ends_in_a_tick(const struct process *p)
{
	(void)p;
	if (scan.is_checked)
		return false;
	if (scan.io_immediate || scan.woken_at != logical_now() ||
	    scan.checked_at == logical_now())
		return true;
	scan.checked_at = logical_now();
	return false;
}

const struct policy_ops *policy_scan(const struct policy_config *config)
{
	static struct policy_ops ops = {
		.name = "scan",
		.admit = scan_admit,
		.enqueue = scan_enqueue,
		.pick = scan_pick,
		.charge = scan_charge,
		.ends_in_a_tick = scan_ends_in_a_tick,
	};

	list_init(&scan.queue);
	scan.switch_on_end = config->switch_on_end;
	scan.io_immediate = config->io_immediate;
	scan.last_pid = 0;
	scan.holder = scan.displaced = NULL;
	scan.woken_at = scan.checked_at = NEVER;
	scan.was_wait = scan.is_checked = false;
	ops.preempts = config->io_immediate ? scan_preempts : NULL;
	return &ops;
}
