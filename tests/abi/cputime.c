/* SPDX-License-Identifier: MIT */
/* The time a process has used grows while it computes and not while it sleeps. */
#include <sys/resource.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

#include "abi.h"

static int64_t used_us(void)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage) < 0)
		return -1;
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000LL +
	       usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static int64_t clock_us(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

static void compute_ms(int ms)
{
	int64_t end = clock_us(CLOCK_PROCESS_CPUTIME_ID) + ms * 1000;

	while (clock_us(CLOCK_PROCESS_CPUTIME_ID) < end)
		for (volatile int i = 0; i < 10000; i++)
			;
}

int main(void)
{
	struct timespec half = { 0, 50000000 };
	struct tms tms;
	int64_t before, cpu;
	clock_t ticks;

	check("times", (ticks = times(&tms)) != (clock_t)-1);
	check("no children", tms.tms_cutime == 0 && tms.tms_cstime == 0);
	before = used_us();
	cpu = clock_us(CLOCK_PROCESS_CPUTIME_ID);
	check("getrusage", before >= 0);
	compute_ms(40);
	check("computing uses time", clock_us(CLOCK_PROCESS_CPUTIME_ID) - cpu >= 40000);
	check("getrusage sees it", used_us() - before >= 20000);
	check("clock() sees it", clock() >= 20000);
	/* Unless a busy host keeps it waiting before or after. */
	for (int attempt = 0; attempt < 10; attempt++) {
		cpu = clock_us(CLOCK_PROCESS_CPUTIME_ID);
		nanosleep(&half, NULL);
		cpu = clock_us(CLOCK_PROCESS_CPUTIME_ID) - cpu;
		if (cpu < 40000)
			break;
	}
	check("sleeping does not", cpu < 40000);
	check("times goes on", times(&tms) - ticks >= 5);
	check("getrusage of children", getrusage(RUSAGE_CHILDREN, &(struct rusage){ 0 }) == 0);
	return abi_end();
}
