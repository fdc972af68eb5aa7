/* SPDX-License-Identifier: MIT */
#include "vmm/observe/report_names.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "vmm/observe/summary.h"

const char *report_call_name(uint32_t number, char *out, size_t size)
{
	if (number == LDE_NR_SYSCALLS)
		snprintf(out, size, "others");
	else
		summary_syscall_name(number, out, size);
	return out;
}

const char *report_cause_name(uint32_t cause)
{
	return cause < NR_EXIT_CAUSES ? exits_cause_name((enum exit_cause)cause) : "unknown";
}

const char *report_switch_reason_name(uint32_t reason)
{
	static const char *const names[] = {"blocked", "yielded", "preempted", "ended", "was idle"};

	return reason < sizeof(names) / sizeof(names[0]) ? names[reason] : "?";
}

const char *report_fault_result_name(uint32_t result)
{
	static const char *const names[] = {"other", "zeroes", "file", "copy"};

	return result < sizeof(names) / sizeof(names[0]) ? names[result] : "?";
}

/* The kernel's own choice; if it moves, the name is another and no more. */
#define DISK_MAJOR  254
#define DISK_MINORS 16 /* of each disk */

const char *report_disk_name(uint64_t number, char *out, size_t size)
{
	if (number >> 8 == DISK_MAJOR)
		snprintf(out, size, "vd%c", (char)('a' + (number & 0xff) / DISK_MINORS));
	else
		snprintf(out, size, "disk %" PRIu64, number);
	return out;
}

const char *report_block_op_name(uint32_t op)
{
	static const char *const names[] = {"read", "write", "flush"};

	return op < sizeof(names) / sizeof(names[0]) ? names[op] : "?";
}

const struct timeline_process *report_process_of_exit(const struct timeline *timeline,
						      const struct exit_row *row)
{
	return row->place.pid ? &timeline->processes[row->place.pid - 1] : NULL;
}

/* qsort has no argument for it. */
struct ranked {
	uint32_t number;
	uint64_t total_ns;
};

static int compare_total(const void *a, const void *b)
{
	const struct ranked *left = a, *right = b;

	if (left->total_ns != right->total_ns)
		return left->total_ns < right->total_ns ? 1 : -1;
	return left->number < right->number ? -1 : left->number > right->number;
}

size_t report_rank_calls(const struct timeline *timeline, uint32_t *order)
{
	struct ranked ranked[TIMELINE_NR_CALLS];
	size_t nr = 0;

	for (uint32_t i = 0; i < TIMELINE_NR_CALLS; i++)
		if (timeline->calls[i] && timeline->calls[i]->time.count)
			ranked[nr++] = (struct ranked){i, timeline->calls[i]->time.total_ns};
	qsort(ranked, nr, sizeof(ranked[0]), compare_total);
	for (size_t i = 0; i < nr; i++)
		order[i] = ranked[i].number;
	return nr;
}
