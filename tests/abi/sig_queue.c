/* SPDX-License-Identifier: MIT */
/*
 * Real-time signals: each that is sent arrives, the lowest number first, those of one
 * number in order, each with what was sent along; others are pending once. What
 * becomes of those that wait at fork, exec and the end, and how many may.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi.h"

#define LOW  40
#define HIGH 41
#define MANY 100
#define LIMIT 16

static const char *self;

static int send(int sig, int value)
{
	return sigqueue(getpid(), sig, (union sigval){ .sival_int = value });
}

static void send_series(int sig, int first, int last)
{
	for (int value = first; value <= last; value++)
		if (send(sig, value))
			printf("queue of %d: %s\n", value, abi_errno_name(errno));
}

/* What is pending of those two, one after the other, or until so many are taken. */
static void take(const char *what, int max)
{
	static const struct timespec none;
	siginfo_t info;
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, LOW);
	sigaddset(&set, HIGH);
	sigaddset(&set, SIGUSR1);
	printf("%s:", what);
	while (max-- && (sig = sigtimedwait(&set, &info, &none)) > 0)
		printf(" %d(%d %d %s)", sig, info.si_code, info.si_value.sival_int,
		       info.si_pid == getpid() ? "own" : info.si_pid ? "another" : "0");
	printf("\n");
}

static void show_pending(const char *what)
{
	sigset_t set;

	sigpending(&set);
	printf("%s: %s%s%s\n", what, sigismember(&set, LOW) ? "low " : "",
	       sigismember(&set, HIGH) ? "high " : "", sigismember(&set, SIGUSR1) ? "usr1" : "");
}

static void set_blocked(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, LOW);
	sigaddset(&set, HIGH);
	sigaddset(&set, SIGUSR1);
	sigprocmask(how, &set, NULL);
}

static void in_order(void)
{
	send_series(HIGH, 1, 5);
	send_series(LOW, 6, 8);
	send_series(SIGUSR1, 9, 11);
	show_pending("pending");
	take("one", 1);
	take("two", 2);
	show_pending("some are left");
	send_series(HIGH, 12, 12);
	send_series(LOW, 13, 14);
	take("all", -1);
	show_pending("none is left");
	take("none", -1);
	send_series(LOW, 1, MANY);
	take("many", -1);
}

static void by_others(void)
{
	for (int i = 0; i < 3; i++)
		kill(getpid(), LOW);
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGUSR1);
	take("of kill", -1);
	for (int i = 0; i < 3; i++)
		raw(SYS_tgkill, getpid(), getpid(), HIGH);
	take("of tgkill", -1);
	send_series(LOW, 1, 2);
	kill(getpid(), LOW);
	send_series(LOW, 3, 3);
	kill(0, LOW); /* the group is our own */
	take("of several", -1);
}

static int handled[3 * MANY];
static volatile int nr_handled;

static void handle(int sig, siginfo_t *info, void *context)
{
	(void)context;
	if (nr_handled < 3 * MANY)
		handled[nr_handled++] = sig * 1000 + info->si_value.sival_int;
}

static void set_handler(int sig, int flags)
{
	struct sigaction action = { .sa_sigaction = handle, .sa_flags = SA_SIGINFO | flags }, old;

	sigaction(sig, &action, NULL);
	sigaction(sig, NULL, &old);
	printf("flags as given: %d\n", (old.sa_flags & ~0x04000000) == (SA_SIGINFO | flags));
}

static void show_handled(const char *what)
{
	printf("%s:", what);
	for (int i = 0; i < nr_handled; i++)
		printf(" %d", handled[i]);
	printf("\n");
	nr_handled = 0;
}

static void by_handlers(int flags)
{
	printf("flags %x\n", flags);
	set_handler(LOW, flags);
	set_handler(HIGH, flags);
	set_handler(SIGUSR1, flags);
	send_series(HIGH, 1, 3);
	send_series(LOW, 4, 6);
	send_series(SIGUSR1, 7, 9);
	set_handler(LOW, flags); /* in the midst of it */
	set_blocked(SIG_UNBLOCK);
	show_handled("handled");
	send_series(LOW, 1, 3);
	show_handled("handled at once");
	set_blocked(SIG_BLOCK);
	take("none is left", -1);
}

/* A system call that is cut short returns when all have been handled. */
static void by_suspend(void)
{
	sigset_t none;

	set_handler(LOW, 0);
	send_series(LOW, 1, 4);
	sigemptyset(&none);
	printf("sigsuspend: %d", sigsuspend(&none));
	printf(" %s\n", abi_errno_name(errno));
	show_handled("handled");
	take("none is left", -1);
}

static void ignored(void)
{
	send_series(LOW, 1, 5);
	send_series(HIGH, 6, 7);
	signal(LOW, SIG_IGN);
	take("without those ignored", -1);
	send_series(LOW, 8, 9); /* blocked: kept all the same */
	take("blocked and ignored", -1);
	send_series(LOW, 10, 12);
	set_blocked(SIG_UNBLOCK);
	set_blocked(SIG_BLOCK);
	take("ignored when unblocked", -1);
	signal(LOW, SIG_DFL);
	send_series(LOW, 13, 14);
	take("not ignored any more", -1);
}

