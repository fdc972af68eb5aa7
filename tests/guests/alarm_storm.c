/* SPDX-License-Identifier: MIT */
/*
 * Interval timers of a microsecond, whose signal is blocked, ignored or handled:
 * they take time from nobody but their own process.
 */
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "guest.h"

static volatile unsigned nr_alarms;

static void handler(int sig)
{
	(void)sig;
	nr_alarms++;
}

static void storm(int how)
{
	struct itimerval it = { { 0, 1 }, { 0, 1 } };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	if (how == 0)
		sigprocmask(SIG_BLOCK, &set, NULL);
	else
		signal(SIGALRM, how == 1 ? SIG_IGN : handler);
	setitimer(ITIMER_REAL, &it, NULL);
	for (;;)
		guest_spin(1000);
}

/* After a time without attention it is one signal and not one for each interval. */
static void blocked_ones_are_one(void)
{
	struct itimerval it = { { 0, 50000 }, { 0, 50000 } }, off = { { 0, 0 }, { 0, 0 } }, left;
	unsigned nr;
	int64_t start;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	signal(SIGALRM, handler);
	sigprocmask(SIG_BLOCK, &set, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
	guest_sleep_ms(220);
	EXPECT(3, nr_alarms == 0);
	EXPECT(4, getitimer(ITIMER_REAL, &left) == 0 && left.it_interval.tv_usec == 50000);
	start = guest_now_ms();
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	/* On a busy machine more come at once. */
	nr = nr_alarms;
	EXPECT(5, nr >= 1);
	EXPECT(6, nr <= 2 + (unsigned)((guest_now_ms() - start) / 50));
	for (int64_t end = guest_now_ms() + 5000; nr_alarms < 3 && guest_now_ms() < end;)
		guest_spin(1000);
	EXPECT(7, nr_alarms >= 3); /* it goes on */
	setitimer(ITIMER_REAL, &off, NULL);
}

int main(void)
{
	pid_t children[3];

	blocked_ones_are_one();
	for (int how = 0; how < 3; how++) {
		children[how] = fork();
		EXPECT(2, children[how] >= 0);
		if (!children[how])
			storm(how);
	}
	for (int i = 0; i < 20; i++)
		guest_sleep_ms(2);
	for (int how = 0; how < 3; how++) {
		EXPECT(8, kill(children[how], SIGKILL) == 0);
		EXPECT(9, waitpid(children[how], NULL, 0) == children[how]);
	}
	puts("nobody starved");
	return 0;
}
