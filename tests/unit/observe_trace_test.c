/* SPDX-License-Identifier: MIT */
/* Traces: what is written is read back, and what follows from the records before. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <lde/ledger.h>

#include "tests/unit/observe/trace_files.h"
#include "vmm/observe/trace_follow.h"
#include "vmm/observe/trace_reader.h"
#include "vmm/observe/trace_schema.h"
#include "vmm/observe/trace_writer.h"

static struct lde_trace_record named(uint16_t kind, uint16_t pid, uint64_t child, const char *name)
{
	struct lde_trace_record record = {
		.tsc = FILES_ORIGIN, .kind = kind, .pid = pid, .args[0] = child};

	strncpy((char *)&record.args[1], name, LDE_TRACE_NAME_SIZE);
	return record;
}

/* ---- what is written is read back ----------------------------------- */

/* The arguments of a kind that its fields hold, as a mask. */
static unsigned int stored_args(uint32_t kind)
{
	unsigned int mask = 0;

	for (const struct trace_field *f = trace_schema_kind(kind)->fields; f->type; f++)
		if (f->from < TRACE_FROM_PID && f->type != TRACE_FIELD_COMM &&
		    f->type != TRACE_FIELD_NAME)
			mask |= 1u << f->from;
	return mask;
}

static void every_kind_comes_back_as_it_was(void **state)
{
	struct trace_writer *writer = files_create();
	struct trace_reader *reader;

	(void)state;
	for (uint16_t kind = 1; kind < LDE_TRACE_NR_KINDS; kind++)
		files_add(writer, TRACE_STREAM_CPU,
		    (struct lde_trace_record){.tsc = FILES_ORIGIN + kind * 2ull,
					      .kind = kind,
					      .pid = 40000,
					      .code = 57,
					      .args = {11, 12, 13, 14, 15, 16}});
	assert_int_equal(trace_writer_close(writer), 0);

	reader = files_open();
	for (uint32_t kind = 1; kind < LDE_TRACE_NR_KINDS; kind++) {
		struct trace_event event = files_next(reader);
		unsigned int stored = stored_args(kind);

		assert_int_equal(event.kind, kind);
		assert_int_equal(event.pid, 40000);
		assert_int_equal(event.vcpu, 0);
		assert_int_equal(event.ns, kind);
		for (unsigned int i = 0; i < 6; i++)
			if (stored >> i & 1)
				assert_int_equal(event.args[i], 11 + i);
	}
	files_expect_end(reader);
	trace_reader_close(reader);
}

static void extreme_numbers_come_back(void **state)
{
	struct trace_writer *writer = files_create();
	struct trace_reader *reader;
	struct trace_event event;

	(void)state;
	files_add(writer, TRACE_STREAM_CPU,
	    (struct lde_trace_record){.tsc = FILES_ORIGIN, .kind = LDE_TRACE_SYSCALL_ENTRY,
				      .code = UINT32_MAX, .args = {UINT64_MAX, 1ull << 63}});
	files_add(writer, TRACE_STREAM_CPU,
	    (struct lde_trace_record){.tsc = UINT64_MAX, .kind = LDE_TRACE_SYSCALL_EXIT,
				      .code = 1, .args = {(uint64_t)-ENOSYS}});
	assert_int_equal(trace_writer_close(writer), 0);
	reader = files_open();
	event = files_next(reader);
	assert_int_equal(event.code, UINT32_MAX);
	assert_true(event.args[0] == UINT64_MAX && event.args[1] == 1ull << 63);
	event = files_next(reader);
	assert_int_equal((int64_t)event.args[0], -ENOSYS);
	assert_true(event.ns > 1ull << 62);
	files_expect_end(reader);
	trace_reader_close(reader);
}

