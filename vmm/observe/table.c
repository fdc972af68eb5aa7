/* SPDX-License-Identifier: MIT */
#include "vmm/observe/table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define GAP            2 /* between columns */
#define NAME_WIDTH_MIN 7 /* of the column that gives way */

void table_init(struct table *table, const struct table_column *columns, size_t nr_columns)
{
	*table = (struct table){.columns = columns, .nr_columns = nr_columns};
}

void table_fini(struct table *table)
{
	free(table->cells);
	*table = (struct table){0};
}

void table_add(struct table *table, const char *format, ...)
{
	char(*grown)[TABLE_CELL_SIZE];
	va_list args;

	if (table->incomplete)
		return;
	grown = realloc(table->cells, (table->nr_cells + 1) * sizeof(*grown));
	if (!grown) {
		table->incomplete = true;
		return;
	}
	table->cells = grown;
	va_start(args, format);
	vsnprintf(grown[table->nr_cells++], TABLE_CELL_SIZE, format, args);
	va_end(args);
}

static void table_measure(const struct table *table, size_t *widths)
{
	for (size_t i = 0; i < table->nr_columns; i++)
		widths[i] = strlen(table->columns[i].title);
	for (size_t i = 0; i < table->nr_cells; i++) {
		size_t len = strlen(table->cells[i]);
		size_t *column = &widths[i % table->nr_columns];

		if (len > *column)
			*column = len;
	}
}

static void table_shrink(const struct table *table, size_t *widths, size_t width)
{
	size_t total = 1 + GAP * (table->nr_columns - 1);

	for (size_t i = 0; i < table->nr_columns; i++)
		total += widths[i];
	for (size_t i = 0; i < table->nr_columns && total > width; i++) {
		if (!table->columns[i].left || widths[i] <= NAME_WIDTH_MIN)
			continue;
		size_t spare = widths[i] - NAME_WIDTH_MIN;

		widths[i] -= total - width < spare ? total - width : spare;
		return;
	}
}

/* The last column is not padded: no blanks at the end of a line. */
static void table_print_cell(const struct table *table, const size_t *widths, size_t column,
			     const char *cell, FILE *out)
{
	int width = (int)widths[column];
	bool last = column + 1 == table->nr_columns;

	fprintf(out, "%*s", column ? GAP : 1, "");
	if (table->columns[column].left)
		fprintf(out, "%-*.*s", last ? 0 : width, width, cell);
	else
		fprintf(out, "%*s", width, cell);
	if (last)
		fputc('\n', out);
}

void table_print(const struct table *table, FILE *out, size_t width)
{
	size_t widths[TABLE_COLUMNS_MAX];

	table_measure(table, widths);
	table_shrink(table, widths, width);
	for (size_t i = 0; i < table->nr_columns; i++)
		table_print_cell(table, widths, i, table->columns[i].title, out);
	for (size_t i = 0; i + table->nr_columns <= table->nr_cells; i += table->nr_columns)
		for (size_t j = 0; j < table->nr_columns; j++)
			table_print_cell(table, widths, j, table->cells[i + j], out);
}
