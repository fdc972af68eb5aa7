/* SPDX-License-Identifier: MIT */
/*
 * job STEPS [MICROSECONDS]: does what STEPS says, a list of tN: N times, compute
 * (so much CPU time) and make a system call that does nothing; and i: compute, and read
 * from /dev/slow. Then it computes once more and ends, or at once if STEPS is empty.
 * So on the logical clock t3,i takes five ticks, since the end of the program is that
 * of the last one, and t0 takes one.
 *
 * Example: lde run --clock logical,slow=5ms /lde/job t3,i : /lde/job t9
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SLOW   "/dev/slow"
#define PROBES 4
#define MANY   100000 /* rounds */
#define FEW    100
#define PARTS  8

static uint64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

__attribute__((noinline, noclone)) static void compute(uint64_t rounds)
{
	uint64_t x = 1;

	while (rounds--) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		__asm__ volatile("" : "+r"(x));
	}
}

/* What a tick's work is: so much CPU time; or rounds, if ns is 0. */
struct work {
	uint64_t ns, rounds;
	uint64_t ns_of_many; /* what MANY rounds take, about */
};

/* Finds out how long rounds take: the quickest of a few tries. On the logical clock
 * they take no time at all, and then there is none to wait for. */
static void measure_work(struct work *work, uint64_t us)
{
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < PROBES; i++) {
		uint64_t start = cpu_ns(), took;

		compute(MANY);
		took = cpu_ns() - start;
		if (took && took < best)
			best = took;
	}
	if (best == UINT64_MAX)
		return;
	work->ns = us * 1000;
	work->ns_of_many = best;
}

/*
 * In parts, as a host that is busy may make them longer than they are meant to be, but
 * few: each look at the clock is a system call. The last ones are shorter and shorter.
 */
static void do_work(const struct work *work)
{
	uint64_t start, used = 0;

	if (!work->ns) {
		compute(work->rounds);
		return;
	}
	for (start = cpu_ns(); used < work->ns; used = cpu_ns() - start) {
		uint64_t left = work->ns - used, part = work->ns / PARTS;

		compute((left < part ? left : part) * MANY / work->ns_of_many * 7 / 8 + FEW);
	}
}

static int usage(void)
{
	fprintf(stderr, "Usage: job [tN|i][,tN|i]... [MICROSECONDS]\n");
	return 2;
}

static int fail(void)
{
	fprintf(stderr, "job: %s: %s; give lde run --clock logical,slow=5ms\n", SLOW, strerror(errno));
	return 1;
}

static int parse(const char *text, char **end, uint64_t *value)
{
	*value = strtoull(text, end, 10);
	return text[0] >= '0' && text[0] <= '9' && *value <= UINT32_MAX;
}

struct step {
	int is_io;
	uint64_t ticks;
};

/* The next step of the list; 0: there is none that makes sense. */
static int take_step(char **rest, struct step *step)
{
	char *at = *rest;

	*step = (struct step){*at == 'i', 0};
	if (step->is_io)
		at++;
	else if (*at != 't' || !parse(at + 1, &at, &step->ticks))
		return 0;
	if (*at == ',' && at[1])
		at++;
	else if (*at)
		return 0;
	*rest = at;
	return 1;
}

static int check(char *steps, int *has_io)
{
	struct step step;

	*has_io = 0;
	while (*steps) {
		if (!take_step(&steps, &step))
			return 0;
		*has_io |= step.is_io;
	}
	return 1;
}

static int run(char *steps, const struct work *work, int slow)
{
	struct step step;
	char byte;

	while (*steps && take_step(&steps, &step)) {
		if (step.is_io) {
			do_work(work);
			if (read(slow, &byte, 1) != 1)
				return fail();
		}
		for (; step.ticks; step.ticks--) {
			do_work(work);
			getppid();
		}
	}
	do_work(work);
	return 0;
}

int main(int argc, char **argv)
{
	struct work work = {.rounds = 1000};
	uint64_t us = 0;
	int has_io, slow = -1;
	char *end = "";

	if (argc < 2 || argc > 3 || !check(argv[1], &has_io) ||
	    (argc == 3 && (!parse(argv[2], &end, &us) || *end)))
		return usage();
	if (!argv[1][0]) /* exit(2) of who has done nothing is no tick, unless a policy says so */
		syscall(SYS_exit, 0);
	if (has_io)
		slow = open(SLOW, O_RDONLY);
	if (has_io && slow < 0)
		return fail();
	if (us)
		measure_work(&work, us);
	return run(argv[1], &work, slow);
}
