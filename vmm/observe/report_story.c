/* SPDX-License-Identifier: MIT */
/*
 * The page of each trace is a document of its own in a frame, since it has names
 * and listens to keys as if it were alone.
 */
#include "vmm/observe/report_story.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/observe/report_html.h"

extern const char page_style[];

#define COMMAND "  $ "

static void put_escaped(FILE *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		switch (text[i]) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			putc(text[i], out);
		}
	}
}

void report_story_begin(FILE *out, const char *title)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<meta name=\"color-scheme\" content=\"light dark\">\n"
	      "<link rel=\"icon\" href=\"data:,\">\n<title>",
	      out);
	put_escaped(out, title, strlen(title));
	fprintf(out,
		"</title>\n<style>\n%s"
		"pre { font: .92rem/1.5 ui-monospace, Menlo, Consolas, monospace; margin: 1rem 0;\n"
		"	white-space: pre-wrap; overflow-wrap: anywhere; }\n"
		"pre b { color: var(--accent); font-weight: 600; }\n"
		"iframe { width: 100%%; height: 40rem; border: 1px solid var(--line); border-radius: 8px; }\n"
		"</style>\n</head>\n<body>\n<header>\n<h1>",
		page_style);
	put_escaped(out, title, strlen(title));
	fputs("</h1>\n</header>\n<main>\n", out);
}

void report_story_text(FILE *out, const char *text, size_t len)
{
	bool goes_on = false; /* a command, on the next line */

	fputs("<pre>\n", out);
	while (len) {
		const char *end = memchr(text, '\n', len);
		size_t nr = end ? (size_t)(end - text) : len;
		bool is_command = goes_on || strncmp(text, COMMAND, strlen(COMMAND)) == 0;

		if (is_command)
			fputs("<b>", out);
		put_escaped(out, text, nr);
		fputs(is_command ? "</b>\n" : "\n", out);
		goes_on = is_command && nr && text[nr - 1] == '\\';
		nr += end != NULL;
		text += nr;
		len -= nr;
	}
	fputs("</pre>\n", out);
}

int report_story_trace(FILE *out, const char *dir, char *why, size_t why_size)
{
	struct timeline timeline;
	char *page = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&page, &size);
	int err;

	if (!memory) {
		snprintf(why, why_size, "out of memory");
		return -ENOMEM;
	}
	err = timeline_read(&timeline, dir, NULL, why, why_size);
	if (!err || timeline.nr_events)
		err = report_print_html(&timeline, dir, memory, why, why_size);
	timeline_fini(&timeline);
	if (fclose(memory) != 0 && !err) {
		snprintf(why, why_size, "out of memory");
		err = -ENOMEM;
	}
	if (!err) {
		fputs("<iframe title=\"Timeline of this run\" srcdoc=\"", out);
		put_escaped(out, page, size);
		fputs("\"></iframe>\n", out);
	}
	free(page);
	return err;
}

void report_story_end(FILE *out)
{
	fputs("</main>\n<footer>Made by <code>lde demo --html</code>.</footer>\n</body>\n</html>\n",
	      out);
}
