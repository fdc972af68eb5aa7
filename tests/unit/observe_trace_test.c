/* SPDX-License-Identifier: MIT */
/* A trace on disk: what is written is read back, and nothing else is believed. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <lde/ledger.h>

#include "tests/fuzz/trace/trace_input.h"
#include "vmm/observe/trace_follow.h"
#include "vmm/observe/trace_reader.h"
#include "vmm/observe/trace_schema.h"
#include "vmm/observe/trace_writer.h"

#define HZ 2000000000ull
#define ORIGIN 5000000ull

static char folder[64], dir[80];

static int make_folder(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/lde-trace-test.XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(dir, sizeof(dir), "%s/trace", folder);
	return 0;
}

static int remove_folder(void **state)
{
	char command[200];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static const struct trace_info info = {
	.tsc_hz = HZ,
	.origin_tsc = ORIGIN,
	.origin_real_ns = 1700000000123456789ull,
	.classes = LDE_TRACE_C_ALL,
	.command = "./a.out \"one\\two\" : -n 3 /lde/hog 10",
};

static struct trace_writer *create_writer(void)
{
	struct trace_writer *writer;

	assert_int_equal(trace_writer_create(&writer, dir, &info, 1), 0);
	return writer;
}

static struct trace_reader *open_reader(void)
{
	struct trace_reader *reader;
	char why[200];

	if (trace_reader_open(&reader, dir, why, sizeof(why)))
		fail_msg("%s", why);
	return reader;
}

static void add(struct trace_writer *writer, uint32_t stream, struct lde_trace_record record)
{
	assert_int_equal(trace_writer_add(writer, stream, &record), 0);
}

static struct trace_event next(struct trace_reader *reader)
{
	struct trace_event event;

	assert_int_equal(trace_reader_next(reader, &event), 1);
	return event;
}

static void assert_at_end(struct trace_reader *reader)
{
	struct trace_event event;

	assert_int_equal(trace_reader_next(reader, &event), 0);
	assert_int_equal(trace_reader_next(reader, &event), 0);
}

static struct lde_trace_record named(uint16_t kind, uint16_t pid, uint64_t child, const char *name)
{
	struct lde_trace_record record = {
		.tsc = ORIGIN, .kind = kind, .pid = pid, .args[0] = child};

	strncpy((char *)&record.args[1], name, LDE_TRACE_NAME_SIZE);
	return record;
}

static void write_one(void)
{
	struct trace_writer *writer = create_writer();

	add(writer, TRACE_STREAM_CPU, (struct lde_trace_record){.tsc = ORIGIN + 1,
								.kind = LDE_TRACE_IRQ_EXIT});
	assert_int_equal(trace_writer_close(writer), 0);
}

/* ---- what is written is read back ------------------------------------- */

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
	struct trace_writer *writer = create_writer();
	struct trace_reader *reader;

	(void)state;
	for (uint16_t kind = 1; kind < LDE_TRACE_NR_KINDS; kind++)
		add(writer, TRACE_STREAM_CPU,
		    (struct lde_trace_record){.tsc = ORIGIN + kind * 2ull,
					      .kind = kind,
					      .pid = 40000,
					      .code = 57,
					      .args = {11, 12, 13, 14, 15, 16}});
	assert_int_equal(trace_writer_close(writer), 0);

	reader = open_reader();
	for (uint32_t kind = 1; kind < LDE_TRACE_NR_KINDS; kind++) {
		struct trace_event event = next(reader);
		unsigned int stored = stored_args(kind);

		assert_int_equal(event.kind, kind);
		assert_int_equal(event.pid, 40000);
		assert_int_equal(event.vcpu, 0);
		assert_int_equal(event.tsc, ORIGIN + kind * 2);
		assert_int_equal(event.ns, kind);
		for (unsigned int i = 0; i < 6; i++)
			if (stored >> i & 1)
				assert_int_equal(event.args[i], 11 + i);
	}
	assert_at_end(reader);
	assert_false(trace_reader_is_cut(reader));
	trace_reader_close(reader);
}

