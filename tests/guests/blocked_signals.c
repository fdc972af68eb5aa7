/* SPDX-License-Identifier: MIT */
/* Signals that wait, blocked, in a process without handlers: whoever asks is told where
 * they come from, and they keep no memory when they are gone. */
#include <signal.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>

#include "guest.h"

static unsigned long nr_free(void)
{
	struct sysinfo info;

	return sysinfo(&info) ? 0 : info.freeram;
}

static pid_t end_child(void)
{
	pid_t pid = fork();

	EXPECT(3, pid >= 0);
	if (!pid)
		_exit(5);
	return pid;
}

static void wait_for(pid_t pid)
{
	EXPECT(4, waitpid(pid, NULL, 0) == pid);
}

static void drop(const sigset_t *all)
{
	sigset_t old, pending;

	sigprocmask(SIG_SETMASK, all, &old);
	wait_for(end_child());
	EXPECT(5, !sigpending(&pending) && sigismember(&pending, SIGCHLD));
	sigprocmask(SIG_SETMASK, &old, NULL);
	EXPECT(6, !sigpending(&pending) && !sigismember(&pending, SIGCHLD));
}

static void take(const sigset_t *all)
{
	siginfo_t info;
	sigset_t old;
	pid_t pid;

	sigprocmask(SIG_SETMASK, all, &old);
	pid = end_child();
	EXPECT(7, sigwaitinfo(all, &info) == SIGCHLD);
	EXPECT(8, info.si_pid == pid && info.si_code == CLD_EXITED && info.si_status == 5);
	wait_for(pid);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

int main(void)
{
	unsigned long before;
	sigset_t all;

	sigfillset(&all);
	wait_for(end_child()); /* what the first process takes for all */
	before = nr_free();
	for (unsigned i = 0; i < 20; i++) {
		drop(&all);
		EXPECT(9, nr_free() == before);
		take(&all);
		EXPECT(10, nr_free() == before);
	}
	puts("nothing was kept");
	return 0;
}
