/* SPDX-License-Identifier: MIT */
/*
 * Who causes exits: counts and times by reason, process and system call.
 *
 * Filled by the vCPU thread alone, read after it has ended, or under a lock that
 * the thread takes as well (ledger_lock in vmm/run/vcpu.h). The processes are
 * the guest's word, so there may be any number of them; rows beyond a limit are
 * one row of their own.
 */
#ifndef VMM_OBSERVE_EXIT_LEDGER_H
#define VMM_OBSERVE_EXIT_LEDGER_H

#include <stdint.h>

#include "vmm/observe/counters.h"

/* What the guest was doing. */
enum exit_place_kind {
	EXIT_PLACE_UNKNOWN = 0, /* in ring 3, or it cannot be told */
	EXIT_PLACE_START,       /* no process has run yet */
	EXIT_PLACE_IDLE,        /* nobody has the CPU */
	EXIT_PLACE_SYSCALL,
	EXIT_PLACE_TRAP,        /* an exception or interrupt */
	EXIT_PLACE_OTHERS,      /* the row of all for which there was no other */
};

struct exit_place {
	uint32_t pid;    /* 0: none */
	uint32_t kind;   /* enum exit_place_kind */
	uint32_t number; /* of the system call, or the vector */
};

struct exit_row {
	enum exit_cause cause;
	struct exit_place place;
	struct exit_counter counter;
};

#define EXIT_ROWS_MAX 4096

struct exit_ledger {
	struct exit_row *rows; /* in no order */
	uint32_t nr_rows, capacity;
	uint32_t *slots; /* hash of the row to its index + 1; 0: free */
	uint32_t nr_slots;
	uint64_t nr_lost; /* exits in no row: memory ran out */
};

/* *ledger is all 0 at first. */
void exits_ledger_add(struct exit_ledger *ledger, enum exit_cause cause,
		     const struct exit_place *place, uint64_t ns);

/* Most time first; ties by pid, place and cause. Nothing may be added after it. */
void exits_ledger_sort(struct exit_ledger *ledger);

void exits_ledger_fini(struct exit_ledger *ledger);

#endif
