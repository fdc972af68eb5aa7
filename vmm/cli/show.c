/* SPDX-License-Identifier: MIT */
#include "vmm/cli/show.h"

#include "vmm/base/log.h"
#include "vmm/cli/screen.h"
#include "vmm/cli/status.h"
#include "vmm/observe/report_text.h"

#define WIDTH_MIN 80

size_t show_width(FILE *out)
{
	size_t width = screen_width(fileno(out));

	return width < WIDTH_MIN ? WIDTH_MIN : width;
}

int show_failed(const char *what, const char *why)
{
	log_line("%s: %s", what, why);
	return STATUS_LDE_FAILED;
}

static struct gantt_style style_of(FILE *out, size_t rows)
{
	return (struct gantt_style){
		.width = show_width(out),
		.colour = screen_has_colour(fileno(out)),
		.unicode = screen_has_unicode(),
		.rows_max = rows,
	};
}

int show_text(const struct timeline *done, const char *dir, size_t rows, FILE *out)
{
	const struct gantt_style style = style_of(out, rows);
	char why[200];
	int err = report_print_text(done, dir, &style, out, why, sizeof(why));

	return err ? show_failed(dir, why) : 0;
}

int show_chart(const char *dir, FILE *out)
{
	const struct gantt_style style = style_of(out, SHOW_ROWS_DEFAULT);
	struct timeline timeline;
	char why[300];
	int err = timeline_read(&timeline, dir, NULL, why, sizeof(why));

	if (!err || timeline.nr_events)
		err = report_print_chart(&timeline, dir, &style, out, why, sizeof(why));
	timeline_fini(&timeline);
	return err ? show_failed(dir, why) : 0;
}