static void what_holds_for_all_of_it_comes_back(void **state)
{
	struct trace_reader *reader;
	const struct trace_info *read;

	(void)state;
	files_write_one();
	reader = files_open();
	read = trace_reader_info(reader);
	assert_int_equal(read->tsc_hz, FILES_HZ);
	assert_int_equal(read->origin_tsc, FILES_ORIGIN);
	assert_int_equal(read->origin_real_ns, files_info.origin_real_ns);
	assert_int_equal(read->classes, LDE_TRACE_C_ALL);
	assert_string_equal(read->command, files_info.command);
	trace_reader_close(reader);
}

static void two_streams_come_in_the_order_of_time(void **state)
{
	struct trace_writer *writer = files_create();
	struct trace_reader *reader;
	uint64_t last = 0;

	(void)state;
	for (unsigned int i = 0; i < 1000; i++) {
		files_add(writer, TRACE_STREAM_CPU,
		    (struct lde_trace_record){.tsc = FILES_ORIGIN + i * 7, .kind = LDE_TRACE_IRQ_ENTRY});
		files_add(writer, TRACE_STREAM_VMM,
		    (struct lde_trace_record){.tsc = FILES_ORIGIN + i * 5, .kind = LDE_TRACE_VMM_EXIT});
	}
	assert_int_equal(trace_writer_count(writer, LDE_TRACE_IRQ_ENTRY), 1000);
	assert_int_equal(trace_writer_close(writer), 0);
	reader = files_open();
	for (unsigned int i = 0; i < 2000; i++) {
		struct trace_event event = files_next(reader);

		assert_true(event.ns >= last);
		last = event.ns;
	}
	files_expect_end(reader);
	trace_reader_close(reader);
}

static void a_step_back_in_time_is_written_as_none(void **state)
{
	struct trace_writer *writer = files_create();
	struct trace_reader *reader;

	(void)state;
	files_add(writer, TRACE_STREAM_CPU,
	    (struct lde_trace_record){.tsc = FILES_ORIGIN + 10, .kind = LDE_TRACE_IRQ_ENTRY});
	files_add(writer, TRACE_STREAM_CPU,
	    (struct lde_trace_record){.tsc = FILES_ORIGIN + 4, .kind = LDE_TRACE_IRQ_EXIT});
	assert_int_equal(trace_writer_close(writer), 0);
	reader = files_open();
	files_next(reader);
	assert_int_equal(files_next(reader).ns, 5);
	trace_reader_close(reader);
}

static void names_are_those_of_the_time(void **state)
{
	struct trace_writer *writer = files_create();
	struct trace_reader *reader;
	struct trace_event event;

	(void)state;
	files_add(writer, TRACE_STREAM_CPU, named(LDE_TRACE_PROCESS_FORK, 0, 1, "shell"));
	files_add(writer, TRACE_STREAM_CPU,
	    named(LDE_TRACE_PROCESS_EXEC, 1, 0, "a-name-of-31-characters-exactly"));
	files_add(writer, TRACE_STREAM_CPU, named(LDE_TRACE_PROCESS_EXEC, 1, 0, "esc\033[31m"));
	assert_int_equal(trace_writer_close(writer), 0);
	reader = files_open();
	assert_string_equal(trace_reader_name(reader, 0), "swapper/0");
	assert_string_equal(trace_reader_name(reader, 1), "");
	event = files_next(reader);
	assert_int_equal(event.args[0], 1);
	assert_string_equal(trace_event_name(&event), "shell");
	assert_string_equal(trace_reader_name(reader, 1), "shell");
	event = files_next(reader);
	assert_string_equal(trace_event_name(&event), "a-name-of-31-characters-exactly");
	files_next(reader);
	assert_string_equal(trace_reader_name(reader, 1), "esc?[31m");
	assert_string_equal(trace_reader_name(reader, TRACE_NR_PIDS), "");
	trace_reader_close(reader);
}

