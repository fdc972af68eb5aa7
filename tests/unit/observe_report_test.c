/* SPDX-License-Identifier: MIT */
/*
 * Reports of traces. What they print for a small trace is kept in
 * tests/unit/golden; UPDATE_GOLDEN=1 in the environment writes it anew, and the
 * difference is to be looked at.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/synthetic/synthetic.h"
#include "vmm/observe/json_stream.h"
#include "vmm/observe/report_html.h"
#include "vmm/observe/report_json.h"
#include "vmm/observe/report_perfetto.h"
#include "vmm/observe/report_steps.h"
#include "vmm/observe/report_text.h"
#include "vmm/observe/trace_writer.h"

static char dir[64];
static struct timeline done;
static char *printed;
static size_t printed_size;

static int make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/lde-report.%d", (int)getpid());
	return 0;
}

static int remove_dir(void **state)
{
	static const char *const files[] = {"metadata", "cpu_0", "vmm"};
	char path[100];

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		unlink(path);
	}
	rmdir(dir);
	free(printed);
	printed = NULL;
	return 0;
}

static void read_trace(void)
{
	char why[200];

	if (timeline_read(&done, dir, NULL, why, sizeof(why)))
		fail_msg("%s", why);
}

static void make_trace(uint32_t nr_processes, uint64_t nr_events, uint32_t classes)
{
	const struct synthetic wanted = {nr_processes, nr_events, 4, classes};

	assert_int_equal(synthetic_write(dir, &wanted), 0);
	read_trace();
}

typedef int (*printer)(const struct timeline *done, const char *dir, FILE *out, char *why,
		       size_t why_size);

static void print_with(printer print)
{
	FILE *out = open_memstream(&printed, &printed_size);
	char why[200];

	assert_non_null(out);
	if (print(&done, dir, out, why, sizeof(why)))
		fail_msg("%s", why);
	fclose(out);
}

static struct gantt_style style = {.width = 80, .rows_max = 40};

static int print_text(const struct timeline *timeline, const char *from, FILE *out, char *why,
		      size_t why_size)
{
	return report_print_text(timeline, from, &style, out, why, why_size);
}

static struct report_steps steps = {.pid = 1, .nr_traps = 6, .width = 80};

static int print_steps(const struct timeline *timeline, const char *from, FILE *out, char *why,
		       size_t why_size)
{
	return report_print_steps(timeline, from, &steps, out, why, why_size);
}

static void compare_golden(const char *name)
{
	char path[100];
	char *expected;
	size_t len;
	FILE *file;

	snprintf(path, sizeof(path), "tests/unit/golden/%s", name);
	if (getenv("UPDATE_GOLDEN")) {
		file = fopen(path, "w");
		assert_non_null(file);
		fwrite(printed, 1, printed_size, file);
		fclose(file);
		return;
	}
	file = fopen(path, "r");
	if (!file)
		fail_msg("%s: %s", path, strerror(errno));
	expected = calloc(1, printed_size + 2);
	len = fread(expected, 1, printed_size + 1, file);
	fclose(file);
	if (len != printed_size || memcmp(expected, printed, len) != 0)
		fail_msg("not as in %s:\n%s", path, printed);
	free(expected);
}

static struct json_object *parse(const char *text)
{
	enum json_tokener_error error;
	struct json_object *root = json_tokener_parse_verbose(text, &error);

	if (!root)
		fail_msg("no JSON: %s", json_tokener_error_desc(error));
	return root;
}

static struct json_object *member(struct json_object *object, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value))
		fail_msg("no member %s", key);
	return value;
}

static uint64_t number(struct json_object *object, const char *key)
{
	return json_object_get_uint64(member(object, key));
}

/* ---- as they were -------------------------------------------------------- */

static void text_is_as_it_was(void **state)
{
	(void)state;
	make_trace(3, 120, 0);
	print_with(print_text);
	compare_golden("report.txt");
	timeline_fini(&done);
}

static void text_in_colour_is_as_it_was(void **state)
{
	(void)state;
	make_trace(3, 120, 0);
	style.colour = style.unicode = true;
	print_with(print_text);
	style.colour = style.unicode = false;
	compare_golden("report-colour.txt");
	timeline_fini(&done);
}

static void json_is_as_it_was(void **state)
{
	(void)state;
	make_trace(2, 40, 0);
	print_with(report_print_json);
	compare_golden("report.json");
	json_object_put(parse(printed));
	timeline_fini(&done);
}

static void perfetto_is_as_it_was(void **state)
{
	(void)state;
	make_trace(2, 40, 0);
	print_with(report_print_perfetto);
	compare_golden("report-perfetto.json");
	json_object_put(parse(printed));
	timeline_fini(&done);
}

