/* SPDX-License-Identifier: MIT */
/* Stopping and continuing: who is told, what goes on afterwards, and what
 * process groups and sessions allow. */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "abi.h"

static volatile int nr_children, last_code, last_status, nr_conts;

static void on_child(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	nr_children++;
	last_code = info->si_code;
	last_status = info->si_status;
}

static void on_cont(int sig)
{
	(void)sig;
	nr_conts++;
}

static void show_status(const char *what, int status)
{
	printf("%s: stopped %d by %d, continued %d, exited %d with %d, killed %d by %d\n", what,
	       WIFSTOPPED(status), WIFSTOPPED(status) ? WSTOPSIG(status) : 0, WIFCONTINUED(status),
	       WIFEXITED(status), WIFEXITED(status) ? WEXITSTATUS(status) : 0,
	       WIFSIGNALED(status), WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

/* A child that pauses for ever. */
static pid_t fork_pausing(void)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid)
		for (;;)
			pause();
	return pid;
}

static void told_by_wait(void)
{
	pid_t pid = fork_pausing();
	int status = 0;

	kill(pid, SIGSTOP);
	check("stop: reported", waitpid(pid, &status, WUNTRACED) == pid);
	show_status("stop", status);
	check("stop: reported once", waitpid(pid, &status, WUNTRACED | WNOHANG) == 0);
	kill(pid, SIGTERM);
	check("a stopped process does not die of SIGTERM",
	      waitpid(pid, &status, WUNTRACED | WNOHANG) == 0);
	kill(pid, SIGCONT);
	check("...before it is continued", waitpid(pid, &status, 0) == pid);
	show_status("SIGTERM", status);

	pid = fork_pausing();
	kill(pid, SIGTSTP);
	waitpid(pid, &status, WUNTRACED);
	show_status("SIGTSTP", status);
	kill(pid, SIGCONT);
	check("continue: reported", waitpid(pid, &status, WCONTINUED) == pid);
	show_status("continue", status);
	check("continue: reported once", waitpid(pid, &status, WCONTINUED | WNOHANG) == 0);
	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	kill(pid, SIGKILL);
	check("SIGKILL ends a stopped one", waitpid(pid, &status, 0) == pid);
	show_status("SIGKILL", status);
}

static void told_by_waitid(void)
{
	pid_t pid = fork_pausing();
	siginfo_t info;

	kill(pid, SIGSTOP);
	memset(&info, 0, sizeof(info));
	check("waitid WNOWAIT", waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOWAIT) == 0);
	printf("signo %d code %d status %d own %d\n", info.si_signo, info.si_code, info.si_status,
	       info.si_pid == pid);
	check("waitid again", waitid(P_PID, (id_t)pid, &info, WSTOPPED) == 0);
	memset(&info, 0, sizeof(info));
	check("waitid no more", waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOHANG) == 0);
	printf("pid %d\n", info.si_pid);
	kill(pid, SIGCONT);
	check("waitid continued", waitid(P_PID, (id_t)pid, &info, WCONTINUED | WEXITED) == 0);
	printf("signo %d code %d status %d\n", info.si_signo, info.si_code, info.si_status);
	kill(pid, SIGKILL);
	check("waitid ended", waitid(P_PID, (id_t)pid, &info, WEXITED) == 0);
	printf("code %d status %d\n", info.si_code, info.si_status);
}

static void told_by_signal(void)
{
	struct sigaction action = { .sa_sigaction = on_child, .sa_flags = SA_SIGINFO };
	pid_t pid;
	int status;

	sigaction(SIGCHLD, &action, NULL);
	nr_children = 0;
	pid = fork_pausing();
	kill(pid, SIGSTOP);
	while (waitpid(pid, &status, WUNTRACED) != pid)
		;
	while (nr_children < 1)
		usleep(1000);
	printf("stop: %d signals, code %d status %d\n", nr_children, last_code, last_status);
	kill(pid, SIGCONT);
	while (waitpid(pid, &status, WCONTINUED) != pid)
		;
	while (nr_children < 2)
		usleep(1000); /* the signal comes when the child runs */
	printf("continue: %d signals, code %d status %d\n", nr_children, last_code, last_status);
	action.sa_flags |= SA_NOCLDSTOP;
	sigaction(SIGCHLD, &action, NULL);
	kill(pid, SIGSTOP);
	while (waitpid(pid, &status, WUNTRACED) != pid)
		;
	kill(pid, SIGCONT);
	while (waitpid(pid, &status, WCONTINUED) != pid)
		;
	usleep(100000);
	printf("SA_NOCLDSTOP: %d signals\n", nr_children);
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) != pid)
		;
	printf("end: %d signals, code %d\n", nr_children, last_code);
	signal(SIGCHLD, SIG_DFL);
}

/* Stops the child, and lets it go on after 30 ms. */
static void stop_for_a_while(pid_t pid)
{
	struct timespec a_while = { 0, 30000000 };
	int status;

	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	nanosleep(&a_while, NULL);
	kill(pid, SIGCONT);
}

