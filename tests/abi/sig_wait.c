/* SPDX-License-Identifier: MIT */
/*
 * Signals that are waited for instead of handled, and those that carry a value.
 * Nothing here depends on who is quicker: what is waited for is either pending
 * already, or comes from a child that may come as late as it likes.
 */
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "abi.h"

#define KERNEL 0xffff800000000000UL
#define NOBODY 4000000

static char *half; /* one mapped page, then none */
static volatile int nr_handled;

static void handle(int sig)
{
	(void)sig;
	nr_handled++;
}

static void show(const char *what, long ret)
{
	if (ret < 0)
		printf("%s: %s\n", what, abi_errno_name(-ret));
	else
		printf("%s: %ld\n", what, ret);
}

static uint64_t set_of(int first, int second)
{
	return 1ull << (first - 1) | (second ? 1ull << (second - 1) : 0);
}

static long wait_raw(const void *set, void *info, const void *timeout, long size)
{
	return raw6(SYS_rt_sigtimedwait, (long)set, (long)info, (long)timeout, size, 0, 0);
}

/* By code, sender and value, the sender in words. */
static void show_info(const char *what, long ret, const siginfo_t *info)
{
	if (ret < 0) {
		show(what, ret);
		return;
	}
	printf("%s: %ld, signo %d, errno %d, code %d, pid %s, value %d\n", what, ret, info->si_signo,
	       info->si_errno, info->si_code,
	       info->si_pid == getpid() ? "own" : info->si_pid ? "another" : "0",
	       info->si_value.sival_int);
}

static void take(const char *what, int first, int second)
{
	static const struct timespec none = { 0, 0 };
	uint64_t set = set_of(first, second);
	siginfo_t info;

	memset(&info, 0x55, sizeof(info));
	show_info(what, wait_raw(&set, &info, &none, 8), &info);
}

static void wait_errors(void)
{
	uint64_t set = set_of(SIGUSR1, 0), all = ~0ull;
	struct timespec none = { 0, 0 }, negative = { -1, 0 }, crooked = { 0, 1000000000 };
	struct timespec below = { 0, -1 }, little = { 0, 1000000 };

	show("wait, size 4", wait_raw(&set, NULL, &none, 4));
	show("wait, size 16", wait_raw(&set, NULL, &none, 16));
	show("wait, no set", wait_raw(NULL, NULL, &none, 8));
	show("wait, the kernel's set", wait_raw((void *)KERNEL, NULL, &none, 8));
	show("wait, half a set", wait_raw(half + 4092, NULL, &none, 8));
	show("wait, bad timeout", wait_raw(&set, NULL, (void *)KERNEL, 8));
	show("wait, half a timeout", wait_raw(&set, NULL, half + 4088, 8));
	show("wait, negative", wait_raw(&set, NULL, &negative, 8));
	show("wait, a second of ns", wait_raw(&set, NULL, &crooked, 8));
	show("wait, negative ns", wait_raw(&set, NULL, &below, 8));
	show("wait, bad set and timeout", wait_raw(NULL, NULL, &negative, 8));
	show("nothing pending", wait_raw(&set, NULL, &none, 8));
	show("nothing pending of all", wait_raw(&all, NULL, &none, 8));
	show("nothing comes", wait_raw(&set, NULL, &little, 8));
	kill(getpid(), SIGUSR1);
	show("bad info", wait_raw(&set, (void *)KERNEL, &none, 8));
	show("it is taken all the same", wait_raw(&set, NULL, &none, 8));
}

static void queue_errors(void)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_code = SI_QUEUE;
	show("queue, no info", raw(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, NULL));
	show("queue, the kernel's info", raw(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, KERNEL));
	show("queue, half an info", raw(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, half + 4080));
	show("queue, nobody", raw(SYS_rt_sigqueueinfo, NOBODY, SIGUSR1, &info));
	show("queue, 0", raw(SYS_rt_sigqueueinfo, 0, SIGUSR1, &info));
	show("queue, -1", raw(SYS_rt_sigqueueinfo, -1, SIGUSR1, &info));
	show("queue, signal 65", raw(SYS_rt_sigqueueinfo, getpid(), 65, &info));
	show("queue, signal -1", raw(SYS_rt_sigqueueinfo, getpid(), -1, &info));
	show("queue, signal 65 to nobody", raw(SYS_rt_sigqueueinfo, NOBODY, 65, &info));
	show("queue, signal 0", raw(SYS_rt_sigqueueinfo, getpid(), 0, &info));
	for (int code = -7; code <= 1; code++) {
		info.si_code = code;
		printf("code %d ", code);
		show("to nobody", raw(SYS_rt_sigqueueinfo, NOBODY, SIGUSR1, &info));
	}
	info.si_code = SI_KERNEL;
	show("code SI_KERNEL to nobody", raw(SYS_rt_sigqueueinfo, NOBODY, SIGUSR1, &info));
}

