/* SPDX-License-Identifier: MIT */
/*
 * Values at the edge of what calls take: numbers that no process and no group can have,
 * lengths of nothing, pointers to nothing, flags that nobody knows.
 */
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi.h"

#define PAGE   4096ul
#define NOBODY 4000000
#define BAD    8

static void show(const char *what, long ret)
{
	if (ret < 0)
		printf("%s: %s\n", what, abi_errno_name(-ret));
	else
		printf("%s: %ld\n", what, ret);
}

#define SHOW(nr, a, b, c, d) \
	show(#nr " " #a " " #b " " #c, raw6(SYS_##nr, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0))

static void waiting(void)
{
	unsigned char info[128];
	int intact = 1, status;
	siginfo_t si;
	pid_t pid;

	SHOW(wait4, INT_MIN, &status, 0, 0);
	SHOW(wait4, -INT_MAX, &status, 0, 0);
	SHOW(wait4, NOBODY, &status, WNOHANG, 0);
	SHOW(waitid, P_PGID, -1, NULL, WEXITED);
	SHOW(waitid, P_PGID, INT_MIN, NULL, WEXITED);
	SHOW(waitid, P_PID, 0, NULL, WEXITED);
	SHOW(waitid, P_PID, -1, NULL, WEXITED);
	SHOW(waitid, 3, -1, NULL, WEXITED);
	pid = fork();
	if (!pid)
		_exit(3);
	memset(info, 0x55, sizeof(info));
	show("told", raw6(SYS_waitid, P_PID, pid, (long)info, WEXITED, 0, 0));
	memcpy(&si, info, sizeof(si));
	printf("signo %d code %d status %d\n", si.si_signo, si.si_code, si.si_status);
	for (size_t i = offsetof(siginfo_t, si_status) + sizeof(int); i < sizeof(info); i++)
		intact &= info[i] == 0x55;
	check("what lies behind is intact", intact);
}

/* Whoever has ended is in its group until its parent knows. */
static void zombies(void)
{
	pid_t pid = fork();
	siginfo_t si;

	if (!pid)
		_exit(0);
	setpgid(pid, pid);
	waitid(P_PID, (id_t)pid, &si, WEXITED | WNOWAIT);
	show("kill of it", kill(pid, SIGTERM));
	show("kill of its group", kill(-pid, SIGTERM));
	show("kill of its group with nothing", kill(-pid, 0));
	waitpid(pid, NULL, 0);
	show("gone", raw(SYS_kill, -pid, 0, 0));
}

static void groups(void)
{
	SHOW(setpgid, -1, 0, 0, 0);
	SHOW(setpgid, 0, -1, 0, 0);
	SHOW(setpgid, NOBODY, 0, 0, 0);
	SHOW(kill, INT_MIN, 0, 0, 0);
	SHOW(kill, -INT_MAX, 0, 0, 0);
}

static void timers(void)
{
	struct itimerval it = { { 0, 0 }, { 1000, 0 } }, old = { { 7, 7 }, { 7, 7 } };

	SHOW(setitimer, ITIMER_REAL, &it, NULL, 0);
	SHOW(setitimer, ITIMER_REAL, NULL, &old, 0);
	check("it was set", old.it_value.tv_sec >= 990);
	SHOW(getitimer, ITIMER_REAL, &old, 0, 0);
	check("it is no more", !old.it_value.tv_sec && !old.it_value.tv_usec);
	SHOW(setitimer, 3, BAD, NULL, 0);
	SHOW(setitimer, 3, &it, NULL, 0);
}

static void actions(void)
{
	struct {
		uint64_t handler, flags, restorer, mask;
	} action = { (uint64_t)SIG_IGN, ~0ull, 0, ~0ull };

	SHOW(rt_sigaction, SIGUSR2, &action, NULL, 8);
	SHOW(rt_sigaction, SIGUSR2, NULL, &action, 8);
	printf("flags %llx mask %llx\n", (unsigned long long)action.flags,
	       (unsigned long long)action.mask);
}

static void names(void)
{
	static const char *const all[] = { "a/b", "/", "a/", "0123456789abcdef/x", "" };
	char name[16];

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		prctl(PR_SET_NAME, all[i]);
		prctl(PR_GET_NAME, name);
		printf("name %s: %s\n", all[i], name);
	}
}

static char *map(size_t pages)
{
	return mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void memory(void)
{
	struct rlimit limit = { 256ul << 20, 256ul << 20 };
	unsigned char in_memory;
	char *m = map(8);

	SHOW(mprotect, m, 0, 16, 0);
	SHOW(mprotect, m + 1, 0, 16, 0);
	SHOW(mprotect, m, PAGE, 16, 0);
	munmap(m + 3 * PAGE, PAGE);
	mprotect(m + 5 * PAGE, PAGE, PROT_READ);
	/* Smaller is always possible, whatever is there. */
	check("smaller", mremap(m, 8 * PAGE, 2 * PAGE, 0) == m);
	check("nothing is left of it", mincore(m + 5 * PAGE, PAGE, &in_memory) < 0);
	setrlimit(RLIMIT_AS, &limit);
	check("beyond the limit", mremap(m, 2 * PAGE, 1ul << 30, MREMAP_MAYMOVE) == MAP_FAILED);
	check("to a place", mremap(m, 2 * PAGE, 1ul << 30, MREMAP_MAYMOVE | MREMAP_FIXED,
				   (char *)0x200000000000) == MAP_FAILED);
	check("within it", mremap(m, 2 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
				  (char *)0x200000000000) == (char *)0x200000000000);
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	waiting();
	zombies();
	groups();
	timers();
	actions();
	names();
	memory();
	return abi_end();
}