static void extreme_numbers_come_back(void **state)
{
	struct trace_writer *writer = create_writer();
	struct trace_reader *reader;
	struct trace_event event;

	(void)state;
	add(writer, TRACE_STREAM_CPU,
	    (struct lde_trace_record){.tsc = ORIGIN, .kind = LDE_TRACE_SYSCALL_ENTRY,
				      .code = UINT32_MAX, .args = {UINT64_MAX, 1ull << 63}});
	add(writer, TRACE_STREAM_CPU,
	    (struct lde_trace_record){.tsc = UINT64_MAX, .kind = LDE_TRACE_SYSCALL_EXIT,
				      .code = 1, .args = {(uint64_t)-ENOSYS}});
	assert_int_equal(trace_writer_close(writer), 0);
	reader = open_reader();
	event = next(reader);
	assert_int_equal(event.code, UINT32_MAX);
	assert_true(event.args[0] == UINT64_MAX && event.args[1] == 1ull << 63);
	event = next(reader);
	assert_int_equal((int64_t)event.args[0], -ENOSYS);
	assert_true(event.ns > 1ull << 62);
	assert_at_end(reader);
	trace_reader_close(reader);
}

static void what_holds_for_all_of_it_comes_back(void **state)
{
	struct trace_reader *reader;
	const struct trace_info *read;

	(void)state;
	write_one();
	reader = open_reader();
	read = trace_reader_info(reader);
	assert_int_equal(read->tsc_hz, HZ);
	assert_int_equal(read->origin_tsc, ORIGIN);
	assert_int_equal(read->origin_real_ns, info.origin_real_ns);
	assert_int_equal(read->classes, LDE_TRACE_C_ALL);
	assert_string_equal(read->command, info.command);
	trace_reader_close(reader);
}

static void two_streams_come_in_the_order_of_time(void **state)
{
	struct trace_writer *writer = create_writer();
	struct trace_reader *reader;
	uint64_t last = 0;

	(void)state;
	for (unsigned int i = 0; i < 1000; i++) {
		add(writer, TRACE_STREAM_CPU,
		    (struct lde_trace_record){.tsc = ORIGIN + i * 7, .kind = LDE_TRACE_IRQ_ENTRY});
		add(writer, TRACE_STREAM_VMM,
		    (struct lde_trace_record){.tsc = ORIGIN + i * 5, .kind = LDE_TRACE_VMM_EXIT});
	}
	assert_int_equal(trace_writer_count(writer, LDE_TRACE_IRQ_ENTRY), 1000);
	assert_int_equal(trace_writer_close(writer), 0);
	reader = open_reader();
	for (unsigned int i = 0; i < 2000; i++) {
		struct trace_event event = next(reader);

		assert_true(event.tsc >= last);
		last = event.tsc;
	}
	assert_at_end(reader);
	trace_reader_close(reader);
}

static void a_step_back_in_time_is_written_as_none(void **state)
{
	struct trace_writer *writer = create_writer();
	struct trace_reader *reader;

	(void)state;
	add(writer, TRACE_STREAM_CPU,
	    (struct lde_trace_record){.tsc = ORIGIN + 10, .kind = LDE_TRACE_IRQ_ENTRY});
	add(writer, TRACE_STREAM_CPU,
	    (struct lde_trace_record){.tsc = ORIGIN + 4, .kind = LDE_TRACE_IRQ_EXIT});
	assert_int_equal(trace_writer_close(writer), 0);
	reader = open_reader();
	next(reader);
	assert_int_equal(next(reader).tsc, ORIGIN + 10);
	trace_reader_close(reader);
}

