/* SPDX-License-Identifier: MIT */
#include "vmm/cli/top_output.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#define TAB 8

int top_output_init(struct top_output *output)
{
	output->len = 0;
	output->file = tmpfile();
	return output->file ? 0 : -errno;
}

void top_output_fini(struct top_output *output)
{
	if (output->file)
		fclose(output->file);
	output->file = NULL;
}

void top_output_add(struct top_output *output, const char *text, size_t len)
{
	size_t drop;

	fwrite(text, 1, len, output->file); /* an error shows at the end */
	if (len > TOP_OUTPUT_TAIL) {
		text += len - TOP_OUTPUT_TAIL;
		len = TOP_OUTPUT_TAIL;
	}
	drop = output->len + len > TOP_OUTPUT_TAIL ? output->len + len - TOP_OUTPUT_TAIL : 0;
	memmove(output->tail, output->tail + drop, output->len - drop);
	output->len -= drop;
	memcpy(output->tail + output->len, text, len);
	output->len += len;
}

/* ---- lines ------------------------------------------------------------------- */

/* Puts one character of len bytes, or a question mark. Returns its columns. */
static size_t put_character(const char *from, size_t *len, size_t left, char *out, size_t *used)
{
	mbstate_t state = {0};
	wchar_t wide;
	size_t got = mbrtowc(&wide, from, left, &state);
	int columns;

	if (got == 0 || got > left || !iswprint((wint_t)wide)) {
		*len = 1;
		out[(*used)++] = '?';
		return 1;
	}
	*len = got;
	memcpy(out + *used, from, got);
	*used += got;
	columns = wcwidth(wide);
	return columns > 0 ? (size_t)columns : 0;
}

int top_output_next_line(const struct top_output *output, size_t *at, size_t width, char *out,
			 size_t size)
{
	size_t used = 0, column = 0;

	if (*at >= output->len)
		return 0;
	while (*at < output->len && column < width && used + MB_LEN_MAX + TAB < size) {
		const char *c = &output->tail[*at];
		size_t len = 1;

		if (*c == '\n') {
			break;
		} else if (*c == '\t') {
			do
				out[used++] = ' ';
			while (++column % TAB && column < width);
		} else if (*c != '\r') {
			column += put_character(c, &len, output->len - *at, out, &used);
		}
		*at += len;
	}
	while (*at < output->len && output->tail[*at] == '\r')
		(*at)++;
	if (*at < output->len && output->tail[*at] == '\n')
		(*at)++;
	out[used] = '\0';
	return 1;
}

size_t top_output_last_lines(const struct top_output *output, size_t nr, size_t width)
{
	char line[4096];
	size_t starts[256], nr_lines = 0, at = 0;

	if (nr > sizeof(starts) / sizeof(starts[0]))
		nr = sizeof(starts) / sizeof(starts[0]);
	if (!nr)
		return output->len;
	for (size_t start = 0; top_output_next_line(output, &at, width, line, sizeof(line));
	     start = at)
		starts[nr_lines++ % nr] = start;
	return nr_lines < nr ? 0 : starts[nr_lines % nr];
}

int top_output_copy(struct top_output *output, FILE *out)
{
	char bytes[4096];
	size_t len;

	if (fflush(output->file) || ferror(output->file))
		return -ENOSPC;
	rewind(output->file);
	while ((len = fread(bytes, 1, sizeof(bytes), output->file)) > 0)
		if (fwrite(bytes, 1, len, out) != len)
			return -errno;
	return fflush(out) ? -errno : 0;
}
