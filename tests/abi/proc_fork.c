/* SPDX-License-Identifier: MIT */
/*
 * fork: a child has a copy of everything and its parent keeps its own, and
 * wait tells how each child ended.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi.h"

#define PAGES 40
#define PAGE  4096

static int data = 1;
static char bss[PAGES * PAGE];

static int status_of(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid ? status : -1;
}

static void memory_is_private(void)
{
	int local = 1, wrong = 0;
	char *heap = malloc(PAGES * PAGE);
	char *map = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);
	pid_t pid;

	memset(heap, 'h', PAGES * PAGE);
	memset(map, 'm', PAGES * PAGE);
	memset(bss, 'b', sizeof(bss));
	fflush(stdout);
	pid = fork();
	if (!pid) {
		int seen = data == 1 && local == 1 && heap[PAGE] == 'h' &&
			   map[PAGES * PAGE - 1] == 'm' && bss[7 * PAGE] == 'b';

		data = local = 2;
		memset(heap, 'x', PAGES * PAGE);
		memset(map, 'x', PAGES * PAGE);
		memset(bss, 'x', sizeof(bss));
		_exit(seen ? 42 : 1);
	}
	data = local = 3;
	memset(bss, 'p', sizeof(bss) / 2);
	check("the child saw what was there", status_of(pid) == 42 << 8);
	check("the parent's variables are its own", data == 3 && local == 3);
	for (int i = 0; i < PAGES * PAGE; i++)
		wrong += heap[i] != 'h' || map[i] != 'm' ||
			 bss[i] != (i < PAGES * PAGE / 2 ? 'p' : 'b');
	check("and so are its pages", !wrong);
	free(heap);
	munmap(map, PAGES * PAGE);
}

static void ends_are_told(void)
{
	int status = -1;
	pid_t pid;

	fflush(stdout);
	for (int code = 0; code < 256; code += 51) {
		pid = fork();
		if (!pid)
			_exit(code);
		printf("exit code %d: status %#x\n", code, status_of(pid));
	}
	pid = fork();
	if (!pid) {
		raise(SIGKILL);
		_exit(1);
	}
	printf("killed: status %#x\n", status_of(pid) & 0x7f);
	check("nobody is left", wait(&status) == -1 && errno == ECHILD);
	check("nor of that number", waitpid(pid, &status, 0) == -1 && errno == ECHILD);
	check("bad options", waitpid(-1, &status, 0x10000) == -1 && errno == EINVAL);
	pid = fork();
	if (!pid) {
		pause();
		_exit(1);
	}
	check("WNOHANG does not wait", waitpid(pid, &status, WNOHANG) == 0);
	check("kill", kill(pid, SIGTERM) == 0);
	printf("terminated: status %#x\n", status_of(pid));
}

static void waitid_tells_the_usage(void)
{
	struct rusage usage = { 0 };
	siginfo_t info = { 0 };
	pid_t pid = fork();

	if (pid == 0) {
		char *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			       -1, 0);

		memset(p, 1, 1 << 20);
		_exit(4);
	}
	check("a bad pointer",
	      syscall(SYS_waitid, P_PID, pid, &info, WEXITED | WNOWAIT, 8) < 0);
	check("waitid with rusage",
	      syscall(SYS_waitid, P_PID, pid, &info, WEXITED | WNOWAIT, &usage) == 0);
	printf("%d %d %d\n", info.si_code, info.si_status, (int)info.si_uid);
	check("memory of the child", usage.ru_maxrss >= 1024);
	check("faults of the child", usage.ru_minflt > 0);
	waitpid(pid, NULL, 0);
}

static void waitid_looks_without_taking(void)
{
	siginfo_t info = { 0 };
	pid_t pid = fork();

	if (!pid)
		_exit(9);
	check("waitid", waitid(P_PID, pid, &info, WEXITED | WNOWAIT) == 0);
	check("says who", info.si_pid == pid && info.si_signo == SIGCHLD);
	printf("code %d status %d\n", info.si_code, info.si_status);
	check("it is still there", waitid(P_ALL, 0, &info, WEXITED) == 0 && info.si_pid == pid);
	check("and now is not", waitid(P_ALL, 0, &info, WEXITED) == -1 && errno == ECHILD);
}

/* Who waits and has nowhere to be told has waited all the same. */
static void told_nowhere(const char *how, int is_waitid, void *to, void *usage)
{
	pid_t pid = fork();
	long result;

	if (!pid)
		_exit(1);
	errno = 0;
	result = is_waitid ? syscall(SYS_waitid, P_PID, pid, to, WEXITED, usage) :
			     syscall(SYS_wait4, pid, to, WUNTRACED, usage);
	printf("%s: %ld, %s", how, result, abi_errno_name(errno));
	result = waitpid(pid, NULL, 0);
	printf(", then %ld, %s\n", result, abi_errno_name(errno));
	fflush(stdout);
}

static void a_bad_pointer_takes_the_child(void)
{
	struct rusage usage;
	siginfo_t info = { .si_signo = 77 };
	int status = 77;

	memset(&usage, 1, sizeof(usage));
	told_nowhere("wait4, status", 0, (void *)8, &usage);
	check("rusage is left", usage.ru_msgsnd == 0x0101010101010101);
	told_nowhere("wait4, rusage", 0, &status, (void *)8);
	printf("status %#x\n", status);
	told_nowhere("waitid, rusage", 1, &info, (void *)8);
	check("siginfo is left", info.si_signo == 77);
	told_nowhere("waitid, siginfo", 1, (void *)8, &usage);
	check("rusage is there", !usage.ru_msgsnd);
}

static void many_come_back(void)
{
	enum { NR = 60 };
	int seen[NR] = { 0 }, all = 0;

	for (int i = 0; i < NR; i++)
		if (!fork())
			_exit(i);
	for (int i = 0; i < NR; i++) {
		int status;

		if (wait(&status) > 0 && (status >> 8) < NR)
			seen[status >> 8]++;
	}
	for (int i = 0; i < NR; i++)
		all += seen[i] == 1;
	printf("%d children, %d each once\n", NR, all);
}

static int descend(int depth)
{
	pid_t pid;

	if (!depth)
		return 0;
	pid = fork();
	if (!pid)
		_exit(descend(depth - 1) + 1);
	return status_of(pid) >> 8;
}

static void orphans_live_on(void)
{
	int *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	pid = fork();
	if (!pid) {
		if (!fork()) {
			usleep(20000);
			*shared = 7;
			_exit(0);
		}
		_exit(0);
	}
	status_of(pid);
	for (int i = 0; i < 3000 && *shared != 7; i++)
		usleep(10000);
	printf("the orphan wrote %d\n", *shared);
}

int main(void)
{
	memory_is_private();
	ends_are_told();
	waitid_looks_without_taking();
	fflush(stdout);
	waitid_tells_the_usage();
	fflush(stdout);
	a_bad_pointer_takes_the_child();
	many_come_back();
	fflush(stdout);
	printf("%d generations\n", descend(8));
	fflush(stdout);
	orphans_live_on();
	return abi_end();
}
