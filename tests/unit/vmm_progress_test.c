/* SPDX-License-Identifier: MIT */
/* The line that says how a run goes, and that it is never in the way. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vmm/base/log.h"
#include "vmm/base/status_line.h"
#include "vmm/run/progress.h"

static int screen[2], saved_stderr;

static int take_stderr(void **state)
{
	(void)state;
	saved_stderr = dup(STDERR_FILENO);
	if (pipe(screen) || fcntl(screen[0], F_SETFL, O_NONBLOCK) || dup2(screen[1], STDERR_FILENO) < 0)
		return -1;
	return 0;
}

static int put_stderr_back(void **state)
{
	(void)state;
	status_line_begin();
	status_line_end('\n');
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	close(screen[0]);
	close(screen[1]);
	return 0;
}

/* What has been written since the last time. */
static void expect(const char *expected)
{
	char seen[2000];
	ssize_t len = read(screen[0], seen, sizeof(seen) - 1);

	seen[len < 0 ? 0 : len] = '\0';
	assert_string_equal(seen, expected);
}

static void a_line_comes_and_goes(void **state)
{
	(void)state;
	status_line_hide();
	expect("");
	status_line_show("busy", 80);
	expect("\rbusy\033[K\r");
	status_line_hide();
	expect("\r\033[K");
	status_line_hide();
	expect("");
}

static void it_is_cut_to_the_terminal(void **state)
{
	(void)state;
	status_line_show("0123456789", 5);
	expect("\r0123\033[K\r");
	status_line_show("0123456789", 1);
	status_line_show("0123456789", 0);
	expect("");
}

static void a_message_takes_its_place(void **state)
{
	(void)state;
	status_line_show("busy", 80);
	expect("\rbusy\033[K\r");
	log_line("trouble");
	expect("\r\033[Klde: trouble\n");
}

static void within_the_line_of_another_it_stays_away(void **state)
{
	(void)state;
	status_line_begin();
	status_line_end('>'); /* a prompt */
	status_line_show("busy", 80);
	expect("");
	status_line_begin();
	status_line_end(-1); /* nothing could be written */
	status_line_show("busy", 80);
	expect("");
	status_line_begin();
	status_line_end('\n');
	status_line_show("busy", 80);
	expect("\rbusy\033[K\r");
}

static void only_states_that_there_are_are_named(void **state)
{
	struct progress_facts facts = {.states = {[LDE_STATE_RUNNING] = 1, [LDE_STATE_ZOMBIE] = 12345}};
	char text[100], tight[20];

	(void)state;
	progress_format(&facts, 12345678901, 1234567, text, sizeof(text));
	assert_string_equal(text, "lde: 12.3 s, 1 running, 12345 ended, 1,234,567 exits/s");
	progress_format(&facts, 12345678901, 1234567, tight, sizeof(tight));
	assert_string_equal(tight, "lde: 12.3 s, 1 runn");
}

static bool no_facts(void *ctx, struct progress_facts *facts)
{
	(void)facts;
	++*(int *)ctx;
	return false;
}

static void a_short_run_has_no_line(void **state)
{
	int nr_asked = 0;

	(void)state;
	progress_stop(progress_start(no_facts, &nr_asked));
	progress_stop(NULL);
	assert_int_equal(nr_asked, 0);
	expect("");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, take_stderr, put_stderr_back)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_line_comes_and_goes),
		TEST(it_is_cut_to_the_terminal),
		TEST(a_message_takes_its_place),
		TEST(within_the_line_of_another_it_stays_away),
		TEST(only_states_that_there_are_are_named),
		TEST(a_short_run_has_no_line),
	};

	return cmocka_run_group_tests_name("progress", tests, NULL, NULL);
}