static void what_no_process_can_be_is_nobody(void **state)
{
	struct trace_writer *writer = files_create();
	struct trace_reader *reader;

	(void)state;
	files_add(writer, TRACE_STREAM_CPU,
	    (struct lde_trace_record){.tsc = FILES_ORIGIN, .kind = LDE_TRACE_SCHED_WAKEUP,
				      .args[0] = TRACE_NR_PIDS});
	assert_int_equal(trace_writer_close(writer), 0);
	reader = files_open();
	assert_int_equal(files_next(reader).args[0], 0);
	trace_reader_close(reader);
}

static void a_folder_has_one_writer_at_a_time(void **state)
{
	struct trace_writer *writer = files_create(), *second;
	struct trace_reader *reader;

	(void)state;
	assert_int_equal(trace_writer_create(&second, files_dir, &files_info, 1), -EBUSY);
	files_add(writer, TRACE_STREAM_CPU,
	    (struct lde_trace_record){.tsc = FILES_ORIGIN + 10, .kind = LDE_TRACE_IRQ_ENTRY});
	assert_int_equal(trace_writer_close(writer), 0);
	reader = files_open();
	assert_int_equal(files_next(reader).ns, 5);
	trace_reader_close(reader);
	assert_int_equal(trace_writer_create(&second, files_dir, &files_info, 1), 0);
	assert_int_equal(trace_writer_close(second), 0);
}

static void a_record_of_no_kind_is_refused(void **state)
{
	struct trace_writer *writer = files_create();
	struct lde_trace_record record = {.tsc = FILES_ORIGIN, .kind = LDE_TRACE_NR_KINDS};

	(void)state;
	assert_int_equal(trace_writer_add(writer, TRACE_STREAM_CPU, &record), -EINVAL);
	record.kind = 0;
	assert_int_equal(trace_writer_add(writer, TRACE_STREAM_CPU, &record), -EINVAL);
	record.kind = LDE_TRACE_IRQ_EXIT;
	assert_int_equal(trace_writer_add(writer, TRACE_STREAM_CPU + 1, &record), -EINVAL);
	assert_int_equal(trace_writer_close(writer), 0);
}

/* ---- what follows from the records before -------------------------------- */

static struct trace_follower follower;

static int end_following(void **state)
{
	(void)state;
	trace_follower_fini(&follower);
	return 0;
}

static struct lde_trace_record follow(struct lde_trace_record record)
{
	assert_true(trace_follower_complete(&follower, &record));
	return record;
}

/* Where the kernel keeps a process. */
static uint64_t place(uint64_t pid)
{
	return pid ? 0xffff888000000000 + (pid << 13) : 0;
}

static struct lde_trace_record switch_to(uint64_t pid, uint64_t state, uint32_t why)
{
	return (struct lde_trace_record){.kind = LDE_TRACE_SCHED_SWITCH, .pid = (uint16_t)why,
					 .args = {state, place(pid)}};
}

static void create(uint32_t pid, uint64_t at)
{
	struct lde_trace_record record = named(LDE_TRACE_PROCESS_FORK, 0, pid, "one");

	record.code = lde_ring_place(at);
	record = follow(record);
	assert_int_equal(record.code, 0);
	assert_int_equal(record.pid, 0);
}

static int begin_following(void **state)
{
	(void)state;
	if (trace_follower_init(&follower, LDE_TRACE_C_ALL, FILES_HZ))
		return -1;
	for (uint32_t pid = 1; pid < 10; pid++)
		create(pid, place(pid));
	return 0;
}

