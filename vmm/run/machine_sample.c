/* SPDX-License-Identifier: MIT */
/* How the run stands, for a live view: from the guest's books, while it runs. */
#include <string.h>
#include <time.h>

#include "vmm/observe/quantity.h"
#include "vmm/run/machine_parts.h"

#define NR_PIDS	     65536
#define PAGE_BYTES   4096
#define NS_PER_SEC   1000000000u

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_SEC + (uint64_t)ts.tv_nsec;
}

/* The state a process is in has no end yet: it lasts from the sum of all others. */
static void fill_times(const struct machine *machine, struct live_row *row,
		       const struct lde_process_record *record, uint64_t now_tsc)
{
	uint64_t hz = machine->cpu.tsc_hz, known = 0;

	for (unsigned int i = 0; i < LDE_NR_STATES; i++) {
		known += record->state_tsc[i];
		row->state_ns[i] = quantity_tsc_to_ns(record->state_tsc[i], hz);
	}
	if (!record->end_tsc && row->state < LDE_NR_STATES &&
	    now_tsc > record->start_tsc && now_tsc - record->start_tsc > known)
		row->state_ns[row->state] +=
			quantity_tsc_to_ns(now_tsc - record->start_tsc - known, hz);
}

static void fill_row(const struct machine *machine, struct live_row *row,
		     const struct lde_process_record *live, uint64_t now_tsc)
{
	const struct lde_process_record record = *live; /* one word may be newer than another */

	*row = (struct live_row){
		.pid = record.pid,
		.ppid = record.ppid,
		.state = record.state,
		.status = record.status,
		.nr_switches = record.switches_voluntary + record.switches_preempted,
		.nr_syscalls = record.syscalls,
		.nr_faults = record.page_faults,
	};
	_Static_assert(sizeof(row->name) == sizeof(record.name), "copied as it is");
	memcpy(row->name, record.name, sizeof(row->name));
	machine_sanitise_name(row->name, sizeof(row->name));
	fill_times(machine, row, &record, now_tsc);
}

/* As many of those that have ended, or have not, as there is room for. From the end:
 * the latest. */
static void fill_rows(const struct machine *machine, struct live_sample *sample,
		      struct live_row *rows, const struct lde_process_record *records, uint32_t nr,
		      bool have_ended)
{
	uint64_t now_tsc = __builtin_ia32_rdtsc() + machine->sample_tsc_offset;

	while (nr-- && sample->nr_rows < LIVE_ROWS_MAX) {
		uint32_t state = __atomic_load_n(&records[nr].state, __ATOMIC_RELAXED);

		if (state != LDE_STATE_NONE && (state == LDE_STATE_ZOMBIE) == have_ended)
			fill_row(machine, &rows[sample->nr_rows++], &records[nr], now_tsc);
	}
}

/* Exits are put down to the latest process of a number. */
static void fill_exits(struct machine *machine, const struct live_sample *sample,
		       struct live_row *rows)
{
	const struct exit_ledger *ledger = &machine->report->exit_ledger;
	static uint16_t by_pid[NR_PIDS]; /* index + 1; one machine in a process */

	memset(by_pid, 0, sizeof(by_pid));
	for (uint32_t i = sample->nr_rows; i > 0; i--)
		by_pid[rows[i - 1].pid % NR_PIDS] = (uint16_t)i;
	pthread_mutex_lock(&machine->exits_lock);
	for (uint32_t i = 0; i < ledger->nr_rows; i++) {
		uint32_t pid = ledger->rows[i].place.pid;

		if (pid && pid < NR_PIDS && by_pid[pid])
			rows[by_pid[pid] - 1].nr_exits += ledger->rows[i].counter.count;
	}
	pthread_mutex_unlock(&machine->exits_lock);
}

static void fill_totals(const struct machine *machine, struct live_sample *sample,
			const struct lde_ledger *ledger)
{
	const struct exit_counters *exits = &machine->report->exits;

	for (unsigned int i = 0; i < NR_EXIT_CAUSES; i++) {
		sample->nr_exits[i] = __atomic_load_n(&exits->causes[i].count, __ATOMIC_RELAXED);
		sample->exits_ns += __atomic_load_n(&exits->causes[i].total_ns, __ATOMIC_RELAXED);
	}
	for (unsigned int i = 0; i < LDE_NR_SYSCALLS; i++)
		sample->nr_syscalls += ledger->syscalls[i];
	sample->nr_syscalls += ledger->syscalls_out_of_range;
	sample->nr_faults = ledger->traps[14];
	sample->nr_switches = ledger->switches_voluntary + ledger->switches_preempted;
	sample->memory_bytes = ledger->pages_total * PAGE_BYTES;
	sample->free_bytes = ledger->pages_free * PAGE_BYTES;
}

bool machine_fill_sample(void *ctx, struct live_sample *sample, struct live_row *rows)
{
	struct machine *machine = ctx;
	const struct lde_ledger *ledger = machine_live_ledger(machine);
	const struct lde_process_record *records;
	uint32_t nr;

	if (!ledger)
		return false;
	sample->ns = now_ns();
	sample->run_ns = sample->ns - machine->start_ns;
	records = machine_live_records(machine, ledger, &nr);
	for (uint32_t i = 0; i < nr; i++) {
		uint32_t state = __atomic_load_n(&records[i].state, __ATOMIC_RELAXED);

		if (state < LDE_NR_STATES)
			sample->nr_in_state[state]++;
	}
	fill_rows(machine, sample, rows, records, nr, false);
	fill_rows(machine, sample, rows, records, nr, true);
	fill_exits(machine, sample, rows);
	fill_totals(machine, sample, ledger);
	return true;
}
