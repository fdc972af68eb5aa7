/* SPDX-License-Identifier: MIT */
#include "tests/unit/observe/trace_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <lde/ledger.h>

char files_dir[80];
static char folder[64];

int files_set_up(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/lde-trace-test.XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(files_dir, sizeof(files_dir), "%s/trace", folder);
	return 0;
}

int files_tear_down(void **state)
{
	char command[200];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

const struct trace_info files_info = {
    .tsc_hz = FILES_HZ,
    .origin_tsc = FILES_ORIGIN,
    .origin_real_ns = 1700000000123456789ull,
    .classes = LDE_TRACE_C_ALL,
    .command = "./a.out \"one\\two\" : -n 3 /lde/hog 10",
};

struct trace_writer *files_create(void)
{
	struct trace_writer *writer;

	assert_int_equal(trace_writer_create(&writer, files_dir, &files_info, 1), 0);
	return writer;
}

struct trace_reader *files_open(void)
{
	struct trace_reader *reader;
	char why[200];

	if (trace_reader_open(&reader, files_dir, why, sizeof(why)))
		fail_msg("%s", why);
	return reader;
}

void files_add(struct trace_writer *writer, uint32_t stream, struct lde_trace_record record)
{
	assert_int_equal(trace_writer_add(writer, stream, &record), 0);
}

struct trace_event files_next(struct trace_reader *reader)
{
	struct trace_event event;

	assert_int_equal(trace_reader_next(reader, &event), 1);
	return event;
}

void files_expect_end(struct trace_reader *reader)
{
	struct trace_event event;

	assert_int_equal(trace_reader_next(reader, &event), 0);
	assert_int_equal(trace_reader_next(reader, &event), 0);
}

void files_write_one(void)
{
	struct trace_writer *writer = files_create();

	files_add(writer, TRACE_STREAM_CPU,
		  (struct lde_trace_record){.tsc = FILES_ORIGIN + 1, .kind = LDE_TRACE_IRQ_EXIT});
	assert_int_equal(trace_writer_close(writer), 0);
}