static void names_are_those_of_the_time(void **state)
{
	struct trace_writer *writer = create_writer();
	struct trace_reader *reader;
	struct trace_event event;

	(void)state;
	add(writer, TRACE_STREAM_CPU, named(LDE_TRACE_PROCESS_FORK, 0, 1, "shell"));
	add(writer, TRACE_STREAM_CPU,
	    named(LDE_TRACE_PROCESS_EXEC, 1, 0, "a-name-of-31-characters-exactly"));
	add(writer, TRACE_STREAM_CPU, named(LDE_TRACE_PROCESS_EXEC, 1, 0, "esc\033[31m"));
	assert_int_equal(trace_writer_close(writer), 0);
	reader = open_reader();
	assert_string_equal(trace_reader_name(reader, 0), "swapper/0");
	assert_string_equal(trace_reader_name(reader, 1), "");
	event = next(reader);
	assert_int_equal(event.args[0], 1);
	assert_string_equal(trace_event_name(&event), "shell");
	assert_string_equal(trace_reader_name(reader, 1), "shell");
	event = next(reader);
	assert_string_equal(trace_event_name(&event), "a-name-of-31-characters-exactly");
	next(reader);
	assert_string_equal(trace_reader_name(reader, 1), "esc?[31m");
	assert_string_equal(trace_reader_name(reader, TRACE_NR_PIDS), "");
	trace_reader_close(reader);
}

static void what_no_process_can_be_is_nobody(void **state)
{
	struct trace_writer *writer = create_writer();
	struct trace_reader *reader;

	(void)state;
	add(writer, TRACE_STREAM_CPU,
	    (struct lde_trace_record){.tsc = ORIGIN, .kind = LDE_TRACE_SCHED_WAKEUP,
				      .args[0] = TRACE_NR_PIDS});
	assert_int_equal(trace_writer_close(writer), 0);
	reader = open_reader();
	assert_int_equal(next(reader).args[0], 0);
	trace_reader_close(reader);
}

