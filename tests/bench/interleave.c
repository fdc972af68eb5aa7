/* SPDX-License-Identifier: MIT */
/*
 * Runs commands in turn, many times, and compares how long they took.
 *
 * usage: interleave [-s | -c] N -- COMMAND [ARG]... [-- COMMAND [ARG]...]...
 *
 * Taking turns makes a disturbance of the machine hit every command alike.
 * The time is that from fork to exit; with -c the CPU time of the command and
 * all its children, which others on the machine do not lengthen; with -s the
 * number of nanoseconds that the command prints as its first output. Prints
 * one line a command:
 *   N min p25 median p75 max, in microseconds
 * and, for each command but the first, the quotient of its time and that of
 * the first in the same turn, whose median a drift of the machine moves least:
 *   ratio min p25 median p75 max
 * A command that fails ends the whole with its status.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COMMANDS_MAX 8

extern char **environ;

enum clock {
	CLOCK_WALL,
	CLOCK_CPU,
	CLOCK_SELF,
};

struct command {
	char **argv;
	uint64_t *took_ns;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static _Noreturn void fail(int status, const char *what, const char *which)
{
	fprintf(stderr, "interleave: %s: %s\n", which, what);
	exit(status);
}

/* Reads all of fd; returns the number at its beginning. */
static uint64_t read_number(int fd)
{
	char text[64] = "";
	size_t len = 0;
	char rest[4096];
	ssize_t n;

	while ((n = read(fd, rest, sizeof(rest))) > 0) {
		size_t room = sizeof(text) - 1 - len;
		size_t take = (size_t)n < room ? (size_t)n : room;

		memcpy(text + len, rest, take);
		len += take;
	}
	return strtoull(text, NULL, 10);
}

static uint64_t timeval_ns(const struct timeval *t)
{
	return t->tv_sec * 1000000000ull + t->tv_usec * 1000ull;
}

static uint64_t run_once(char **argv, enum clock clock)
{
	posix_spawn_file_actions_t actions;
	struct rusage usage;
	uint64_t start, took;
	int fds[2] = { -1, -1 };
	int status;
	pid_t pid;

	if (clock == CLOCK_SELF && pipe2(fds, O_CLOEXEC))
		fail(125, strerror(errno), "pipe");
	posix_spawn_file_actions_init(&actions);
	if (clock == CLOCK_SELF)
		posix_spawn_file_actions_adddup2(&actions, fds[1], 1);
	else
		posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	start = now_ns();
	if (posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ))
		fail(127, strerror(errno), argv[0]);
	if (clock == CLOCK_SELF) {
		close(fds[1]);
		took = read_number(fds[0]);
		close(fds[0]);
	}
	if (wait4(pid, &status, 0, &usage) != pid)
		fail(125, strerror(errno), "wait4");
	if (clock == CLOCK_WALL)
		took = now_ns() - start;
	else if (clock == CLOCK_CPU)
		took = timeval_ns(&usage.ru_utime) + timeval_ns(&usage.ru_stime);
	posix_spawn_file_actions_destroy(&actions);
	if (status)
		fail(WIFEXITED(status) ? WEXITSTATUS(status) : 125, "failed", argv[0]);
	return took;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print_quartiles(double *values, int n, int digits)
{
	qsort(values, n, sizeof(*values), by_value);
	for (int q = 0; q <= 4; q++)
		printf(" %.*f", digits, values[(n - 1) * q / 4]);
	printf("\n");
}

static void print_command(const struct command *command, const struct command *first, int n)
{
	double *values = calloc(n, sizeof(*values));

	if (!values)
		fail(125, strerror(ENOMEM), "calloc");
	for (int i = 0; i < n; i++)
		values[i] = command->took_ns[i] / (first ? (double)first->took_ns[i] : 1000.0);
	if (first)
		printf("ratio");
	else
		printf("%d", n);
	print_quartiles(values, n, first ? 4 : 1);
	free(values);
}

int main(int argc, char **argv)
{
	struct command commands[COMMANDS_MAX];
	enum clock clock = CLOCK_WALL;
	int nr_commands = 0;
	int arg = 1;
	int n;

	if (argc > 1 && !strcmp(argv[1], "-s"))
		clock = CLOCK_SELF;
	else if (argc > 1 && !strcmp(argv[1], "-c"))
		clock = CLOCK_CPU;
	if (clock != CLOCK_WALL)
		arg++;
	n = arg < argc ? atoi(argv[arg]) : 0;
	if (n < 1)
		fail(125, "how many times?", "N");
	for (arg++; arg < argc; arg++) {
		if (strcmp(argv[arg], "--"))
			continue;
		if (nr_commands == COMMANDS_MAX || arg + 1 == argc)
			fail(125, "too many commands, or an empty one", argv[arg]);
		argv[arg] = NULL;
		commands[nr_commands].argv = argv + arg + 1;
		commands[nr_commands].took_ns = calloc(n, sizeof(uint64_t));
		if (!commands[nr_commands].took_ns)
			fail(125, strerror(ENOMEM), "calloc");
		nr_commands++;
	}
	for (int i = 0; i < n; i++)
		for (int c = 0; c < nr_commands; c++)
			commands[c].took_ns[i] = run_once(commands[c].argv, clock);
	for (int c = 0; c < nr_commands; c++)
		print_command(&commands[c], NULL, n);
	for (int c = 1; c < nr_commands; c++)
		print_command(&commands[c], &commands[0], n);
	for (int c = 0; c < nr_commands; c++)
		free(commands[c].took_ns);
	return 0;
}
