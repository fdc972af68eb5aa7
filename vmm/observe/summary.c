/* SPDX-License-Identifier: MIT */
#include "vmm/observe/summary.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <lde/device.h>

#include "vmm/observe/exceptions.h"
#include "vmm/observe/notice.h"
#include "vmm/observe/quantity.h"
#include "vmm/observe/linux_names.h"

/* The kernel's own choice; if it moves, the name is missing and no more. */
#define TIMER_VECTOR 0x20

static int rank_compare(const void *left, const void *right)
{
	const struct summary_rank *a = left, *b = right;

	if (a->count != b->count)
		return a->count < b->count ? 1 : -1;
	return (a->idx > b->idx) - (a->idx < b->idx);
}

size_t summary_rank_counts(const uint64_t *counts, size_t nr, struct summary_rank *ranks)
{
	size_t nr_ranks = 0;

	for (size_t i = 0; i < nr; i++)
		if (counts[i])
			ranks[nr_ranks++] = (struct summary_rank){(uint32_t)i, counts[i]};
	qsort(ranks, nr_ranks, sizeof(*ranks), rank_compare);
	return nr_ranks;
}

uint64_t summary_sum(const uint64_t *counts, size_t nr)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < nr; i++)
		sum += counts[i];
	return sum;
}

uint64_t summary_nr_events(const struct trace_totals *trace)
{
	return summary_sum(trace->counts, LDE_TRACE_NR_KINDS);
}

void summary_total_exits(const struct exit_counters *exits, struct exit_counter *total)
{
	*total = (struct exit_counter){0};
	for (unsigned int i = 0; i < NR_EXIT_CAUSES; i++)
		exits_merge(total, &exits->causes[i]);
}

const char *summary_trap_name(uint32_t vector, char *out, size_t size)
{
	const char *mnemonic = exception_mnemonic(vector);

	if (mnemonic)
		snprintf(out, size, "%s %s", mnemonic, exception_title(vector));
	else if (vector == TIMER_VECTOR)
		snprintf(out, size, "interrupt 0x%x (timer)", vector);
	else if (vector == LDE_CONSOLE_VECTOR || vector == LDE_VIRTIO_CONSOLE_VECTOR)
		snprintf(out, size, "interrupt 0x%x (console)", vector);
	else
		snprintf(out, size, "interrupt 0x%x", vector);
	return out;
}

const char *summary_syscall_name(uint32_t number, char *out, size_t size)
{
	const char *name = linux_syscall_name(number);

	if (name)
		snprintf(out, size, "%s", name);
	else
		snprintf(out, size, "call %u", number);
	return out;
}

const char *summary_state_name(uint32_t state)
{
	static const char *const names[LDE_NR_STATES] = {
		[LDE_STATE_NONE] = "none",       [LDE_STATE_READY] = "ready",
		[LDE_STATE_RUNNING] = "running", [LDE_STATE_BLOCKED] = "blocked",
		[LDE_STATE_ZOMBIE] = "ended",    [LDE_STATE_STOPPED] = "stopped",
	};

	return state < LDE_NR_STATES ? names[state] : "unknown";
}

const char *summary_process_status(const struct lde_process_record *record, char *out, size_t size)
{
	const char *name;

	if (record->exec_error) {
		/* From the guest: only a plausible errno has a name. */
		name = record->exec_error > -4096 && record->exec_error < 0
			       ? strerrorname_np(-record->exec_error)
			       : NULL;
		snprintf(out, size, "not started: %s", name ? name : "unknown");
	} else if (record->state != LDE_STATE_ZOMBIE) {
		snprintf(out, size, "%s", summary_state_name(record->state));
	} else if (WIFSIGNALED(record->status)) {
		notice_signal_name(WTERMSIG(record->status), out, size);
	} else {
		snprintf(out, size, "exit %d", WEXITSTATUS(record->status));
	}
	return out;
}

/* The guest's numbers may be anything: a difference never goes below 0. */
static uint64_t difference(uint64_t more, uint64_t less)
{
	return more > less ? more - less : 0;
}

/* When the machine stopped, in its own ticks; 0: not known. */
static uint64_t summary_end_tsc(const struct summary *summary)
{
	const struct lde_ledger *ledger = summary->ledger;

	if (!ledger || ledger->end_tsc)
		return ledger ? ledger->end_tsc : 0;
	return ledger->entry_tsc +
	       (uint64_t)((unsigned __int128)summary->wall_ns * summary->tsc_hz / 1000000000u);
}

/*
 * The kernel books a stretch when it ends. The stretch that the stop of the
 * machine cut off began where the booked ones, laid end to end, end.
 */
static uint64_t unbooked_tsc(const struct summary *summary, const struct lde_process_record *record)
{
	uint64_t booked = record->start_tsc + summary_sum(record->state_tsc, LDE_NR_STATES);

	return record->start_tsc ? difference(summary_end_tsc(summary), booked) : 0;
}

uint64_t summary_state_ns(const struct summary *summary, const struct lde_process_record *record,
			  enum lde_process_state state)
{
	uint64_t tsc = record->state_tsc[state];

	if (record->state == (uint32_t)state && state != LDE_STATE_ZOMBIE)
		tsc += unbooked_tsc(summary, record);
	return quantity_tsc_to_ns(tsc, summary->tsc_hz);
}

uint64_t summary_pages_peak(const struct lde_ledger *ledger)
{
	return difference(ledger->pages_free_start, ledger->pages_free_min);
}

uint64_t summary_pages_left(const struct lde_ledger *ledger)
{
	return difference(ledger->pages_free_start, ledger->pages_free);
}

uint64_t summary_start_ns(const struct summary *summary)
{
	const struct lde_ledger *ledger = summary->ledger;

	if (!ledger || !ledger->first_user_tsc)
		return 0;
	return quantity_tsc_to_ns(difference(ledger->first_user_tsc, ledger->entry_tsc),
				  summary->tsc_hz);
}
