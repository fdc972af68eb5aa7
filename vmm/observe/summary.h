/* SPDX-License-Identifier: MIT */
/*
 * What a run took, for people and for programs: exits, traps, system calls,
 * switches and processes. Made from data alone, so that it can be tested and
 * can be printed from a file as well as from a machine.
 */
#ifndef VMM_OBSERVE_SUMMARY_H
#define VMM_OBSERVE_SUMMARY_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <lde/ledger.h>

#include "vmm/observe/counters.h"
#include "vmm/observe/exit_ledger.h"
#include "vmm/observe/trace_file.h"

#define SUMMARY_JSON_VERSION 1 /* of the schema in docs/stat-json.md */

/* A counter of KVM's own. Borrowed strings. */
struct summary_kvm_stat {
	const char *scope; /* "vm" or "vcpu" */
	const char *name;
	uint64_t value;
};

/* What became of a disk. Borrowed string. */
struct summary_disk {
	const char *name; /* "vda" */
	uint64_t requests, failed, flushes;
	uint64_t read_bytes, written_bytes;
	uint64_t doorbells, interrupts;
	uint64_t max_in_flight;
	uint64_t busy_ns; /* with a request in flight that was not answered at once */
};

/* What went by the queues of a virtio console. */
struct summary_console {
	uint64_t writes, reads, failed;
	uint64_t doorbells, interrupts;
};

/* Everything pointed to is borrowed. */
struct summary {
	const char *command; /* the programs and their arguments, one line */
	const char *end; /* "done", "timeout", "signal", "panic", "refused" or "failed" */
	int status; /* the exit status of lde */
	const struct exit_counters *exits;
	const struct exit_ledger *exit_ledger; /* sorted; NULL: not known */
	const struct summary_kvm_stat *kvm_stats;
	size_t nr_kvm_stats;
	const struct lde_ledger *ledger; /* NULL: the kernel did not get that far */
	const struct lde_process_record *records;
	uint32_t nr_records;
	const struct summary_disk *disks;
	size_t nr_disks;
	const struct summary_console *console; /* NULL: it was at its port */
	const struct trace_totals *trace; /* NULL: there was none */
	uint64_t tsc_hz; /* of the times in ledger and records */
	uint64_t wall_ns;
};

/* Laid out like perf stat, in lines of at most width columns if they can be. */
void summary_print(const struct summary *summary, FILE *out, size_t width);

/* The same as one JSON object on lines of their own. 0, -ENOMEM, or -errno of writing. */
int summary_print_json(const struct summary *summary, FILE *out);

/* ---- what both are made from ------------------------------------------ */

/* One line of a ranking: an index and how often it occurred. */
struct summary_rank {
	uint32_t idx;
	uint64_t count;
};

/*
 * The indices of counts[0..nr) that are not 0, most frequent first, ties by
 * index. ranks has room for nr. Returns how many there are.
 */
size_t summary_rank_counts(const uint64_t *counts, size_t nr, struct summary_rank *ranks);

/* All events of a trace. */
uint64_t summary_nr_events(const struct trace_totals *trace);

uint64_t summary_sum(const uint64_t *counts, size_t nr);

/* All exits together. */
void summary_total_exits(const struct exit_counters *exits, struct exit_counter *total);

/* "#PF page fault", "interrupt 0x30 (console)". Returns out. */
const char *summary_trap_name(uint32_t vector, char *out, size_t size);

/* "write", "call 999". Returns out. */
const char *summary_syscall_name(uint32_t number, char *out, size_t size);

/* "exit 0", "SIGSEGV", "blocked", "not started: ENOENT". Returns out. */
const char *summary_process_status(const struct lde_process_record *record, char *out, size_t size);

/* "running"; "unknown" for what is no state. */
const char *summary_state_name(uint32_t state);

/* Time that a process spent in state, in ns; for one that had not ended when
 * the machine was stopped, up to then. */
uint64_t summary_state_ns(const struct summary *summary, const struct lde_process_record *record,
			  enum lde_process_state state);

/* Most pages in use at a time, and pages that did not come back by the end. */
uint64_t summary_pages_peak(const struct lde_ledger *ledger);
uint64_t summary_pages_left(const struct lde_ledger *ledger);

/* From the kernel's first instruction to the first of a process; 0: none. */
uint64_t summary_start_ns(const struct summary *summary);

#endif
