/* SPDX-License-Identifier: MIT */
/* A bit of everything that a trace records: processes, pipes, waits, page
 * faults, an exception, signals, sleep. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t nr_signals;

static void on_signal(int signal)
{
	(void)signal;
	nr_signals++;
}

static void on_fault(int signal)
{
	(void)signal;
	_exit(7);
}

static void sleep_ms(long ms)
{
	const struct timespec ts = { 0, ms * 1000000 };

	nanosleep(&ts, NULL);
}

static void child(int in, int out)
{
	char byte;

	while (read(in, &byte, 1) == 1)
		if (write(out, &byte, 1) != 1)
			_exit(2);
	signal(SIGILL, on_fault);
	__asm__ volatile("ud2");
	_exit(3);
}

/* A child that is stopped while it waits, goes on and is killed. Returns whether
 * all of that could be seen. */
static int stop_one(void)
{
	int status, way[2];
	pid_t pid;
	char byte;

	if (pipe(way) || (pid = fork()) < 0)
		return 0;
	if (pid == 0)
		_exit(read(way[0], &byte, 1) < 0);
	sleep_ms(2); /* it waits by now, or else stops itself */
	kill(pid, SIGSTOP);
	if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status))
		return 0;
	sleep_ms(2);
	kill(pid, SIGCONT);
	if (waitpid(pid, &status, WCONTINUED) != pid || !WIFCONTINUED(status))
		return 0;
	kill(pid, SIGKILL);
	return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status);
}

int main(void)
{
	int there[2], back[2], status;
	char byte = 'x';
	char *pages = mmap(NULL, 64 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED || pipe(there) || pipe(back))
		return 1;
	for (int i = 0; i < 64; i++)
		pages[i * 4096] = (char)i;
	signal(SIGUSR1, on_signal);
	pid_t pid = fork();

	if (pid == 0) {
		close(there[1]);
		child(there[0], back[1]);
	}
	for (int i = 0; i < 20; i++)
		if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1)
			return 1;
	pages[0] = 1; /* shared with the child: a copy */
	for (int i = 0; i < 3; i++)
		kill(getpid(), SIGUSR1);
	sleep_ms(3);
	syscall(9999); /* no such call */
	close(there[1]);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 7)
		return 1;
	if (!stop_one())
		return 1;
	printf("%d signals\n", (int)nr_signals);
	return nr_signals != 3;
}