static void a_record_is_of_who_was_switched_to(void **state)
{
	struct lde_trace_record record;

	(void)state;
	assert_int_equal(follow((struct lde_trace_record){.kind = LDE_TRACE_IRQ_ENTRY}).pid, 0);
	record = follow(switch_to(7, LDE_STATE_BLOCKED, 0));
	assert_int_equal(record.pid, 0);
	assert_int_equal(record.code, LDE_SWITCH_FROM_IDLE);
	assert_int_equal(record.args[0], LDE_STATE_NONE);
	assert_int_equal(follow((struct lde_trace_record){.kind = LDE_TRACE_IRQ_EXIT}).pid, 7);
	create(8, place(8)); /* the parent is in argument 5, and not who runs */
	record = follow(switch_to(8, LDE_STATE_READY, LDE_WHY_YIELDED));
	assert_int_equal(record.pid, 7);
	assert_int_equal(record.code, LDE_SWITCH_YIELDED);
	assert_int_equal(record.args[0], LDE_STATE_READY);
	/* Of one that is READY the ring has no state. */
	record = follow(switch_to(7, LDE_STATE_ZOMBIE, LDE_WHY_DISPLACED));
	assert_int_equal(record.code, LDE_SWITCH_PREEMPTED);
	assert_int_equal(record.args[0], LDE_STATE_READY);
	record = follow(switch_to(8, LDE_STATE_BLOCKED, LDE_WHY_NOT));
	assert_int_equal(record.code, LDE_SWITCH_BLOCKED);
	assert_int_equal(record.args[0], LDE_STATE_BLOCKED);
	assert_int_equal(follow(switch_to(0, LDE_STATE_ZOMBIE, 0)).code, LDE_SWITCH_ENDED);
	record = switch_to(0, LDE_STATE_ZOMBIE, 0);
	assert_false(trace_follower_complete(&follower, &record)); /* idle as before */
	follow(switch_to(5, 0, 0));
	assert_int_equal(follow(switch_to(UINT64_MAX, LDE_STATE_BLOCKED, 0)).args[1], 0);
}

static void a_process_is_known_by_its_place(void **state)
{
	const uint64_t far = (uint64_t)TRACE_NR_PIDS << 12; /* ends in the same digits */

	(void)state;
	create(20, place(2) + far);
	create(21, place(2) + 2 * far);
	assert_int_equal(follow(switch_to(2, 0, 0)).args[1], 2);
	create(22, place(2)); /* which 2 has left */
	assert_int_equal(follow(switch_to(2, 0, 0)).args[1], 22);
	create(21, place(3)); /* the number is 3's no more either */
	assert_int_equal(follow(switch_to(3, 0, 0)).args[1], 21);
	for (int i = 0; i < 3; i++)
		create(20, place(2) + far);
	create(TRACE_NR_PIDS, place(4));
	create(0, place(4));
	assert_int_equal(follow(switch_to(4, 0, 0)).args[1], 4);
	assert_int_equal(follow((struct lde_trace_record){
		.kind = LDE_TRACE_SCHED_SWITCH, .args = {0, place(2) + far}}).args[1], 20);
	assert_int_equal(follow((struct lde_trace_record){
		.kind = LDE_TRACE_SCHED_SWITCH, .args = {0, place(2) + 2 * far}}).args[1], 0);
}

static struct lde_trace_record fault(uint16_t kind, uint64_t address, uint64_t zero, uint64_t file,
				     uint64_t copy)
{
	return (struct lde_trace_record){.kind = kind, .args = {address, 0, zero, file, copy}};
}

static void a_fault_is_what_was_counted_meanwhile(void **state)
{
	struct lde_trace_record record;

	(void)state;
	follow(switch_to(1, 0, 0));
	follow(fault(LDE_TRACE_FAULT_ENTRY, 0x1000, 0, 0, 0));
	record = follow(fault(LDE_TRACE_FAULT_EXIT, 0, -4ull, 0, 0));
	assert_int_equal(record.code, LDE_FAULT_ZERO);
	assert_int_equal(record.args[0], 0x1000);
	assert_int_equal(record.args[1], 4);
	follow(fault(LDE_TRACE_FAULT_ENTRY, 0x2000, 14, 20, 30));
	assert_int_equal(follow(fault(LDE_TRACE_FAULT_EXIT, 0, 0, 0, -1ull)).code, LDE_FAULT_COPY);
	follow(fault(LDE_TRACE_FAULT_ENTRY, 0x2000, 14, 20, 31));
	assert_int_equal(follow(fault(LDE_TRACE_FAULT_EXIT, 0, 0, 0, 0)).code, LDE_FAULT_OTHER);
	assert_int_equal(follow(fault(LDE_TRACE_FAULT_EXIT, 0, 9, 9, 9)).code, LDE_FAULT_OTHER);
}

