/* SPDX-License-Identifier: MIT */
/* Folders that are gone at the end, whatever signal comes meanwhile. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "vmm/base/scratch.h"

static volatile sig_atomic_t nr_signals;

static void count(int signal)
{
	(void)signal;
	nr_signals++;
}

static void make_file(const char *dir, const char *name)
{
	char path[SCRATCH_SIZE + 32];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	close(fd);
}

static void all_of_it_is_removed(void **state)
{
	struct scratch scratch;
	char path[SCRATCH_SIZE + 32];

	(void)state;
	assert_int_equal(scratch_make(&scratch, "test"), 0);
	make_file(scratch.dir, "file");
	snprintf(path, sizeof(path), "%s/folder", scratch.dir);
	assert_int_equal(mkdir(path, 0700), 0);
	make_file(path, "file");
	scratch_remove(&scratch);
	assert_int_equal(access(scratch.dir, F_OK), -1);
	assert_int_equal(errno, ENOENT);
}

static void signals_come_when_it_is_gone(void **state)
{
	static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	struct scratch scratch;

	(void)state;
	nr_signals = 0;
	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
		signal(ending[i], count);
	assert_int_equal(scratch_make(&scratch, "test"), 0);
	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
		raise(ending[i]);
	assert_int_equal(nr_signals, 0);
	scratch_remove(&scratch);
	assert_int_equal(nr_signals, 4);
	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
		signal(ending[i], SIG_DFL);
}

static void where_none_can_be_made_nothing_waits(void **state)
{
	struct scratch scratch;

	(void)state;
	nr_signals = 0;
	signal(SIGTERM, count);
	setenv("TMPDIR", "/no/such/folder", 1);
	assert_int_equal(scratch_make(&scratch, "test"), -ENOENT);
	unsetenv("TMPDIR");
	raise(SIGTERM);
	assert_int_equal(nr_signals, 1);
	signal(SIGTERM, SIG_DFL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_it_is_removed),
		cmocka_unit_test(signals_come_when_it_is_gone),
		cmocka_unit_test(where_none_can_be_made_nothing_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