static void a_record_of_no_kind_is_refused(void **state)
{
	struct trace_writer *writer = create_writer();
	struct lde_trace_record record = {.tsc = ORIGIN, .kind = LDE_TRACE_NR_KINDS};

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

static int begin_following(void **state)
{
	(void)state;
	return trace_follower_init(&follower, LDE_TRACE_C_ALL);
}

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

static struct lde_trace_record switch_to(uint64_t pid, uint64_t state, uint32_t why)
{
	return (struct lde_trace_record){
		.kind = LDE_TRACE_SCHED_SWITCH, .code = why, .args = {state, pid}};
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
	record = follow(named(LDE_TRACE_PROCESS_FORK, 0, 8, "child"));
	assert_int_equal(record.pid, 0); /* the parent in argument 5 */
	record = follow(switch_to(8, LDE_STATE_READY, LDE_WHY_YIELDED));
	assert_int_equal(record.pid, 7);
	assert_int_equal(record.code, LDE_SWITCH_YIELDED);
	assert_int_equal(follow(switch_to(7, LDE_STATE_READY, LDE_WHY_DISPLACED)).code,
			 LDE_SWITCH_PREEMPTED);
	assert_int_equal(follow(switch_to(8, LDE_STATE_BLOCKED, LDE_WHY_YIELDED)).code,
			 LDE_SWITCH_BLOCKED);
	assert_int_equal(follow(switch_to(0, LDE_STATE_ZOMBIE, 0)).code, LDE_SWITCH_ENDED);
	record = switch_to(0, LDE_STATE_ZOMBIE, 0);
	assert_false(trace_follower_complete(&follower, &record)); /* idle as before */
	follow(switch_to(5, 0, 0));
	assert_int_equal(follow(switch_to(UINT64_MAX, LDE_STATE_BLOCKED, 0)).args[1], 0);
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
	follow(fault(LDE_TRACE_FAULT_ENTRY, 0x1000, 10, 20, 30));
	record = follow(fault(LDE_TRACE_FAULT_EXIT, 0, 14, 20, 30));
	assert_int_equal(record.code, LDE_FAULT_ZERO);
	assert_int_equal(record.args[0], 0x1000);
	assert_int_equal(record.args[1], 4);
	follow(fault(LDE_TRACE_FAULT_ENTRY, 0x2000, 14, 20, 30));
	assert_int_equal(follow(fault(LDE_TRACE_FAULT_EXIT, 0, 14, 20, 31)).code, LDE_FAULT_COPY);
	follow(fault(LDE_TRACE_FAULT_ENTRY, 0x2000, 14, 20, 31));
	assert_int_equal(follow(fault(LDE_TRACE_FAULT_EXIT, 0, 14, 20, 31)).code, LDE_FAULT_OTHER);
	assert_int_equal(follow(fault(LDE_TRACE_FAULT_EXIT, 0, 99, 99, 99)).code, LDE_FAULT_OTHER);
}

static void a_fault_that_has_waited_was_for_a_file(void **state)
{
	struct lde_trace_record record;

	(void)state;
	follow(switch_to(1, 0, 0));
	follow(fault(LDE_TRACE_FAULT_ENTRY, 0x1000, 0, 0, 0));
	follow(switch_to(2, LDE_STATE_BLOCKED, 0));
	follow(fault(LDE_TRACE_FAULT_ENTRY, 0x2000, 0, 0, 0));
	assert_int_equal(follow(fault(LDE_TRACE_FAULT_EXIT, 0, 5, 0, 5)).code, LDE_FAULT_COPY);
	follow(switch_to(1, LDE_STATE_BLOCKED, 0));
	record = follow(fault(LDE_TRACE_FAULT_EXIT, 0, 5, 1, 5));
	assert_int_equal(record.code, LDE_FAULT_FILE);
	assert_int_equal(record.args[0], 0x1000);
	assert_int_equal(record.args[1], 1);
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

/* ---- the folder -------------------------------------------------------- */

static void an_old_trace_is_replaced(void **state)
{
	struct trace_reader *reader;

	(void)state;
	write_one();
	write_one();
	reader = open_reader();
	next(reader);
	assert_at_end(reader);
	trace_reader_close(reader);
}

static void a_folder_with_something_else_is_left_alone(void **state)
{
	char path[100];
	struct trace_writer *writer;
	int fd;

	(void)state;
	assert_int_equal(mkdir(dir, 0777), 0);
	snprintf(path, sizeof(path), "%s/thesis.tex", dir);
	fd = creat(path, 0666);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(trace_writer_create(&writer, dir, &info, 1), -EEXIST);
	assert_int_equal(access(path, F_OK), 0);
}

static void a_file_in_the_place_of_the_folder_is_refused(void **state)
{
	struct trace_writer *writer;

	(void)state;
	close(creat(dir, 0666));
	assert_int_equal(trace_writer_create(&writer, dir, &info, 1), -ENOTDIR);
}

/* A limit on the size of files is as good as a full disk. */
static void a_full_disk_is_told_and_what_was_written_stays(void **state)
{
	const struct rlimit tight = {TRACE_PACKET_SIZE * 5 + 1000, RLIM_INFINITY};
	const struct lde_trace_record record = {.tsc = ORIGIN, .kind = LDE_TRACE_IRQ_EXIT};
	struct trace_writer *writer = create_writer();
	struct trace_reader *reader;
	struct rlimit before;
	unsigned int nr = 0;
	int err = 0;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
	while (!err && nr++ < 100000)
		err = trace_writer_add(writer, TRACE_STREAM_CPU, &record);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(err, -EFBIG);
	trace_writer_close(writer);
	reader = open_reader();
	for (nr = 0; nr < 5 * 100; nr++)
		next(reader);
	trace_reader_close(reader);
}

/* ---- files that are not what they should be ---------------------------- */

static void overwrite(const char *file, off_t at, const void *bytes, size_t len)
{
	char path[120];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, len, at), len);
	close(fd);
}

