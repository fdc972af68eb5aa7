/* SPDX-License-Identifier: MIT */
/*
 * Nice values: what the calls answer, whom they are about, who inherits them. The
 * value at the start is the caller's, so all begins with one that everybody may set.
 */
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi.h"

#define NOBODY 4000000

static void show(const char *what, long ret)
{
	if (ret < 0)
		printf("%s: %s\n", what, abi_errno_name(-ret));
	else
		printf("%s: %ld\n", what, ret);
}

#define GET(which, who) show("get " #which " " #who, raw(SYS_getpriority, which, who, 0))
#define SET(which, who, nice)                                                                      \
	show("set " #which " " #who " " #nice, raw(SYS_setpriority, which, who, nice))

static void errors(void)
{
	GET(-1, 0);
	GET(3, 0);
	GET(0x7fffffff, 0);
	SET(-1, 0, 0);
	SET(3, 0, 0);
	SET(3, NOBODY, 0);
	GET(PRIO_PROCESS, NOBODY);
	GET(PRIO_PROCESS, -1);
	GET(PRIO_PGRP, NOBODY);
	GET(PRIO_PGRP, -1);
	GET(PRIO_USER, NOBODY);
	SET(PRIO_PROCESS, NOBODY, 19);
	SET(PRIO_PROCESS, -1, 19);
	SET(PRIO_PROCESS, NOBODY, 1000);
	SET(PRIO_PGRP, NOBODY, 19);
	SET(PRIO_PGRP, -1, 19);
	SET(PRIO_USER, NOBODY, 19);
}

/* The 18th and 19th word of /proc/self/stat, and what is behind the name. */
static void in_proc(void)
{
	char text[1024] = "", *at;
	FILE *file = fopen("/proc/self/stat", "r");
	long priority = -1, nice = -1;

	if (file && fgets(text, sizeof(text), file) && (at = strrchr(text, ')')))
		sscanf(at + 1, " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %ld %ld",
		       &priority, &nice);
	if (file)
		fclose(file);
	printf("in /proc: priority %ld, nice %ld\n", priority, nice);
}

static void own(void)
{
	long lowered;

	SET(PRIO_PROCESS, 0, 12);
	GET(PRIO_PROCESS, 0);
	GET(PRIO_PROCESS, getpid());
	in_proc();
	SET(PRIO_PROCESS, getpid(), 13);
	GET(PRIO_PROCESS, 0);
	printf("libc: %d\n", getpriority(PRIO_PROCESS, 0));
	printf("nice(2): %d\n", nice(2));
	SET(PRIO_PROCESS, 0, 1000); /* cut to 19 */
	GET(PRIO_PROCESS, 0);
	in_proc();
	/* Root only, and not in all containers. */
	lowered = raw(SYS_setpriority, PRIO_PROCESS, 0, -1000);
	check("to -20, or refused", raw(SYS_getpriority, PRIO_PROCESS, 0, 0) == (lowered ? 1 : 40) &&
					    (!lowered || lowered == -EACCES));
	raw(SYS_setpriority, PRIO_PROCESS, 0, 19);
}

/* One that waits for the other end of a pipe to close. */
static pid_t begin_child(int group, int *hold)
{
	int ends[2];
	char c;
	pid_t pid;

	fflush(stdout);
	if (pipe(ends))
		return -1;
	pid = fork();
	if (pid == 0) {
		close(ends[1]);
		_exit(read(ends[0], &c, 1) != 0);
	}
	close(ends[0]);
	setpgid(pid, group ? group : pid);
	*hold = ends[1];
	return pid;
}

static void children(void)
{
	int holds[2], status = -1;
	pid_t first = begin_child(0, &holds[0]), second = begin_child(first, &holds[1]);

	GET(PRIO_PROCESS, first); /* inherited */
	GET(PRIO_PGRP, first);
	check("all of a group are set", raw(SYS_setpriority, PRIO_PGRP, first, 19) == 0 &&
						raw(SYS_getpriority, PRIO_PROCESS, second, 0) == 1);
	close(holds[1]);
	close(holds[0]);
	siginfo_t info;
	waitid(P_PID, first, &info, WEXITED | WNOWAIT);
	GET(PRIO_PROCESS, first); /* it has ended, and is still there */
	SET(PRIO_PROCESS, first, 19);
	waitpid(first, &status, 0);
	printf("status %d\n", status);
	waitpid(second, &status, 0);
	printf("status %d\n", status);
	check("nobody is left", raw(SYS_getpriority, PRIO_PGRP, first, 0) == -ESRCH);
}

int main(void)
{
	errors();
	own();
	children();
	return abi_end();
}
