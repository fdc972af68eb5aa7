/* SPDX-License-Identifier: MIT */
#include "vmm/observe/steps_columns.h"

#include <stdarg.h>
#include <string.h>

#include "vmm/observe/quantity.h"

#define TIME_WIDTH 9
#define TEXT_SIZE  800

void steps_columns_init(struct steps_columns *columns, FILE *out, size_t line_width)
{
	columns->out = out;
	columns->width = (int)(line_width - TIME_WIDTH - 1) / STEPS_NR_COLUMNS - 3;
}

/* How much of text stands in a line of that width: up to a blank, if there is one. */
static size_t line_length(const char *text, size_t width)
{
	size_t len = strlen(text);

	if (len <= width)
		return len;
	for (len = width; len > 0; len--)
		if (text[len] == ' ')
			return len;
	return width;
}

/* Text in one of the columns, the others empty; STEPS_NO_TIME: no time beside it. */
static void print_cell(const struct steps_columns *columns, uint64_t ns, enum steps_column column,
		       const char *text)
{
	int width = columns->width;
	char time[QUANTITY_SIZE] = "";

	if (ns != STEPS_NO_TIME)
		quantity_format_ns(ns, time, sizeof(time));
	do {
		size_t len = line_length(text, (size_t)width);
		int before = (width + 3) * (int)column;

		fprintf(columns->out, "%*s | ", TIME_WIDTH, time);
		for (int i = 0; i < before; i++)
			fputc((i + 2) % (width + 3) == 0 ? '|' : ' ', columns->out);
		fprintf(columns->out, "%.*s\n", (int)len, text);
		text += len + (text[len] == ' ');
		time[0] = '\0';
	} while (*text);
}

void steps_columns_say(const struct steps_columns *columns, uint64_t ns, enum steps_column column,
		       const char *format, ...)
{
	char text[TEXT_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	/* Names are the guest's, and this may be a terminal. */
	for (char *at = text; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
	print_cell(columns, ns, column, text);
}

void steps_columns_rule(const struct steps_columns *columns)
{
	for (int i = 0; i < TIME_WIDTH + 1 + STEPS_NR_COLUMNS * (columns->width + 3); i++)
		fputc(i >= TIME_WIDTH + 1 && (i - TIME_WIDTH - 1) % (columns->width + 3) == 0
			      ? '+'
			      : '-',
		      columns->out);
	fputc('\n', columns->out);
}

void steps_columns_head(const struct steps_columns *columns)
{
	int width = columns->width;

	fprintf(columns->out, "%*s | %-*s | %-*s | %s\n", TIME_WIDTH, "", width, "OS",
		width, "Hardware", "Program");
	steps_columns_rule(columns);
}
