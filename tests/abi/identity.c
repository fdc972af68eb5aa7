/* SPDX-License-Identifier: MIT */
/* Who a process is: ids agree with each other and do not change. */
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "abi.h"

int main(void)
{
	int yields = 0;

	check("there is a pid", getpid() > 0);
	check("the pid stays", getpid() == getpid());
	check("tid is pid", raw(SYS_gettid, 0, 0, 0) == getpid());
	check("set_tid_address answers the tid", raw(SYS_set_tid_address, NULL, 0, 0) == getpid());
	check("a parent", getppid() >= 0);
	check("not one's own parent", getppid() != getpid());
	check("uid", getuid() == geteuid());
	check("gid", getgid() == getegid());
	for (int i = 0; i < 100; i++)
		yields += sched_yield() == 0;
	check("sched_yield", yields == 100);
	return abi_end();
}