static void show_end(const char *what, pid_t pid)
{
	int status = 0;

	waitpid(pid, &status, 0);
	printf("%s: %x\n", what, status);
}

static pid_t begin_child(void)
{
	fflush(stdout);
	return fork();
}

static void by_default(void)
{
	pid_t pid = begin_child();

	if (!pid) {
		send_series(HIGH, 1, 3);
		send_series(LOW, 1, 3);
		set_blocked(SIG_UNBLOCK);
		_exit(1);
	}
	show_end("ends by the lower one", pid);
	pid = begin_child();
	if (!pid) {
		set_handler(LOW, SA_RESETHAND);
		fflush(stdout);
		send_series(LOW, 1, 2);
		set_blocked(SIG_UNBLOCK);
		_exit(1);
	}
	show_end("the second has no handler any more", pid);
}

static void at_fork_and_exec(void)
{
	pid_t pid;

	set_handler(HIGH, 0);
	send_series(LOW, 1, 3);
	send_series(HIGH, 4, 6);
	pid = begin_child();
	if (!pid) {
		take("a child has none", -1);
		send_series(LOW, 20, 22);
		take("but its own", -1);
		send_series(LOW, 23, 25);
		fflush(stdout);
		_exit(0); /* with them */
	}
	show_end("child", pid);
	pid = begin_child();
	if (!pid) {
		send_series(LOW, 30, 33);
		send_series(HIGH, 34, 35);
		fflush(stdout);
		execl(self, self, "after", NULL);
		_exit(1);
	}
	show_end("exec", pid);
	take("its parent", -1);
}

/* So many children at once, or one that never waits: all values come, those of each
 * sender in order. */
static void of_children(void)
{
	long last[4] = { 0 }, sum = 0;
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, LOW);
	for (int i = 0; i < 4; i++) {
		if (begin_child())
			continue;
		for (int n = 1; n <= MANY; n++)
			while (sigqueue(getppid(), LOW, (union sigval){ .sival_int = i * 1000 + n }))
				usleep(1000); /* it has as many as it may */
		_exit(0);
	}
	for (int n = 0; n < 4 * MANY; n++) {
		if (sigwaitinfo(&set, &info) != LOW || info.si_code != SI_QUEUE)
			break;
		sum += info.si_value.sival_int % 1000 == ++last[info.si_value.sival_int / 1000 % 4];
	}
	check("all came in order", sum == 4 * MANY);
	for (int i = 0; i < 4; i++)
		check("a sender has ended", wait(NULL) > 0);
	take("no more", -1);
}

/* Other processes of the user's count natively, so how many it is is not shown. */
static void limited(void)
{
	struct rlimit limit;
	int nr = 0, nr_taken = 0;
	siginfo_t info;
	sigset_t set;

	check("there is a limit", !getrlimit(RLIMIT_SIGPENDING, &limit) && limit.rlim_cur >= 32);
	limit.rlim_cur = LIMIT;
	setrlimit(RLIMIT_SIGPENDING, &limit);
	while (nr <= LIMIT && !send(LOW, nr))
		nr++;
	printf("then: %s\n", abi_errno_name(errno));
	check("no more than the limit", nr > 0 && nr <= LIMIT);
	printf("another number: %d", send(HIGH, 1));
	printf(" %s\n", abi_errno_name(errno));
	printf("of tgkill: %s\n", abi_errno_name(-raw(SYS_tgkill, getpid(), getpid(), LOW)));
	printf("of kill: %d\n", kill(getpid(), LOW));
	printf("not a real-time one: %d\n", send(SIGUSR1, 2));
	show_pending("pending");
	sigemptyset(&set);
	sigaddset(&set, LOW);
	for (; nr_taken < nr && sigwaitinfo(&set, &info) == LOW; nr_taken++)
		if (info.si_value.sival_int != nr_taken)
			printf("%d instead of %d\n", info.si_value.sival_int, nr_taken);
	check("as many as were sent", nr_taken == nr);
	printf("again: %d\n", send(HIGH, 2));
	sigaddset(&set, HIGH);
	printf("taken: %d", sigwaitinfo(&set, &info));
	printf(" %d\n", info.si_value.sival_int);
	limit.rlim_cur = 0;
	setrlimit(RLIMIT_SIGPENDING, &limit);
	printf("none: %d", send(HIGH, 3));
	printf(" %s\n", abi_errno_name(errno));
	show_pending("pending");
}

int main(int argc, char **argv)
{
	(void)argc;
	self = argv[0];
	if (argv[1]) {
		take("after exec", -1);
		return abi_end();
	}
	setpgid(0, 0);
	set_blocked(SIG_BLOCK);
	in_order();
	by_others();
	by_handlers(0);
	by_handlers(SA_NODEFER);
	by_suspend();
	ignored();
	by_default();
	at_fork_and_exec();
	of_children();
	limited();
	return abi_end();
}
