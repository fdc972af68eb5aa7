/* SPDX-License-Identifier: MIT */
/* Traces where the folder, the disk or the files are not what they should be. */
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
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <lde/ledger.h>

#include "tests/fuzz/trace/trace_input.h"
#include "tests/unit/observe/trace_files.h"
#include "vmm/observe/trace_follow.h"
#include "vmm/observe/trace_reader.h"
#include "vmm/observe/trace_schema.h"
#include "vmm/observe/trace_writer.h"

/* ---- the folder ----------------------------------------------------- */

static void an_old_trace_is_replaced(void **state)
{
	struct trace_reader *reader;

	(void)state;
	files_write_one();
	files_write_one();
	reader = files_open();
	files_next(reader);
	files_expect_end(reader);
	trace_reader_close(reader);
}

static void a_folder_with_something_else_is_left_alone(void **state)
{
	char path[100];
	struct trace_writer *writer;
	int fd;

	(void)state;
	assert_int_equal(mkdir(files_dir, 0777), 0);
	snprintf(path, sizeof(path), "%s/thesis.tex", files_dir);
	fd = creat(path, 0666);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(trace_writer_create(&writer, files_dir, &files_info, 1), -EEXIST);
	assert_int_equal(access(path, F_OK), 0);
}

static void a_file_in_the_place_of_the_folder_is_refused(void **state)
{
	struct trace_writer *writer;

	(void)state;
	close(creat(files_dir, 0666));
	assert_int_equal(trace_writer_create(&writer, files_dir, &files_info, 1), -ENOTDIR);
}

/* A limit on the size of files is as good as a full disk. */
static void a_full_disk_is_told_and_what_was_written_stays(void **state)
{
	const struct rlimit tight = {TRACE_PACKET_SIZE * 5 + 1000, RLIM_INFINITY};
	const struct lde_trace_record record = {.tsc = FILES_ORIGIN, .kind = LDE_TRACE_IRQ_EXIT};
	struct trace_writer *writer = files_create();
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
	reader = files_open();
	for (nr = 0; nr < 5 * 100; nr++)
		files_next(reader);
	trace_reader_close(reader);
}

/* ---- files that are not what they should be ------------------------- */

static void overwrite(const char *file, off_t at, const void *bytes, size_t len)
{
	char path[120];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", files_dir, file);
	fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, len, at), len);
	close(fd);
}

static void expect_refusal(const char *part)
{
	struct trace_reader *reader;
	char why[200];

	assert_true(trace_reader_open(&reader, files_dir, why, sizeof(why)) < 0);
	if (!strstr(why, part))
		fail_msg("'%s' has no '%s'", why, part);
}

/* Whichever of its files it is that finds none left, the reason is told. */
static void a_lack_of_descriptors_is_told(void **state)
{
	const struct rlimit few = {.rlim_cur = 64, .rlim_max = 64};
	struct trace_info info = {.tsc_hz = 1000000000};
	struct trace_writer *writer;
	int fds[64], nr = 0;

	(void)state;
	if (fork()) { /* the limit is the child's alone */
		int status;

		wait(&status);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
		return;
	}
	setrlimit(RLIMIT_NOFILE, &few);
	while ((fds[nr] = dup(0)) >= 0)
		nr++;
	for (int nr_left = 0; nr_left < 3; nr_left++) {
		if (trace_writer_create(&writer, files_dir, &info, 1) != -EMFILE)
			_exit(1 + nr_left);
		close(fds[--nr]);
	}
	_exit(trace_writer_create(&writer, files_dir, &info, 1) ? 4 : 0);
}

static void what_is_no_trace_is_refused(void **state)
{
	char path[100];

	(void)state;
	expect_refusal("No such file");
	files_write_one();
	snprintf(path, sizeof(path), "%s/metadata", files_dir);
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
		files_write_one();
		overwrite("cpu_0", (off_t)lies[i].at, &lies[i].value, lies[i].len);
		expect_refusal(lies[i].what);
		expect_refusal("cpu_0: packet 0 is damaged");
	}
}

