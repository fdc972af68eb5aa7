/* SPDX-License-Identifier: MIT */
/* Writing below a directory of the host, whatever the paths say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/host/outdir.h"

static char top[64];
static struct outdir out;
static const struct outdir_meta plain = {0644, 1000000000ull * 7, 1000000000ull * 9 + 5};

static const char *in_top(const char *name)
{
	static char path[4][PATH_MAX];
	static unsigned int turn;
	char *text = path[turn++ % 4];

	assert_true(snprintf(text, PATH_MAX, "%s/%s", top, name) < PATH_MAX);
	return text;
}

static const char *in_out(const char *name)
{
	char below[PATH_MAX];

	assert_true(snprintf(below, sizeof(below), "out/%s", name) < PATH_MAX);
	return in_top(below);
}

static int set_up(void **state)
{
	(void)state;
	umask(022);
	strcpy(top, "/tmp/lde-outdir-XXXXXX");
	if (!mkdtemp(top) || mkdir(in_top("other"), 0755))
		return -1;
	return outdir_open(&out, in_top("out"));
}

static int tear_down(void **state)
{
	char command[200];

	(void)state;
	outdir_close(&out);
	snprintf(command, sizeof(command), "chmod -R u+rwx %s; rm -rf %s", top, top);
	return system(command);
}

static int put_file(const char *path, const char *text, const struct outdir_meta *meta)
{
	struct iovec iov = {.iov_base = (void *)text, .iov_len = strlen(text)};
	int err = outdir_begin_file(&out, path, strlen(text), meta);

	if (!err)
		err = outdir_write(&out, 0, &iov, 1);
	return err ? err : outdir_end_file(&out);
}

static void expect_file(const char *path, const char *text)
{
	char got[100];
	int fd = open(path, O_RDONLY);

	assert_true(fd >= 0);
	ssize_t len = read(fd, got, sizeof(got));
	close(fd);
	assert_int_equal(len, strlen(text));
	assert_memory_equal(got, text, strlen(text));
}

static void expect_nothing(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), -1);
}

static void a_file_has_content_mode_and_times(void **state)
{
	const struct outdir_meta special = {0106751, 1000000000ull * 7, 1000000000ull * 9 + 5};
	struct stat st;

	(void)state;
	assert_int_equal(put_file("f", "hello", &special), 0);
	assert_int_equal(stat(in_out("f"), &st), 0);
	expect_file(in_out("f"), "hello");
	/* Nobody gets a program that runs as somebody else. */
	assert_int_equal(st.st_mode, S_IFREG | 0751);
	assert_int_equal(st.st_atim.tv_sec, 7);
	assert_int_equal(st.st_mtim.tv_sec, 9);
	assert_int_equal(st.st_mtim.tv_nsec, 5);
}

static void parents_are_made(void **state)
{
	(void)state;
	assert_int_equal(put_file("a/b/c", "deep", &plain), 0);
	expect_file(in_out("a/b/c"), "deep");
}

static void a_directory_gets_its_mode_and_times_at_the_end(void **state)
{
	const struct outdir_meta closed = {0500, 0, 1000000000ull * 9};
	struct stat st;

	(void)state;
	for (int round = 0; round < 2; round++) { /* the second finds one that is closed */
		assert_int_equal(outdir_put_dir(&out, "d", &closed), 0);
		assert_int_equal(outdir_put_dir(&out, "d/e", &closed), 0);
		assert_int_equal(put_file("d/e/f", "inside", &plain), 0);
		outdir_close(&out);
		assert_int_equal(stat(in_out("d"), &st), 0);
		assert_int_equal(st.st_mode, S_IFDIR | 0500);
		assert_int_equal(st.st_mtim.tv_sec, 9);
		assert_int_equal(stat(in_out("d/e"), &st), 0);
		assert_int_equal(st.st_mode, S_IFDIR | 0500);
		expect_file(in_out("d/e/f"), "inside");
		assert_int_equal(outdir_open(&out, in_top("out")), 0);
	}
}

static void a_link_is_kept_and_not_followed(void **state)
{
	char target[PATH_MAX] = {0};
	struct stat st;

	(void)state;
	assert_int_equal(outdir_put_link(&out, "l", "/etc/passwd", &plain), 0);
	assert_true(readlink(in_out("l"), target, sizeof(target) - 1) > 0);
	assert_string_equal(target, "/etc/passwd");
	assert_int_equal(lstat(in_out("l"), &st), 0);
	assert_int_equal(st.st_mtim.tv_sec, 9);
}

static void paths_that_lead_elsewhere_are_refused(void **state)
{
	static const char *const bad[] = {"",	"/",	 "/f",	  "..",	    "../f", "a/../f",
					  "a/..", "a/../../other/f", ".", "./f", "a//f", "a/", "a/."};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(put_file(bad[i], "x", &plain), -EINVAL);
		assert_int_equal(outdir_put_dir(&out, bad[i], &plain), -EINVAL);
		assert_int_equal(outdir_put_link(&out, bad[i], "x", &plain), -EINVAL);
	}
	expect_nothing(in_top("f"));
	expect_nothing(in_top("other/f"));
}

static void a_name_that_is_too_long_is_refused(void **state)
{
	char name[NAME_MAX + 2];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[NAME_MAX + 1] = '\0';
	assert_int_equal(put_file(name, "x", &plain), -ENAMETOOLONG);
	name[NAME_MAX] = '\0';
	assert_int_equal(put_file(name, "x", &plain), 0);
}