static void steps_are_as_they_were(void **state)
{
	(void)state;
	make_trace(2, 100, 0);
	print_with(print_steps);
	compare_golden("report-steps.txt");
	timeline_fini(&done);
}

static void steps_begin_when_wanted_and_count_traps(void **state)
{
	size_t nr = 0;

	(void)state;
	make_trace(5, 2000, 0);
	steps = (struct report_steps){
		.pid = 3, .nr_traps = 20, .from_ns = timeline_length_ns(&done) / 2, .width = 200};
	print_with(print_steps);
	steps = (struct report_steps){.pid = 1, .nr_traps = 6, .width = 80};
	for (const char *at = printed; (at = strstr(at, "save registers")); at++)
		nr++;
	assert_int_equal(nr, 20);
	assert_null(strstr(printed, "make process"));
	assert_non_null(strstr(printed, "... and so on"));
	timeline_fini(&done);
}

static void steps_of_nobody_are_refused(void **state)
{
	static const uint32_t nobodies[] = {0, 6, 65535, 65536, UINT32_MAX};
	FILE *out = open_memstream(&printed, &printed_size);
	char why[200];

	(void)state;
	make_trace(5, 100, 0);
	for (unsigned int i = 0; i < sizeof(nobodies) / sizeof(nobodies[0]); i++) {
		struct report_steps wanted = {.pid = nobodies[i], .nr_traps = 1, .width = 80};

		assert_int_equal(report_print_steps(&done, dir, &wanted, out, why, sizeof(why)),
				 -ESRCH);
	}
	fclose(out);
	timeline_fini(&done);
}

/* ---- what must hold of any ------------------------------------------------- */

/* Characters, not bytes, and no escapes. */
static size_t columns_of(const char *line, size_t len)
{
	size_t columns = 0;

	for (size_t i = 0; i < len; i++)
		columns += ((unsigned char)line[i] & 0xc0) != 0x80;
	return columns;
}

static void no_line_is_wider_than_the_page(void **state)
{
	static const size_t widths[] = {80, 100, 200, 500};

	(void)state;
	make_trace(30, 3000, 0);
	style.unicode = true;
	for (unsigned int i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		style.width = widths[i];
		free(printed);
		print_with(print_text);
		for (const char *line = printed; *line;) {
			size_t len = strcspn(line, "\n");

			if (columns_of(line, len) > widths[i])
				fail_msg("wider than %zu: %.*s", widths[i], (int)len, line);
			line += len + 1;
		}
	}
	style = (struct gantt_style){.width = 80, .rows_max = 40};
	timeline_fini(&done);
}

static void rows_are_limited_and_it_is_said(void **state)
{
	(void)state;
	make_trace(30, 300, 0);
	style.rows_max = 5;
	print_with(print_text);
	style.rows_max = 40;
	assert_non_null(strstr(printed, "... and 2"));
	assert_null(strstr(printed, "\n    6 "));
	timeline_fini(&done);
}

static const char *text(struct json_object *object, const char *key)
{
	return json_object_get_string(member(object, key));
}

/* What is there for it at the same time on the same track. */
static void assert_moment(struct json_object *moment, struct json_object *flow)
{
	assert_string_equal(text(moment, "ph"), "i");
	assert_int_equal(number(moment, "pid"), number(flow, "pid"));
	assert_int_equal(number(moment, "tid"), number(flow, "tid"));
	assert_string_equal(text(moment, "ts"), text(flow, "ts"));
}

static void flows_lead_from_every_wakeup_to_a_turn(void **state)
{
	uint64_t begun = 0, ended = 0, sums = 0;
	struct json_object *root, *all;

	(void)state;
	make_trace(5, 1000, 0);
	print_with(report_print_perfetto);
	root = parse(printed);
	all = member(root, "traceEvents");
	for (size_t i = 0; i < json_object_array_length(all); i++) {
		struct json_object *event = json_object_array_get_idx(all, i);
		const char *phase = text(event, "ph");
		const char *name = text(event, "name");

		begun += *phase == 's' && strcmp(name, "wakeup") == 0;
		ended += *phase == 'f' && strcmp(name, "wakeup") == 0;
		if (*phase == 's')
			assert_moment(json_object_array_get_idx(all, i - 1), event);
		if (*phase == 'C') {
			struct json_object *args = member(event, "args");

			assert_true(number(args, "RUNNING") <= 1);
			sums++;
		}
	}
	assert_int_equal(begun, done.counts[LDE_TRACE_SCHED_WAKEUP]);
	assert_int_equal(ended, begun);
	assert_true(sums > 100);
	json_object_put(root);
	timeline_fini(&done);
}

