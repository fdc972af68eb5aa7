/* SPDX-License-Identifier: MIT */
#include "vmm/observe/exit_causes.h"

#include <errno.h>
#include <stdlib.h>

#define NR_SLOTS (2 * EXIT_CAUSES_MAX) /* a power of two, never more than half full */
/* After so many, what is new is counted with its cause alone. */
#define NR_ROWS_EACH (EXIT_CAUSES_MAX - NR_EXIT_CAUSES - 1)

static uint32_t hash(uint32_t cause, int64_t process_idx, int32_t syscall)
{
	uint64_t key = (uint64_t)process_idx * 1024 + (uint32_t)syscall;

	key = (key * 16 + cause) * 0x9e3779b97f4a7c15ull;
	return (uint32_t)(key >> 40) & (NR_SLOTS - 1);
}

static uint32_t *find(struct exit_causes *causes, uint32_t cause, int64_t process_idx,
		      int32_t syscall)
{
	uint32_t at = hash(cause, process_idx, syscall);

	for (;; at = (at + 1) & (NR_SLOTS - 1)) {
		const struct exit_causes_row *row;

		if (!causes->slots[at])
			return &causes->slots[at];
		row = causes->rows[causes->slots[at] - 1];
		if (row->cause == cause && row->process_idx == process_idx &&
		    row->syscall == syscall)
			return &causes->slots[at];
	}
}

/* Room for one more row. */
static int prepare(struct exit_causes *causes)
{
	uint32_t cap = causes->cap_rows ? causes->cap_rows * 2 : 64;
	void *rows;

	if (!causes->slots)
		causes->slots = calloc(NR_SLOTS, sizeof(*causes->slots));
	if (!causes->slots)
		return -ENOMEM;
	if (causes->nr_rows < causes->cap_rows)
		return 0;
	rows = realloc(causes->rows, cap * sizeof(*causes->rows));
	if (!rows)
		return -ENOMEM;
	causes->rows = rows;
	causes->cap_rows = cap;
	return 0;
}

static int add_row(struct exit_causes *causes, uint32_t *slot, struct exit_causes_row key)
{
	struct exit_causes_row *row = malloc(sizeof(*row));

	if (!row)
		return -ENOMEM;
	*row = key;
	causes->rows[causes->nr_rows++] = row;
	*slot = causes->nr_rows;
	return 0;
}

int causes_add(struct exit_causes *causes, uint32_t cause, int64_t process_idx,
		    int32_t syscall, uint64_t ns)
{
	uint32_t *slot;

	if (prepare(causes))
		return -ENOMEM;
	if (cause > NR_EXIT_CAUSES)
		cause = NR_EXIT_CAUSES;
	slot = find(causes, cause, process_idx, syscall);
	if (!*slot && causes->nr_rows >= NR_ROWS_EACH) {
		process_idx = EXIT_CAUSES_NOBODY;
		syscall = EXIT_CAUSES_NO_CALL;
		slot = find(causes, cause, process_idx, syscall);
	}
	if (!*slot && add_row(causes, slot,
			      (struct exit_causes_row){
				      .cause = cause, .process_idx = process_idx, .syscall = syscall}))
		return -ENOMEM;
	exits_add(&causes->rows[*slot - 1]->time, ns);
	return 0;
}

static int compare_time(const void *a, const void *b)
{
	const struct exit_causes_row *left = *(struct exit_causes_row *const *)a;
	const struct exit_causes_row *right = *(struct exit_causes_row *const *)b;

	if (left->time.total_ns != right->time.total_ns)
		return left->time.total_ns < right->time.total_ns ? 1 : -1;
	if (left->process_idx != right->process_idx)
		return left->process_idx < right->process_idx ? -1 : 1;
	if (left->syscall != right->syscall)
		return left->syscall < right->syscall ? -1 : 1;
	return left->cause < right->cause ? -1 : left->cause > right->cause;
}

void causes_sort(struct exit_causes *causes)
{
	if (causes->nr_rows)
		qsort(causes->rows, causes->nr_rows, sizeof(causes->rows[0]), compare_time);
	/* Indices have changed. */
	free(causes->slots);
	causes->slots = NULL;
}

void causes_fini(struct exit_causes *causes)
{
	for (uint32_t i = 0; i < causes->nr_rows; i++)
		free(causes->rows[i]);
	free(causes->rows);
	free(causes->slots);
	*causes = (struct exit_causes){0};
}