static void write_many(unsigned int nr)
{
	struct trace_writer *writer = files_create();

	for (unsigned int i = 0; i < nr; i++)
		files_add(writer, TRACE_STREAM_CPU,
			  (struct lde_trace_record){.tsc = FILES_ORIGIN + i,
						    .kind = LDE_TRACE_SYSCALL_ENTRY,
						    .pid = 1,
						    .code = i % 600,
						    .args = {i, i + 1}});
	assert_int_equal(trace_writer_close(writer), 0);
}

/* Its events, which are those of the beginning; what comes after them. */
static int read_to_the_end(struct trace_reader *reader, unsigned int *nr)
{
	struct trace_event event;
	int more;

	*nr = 0;
	while ((more = trace_reader_next(reader, &event)) == 1)
		assert_int_equal(event.args[0], (*nr)++);
	return more;
}

static void cut(const char *name, off_t size)
{
	char path[100];

	snprintf(path, sizeof(path), "%s/%s", files_dir, name);
	assert_int_equal(truncate(path, size), 0);
}

static void a_file_cut_within_a_packet_is_read_up_to_there(void **state)
{
	/* The second lies behind what is read in one go. */
	static const unsigned int nr_packets[] = {5, 20, 16};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct trace_reader *reader;
		char what[60];
		unsigned int nr;

		write_many(10000);
		cut("cpu_0", nr_packets[i] * TRACE_PACKET_SIZE + 4095);
		reader = files_open();
		assert_int_equal(read_to_the_end(reader, &nr), -EBADMSG);
		assert_in_range(nr, nr_packets[i] * 50, nr_packets[i] * 64);
		snprintf(what, sizeof(what), "cpu_0: packet %u is damaged: the file ends",
			 nr_packets[i]);
		assert_non_null(strstr(trace_reader_error(reader), what));
		trace_reader_close(reader);
	}
}

/* As one that was killed leaves it: it ends with a whole packet. */
static void a_file_of_fewer_packets_is_good(void **state)
{
	struct trace_reader *reader;
	unsigned int nr;

	(void)state;
	write_many(10000);
	cut("cpu_0", 5 * TRACE_PACKET_SIZE);
	reader = files_open();
	assert_int_equal(read_to_the_end(reader, &nr), 0);
	assert_in_range(nr, 5 * 50, 5 * 64);
	trace_reader_close(reader);
}

static void a_file_cut_in_its_first_packet_is_refused(void **state)
{
	struct trace_reader *reader;
	char why[200];

	(void)state;
	write_many(10);
	cut("cpu_0", 4089);
	assert_int_equal(trace_reader_open(&reader, files_dir, why, sizeof(why)), -EBADMSG);
	assert_non_null(strstr(why, "cpu_0: packet 0 is damaged: the file ends"));
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
	reader = files_open();
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

	if (trace_reader_open(&reader, files_dir, why, sizeof(why)))
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
		overwrite(rand() % 8 ? "cpu_0" : "metadata", rand() % (9 * TRACE_PACKET_SIZE),
			  &bytes, 1 + (size_t)rand() % 4);
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
		trace_input_run(files_dir, bytes, fread(bytes, 1, sizeof(bytes), in));
		fclose(in);
		nr++;
	}
	closedir(files);
	assert_true(nr > 20);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, files_set_up, files_tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(an_old_trace_is_replaced),
	    TEST(a_folder_with_something_else_is_left_alone),
	    TEST(a_file_in_the_place_of_the_folder_is_refused),
	    TEST(a_full_disk_is_told_and_what_was_written_stays),
	    TEST(a_lack_of_descriptors_is_told),
	    TEST(what_is_no_trace_is_refused),
	    TEST(packets_that_lie_are_refused),
	    TEST(a_file_cut_within_a_packet_is_read_up_to_there),
	    TEST(a_file_of_fewer_packets_is_good),
	    TEST(a_file_cut_in_its_first_packet_is_refused),
	    TEST(damage_in_the_middle_ends_with_a_message),
	    TEST(random_damage_breaks_nothing),
	    TEST(what_the_fuzzer_has_found_does_no_harm),
	};

	return cmocka_run_group_tests_name("trace_damage", tests, NULL, NULL);
}