/* The guest makes the link, and then a file below its name. */
static void a_link_out_of_the_directory_gives_way(void **state)
{
	char other[PATH_MAX];

	(void)state;
	snprintf(other, sizeof(other), "%s/other", top);
	assert_int_equal(outdir_put_link(&out, "d", other, &plain), 0);
	assert_int_equal(put_file("d/f", "x", &plain), 0);
	expect_nothing(in_top("other/f"));
	expect_file(in_out("d/f"), "x");
	assert_int_equal(outdir_put_link(&out, "e", other, &plain), 0);
	assert_int_equal(outdir_put_dir(&out, "e", &(struct outdir_meta){.mode = 0}), 0);
	outdir_close(&out);
	assert_int_equal(access(in_top("other"), R_OK | X_OK), 0);
}

static void links_of_an_earlier_run_are_not_written_through(void **state)
{
	(void)state;
	int fd = open(in_top("victim"), O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, "keep", 4), 4);
	close(fd);
	assert_int_equal(symlink("../victim", in_out("soft")), 0);
	assert_int_equal(link(in_top("victim"), in_out("hard")), 0);
	assert_int_equal(put_file("soft", "new", &plain), 0);
	assert_int_equal(put_file("hard", "new", &plain), 0);
	expect_file(in_top("victim"), "keep");
	expect_file(in_out("soft"), "new");
	expect_file(in_out("hard"), "new");
}

static void a_file_does_not_replace_a_directory(void **state)
{
	(void)state;
	assert_int_equal(put_file("d/precious", "keep", &plain), 0);
	assert_int_equal(put_file("d", "x", &plain), -EISDIR);
	assert_int_equal(outdir_put_link(&out, "d", "x", &plain), -EISDIR);
	expect_file(in_out("d/precious"), "keep");
}

static void data_outside_of_the_size_is_refused(void **state)
{
	char bytes[10] = "123456789";
	struct iovec iov[2] = {{bytes, 5}, {bytes + 5, 5}};

	(void)state;
	assert_int_equal(outdir_write(&out, 0, iov, 1), -EBADF);
	assert_int_equal(outdir_begin_file(&out, "f", 9, &plain), 0);
	assert_int_equal(outdir_write(&out, 0, iov, 2), -EINVAL);
	assert_int_equal(outdir_write(&out, 10, iov, 1), -EINVAL);
	assert_int_equal(outdir_write(&out, UINT64_MAX - 2, iov, 1), -EINVAL);
	assert_int_equal(outdir_begin_file(&out, "g", UINT64_MAX, &plain), -EFBIG);
}

static void what_is_not_written_is_a_hole(void **state)
{
	char bytes[] = "end";
	struct iovec iov = {bytes, 3};
	struct stat st;

	(void)state;
	assert_int_equal(outdir_begin_file(&out, "f", 3ull << 30, &plain), 0);
	assert_int_equal(outdir_write(&out, (3ull << 30) - 3, &iov, 1), 0);
	assert_int_equal(outdir_end_file(&out), 0);
	assert_int_equal(stat(in_out("f"), &st), 0);
	assert_int_equal(st.st_size, 3ull << 30);
	assert_true(st.st_blocks < 1000);
}

static void a_file_that_is_not_ended_is_removed(void **state)
{
	(void)state;
	assert_int_equal(outdir_begin_file(&out, "a", 5, &plain), 0);
	assert_int_equal(outdir_begin_file(&out, "b", 5, &plain), 0);
	expect_nothing(in_out("a"));
	outdir_close(&out);
	expect_nothing(in_out("b"));
}

/* A host without room: here a limit of the file size stands for it. */
static void a_file_that_does_not_fit_leaves_nothing(void **state)
{
	struct rlimit old, limit;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	limit = (struct rlimit){4, old.rlim_max};
	setrlimit(RLIMIT_FSIZE, &limit);
	int err = put_file("f", "too long", &plain);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(err, -EFBIG);
	expect_nothing(in_out("f"));
	assert_int_equal(put_file("f", "fits now", &plain), 0);
}

static void what_is_no_directory_cannot_be_opened(void **state)
{
	struct outdir no;

	(void)state;
	assert_int_equal(put_file("f", "x", &plain), 0);
	assert_int_equal(outdir_open(&no, in_out("f")), -ENOTDIR);
	outdir_close(&no);
	assert_int_equal(outdir_open(&no, in_top("no/such")), -ENOENT);
	outdir_close(&no);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_has_content_mode_and_times),
		TEST(parents_are_made),
		TEST(a_directory_gets_its_mode_and_times_at_the_end),
		TEST(a_link_is_kept_and_not_followed),
		TEST(paths_that_lead_elsewhere_are_refused),
		TEST(a_name_that_is_too_long_is_refused),
		TEST(a_link_out_of_the_directory_gives_way),
		TEST(links_of_an_earlier_run_are_not_written_through),
		TEST(a_file_does_not_replace_a_directory),
		TEST(data_outside_of_the_size_is_refused),
		TEST(what_is_not_written_is_a_hole),
		TEST(a_file_that_is_not_ended_is_removed),
		TEST(a_file_that_does_not_fit_leaves_nothing),
		TEST(what_is_no_directory_cannot_be_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