static void a_fault_that_has_waited_was_for_a_file(void **state)
{
	struct lde_trace_record record;

	(void)state;
	follow(switch_to(1, 0, 0));
	follow(fault(LDE_TRACE_FAULT_ENTRY, 0x1000, 0, 0, 0));
	follow(switch_to(2, LDE_STATE_BLOCKED, 0));
	follow(fault(LDE_TRACE_FAULT_ENTRY, 0x2000, 0, 0, 0));
	assert_int_equal(follow(fault(LDE_TRACE_FAULT_EXIT, 0, -5ull, 0, -5ull)).code,
			 LDE_FAULT_COPY);
	follow(switch_to(1, LDE_STATE_BLOCKED, 0));
	record = follow(fault(LDE_TRACE_FAULT_EXIT, 0, -5ull, -1ull, -5ull));
	assert_int_equal(record.code, LDE_FAULT_FILE);
	assert_int_equal(record.args[0], 0x1000);
	assert_int_equal(record.args[1], 1);
}

static uint32_t woken(uint64_t pid)
{
	return follow((struct lde_trace_record){
			      .kind = LDE_TRACE_SCHED_WAKEUP, .code = 77, .args = {pid}}).code;
}

static void only_the_first_wakeup_of_a_process_is_of_a_new_one(void **state)
{
	(void)state;
	follow(named(LDE_TRACE_PROCESS_FORK, 0, 4, "first"));
	follow(named(LDE_TRACE_PROCESS_FORK, 0, UINT64_MAX, "nobody"));
	assert_int_equal(woken(40), 0);
	assert_int_equal(woken(4), 1);
	assert_int_equal(woken(4), 0);
	assert_int_equal(woken(UINT64_MAX), 0);
	follow(named(LDE_TRACE_PROCESS_FORK, 0, 4, "again"));
	assert_int_equal(woken(4), 1);
}

static uint32_t system_call(uint16_t kind, uint32_t number)
{
	return follow((struct lde_trace_record){.kind = kind, .code = number}).code;
}

/* One of the records that follow from the one before. */
static void expect_added(const struct lde_trace_record *added, uint16_t kind, uint16_t pid,
			 uint32_t code, uint64_t arg0)
{
	assert_int_equal(added->tsc, 126); /* an ns later, rounded up */
	assert_int_equal(added->kind, kind);
	assert_int_equal(added->pid, pid);
	assert_int_equal(added->code, code);
	assert_int_equal(added->args[0], arg0);
}

static unsigned int follow_and_add(struct lde_trace_record record, struct lde_trace_record *added)
{
	record.tsc = 123;
	trace_follower_complete(&follower, &record);
	return trace_follower_add(&follower, &record, added);
}

static void fork_by(uint16_t parent, uint16_t child)
{
	struct lde_trace_record record = named(LDE_TRACE_PROCESS_FORK, 0, child, "child");

	record.args[5] = parent;
	record.code = lde_ring_place(place(child));
	follow(record);
}