static void taken_in_order(void)
{
	take("none", SIGUSR1, SIGUSR2);
	kill(getpid(), SIGUSR2);
	kill(getpid(), SIGUSR1);
	raise(SIGCHLD);
	take("not that", SIGTERM, 0);
	take("the lower one", SIGUSR1, SIGUSR2);
	take("the higher one", SIGUSR1, SIGUSR2);
	take("both are taken", SIGUSR1, SIGUSR2);
	take("one that is ignored by default", SIGCHLD, 0);
	kill(getpid(), SIGSEGV);
	kill(getpid(), SIGHUP);
	take("faults first", SIGSEGV, SIGHUP);
	take("then the other", SIGSEGV, SIGHUP);
}

static void queue_to_self(int sig, int code, int value)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_code = code;
	info.si_pid = getpid();
	info.si_value.sival_int = value;
	show("queued", raw(SYS_rt_sigqueueinfo, getpid(), sig, &info));
}

static void catch_value(int sig, siginfo_t *info, void *context)
{
	(void)context;
	nr_handled++;
	show_info("handled", sig, info);
}

static void values(void)
{
	struct sigaction action = { .sa_sigaction = catch_value, .sa_flags = SA_SIGINFO };
	uint64_t set = set_of(SIGUSR1, SIGRTMIN);

	queue_to_self(SIGUSR1, SI_QUEUE, 42);
	take("with a value", SIGUSR1, 0);
	queue_to_self(SIGUSR1, SI_TKILL, 43);
	take("to oneself by any code", SIGUSR1, 0);
	queue_to_self(SIGUSR1, SI_USER, 0);
	take("even as kill", SIGUSR1, 0);
	printf("sigqueue %d\n", sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 44 }));
	take("of sigqueue", SIGRTMIN, 0);
	sigaction(SIGRTMIN, &action, NULL);
	sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 45 });
	raw6(SYS_rt_sigprocmask, SIG_UNBLOCK, (long)&set, 0, 8, 0, 0);
	sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 46 });
	raw6(SYS_rt_sigprocmask, SIG_BLOCK, (long)&set, 0, 8, 0, 0);
	printf("handled %d times\n", nr_handled);
}

/* A child that sends its parent sig, once or again and again, until it is killed. */
static pid_t begin_sender(int sig, int value, int is_repeated)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid)
		return pid;
	do {
		if (sigqueue(getppid(), sig, (union sigval){ .sival_int = value }))
			_exit(1);
		usleep(10000);
	} while (is_repeated);
	for (;;)
		pause();
}

static void end_child(pid_t pid)
{
	int status = 0;

	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	printf("the child ended with %d\n", status);
}

static void waited_for(void)
{
	struct timespec long_time = { 1000000, 0 };
	uint64_t set = set_of(SIGUSR1, SIGTSTP), own = set_of(SIGTERM, 0), child = set_of(SIGCHLD, 0);
	siginfo_t info;
	pid_t pid;

	pid = begin_sender(SIGUSR1, 7, 0);
	show_info("a child's, for ever", wait_raw(&set, &info, NULL, 8), &info);
	end_child(pid);
	pid = begin_sender(SIGTSTP, 8, 0);
	show_info("one that would stop us", wait_raw(&set, &info, &long_time, 8), &info);
	end_child(pid);
	take("the ends of children", SIGCHLD, 0);
	raw6(SYS_rt_sigprocmask, SIG_UNBLOCK, (long)&own, 0, 8, 0, 0);
	nr_handled = 0;
	pid = begin_sender(SIGTERM, 9, 1); /* the first may come before the wait */
	show("another signal's handler runs", wait_raw(&set, &info, &long_time, 8));
	check("it has run", nr_handled >= 1);
	end_child(pid);
	take("its end", SIGCHLD, 0);
	pid = fork();
	if (!pid)
		_exit(3);
	show("the end of a child", wait_raw(&child, &info, NULL, 8));
	printf("code %d, status %d, it is %s\n", info.si_code, info.si_status,
	       info.si_pid == pid ? "the child" : "another");
	waitpid(pid, NULL, 0);
}

/* An interval timer goes on when its signal is taken. */
static void timers(void)
{
	struct itimerval interval = { { 0, 2000 }, { 0, 1000 } }, off = { { 0, 0 }, { 0, 0 } };
	uint64_t set = set_of(SIGALRM, 0);
	siginfo_t info;

	setitimer(ITIMER_REAL, &interval, NULL);
	for (int i = 0; i < 3; i++)
		show_info("alarm", wait_raw(&set, &info, NULL, 8), &info);
	setitimer(ITIMER_REAL, &off, NULL);
	wait_raw(&set, NULL, &(struct timespec){ 0, 0 }, 8);
	take("no more", SIGALRM, 0);
}

int main(void)
{
	struct sigaction action = { .sa_handler = handle };
	sigset_t all;

	half = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(half + 4096, 4096);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	wait_errors();
	queue_errors();
	taken_in_order();
	sigaction(SIGTERM, &action, NULL);
	values();
	waited_for();
	timers();
	return abi_end();
}
