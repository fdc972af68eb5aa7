/* SPDX-License-Identifier: MIT */
/*
 * A signal that stops, which ends a wait because it has a handler, and that SIGCONT
 * takes back at once: perhaps the handler runs first, perhaps it never does. Either
 * way the call comes back with what it is documented to, and the mask is what it was.
 */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "abi.h"

#define ROUNDS 5

static volatile sig_atomic_t nr_handled;
static int waited_for[2], told[2]; /* pipes */

static void handle(int sig)
{
	(void)sig;
	nr_handled++;
}

static long wait_read(void)
{
	char c;

	return raw(SYS_read, waited_for[0], &c, 1);
}

static long wait_poll(void)
{
	struct pollfd entry = { waited_for[0], POLLIN, 0 };

	return raw(SYS_poll, &entry, 1, -1);
}

static long wait_ppoll(void)
{
	struct pollfd entry = { waited_for[0], POLLIN, 0 };
	uint64_t none = 0;

	return raw6(SYS_ppoll, (long)&entry, 1, 0, (long)&none, sizeof(none), 0);
}

static long wait_pselect(void)
{
	uint64_t none = 0, set[16] = { 1ull << waited_for[0] };
	const uint64_t mask[2] = { (uint64_t)&none, sizeof(none) };

	return raw6(SYS_pselect6, waited_for[0] + 1, (long)set, 0, 0, 0, (long)mask);
}

/* As /proc/PID/stat has it. */
static char state_of(pid_t pid)
{
	char path[64], text[512] = "", *end;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "r");
	if (f && !fread(text, 1, sizeof(text) - 1, f))
		text[0] = '\0';
	if (f)
		fclose(f);
	end = strrchr(text, ')');
	return end ? end[2] : '?';
}

/* Until it waits, or has ended. */
static void let_run(pid_t pid)
{
	char state;

	while ((state = state_of(pid)) != 'S' && state != 'Z')
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
}

static _Noreturn void child(long (*call)(void))
{
	struct sigaction sa = { .sa_handler = handle };
	sigset_t blocked, after;
	long ret;

	sigaction(SIGTSTP, &sa, NULL);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	if (write(told[1], "r", 1) != 1)
		_exit(2);
	ret = call();
	sigprocmask(SIG_BLOCK, NULL, &after);
	if (!sigismember(&after, SIGUSR1))
		_exit(3);
	_exit(ret == 1 || (ret == -EINTR && nr_handled) ? 0 : 4);
}

static int one_round(long (*call)(void))
{
	char c;
	pid_t pid;
	int status, ok;

	if (pipe(waited_for) < 0 || pipe(told) < 0)
		return -1;
	pid = fork();
	if (!pid)
		child(call);
	ok = read(told[0], &c, 1) == 1;
	let_run(pid);
	kill(pid, SIGTSTP);
	kill(pid, SIGCONT);
	let_run(pid);
	ok &= write(waited_for[1], "x", 1) == 1;
	waitpid(pid, &status, 0);
	for (int i = 0; i < 2; i++) {
		close(waited_for[i]);
		close(told[i]);
	}
	return ok && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int main(void)
{
	static const struct {
		const char *name;
		long (*call)(void);
	} calls[] = {
		{ "read", wait_read },
		{ "poll", wait_poll },
		{ "ppoll", wait_ppoll },
		{ "pselect6", wait_pselect },
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		int status = 0;

		for (int round = 0; round < ROUNDS && !status; round++)
			status = one_round(calls[i].call);
		printf("%s: %d\n", calls[i].name, status);
		abi_failures += status != 0;
	}
	return abi_end();
}
