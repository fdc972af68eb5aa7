/* SPDX-License-Identifier: MIT */
/* The page of several runs. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vmm/observe/report_story.h"

static char *page;
static size_t size;
static FILE *out;

static int set_up(void **state)
{
	(void)state;
	out = open_memstream(&page, &size);
	return out ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	fclose(out);
	free(page);
	return 0;
}

static const char *text_of(const char *text)
{
	report_story_text(out, text, strlen(text));
	fflush(out);
	return page;
}

static void what_programs_print_is_no_markup(void **state)
{
	(void)state;
	assert_string_equal(text_of("a <script> & \"b\"\n"),
			    "<pre>\na &lt;script> &amp; &quot;b&quot;\n</pre>\n");
}

static void commands_stand_out_with_all_their_lines(void **state)
{
	(void)state;
	assert_string_equal(text_of("x\n  $ lde run \\\n      a\nb \\\nc"),
			    "<pre>\nx\n<b>  $ lde run \\</b>\n<b>      a</b>\nb \\\nc\n</pre>\n");
}

static void a_title_is_no_markup(void **state)
{
	(void)state;
	report_story_begin(out, "<b>");
	report_story_end(out);
	fflush(out);
	assert_non_null(strstr(page, "<title>&lt;b></title>"));
	assert_null(strstr(page, "<h1><b>"));
	assert_non_null(strstr(page, "</html>\n"));
}

static void a_trace_that_is_not_there_leaves_no_frame(void **state)
{
	char why[300] = "";

	(void)state;
	assert_true(report_story_trace(out, "/nonexistent", why, sizeof(why)) < 0);
	fflush(out);
	assert_true(why[0] != '\0');
	assert_null(strstr(page, "iframe"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_programs_print_is_no_markup, set_up, tear_down),
		cmocka_unit_test_setup_teardown(commands_stand_out_with_all_their_lines, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_title_is_no_markup, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_trace_that_is_not_there_leaves_no_frame, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
