/* SPDX-License-Identifier: MIT */
/* What all reports call things, and in which order. */
#ifndef VMM_OBSERVE_REPORT_NAMES_H
#define VMM_OBSERVE_REPORT_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "vmm/observe/timeline.h"

/* "write", "call 999"; the last of TIMELINE_NR_CALLS is "others". Returns out. */
const char *report_call_name(uint32_t number, char *out, size_t size);

/* Of enum exit_cause; "unknown" for any other number. */
const char *report_cause_name(uint32_t cause);

/* "preempted", of enum lde_switch_reason. */
const char *report_switch_reason_name(uint32_t reason);

/* "zeroes", of enum lde_fault_result. */
const char *report_fault_result_name(uint32_t result);

/* "vda", of a disk's number as st_rdev has it; "disk 77" if it is none of ours.
 * Returns out. */
const char *report_disk_name(uint64_t number, char *out, size_t size);

/* "read", of enum lde_block_op. */
const char *report_block_op_name(uint32_t op);

/* Who caused the exits of a row; NULL: no process, or any. */
const struct timeline_process *report_process_of_exit(const struct timeline *timeline,
						      const struct exit_row *row);

/* The numbers of the system calls that came back, most time first; order has
 * room for TIMELINE_NR_CALLS. Returns how many. */
size_t report_rank_calls(const struct timeline *timeline, uint32_t *order);

#endif
