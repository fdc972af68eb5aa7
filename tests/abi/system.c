/* SPDX-License-Identifier: MIT */
/* The machine as a program sees it: uname, sysinfo, limits, random numbers. */
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "abi.h"

static void check_random(void)
{
	static unsigned char a[5000], b[5000];
	unsigned int seen[256] = { 0 };
	int missing = 0, lopsided = 0;

	printf("getrandom %zd %zd %zd\n", getrandom(a, 1, 0), getrandom(a, 0, 0),
	       getrandom(a, 256, GRND_NONBLOCK));
	check("the whole length", getrandom(a, sizeof(a), 0) == sizeof(a) &&
					  getrandom(b, sizeof(b), 0) == sizeof(b));
	check("twice is different", memcmp(a, b, sizeof(a)) != 0);
	check("within one too", memcmp(a, a + 2500, 2500) != 0);
	for (size_t i = 0; i < sizeof(a); i++)
		seen[a[i]]++;
	for (int i = 0; i < 256; i++) {
		missing += seen[i] == 0;
		lopsided += seen[i] > 80; /* 20 expected */
	}
	check("every byte comes", missing < 5 && !lopsided);
}

static void check_limits(void)
{
	struct rlimit limit = { 0, 0 };

	check("RLIMIT_STACK", getrlimit(RLIMIT_STACK, &limit) == 0);
	check("is 1 MiB or more", limit.rlim_cur >= 1 << 20 && limit.rlim_cur <= limit.rlim_max);
	check("RLIMIT_NOFILE", getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= 16);
	check("RLIMIT_AS", getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur > 0);
}

int main(void)
{
	struct sysinfo info;
	struct utsname name;
	int major = 0;

	check("uname", uname(&name) == 0);
	printf("%s %s\n", name.sysname, name.machine);
	check("a release that glibc takes", sscanf(name.release, "%d.", &major) == 1 && major >= 3);
	check("every field is there", name.version[0] && name.nodename[0]);
	check("sysinfo", sysinfo(&info) == 0);
	check("memory", info.totalram > 0 && info.mem_unit > 0 && info.freeram <= info.totalram);
	check("processes", info.procs >= 1);
	check("page size", sysconf(_SC_PAGESIZE) == 4096);
	check("CPUs", sysconf(_SC_NPROCESSORS_ONLN) >= 1);
	check("clock ticks", sysconf(_SC_CLK_TCK) == 100);
	check_random();
	check_limits();
	return abi_end();
}
