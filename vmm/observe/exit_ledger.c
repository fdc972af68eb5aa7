/* SPDX-License-Identifier: MIT */
#include "vmm/observe/exit_ledger.h"

#include <stdbool.h>
#include <stdlib.h>

static uint32_t hash(enum exit_cause cause, const struct exit_place *place)
{
	uint64_t key = (uint64_t)place->pid << 32 | place->number << 8 | place->kind << 4 |
		       (uint32_t)cause;

	return (uint32_t)(key * 0x9e3779b97f4a7c15ull >> 32);
}

static bool is_row(const struct exit_row *row, enum exit_cause cause,
		   const struct exit_place *place)
{
	return row->cause == cause && row->place.pid == place->pid &&
	       row->place.kind == place->kind && row->place.number == place->number;
}

/* The slot with that row, or the free one where it belongs. */
static uint32_t *find_slot(const struct exit_ledger *ledger, enum exit_cause cause,
			   const struct exit_place *place)
{
	uint32_t at = hash(cause, place) % ledger->nr_slots;

	while (ledger->slots[at] && !is_row(&ledger->rows[ledger->slots[at] - 1], cause, place))
		at = (at + 1) % ledger->nr_slots;
	return &ledger->slots[at];
}

/* Twice as many rows, and twice as many slots as those. */
static bool grow(struct exit_ledger *ledger)
{
	uint32_t capacity = ledger->capacity ? ledger->capacity * 2 : 16;
	struct exit_row *rows = realloc(ledger->rows, capacity * sizeof(*rows));
	uint32_t *slots = rows ? calloc(capacity * 2, sizeof(*slots)) : NULL;

	if (rows)
		ledger->rows = rows;
	if (!slots)
		return false;
	free(ledger->slots);
	ledger->slots = slots;
	ledger->capacity = capacity;
	ledger->nr_slots = capacity * 2;
	for (uint32_t i = 0; i < ledger->nr_rows; i++)
		*find_slot(ledger, rows[i].cause, &rows[i].place) = i + 1;
	return true;
}

static struct exit_row *row_of(struct exit_ledger *ledger, enum exit_cause cause,
			       const struct exit_place *place)
{
	const struct exit_place others = {.kind = EXIT_PLACE_OTHERS};
	uint32_t *slot;

	if (ledger->nr_rows == ledger->capacity && !grow(ledger))
		return NULL;
	slot = find_slot(ledger, cause, place);
	/* The last rows are kept for the others, one for each cause. */
	if (!*slot && ledger->nr_rows >= EXIT_ROWS_MAX - NR_EXIT_CAUSES) {
		place = &others;
		slot = find_slot(ledger, cause, place);
	}
	if (!*slot) {
		ledger->rows[ledger->nr_rows] = (struct exit_row){.cause = cause, .place = *place};
		*slot = ++ledger->nr_rows;
	}
	return &ledger->rows[*slot - 1];
}

void exits_ledger_add(struct exit_ledger *ledger, enum exit_cause cause,
		     const struct exit_place *place, uint64_t ns)
{
	struct exit_row *row = row_of(ledger, cause, place);

	if (row)
		exits_add(&row->counter, ns);
	else
		ledger->nr_lost++;
}

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

static int compare_rows(const void *left, const void *right)
{
	const struct exit_row *a = left, *b = right;
	int order = COMPARE(b->counter.total_ns, a->counter.total_ns);

	if (!order)
		order = COMPARE(a->place.pid, b->place.pid);
	if (!order)
		order = COMPARE(a->place.kind, b->place.kind);
	if (!order)
		order = COMPARE(a->place.number, b->place.number);
	return order ? order : COMPARE(a->cause, b->cause);
}

void exits_ledger_sort(struct exit_ledger *ledger)
{
	if (ledger->nr_rows)
		qsort(ledger->rows, ledger->nr_rows, sizeof(*ledger->rows), compare_rows);
}

void exits_ledger_fini(struct exit_ledger *ledger)
{
	free(ledger->rows);
	free(ledger->slots);
	*ledger = (struct exit_ledger){0};
}