/* Waiting goes on where it was: nobody gets EINTR of being stopped. */
static void waits_go_on(void)
{
	struct timespec nap = { 0, 200000000 };
	sigset_t cont, old;
	int to[2], status;
	char byte = 0;
	pid_t pid;

	if (pipe(to))
		return;
	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(nanosleep(&nap, NULL) == 0 ? 1 : errno);
	stop_for_a_while(pid);
	waitpid(pid, &status, 0);
	show_status("sleep", status);

	pid = fork();
	if (!pid)
		_exit(read(to[0], &byte, 1) == 1 ? byte : errno);
	stop_for_a_while(pid);
	if (write(to[1], "\7", 1) != 1)
		return;
	waitpid(pid, &status, 0);
	show_status("read", status);

	pid = fork();
	if (!pid) {
		struct pollfd pollfd = { .fd = to[0], .events = POLLIN };

		_exit(poll(&pollfd, 1, 10000) == 1 && read(to[0], &byte, 1) == 1 ? byte : errno);
	}
	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	if (write(to[1], "\5", 1) != 1)
		return;
	kill(pid, SIGCONT);
	waitpid(pid, &status, 0);
	show_status("data that came while it was stopped", status);

	sigemptyset(&cont);
	sigaddset(&cont, SIGCONT);
	sigprocmask(SIG_BLOCK, &cont, &old);
	pid = fork();
	if (!pid) {
		signal(SIGCONT, on_cont);
		_exit(sigsuspend(&old) == -1 && errno == EINTR ? 10 + nr_conts : 0);
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	stop_for_a_while(pid);
	waitpid(pid, &status, 0);
	show_status("a handler of SIGCONT runs", status);
	close(to[0]);
	close(to[1]);
}

static void one_takes_back_the_other(void)
{
	sigset_t stop, set;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	sigaddset(&stop, SIGCONT);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	raise(SIGTSTP);
	sigpending(&set);
	check("SIGTSTP pends", sigismember(&set, SIGTSTP));
	signal(SIGCONT, on_cont);
	raise(SIGCONT);
	sigpending(&set);
	check("SIGCONT takes it back", !sigismember(&set, SIGTSTP) && sigismember(&set, SIGCONT));
	raise(SIGTSTP);
	sigpending(&set);
	check("and the other way", sigismember(&set, SIGTSTP) && !sigismember(&set, SIGCONT));
	signal(SIGTSTP, SIG_IGN);
	sigpending(&set);
	check("ignoring it drops it", !sigismember(&set, SIGTSTP));
	sigprocmask(SIG_UNBLOCK, &stop, NULL);
	signal(SIGTSTP, SIG_DFL);
	signal(SIGCONT, SIG_DFL);
}

/* In a session of its own: its group has nobody who would continue it. */
static void orphaned_groups(void)
{
	int status, ready[2];
	char byte;
	pid_t pid;

	if (pipe(ready))
		return;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		setsid();
		raise(SIGTSTP);
		raise(SIGTTIN);
		raise(SIGTTOU);
		_exit(3);
	}
	waitpid(pid, &status, WUNTRACED);
	show_status("a group of orphans does not stop", status);

	/* A leader leaves a stopped child in another group behind. */
	pid = fork();
	if (!pid) {
		pid_t child;

		setsid();
		child = fork();
		if (!child) {
			setpgid(0, 0);
			signal(SIGHUP, on_cont);
			signal(SIGCONT, on_cont);
			raise(SIGSTOP);
			byte = (char)nr_conts;
			_exit(write(ready[1], &byte, 1) != 1);
		}
		waitpid(child, &status, WUNTRACED);
		_exit(WIFSTOPPED(status) ? 4 : 5);
	}
	waitpid(pid, &status, 0);
	show_status("leader", status);
	check("the orphan was woken", read(ready[0], &byte, 1) == 1);
	printf("by %d signals\n", byte);
	close(ready[0]);
	close(ready[1]);
}

static void allowed_moves(void)
{
	int status;
	pid_t pid, other;

	fflush(stdout);
	pid = fork_pausing();
	other = fork_pausing();
	check("a group of its own", setpgid(pid, 0) == 0 && getpgid(pid) == pid);
	check("joined", setpgid(other, pid) == 0 && getpgid(other) == pid);
	check("no such group", setpgid(other, 30000) == -1 && errno == EPERM);
	check("negative", setpgid(other, -2) == -1 && errno == EINVAL);
	check("stop of a group", kill(-pid, SIGSTOP) == 0);
	check("its first", waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status));
	check("its second", waitpid(-pid, &status, WUNTRACED) == other && WIFSTOPPED(status));
	kill(-pid, SIGKILL);
	waitpid(pid, &status, 0);
	waitpid(other, &status, 0);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		int holds = setsid() == getpid() && getsid(0) == getpid() && getpgrp() == getpid();

		holds = holds && setsid() == -1 && errno == EPERM;
		holds = holds && setpgid(0, 0) == -1 && errno == EPERM;
		_exit(holds);
	}
	waitpid(pid, &status, 0);
	check("leader of a session", WIFEXITED(status) && WEXITSTATUS(status) == 1);
}

/* In a group of its own with a parent outside, so that it is not an orphaned one,
 * wherever this is started from. */
int main(void)
{
	int status;
	pid_t pid = fork();

	if (pid) {
		waitpid(pid, &status, 0);
		return !WIFEXITED(status) || WEXITSTATUS(status);
	}
	setpgid(0, 0);
	told_by_wait();
	told_by_waitid();
	told_by_signal();
	waits_go_on();
	one_takes_back_the_other();
	orphaned_groups();
	allowed_moves();
	return abi_end();
}
