/* SPDX-License-Identifier: MIT */
#include "tests/unit/observe/summary_run.h"

static void fill_exits(struct run *run)
{
	for (int i = 0; i < 10; i++)
		exits_add(&run->exits.causes[EXIT_CONSOLE], 30000);
	for (int i = 0; i < 4; i++)
		exits_add(&run->exits.causes[EXIT_MONITOR], 5000);
}

static void fill_ledger(struct lde_ledger *ledger)
{
	*ledger = (struct lde_ledger){
	    .magic = LDE_LEDGER_MAGIC,
	    .faults_zero = 1000,
	    .faults_file = 80,
	    .faults_copy = 20,
	    .switches_voluntary = 30,
	    .switches_preempted = 15,
	    .timer_arms = 20,
	    .idle_entries = 12,
	    .idle_tsc = 100 * MS,
	    .pages_total = 65536,
	    .pages_free_start = 60000,
	    .pages_free_min = 58976,
	    .pages_free = 60000,
	    .self_checks = 5,
	    .pages_of_files = 17,
	    .entry_tsc = 1000,
	    .first_user_tsc = 124456,
	    .flags = LDE_LEDGER_F_RING0_EMULATED,
	    .processes_created = 2,
	};
	ledger->traps[14] = 1100;
	ledger->traps[0x30] = 3;
	ledger->traps[0x20] = 90;
	ledger->syscalls[1] = 5400;
	ledger->syscalls[39] = 7;
	ledger->syscalls[334] = 1;
	ledger->syscalls_unknown[334 / 64] |= 1ull << (334 % 64);
	ledger->syscalls_out_of_range = 2;
}

static void fill_records(struct lde_process_record *records)
{
	records[0] = (struct lde_process_record){
	    .pid = 1,
	    .job = 0,
	    .state = LDE_STATE_ZOMBIE,
	    .status = 0,
	    .name = "hog",
	    .start_tsc = 1000,
	    .first_run_tsc = 1000 + 2 * MS,
	    .end_tsc = 1000 + 1254567890,
	    .switches_preempted = 15,
	    .syscalls = 10,
	    .peak_pages = 40,
	};
	records[0].state_tsc[LDE_STATE_RUNNING] = 1234567890;
	records[0].state_tsc[LDE_STATE_READY] = 20 * MS;
	records[1] = (struct lde_process_record){
	    .pid = 2,
	    .job = 1,
	    .state = LDE_STATE_ZOMBIE,
	    .status = 11,
	    .name = "ticker",
	    .start_tsc = 1000,
	    .first_run_tsc = 1000 + 4 * MS,
	    .end_tsc = 1000 + 503 * MS,
	    .switches_voluntary = 30,
	    .syscalls = 5400,
	    .peak_pages = 41,
	};
	records[1].state_tsc[LDE_STATE_RUNNING] = 3 * MS;
	records[1].state_tsc[LDE_STATE_BLOCKED] = 500 * MS;
}

void run_fill(struct run *run)
{
	*run = (struct run){0};
	fill_exits(run);
	fill_ledger(&run->ledger);
	fill_records(run->records);
	run->kvm_stats[0] = (struct summary_kvm_stat){"vm", "mmu_shadow_zapped", 0};
	run->kvm_stats[1] = (struct summary_kvm_stat){"vcpu", "exits", 16203};
	run->kvm_stats[2] = (struct summary_kvm_stat){"vcpu", "fpu_reload", 14};
	run->summary = (struct summary){
	    .command = "hog 100 : ticker",
	    .end = "done",
	    .status = 139,
	    .exits = &run->exits,
	    .kvm_stats = run->kvm_stats,
	    .nr_kvm_stats = 3,
	    .ledger = &run->ledger,
	    .records = run->records,
	    .nr_records = 2,
	    .tsc_hz = 1000000000,
	    .wall_ns = 1400 * MS,
	};
}

static const struct exit_counters no_exits;

static const struct summary_disk disks[] = {
    {
	.name = "vda",
	.requests = 12,
	.failed = 3,
	.flushes = 1,
	.read_bytes = 8192,
	.written_bytes = 4096,
	.doorbells = 5,
	.interrupts = 6,
	.max_in_flight = 4,
	.busy_ns = 1000000,
    },
    {.name = "vdb"},
};

static const struct summary_console console = {
    .writes = 12, .reads = 4, .failed = 7, .doorbells = 16, .interrupts = 15};

const struct summary summary_of_devices = {
    .command = "c",
    .end = "done",
    .exits = &no_exits,
    .disks = disks,
    .nr_disks = 2,
    .console = &console,
    .wall_ns = 4000000,
};
