/* SPDX-License-Identifier: MIT */
/* To ask for a child takes as long for the last of many as for the first. */
#include <signal.h>
#include <sys/wait.h>

#include "guest.h"

#define CHILDREN 400
#define ROUNDS   50
#define TIMES    4

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* The least of some: others may have had the CPU in between. */
static int64_t cost_of(pid_t pid)
{
	int64_t least = INT64_MAX;

	for (int i = 0; i < ROUNDS; i++) {
		int64_t start = now_ns(), took;

		EXPECT(3, waitpid(pid, NULL, WNOHANG) == 0);
		took = now_ns() - start;
		if (took < least)
			least = took;
	}
	return least;
}

int main(void)
{
	pid_t pids[CHILDREN];
	int64_t first, last;

	for (int i = 0; i < CHILDREN; i++) {
		pids[i] = fork();
		EXPECT(4, pids[i] >= 0);
		if (!pids[i])
			for (;;)
				pause();
	}
	first = cost_of(pids[0]);
	last = cost_of(pids[CHILDREN - 1]);
	for (int i = 0; i < CHILDREN; i++)
		kill(pids[i], SIGKILL);
	for (int i = CHILDREN - 1; i >= 0; i--)
		EXPECT(5, waitpid(pids[i], NULL, 0) == pids[i]);
	if (last > TIMES * first)
		fprintf(stderr, "the first takes %lld us, the last %lld\n", (long long)first / 1000,
			(long long)last / 1000);
	EXPECT(6, last <= TIMES * first);
	puts("all are near");
	return 0;
}
