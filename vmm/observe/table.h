/* SPDX-License-Identifier: MIT */
/*
 * A table of text in columns as wide as what is in them.
 *
 * Rows are collected first, since the widest decides. If the whole is wider
 * than the page, the first left-aligned column gives way.
 */
#ifndef VMM_OBSERVE_TABLE_H
#define VMM_OBSERVE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TABLE_COLUMNS_MAX 10
#define TABLE_CELL_SIZE   40

struct table_column {
	const char *title;
	bool left; /* text; numbers stand right */
};

struct table {
	const struct table_column *columns; /* borrowed */
	size_t nr_columns;
	char (*cells)[TABLE_CELL_SIZE]; /* row by row */
	size_t nr_cells;
	bool incomplete; /* memory ran out; later cells were dropped */
};

void table_init(struct table *table, const struct table_column *columns, size_t nr_columns);
void table_fini(struct table *table);

/* The next cell, from left to right and row by row. */
void table_add(struct table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints titles and rows, each behind one space, at most width columns. */
void table_print(const struct table *table, FILE *out, size_t width);

#endif
