/* SPDX-License-Identifier: MIT */
/*
 * SIGTSTP for a large group that nobody would continue: it stops none of them, and to
 * find that out takes no longer for each the more they are. Told beside it is what
 * SIGWINCH costs, which all of them ignore.
 */
#include <signal.h>
#include <sys/wait.h>

#include "guest.h"

#define SLEEPERS 200
#define ROUNDS   7
#define TIMES    20 /* what it may cost more */

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* The least of some: others may have had the CPU in between. */
static int64_t cost_of(int sig)
{
	int64_t least = INT64_MAX;

	for (int i = 0; i < ROUNDS; i++) {
		int64_t start = now_ns(), took;

		EXPECT(3, kill(0, sig) == 0);
		took = now_ns() - start;
		if (took < least)
			least = took;
	}
	return least;
}

/* In a session of its own, so that the group is orphaned. */
static int lead(void)
{
	int ready[2];
	char c;
	int64_t plain, stopping;

	EXPECT(4, setsid() > 0 && !pipe(ready));
	for (int i = 0; i < SLEEPERS; i++) {
		pid_t pid = fork();

		EXPECT(5, pid >= 0);
		if (!pid) {
			EXPECT(6, write(ready[1], "r", 1) == 1);
			for (;;)
				pause();
		}
	}
	for (int i = 0; i < SLEEPERS; i++)
		EXPECT(7, read(ready[0], &c, 1) == 1);
	guest_sleep_ms(100); /* let them pause */
	signal(SIGTERM, SIG_IGN);
	signal(SIGTSTP, SIG_IGN);
	plain = cost_of(SIGWINCH);
	stopping = cost_of(SIGTSTP);
	if (stopping > TIMES * plain)
		fprintf(stderr, "SIGWINCH takes %lld us, SIGTSTP %lld\n", (long long)plain / 1000,
			(long long)stopping / 1000);
	EXPECT(8, waitpid(-1, NULL, WUNTRACED | WNOHANG) == 0); /* nobody has stopped */
	kill(0, SIGTERM);
	while (wait(NULL) > 0)
		;
	return stopping <= TIMES * plain ? GUEST_RIGHT : 9;
}

int main(void)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(lead());
	EXPECT(10, waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	if (!WEXITSTATUS(status))
		printf("told at once\n");
	return WEXITSTATUS(status);
}