static void flows_lead_from_every_request_to_its_end(void **state)
{
	uint64_t begun = 0, ended = 0;
	struct json_object *root, *all;

	(void)state;
	make_trace(5, 3000, 0);
	print_with(report_print_perfetto);
	root = parse(printed);
	all = member(root, "traceEvents");
	for (size_t i = 0; i < json_object_array_length(all); i++) {
		struct json_object *event = json_object_array_get_idx(all, i);
		const char *phase = text(event, "ph");

		if ((*phase != 's' && *phase != 'f') || strcmp(text(event, "name"), "request") != 0)
			continue;
		assert_moment(json_object_array_get_idx(all, i - 1), event);
		begun += *phase == 's';
		ended += *phase == 'f';
	}
	assert_true(ended > 10);
	assert_int_equal(begun, done.counts[LDE_TRACE_BLOCK_ISSUE]);
	assert_int_equal(ended, done.counts[LDE_TRACE_BLOCK_COMPLETE]);
	json_object_put(root);
	timeline_fini(&done);
}

static void write_records(const struct trace_info *info, const struct lde_trace_record *records,
			  size_t nr)
{
	struct trace_writer *writer;

	assert_int_equal(trace_writer_create(&writer, dir, info, 1), 0);
	for (size_t i = 0; i < nr; i++)
		assert_int_equal(trace_writer_add(writer, TRACE_STREAM_CPU, &records[i]), 0);
	assert_int_equal(trace_writer_close(writer), 0);
	read_trace();
}

static void a_number_given_again_is_another_group(void **state)
{
	const struct trace_info info = {.tsc_hz = 1000000000, .classes = LDE_TRACE_C_ALL};
	const struct lde_trace_record records[] = {
		{.tsc = 1, .kind = LDE_TRACE_PROCESS_FORK, .args[0] = 7},
		{.tsc = 2, .kind = LDE_TRACE_SCHED_WAKEUP, .code = 1, .args[0] = 7},
		{.tsc = 3, .kind = LDE_TRACE_SCHED_SWITCH, .code = 4, .args = {0, 7}},
		{.tsc = 4, .kind = LDE_TRACE_PROCESS_EXIT, .pid = 7},
		{.tsc = 5, .kind = LDE_TRACE_SCHED_SWITCH, .pid = 7, .code = 3,
		 .args = {LDE_STATE_ZOMBIE, 0}},
		{.tsc = 6, .kind = LDE_TRACE_PROCESS_FORK, .args[0] = 7},
		{.tsc = 7, .kind = LDE_TRACE_SCHED_WAKEUP, .code = 1, .args[0] = 7},
		{.tsc = 8, .kind = LDE_TRACE_SCHED_SWITCH, .code = 4, .args = {0, 7}},
	};
	struct json_object *root, *all, *last = NULL;
	uint64_t groups[4], nr = 0;

	(void)state;
	write_records(&info, records, sizeof(records) / sizeof(records[0]));
	print_with(report_print_perfetto);
	root = parse(printed);
	all = member(root, "traceEvents");
	for (size_t i = 0; i < json_object_array_length(all); i++) {
		struct json_object *event = json_object_array_get_idx(all, i);

		if (strcmp(text(event, "name"), "process_name") == 0 && nr < 4)
			groups[nr++] = number(event, "pid");
		if (strcmp(text(event, "ph"), "C") == 0)
			last = member(event, "args");
	}
	assert_int_equal(nr, 3);
	assert_int_equal(groups[0], 0);
	assert_int_equal(groups[1], 7);
	assert_true(groups[2] >= 65536);
	/* The last counts are those after the last event. */
	assert_non_null(last);
	assert_int_equal(number(last, "RUNNING"), 1);
	assert_int_equal(number(last, "READY"), 0);
	json_object_put(root);
	timeline_fini(&done);
}

static void json_spans_add_up(void **state)
{
	uint64_t in_spans = 0, in_sums = 0;
	struct json_object *root, *list;

	(void)state;
	make_trace(5, 1000, 0);
	print_with(report_print_json);
	root = parse(printed);
	list = member(root, "spans");
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *span = json_object_array_get_idx(list, i);

		in_spans += number(span, "end_ns") - number(span, "begin_ns");
	}
	list = member(root, "processes");
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *process = json_object_array_get_idx(list, i);

		in_sums += number(process, "running_ns") + number(process, "ready_ns") +
			   number(process, "blocked_ns") + number(process, "stopped_ns");
	}
	assert_int_equal(in_spans, in_sums);
	json_object_put(root);
	timeline_fini(&done);
}

