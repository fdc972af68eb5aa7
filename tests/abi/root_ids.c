/* SPDX-License-Identifier: MIT */
/*
 * Users and groups, on a machine that has no other than root: natively in a user
 * namespace that maps 0 alone. Where that cannot be had, the lines about it are what
 * Linux answers there, so that the guest is still held to them.
 */
#include <grp.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi.h"

#define KERNEL 0xffff800000000000UL

static int is_alone; /* nobody else is mapped */

static void show(const char *what, long ret)
{
	if (ret < 0)
		printf("%s: %s\n", what, abi_errno_name(-ret));
	else
		printf("%s: %ld\n", what, ret);
}

#define CALL(nr, ...) CALL_(#nr "(" #__VA_ARGS__ ")", SYS_##nr, __VA_ARGS__, 0, 0, 0)
#define CALL_(text, nr, a, b, c, ...) show(text, raw(nr, a, b, c))

/* The answer is known, and asked for where nobody could change who he is by it. */
#define REFUSED(nr, ...) REFUSED_(#nr "(" #__VA_ARGS__ ")", SYS_##nr, __VA_ARGS__, 0, 0, 0)
#define REFUSED_(text, nr, a, b, c, ...) show(text, is_alone ? raw(nr, a, b, c) : -EINVAL)

static void who(const char *when)
{
	unsigned ids[6] = { 9, 9, 9, 9, 9, 9 };

	CALL(getresuid, &ids[0], &ids[1], &ids[2]);
	CALL(getresgid, &ids[3], &ids[4], &ids[5]);
	printf("%s: %d %d %d %d, %u %u %u, %u %u %u\n", when, getuid(), geteuid(), getgid(), getegid(),
	       ids[0], ids[1], ids[2], ids[3], ids[4], ids[5]);
}

static void users(void)
{
	CALL(setuid, 0);
	CALL(setgid, 0);
	CALL(setreuid, 0, 0);
	CALL(setreuid, -1, -1);
	CALL(setreuid, -1, 0);
	CALL(setregid, 0, -1);
	CALL(setresuid, 0, 0, 0);
	CALL(setresuid, -1, -1, -1);
	CALL(setresgid, -1, 0, -1);
	CALL(setuid, -1);
	CALL(setgid, -1);
	CALL(setuid, 1L << 32); /* 32 bits count */
	REFUSED(setuid, 1000);
	REFUSED(setgid, 1000);
	REFUSED(setreuid, 1000, -1);
	REFUSED(setreuid, -1, 1000);
	REFUSED(setreuid, 0, 65534);
	REFUSED(setregid, 1000, -1);
	REFUSED(setregid, 0, 0x80000000);
	REFUSED(setresuid, 1000, -1, -1);
	REFUSED(setresuid, -1, 1000, -1);
	REFUSED(setresuid, 0, 0, 1000);
	REFUSED(setresgid, 1000, 1000, 1000);
	REFUSED(setresgid, -1, -1, 1);
	show("setfsuid(1000)", is_alone ? raw(SYS_setfsuid, 1000, 0, 0) : 0);
	show("setfsgid(1000)", is_alone ? raw(SYS_setfsgid, 1000, 0, 0) : 0);
	CALL(setfsuid, -1);
	CALL(setfsuid, 0);
	CALL(setfsgid, -1);
	CALL(getresuid, NULL, NULL, NULL);
	CALL(getresgid, KERNEL, KERNEL, KERNEL);
}

static void groups(void)
{
	static unsigned list[70000], got[70000];
	int status;

	CALL(setgroups, 0, NULL);
	CALL(getgroups, 0, NULL);
	CALL(getgroups, -1, NULL);
	CALL(getgroups, 5, got);
	CALL(setgroups, -1, list);
	CALL(setgroups, 65537, list);
	CALL(setgroups, 1, NULL);
	CALL(setgroups, 1, KERNEL);
	list[2] = 1000;
	REFUSED(setgroups, 3, list);
	REFUSED(setgroups, 1, &list[2]);
	CALL(getgroups, 0, NULL);
	list[2] = 0;
	CALL(setgroups, 3, list);
	CALL(getgroups, 0, NULL);
	CALL(getgroups, 2, got);
	CALL(getgroups, 3, NULL);
	memset(got, 9, sizeof(got));
	CALL(getgroups, 100, got);
	printf("%u %u %u, %x\n", got[0], got[1], got[2], got[3]);
	CALL(setgroups, 200, list);
	memset(got, 9, sizeof(got));
	CALL(getgroups, 200, got);
	printf("%u, %x\n", got[199], got[200]);
	fflush(stdout);
	if (fork() == 0)
		_exit(getgroups(0, NULL)); /* inherited */
	wait(&status);
	printf("a child has %d\n", WEXITSTATUS(status));
	CALL(setgroups, 65536, list);
	CALL(getgroups, 0, NULL);
	CALL(setgroups, 0, NULL);
}

static int put_map(pid_t pid, const char *name)
{
	char path[64];
	FILE *file;
	int err;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	file = fopen(path, "w");
	if (!file)
		return -1;
	err = fputs("0 0 1\n", file) < 0;
	return fclose(file) || err;
}

/* In a child: whoever maps has to be outside. */
static int in_child(int to, int from)
{
	struct utsname name;
	char has_left = unshare(CLONE_NEWUSER) == 0, is_mapped = 0;

	if (write(to, &has_left, 1) != 1 || read(from, &is_mapped, 1) != 1 || has_left != is_mapped)
		return 99;
	uname(&name);
	is_alone = has_left || !strcmp(name.nodename, "lde");
	who("at first");
	users();
	groups();
	who("at last");
	return abi_end();
}

int main(void)
{
	int up[2], down[2], status = 0;
	char has_left = 0;
	pid_t pid;

	if (pipe(up) || pipe(down))
		return 98;
	pid = fork();
	if (pid == 0)
		exit(in_child(up[1], down[0]));
	if (read(up[0], &has_left, 1) != 1)
		return 97;
	if (has_left)
		has_left = !put_map(pid, "uid_map") && !put_map(pid, "gid_map");
	if (write(down[1], &has_left, 1) != 1)
		return 96;
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}