static void a_new_process_returns_from_the_call_that_made_it_once(void **state)
{
	struct lde_trace_record added[TRACE_ADDED_MAX];

	(void)state;
	follow(switch_to(1, 0, 0));
	follow((struct lde_trace_record){.kind = LDE_TRACE_SYSCALL_ENTRY, .code = 57});
	fork_by(1, 20);
	/* What its parent does then is nothing to it. */
	follow((struct lde_trace_record){.kind = LDE_TRACE_SYSCALL_EXIT});
	follow((struct lde_trace_record){.kind = LDE_TRACE_SYSCALL_ENTRY, .code = 61});
	assert_int_equal(follow_and_add(switch_to(20, LDE_STATE_BLOCKED, 0), added), 1);
	expect_added(&added[0], LDE_TRACE_SYSCALL_EXIT, 20, 57, 0);
	assert_int_equal(follow_and_add(switch_to(1, 0, LDE_WHY_YIELDED), added), 0);
	assert_int_equal(follow_and_add(switch_to(20, LDE_STATE_BLOCKED, 0), added), 0);
	fork_by(0, 20); /* one of the command line returns from nothing */
	assert_int_equal(follow_and_add(switch_to(20, 0, LDE_WHY_PREEMPTED), added), 0);
}

static void who_has_ended_is_gone_when_it_leaves_the_cpu(void **state)
{
	struct lde_trace_record added[TRACE_ADDED_MAX];

	(void)state;
	follow(switch_to(1, 0, 0));
	follow((struct lde_trace_record){.kind = LDE_TRACE_SYSCALL_ENTRY, .code = 56});
	fork_by(1, 20);
	assert_int_equal(follow_and_add(switch_to(20, LDE_STATE_ZOMBIE, 0), added), 2);
	expect_added(&added[0], LDE_TRACE_PROCESS_FREE, 20, 0, 1);
	expect_added(&added[1], LDE_TRACE_SYSCALL_EXIT, 20, 56, 0);
	assert_int_equal(follow_and_add(switch_to(0, LDE_STATE_ZOMBIE, 0), added), 1);
	expect_added(&added[0], LDE_TRACE_PROCESS_FREE, 0, 0, 20);
	assert_int_equal(follow_and_add(switch_to(0, LDE_STATE_ZOMBIE, 0), added), 0);
}

static void a_return_from_a_handler_is_over_at_once(void **state)
{
	const struct lde_trace_record entry = {.kind = LDE_TRACE_SYSCALL_ENTRY, .code = 15};
	struct lde_trace_record added[TRACE_ADDED_MAX];

	(void)state;
	follow(switch_to(1, 0, 0));
	assert_int_equal(follow_and_add(entry, added), 1);
	expect_added(&added[0], LDE_TRACE_SYSCALL_EXIT, 1, 15, 0);
}

static void nothing_is_added_to_classes_that_were_not_asked_for(void **state)
{
	const struct lde_trace_record entry = {.kind = LDE_TRACE_SYSCALL_ENTRY, .code = 15};
	struct lde_trace_record added[TRACE_ADDED_MAX];

	(void)state;
	follower.classes = LDE_TRACE_C_PROCESS | LDE_TRACE_C_IRQ;
	follow_and_add(switch_to(1, 0, 0), added);
	assert_int_equal(follow_and_add(entry, added), 0);
	fork_by(1, 20);
	assert_int_equal(follow_and_add(switch_to(20, LDE_STATE_ZOMBIE, 0), added), 0);
}

static void what_returns_is_the_system_call_that_the_process_made(void **state)
{
	(void)state;
	follow(switch_to(1, 0, 0));
	assert_int_equal(system_call(LDE_TRACE_SYSCALL_ENTRY, 7), 7);
	follow(switch_to(2, LDE_STATE_BLOCKED, 0));
	assert_int_equal(system_call(LDE_TRACE_SYSCALL_ENTRY, UINT32_MAX), UINT32_MAX);
	assert_int_equal(system_call(LDE_TRACE_SYSCALL_EXIT, 1), UINT32_MAX);
	follow(switch_to(1, LDE_STATE_BLOCKED, 0));
	assert_int_equal(system_call(LDE_TRACE_SYSCALL_EXIT, 1), 7);
}