static void expect_refusal(const char *part)
{
	struct trace_reader *reader;
	char why[200];

	assert_true(trace_reader_open(&reader, dir, why, sizeof(why)) < 0);
	if (!strstr(why, part))
		fail_msg("'%s' has no '%s'", why, part);
}

static void what_is_no_trace_is_refused(void **state)
{
	char path[100];

	(void)state;
	expect_refusal("No such file");
	write_one();
	snprintf(path, sizeof(path), "%s/metadata", dir);
	overwrite("metadata", 0, "/* CTF 2.0", 10);
	expect_refusal("not CTF 1.8");
	assert_int_equal(truncate(path, 0), 0);
	expect_refusal("not CTF 1.8");
	assert_int_equal(unlink(path), 0);
	expect_refusal("metadata");
}

static void packets_that_lie_are_refused(void **state)
{
	const struct {
		size_t at;
		uint64_t value;
		size_t len;
		const char *what;
	} lies[] = {
		{offsetof(struct trace_packet_header, magic), 0, 4, "does not begin"},
		{offsetof(struct trace_packet_header, uuid), 0, 8, "another trace"},
		{offsetof(struct trace_packet_header, stream_id), 1, 4, "size"},
		{offsetof(struct trace_packet_header, packet_bits), 1ull << 63, 8, "size"},
		{offsetof(struct trace_packet_header, content_bits), 1ull << 40, 8, "fit"},
		{offsetof(struct trace_packet_header, content_bits), 0, 8, "fit"},
		{offsetof(struct trace_packet_header, content_bits), 76 * 8 + 7, 8, "fit"},
		{offsetof(struct trace_packet_header, content_bits), 80 * 8, 8, "cut off"},
		{offsetof(struct trace_packet_header, seq), 7, 8, "place"},
		{offsetof(struct trace_packet_header, cpu_id), 64, 4, "vCPU"},
		{sizeof(struct trace_packet_header), 0, 2, "no known kind"},
		{sizeof(struct trace_packet_header), 999, 2, "no known kind"},
		{sizeof(struct trace_packet_header) + 10, UINT32_MAX, 4, "process"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		write_one();
		overwrite("cpu_0", (off_t)lies[i].at, &lies[i].value, lies[i].len);
		expect_refusal(lies[i].what);
		expect_refusal("cpu_0: packet 0 is damaged");
	}
}

static void write_many(unsigned int nr)
{
	struct trace_writer *writer = create_writer();

	for (unsigned int i = 0; i < nr; i++)
		add(writer, TRACE_STREAM_CPU,
		    (struct lde_trace_record){.tsc = ORIGIN + i, .kind = LDE_TRACE_SYSCALL_ENTRY,
					      .pid = 1, .code = i % 600, .args = {i, i + 1}});
	assert_int_equal(trace_writer_close(writer), 0);
}

static void a_file_cut_off_is_read_up_to_there(void **state)
{
	struct trace_reader *reader;
	struct trace_event event;
	char path[100];
	unsigned int nr = 0;
	int more;

	(void)state;
	write_many(10000);
	snprintf(path, sizeof(path), "%s/cpu_0", dir);
	assert_int_equal(truncate(path, 5 * TRACE_PACKET_SIZE + 100), 0);
	reader = open_reader();
	while ((more = trace_reader_next(reader, &event)) == 1)
		assert_int_equal(event.args[0], nr++);
	assert_int_equal(more, 0);
	assert_in_range(nr, 5 * 50, 5 * 64);
	assert_true(trace_reader_is_cut(reader));
	trace_reader_close(reader);
}

static void damage_in_the_middle_ends_with_a_message(void **state)
{
	struct trace_reader *reader;
	struct trace_event event;
	uint32_t zero = 0;
	int more;

	(void)state;
	write_many(10000);
	overwrite("cpu_0", 20 * TRACE_PACKET_SIZE, &zero, 4);
	reader = open_reader();
	while ((more = trace_reader_next(reader, &event)) == 1)
		;
	assert_int_equal(more, -EBADMSG);
	assert_int_equal(trace_reader_next(reader, &event), -EBADMSG);
	assert_non_null(strstr(trace_reader_error(reader), "cpu_0: packet 20 is damaged"));
	trace_reader_close(reader);
}

static void read_whatever_is_there(void)
{
	struct trace_reader *reader;
	struct trace_event event;
	char why[200];
	int more;

	if (trace_reader_open(&reader, dir, why, sizeof(why)))
		return;
	while ((more = trace_reader_next(reader, &event)) == 1) {
		assert_non_null(trace_schema_kind(event.kind));
		assert_true(event.pid < TRACE_NR_PIDS);
		assert_non_null(trace_reader_name(reader, event.args[0]));
	}
	assert_true(more == 0 || strlen(trace_reader_error(reader)));
	trace_reader_close(reader);
}

static void random_damage_breaks_nothing(void **state)
{
	const char *given = getenv("FAKE_SEED");
	unsigned int seed = given ? (unsigned int)atoi(given) : (unsigned int)time(NULL);

	(void)state;
	print_message("FAKE_SEED=%u\n", seed);
	srand(seed);
	for (int i = 0; i < 300; i++) {
		if (i % 50 == 0)
			write_many(500);
		uint32_t bytes = (uint32_t)rand() >> (rand() % 24);
		overwrite(rand() % 8 ? "cpu_0" : "metadata", rand() % (9 * TRACE_PACKET_SIZE), &bytes,
			  1 + (size_t)rand() % 4);
		read_whatever_is_there();
	}
}

/* What does not hold in there aborts. */
static void what_the_fuzzer_has_found_does_no_harm(void **state)
{
	static const char corpus[] = "tests/fuzz/trace/corpus";
	const struct dirent *entry;
	unsigned int nr = 0;
	DIR *files = opendir(corpus);

	(void)state;
	assert_non_null(files);
	while ((entry = readdir(files))) {
		static uint8_t bytes[16384];
		char path[300];
		FILE *in;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", corpus, entry->d_name);
		in = fopen(path, "r");
		assert_non_null(in);
		trace_input_run(dir, bytes, fread(bytes, 1, sizeof(bytes), in));
		fclose(in);
		nr++;
	}
	closedir(files);
	assert_true(nr > 20);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
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
	const struct CMUnitTest tests[] = {
		TEST(every_kind_comes_back_as_it_was),
		TEST(extreme_numbers_come_back),
		TEST(what_holds_for_all_of_it_comes_back),
		TEST(two_streams_come_in_the_order_of_time),
		TEST(a_step_back_in_time_is_written_as_none),
		TEST(names_are_those_of_the_time),
		TEST(what_no_process_can_be_is_nobody),
		TEST(a_record_of_no_kind_is_refused),
		FOLLOW_TEST(a_record_is_of_who_was_switched_to),
		FOLLOW_TEST(a_fault_is_what_was_counted_meanwhile),
		FOLLOW_TEST(a_fault_that_has_waited_was_for_a_file),
		FOLLOW_TEST(classes_that_were_not_asked_for_are_left_out),
		TEST(an_old_trace_is_replaced),
		TEST(a_folder_with_something_else_is_left_alone),
		TEST(a_file_in_the_place_of_the_folder_is_refused),
		TEST(a_full_disk_is_told_and_what_was_written_stays),
		TEST(what_is_no_trace_is_refused),
		TEST(packets_that_lie_are_refused),
		TEST(a_file_cut_off_is_read_up_to_there),
		TEST(damage_in_the_middle_ends_with_a_message),
		TEST(random_damage_breaks_nothing),
		TEST(what_the_fuzzer_has_found_does_no_harm),
		TEST(events_that_lttng_has_have_its_fields_first),
	};

	return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