static void what_was_not_recorded_is_said(void **state)
{
	(void)state;
	make_trace(3, 200, LDE_TRACE_C_SYSCALL);
	print_with(print_text);
	assert_non_null(strstr(printed, "Class sched was not recorded"));
	assert_non_null(strstr(printed, "counts as user time"));
	free(printed);
	print_with(report_print_json);
	json_object_put(parse(printed));
	timeline_fini(&done);
}

/* ---- hostile traces ------------------------------------------------------------ */

static const char *const evil = "</script><!--<b>\"\\\xff";

static void write_evil(void)
{
	struct trace_info info = {.tsc_hz = 1, .classes = LDE_TRACE_C_ALL};
	struct lde_trace_record records[] = {
		{.tsc = 1, .kind = LDE_TRACE_PROCESS_FORK, .args[0] = 1},
		{.tsc = 1, .kind = LDE_TRACE_SCHED_WAKEUP, .code = 1, .args[0] = 1},
		{.tsc = 2, .kind = LDE_TRACE_SCHED_SWITCH, .code = 4, .args = {0, 1}},
		{.tsc = 1ull << 60, .kind = LDE_TRACE_SYSCALL_ENTRY, .pid = 1, .code = UINT32_MAX,
		 .args = {UINT64_MAX, UINT64_MAX}},
		{.tsc = UINT64_MAX, .kind = LDE_TRACE_SYSCALL_EXIT, .pid = 1, .code = 7,
		 .args = {1ull << 63}},
	};

	snprintf(info.command, sizeof(info.command), "%s", evil);
	strcpy((char *)&records[0].args[1], evil);
	write_records(&info, records, sizeof(records) / sizeof(records[0]));
}

static void names_cannot_leave_the_page_or_the_json(void **state)
{
	const char *data;
	struct json_object *root;

	(void)state;
	write_evil();
	print_with(report_print_html);
	data = strstr(printed, "id=\"trace\">");
	assert_non_null(data);
	data += strlen("id=\"trace\">");
	*strstr(data, "</script>") = '\0';
	assert_null(strstr(data, "<"));
	root = parse(data);
	assert_non_null(strstr(json_object_get_string(member(root, "command")), "</script><!--"));
	json_object_put(root);
	free(printed);
	print_with(report_print_perfetto);
	json_object_put(parse(printed));
	free(printed);
	print_with(report_print_json);
	root = parse(printed);
	assert_true(number(root, "nr_violations") > 0);
	json_object_put(root);
	free(printed);
	print_with(print_text);
	assert_non_null(strstr(printed, "VIOLATION"));
	free(printed);
	print_with(print_steps);
	timeline_fini(&done);
}

static void numbers_are_written_whole(void **state)
{
	struct json_stream json;
	FILE *out = open_memstream(&printed, &printed_size);

	(void)state;
	json_stream_init(&json, out);
	json_stream_array(&json, NULL);
	json_stream_number(&json, NULL, 0);
	json_stream_number(&json, NULL, UINT64_MAX);
	json_stream_signed(&json, NULL, INT64_MIN);
	json_stream_us(&json, NULL, 5);
	json_stream_us(&json, NULL, 12345678);
	json_stream_us(&json, NULL, 1009); /* 1.009 * 1000 is less */
	json_stream_hex(&json, NULL, UINT64_MAX);
	json_stream_text(&json, NULL, "a\n\x01\"<");
	json_stream_null(&json, NULL);
	json_stream_array_end(&json);
	fclose(out);
	assert_string_equal(printed,
			    "[0,18446744073709551615,-9223372036854775808,0.005,12345.678,1.0091,"
			    "\"0xffffffffffffffff\",\"a\\n\\u0001\\\"\\u003c\",null]");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(text_is_as_it_was),
		TEST(text_in_colour_is_as_it_was),
		TEST(json_is_as_it_was),
		TEST(perfetto_is_as_it_was),
		TEST(steps_are_as_they_were),
		TEST(steps_begin_when_wanted_and_count_traps),
		TEST(steps_of_nobody_are_refused),
		TEST(no_line_is_wider_than_the_page),
		TEST(rows_are_limited_and_it_is_said),
		TEST(flows_lead_from_every_wakeup_to_a_turn),
		TEST(flows_lead_from_every_request_to_its_end),
		TEST(a_number_given_again_is_another_group),
		TEST(json_spans_add_up),
		TEST(what_was_not_recorded_is_said),
		TEST(names_cannot_leave_the_page_or_the_json),
		TEST(numbers_are_written_whole),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
