/* SPDX-License-Identifier: MIT */
/*
 * A trace in a folder that is made for each test and removed after it: written, and
 * read again. What must not fail and does ends the test.
 */
#ifndef TESTS_UNIT_OBSERVE_TRACE_FILES_H
#define TESTS_UNIT_OBSERVE_TRACE_FILES_H

#include <stdint.h>

#include "vmm/observe/trace_reader.h"
#include "vmm/observe/trace_writer.h"

#define FILES_HZ     2000000000ull
#define FILES_ORIGIN 5000000ull /* the TSC at the start */

/* For each test, with cmocka. */
int files_set_up(void **state);
int files_tear_down(void **state);

/* Where the trace is to be; not made yet. */
extern char files_dir[80];
extern const struct trace_info files_info;

struct trace_writer *files_create(void);
void files_add(struct trace_writer *writer, uint32_t stream, struct lde_trace_record record);
/* A whole trace of one event. */
void files_write_one(void);

struct trace_reader *files_open(void);
/* There is one more. */
struct trace_event files_next(struct trace_reader *reader);
void files_expect_end(struct trace_reader *reader);

#endif