static void classes_that_were_not_asked_for_are_left_out(void **state)
{
	struct lde_trace_record record = {.kind = LDE_TRACE_IRQ_ENTRY};

	(void)state;
	follower.classes = LDE_TRACE_C_PROCESS | LDE_TRACE_C_SYSCALL;
	assert_false(trace_follower_complete(&follower, &record));
	record = switch_to(3, 0, 0);
	assert_false(trace_follower_complete(&follower, &record));
	assert_int_equal(follow((struct lde_trace_record){.kind = LDE_TRACE_SYSCALL_ENTRY}).pid, 3);
}

#define FOLLOW_TEST(name) cmocka_unit_test_setup_teardown(name, begin_following, end_following)

/* As lttng-modules 2.13 publishes them, with what docs/trace-format.md says is left out. */
static void events_that_lttng_has_have_its_fields_first(void **state)
{
	static const struct {
		const char *name, *fields;
	} published[] = {
		{"sched_switch", "prev_comm prev_tid prev_prio prev_state next_comm next_tid next_prio "},
		{"sched_wakeup", "comm tid prio target_cpu "},
		{"sched_process_fork",
		 "parent_comm parent_tid parent_pid child_comm child_tid child_pid "},
		{"sched_process_exec", "filename tid old_tid "},
		{"sched_process_exit", "comm tid prio "},
		{"irq_handler_entry", "irq name "},
		{"irq_handler_exit", "irq ret "},
		{"x86_exceptions_page_fault_user", "address ip error_code "},
		{"signal_generate", "sig errno code comm pid "},
		{"block_rq_issue", "dev sector nr_sector bytes tid rwbs comm "},
		{"block_rq_complete", "dev sector nr_sector error rwbs "},
	};
	unsigned int nr_found = 0;

	(void)state;
	for (uint32_t kind = 0; kind < LDE_TRACE_NR_KINDS; kind++) {
		const struct trace_kind *schema = trace_schema_kind(kind);
		char fields[300] = "";

		for (const struct trace_field *f = schema ? schema->fields : NULL; f && f->type; f++) {
			strcat(fields, f->name);
			strcat(fields, " ");
		}
		for (unsigned int i = 0; schema && i < sizeof(published) / sizeof(published[0]); i++)
			if (strcmp(schema->name, published[i].name) == 0) {
				nr_found++;
				if (strncmp(fields, published[i].fields, strlen(published[i].fields)) != 0)
					fail_msg("%s has %s", schema->name, fields);
			}
	}
	assert_int_equal(nr_found, sizeof(published) / sizeof(published[0]));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, files_set_up, files_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(every_kind_comes_back_as_it_was),
		TEST(extreme_numbers_come_back),
		TEST(what_holds_for_all_of_it_comes_back),
		TEST(two_streams_come_in_the_order_of_time),
		TEST(a_step_back_in_time_is_written_as_none),
		TEST(names_are_those_of_the_time),
		TEST(what_no_process_can_be_is_nobody),
		TEST(a_folder_has_one_writer_at_a_time),
		TEST(a_record_of_no_kind_is_refused),
		FOLLOW_TEST(a_record_is_of_who_was_switched_to),
		FOLLOW_TEST(a_process_is_known_by_its_place),
		FOLLOW_TEST(a_fault_is_what_was_counted_meanwhile),
		FOLLOW_TEST(a_fault_that_has_waited_was_for_a_file),
		FOLLOW_TEST(only_the_first_wakeup_of_a_process_is_of_a_new_one),
		FOLLOW_TEST(what_returns_is_the_system_call_that_the_process_made),
		FOLLOW_TEST(a_new_process_returns_from_the_call_that_made_it_once),
		FOLLOW_TEST(who_has_ended_is_gone_when_it_leaves_the_cpu),
		FOLLOW_TEST(a_return_from_a_handler_is_over_at_once),
		FOLLOW_TEST(nothing_is_added_to_classes_that_were_not_asked_for),
		FOLLOW_TEST(classes_that_were_not_asked_for_are_left_out),
		TEST(events_that_lttng_has_have_its_fields_first),
	};

	return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
