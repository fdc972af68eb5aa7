/* SPDX-License-Identifier: MIT */
/*
 * usage: fork_bomb bomb             forks for ever, and its children do
 *        fork_bomb burst N          N children can be had, and no more; when they
 *                                   are gone, as many again
 *        fork_bomb zombies N        the same of children that have ended
 *        fork_bomb memory           children that use memory, until there is none
 *        fork_bomb own N            the same as burst, by RLIMIT_NPROC
 */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "guest.h"

static void bomb(void)
{
	for (;;)
		if (fork() < 0)
			guest_sleep_ms(1);
}

/* Forks until it fails with err or is asked to stop; how many there were. */
static unsigned burst(unsigned most, void (*child)(void), pid_t *pids, int *err)
{
	unsigned nr = 0;

	for (*err = 0; nr < most; nr++) {
		pids[nr] = fork();
		if (pids[nr] < 0)
			break;
		if (!pids[nr]) {
			child();
			_exit(0);
		}
	}
	if (nr < most)
		*err = errno;
	return nr;
}

static void reap(unsigned nr, const pid_t *pids)
{
	for (unsigned i = 0; i < nr; i++)
		kill(pids[i], SIGKILL);
	for (unsigned i = 0; i < nr; i++)
		EXPECT(3, wait(NULL) > 0);
	EXPECT(4, wait(NULL) < 0 && errno == ECHILD);
}

static void wait_for_signal(void)
{
	for (;;)
		pause();
}

static void end(void)
{
}

static void use_memory(void)
{
	for (;;) {
		char *p = mmap(NULL, 64 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		for (unsigned i = 0; p != MAP_FAILED && i < 64; i++)
			p[i * 4096] = 1;
		guest_sleep_ms(1);
	}
}

static pid_t pids[32768];

static void exactly(unsigned nr, void (*child)(void))
{
	int err;

	for (int round = 0; round < 2; round++) {
		unsigned had = burst(nr + 1, child, pids, &err);

		printf("%u children, then %s\n", had, strerror(err));
		fflush(stdout);
		EXPECT(5, had == nr);
		EXPECT(6, err == EAGAIN);
		reap(had, pids);
	}
	puts("contained");
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";
	unsigned nr = guest_number(argc, argv, 2, 0);
	int err;

	if (!strcmp(how, "bomb"))
		bomb();
	if (!strcmp(how, "burst"))
		exactly(nr, wait_for_signal);
	if (!strcmp(how, "zombies"))
		exactly(nr, end);
	if (!strcmp(how, "memory")) {
		nr = burst(sizeof(pids) / sizeof(pids[0]), use_memory, pids, &err);
		EXPECT(7, err == EAGAIN || err == ENOMEM);
		reap(nr, pids);
		puts("contained");
	}
	if (!strcmp(how, "own")) {
		struct rlimit limit;

		EXPECT(8, getrlimit(RLIMIT_NPROC, &limit) == 0 && limit.rlim_cur > nr + 1);
		limit.rlim_cur = nr + 1;
		EXPECT(9, setrlimit(RLIMIT_NPROC, &limit) == 0);
		EXPECT(10, getrlimit(RLIMIT_NPROC, &limit) == 0 && limit.rlim_cur == nr + 1);
		exactly(nr, wait_for_signal);
		limit.rlim_cur = limit.rlim_max + 1;
		EXPECT(11, setrlimit(RLIMIT_NPROC, &limit) < 0 && errno == EINVAL);
	}
	return 0;
}
