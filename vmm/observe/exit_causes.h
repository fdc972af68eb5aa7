/* SPDX-License-Identifier: MIT */
/*
 * Exits to the VMM by cause, process and system call. Bounded: when there are
 * too many of different kinds, the rest is counted without process and call.
 */
#ifndef VMM_OBSERVE_EXIT_CAUSES_H
#define VMM_OBSERVE_EXIT_CAUSES_H

#include <stddef.h>
#include <stdint.h>

#include "vmm/observe/counters.h"

#define EXIT_CAUSES_MAX	    4096
#define EXIT_CAUSES_NOBODY  (-1) /* of no process, or of any: the table was full */
#define EXIT_CAUSES_NO_CALL (-1)

struct exit_causes_row {
	uint32_t cause; /* enum exit_cause; NR_EXIT_CAUSES: none of them */
	int64_t process_idx;
	int32_t syscall;
	struct exit_counter time;
};

struct exit_causes {
	struct exit_causes_row **rows;
	uint32_t nr_rows, cap_rows;
	uint32_t *slots; /* hashed: index + 1 */
};

/* 0 or -ENOMEM; then nothing was counted. */
int causes_add(struct exit_causes *causes, uint32_t cause, int64_t process_idx,
		    int32_t syscall, uint64_t ns);

/* Most time first. */
void causes_sort(struct exit_causes *causes);

void causes_fini(struct exit_causes *causes);

#endif
