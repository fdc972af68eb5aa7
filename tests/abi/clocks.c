/* SPDX-License-Identifier: MIT */
/*
 * Clocks run forward, agree with each other, and a sleep lasts at least as
 * long as asked and not absurdly longer.
 */
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "abi.h"

static int64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	if (clock_gettime(clock, &ts) < 0)
		return -1;
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static void check_forward(const char *what, clockid_t clock)
{
	int64_t before = now_ns(clock);
	int backwards = before < 0;

	for (int i = 0; i < 2000; i++) {
		int64_t now = now_ns(clock);

		backwards += now < before;
		before = now;
	}
	check(what, !backwards);
}

static void check_sleeps(void)
{
	static const long lengths_ns[] = { 1, 1000, 100000, 1000000, 15000000 };
	struct timespec request, rest = { 7, 7 };
	int64_t start, slept;

	for (size_t i = 0; i < sizeof(lengths_ns) / sizeof(lengths_ns[0]); i++) {
		request = (struct timespec){ 0, lengths_ns[i] };
		start = now_ns(CLOCK_MONOTONIC);
		printf("nanosleep %ld: %d\n", lengths_ns[i], nanosleep(&request, &rest));
		slept = now_ns(CLOCK_MONOTONIC) - start;
		check("at least", slept >= lengths_ns[i]);
		check("within ten seconds", slept < lengths_ns[i] + 10000000000);
	}
	check("the rest is not written", rest.tv_sec == 7 && rest.tv_nsec == 7);
	start = now_ns(CLOCK_MONOTONIC);
	request = (struct timespec){ (start + 5000000) / 1000000000, (start + 5000000) % 1000000000 };
	check("absolute sleep",
	      clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &request, NULL) == 0 &&
		      now_ns(CLOCK_MONOTONIC) >= start + 5000000);
	check("absolute sleep into the past",
	      clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &request, NULL) == 0);
	request = (struct timespec){ 0, 0 };
	check("no sleep", nanosleep(&request, NULL) == 0);
	check("realtime sleep", clock_nanosleep(CLOCK_REALTIME, 0, &request, NULL) == 0);
}

/* From one clock to the other, unless a busy machine comes in between ten times. */
static int64_t realtime_less_monotonic(void)
{
	int64_t before = now_ns(CLOCK_MONOTONIC), real = now_ns(CLOCK_REALTIME);

	for (int i = 0; i < 10 && now_ns(CLOCK_MONOTONIC) - before > 10000000; i++) {
		before = now_ns(CLOCK_MONOTONIC);
		real = now_ns(CLOCK_REALTIME);
	}
	return real - before;
}

static void check_agreement(void)
{
	int64_t apart = realtime_less_monotonic(), mono;
	struct timespec ts = { 0, 5000000 };
	struct timeval tv;
	time_t by_libc, by_call;

	nanosleep(&ts, NULL);
	apart -= realtime_less_monotonic();
	check("realtime and monotonic run alike", apart < 50000000 && apart > -50000000);
	clock_gettime(CLOCK_REALTIME, &ts);
	check("gettimeofday", gettimeofday(&tv, NULL) == 0);
	check("is not before clock_gettime",
	      tv.tv_sec * 1000000LL + tv.tv_usec >= ts.tv_sec * 1000000LL + ts.tv_nsec / 1000);
	check("is near it", tv.tv_sec - ts.tv_sec < 3);
	by_libc = time(NULL);
	check("time", raw(SYS_time, &by_call, 0, 0) == by_call);
	check("is near them", by_libc >= tv.tv_sec - 1 && by_call - by_libc <= 2);
	check("it is after 2023", by_call > 1672531200);
	/* The same clock whether a libc asks by the vDSO or by a system call. */
	mono = now_ns(CLOCK_MONOTONIC);
	check("system call", raw(SYS_clock_gettime, CLOCK_MONOTONIC, &ts, 0) == 0);
	check("is the libc's clock", ts.tv_sec * 1000000000LL + ts.tv_nsec >= mono);
}

int main(void)
{
	struct timespec res = { 9, 9 };

	check_forward("monotonic", CLOCK_MONOTONIC);
	check_forward("realtime", CLOCK_REALTIME);
	check_forward("boottime", CLOCK_BOOTTIME);
	check_forward("monotonic raw", CLOCK_MONOTONIC_RAW);
	check_forward("monotonic coarse", CLOCK_MONOTONIC_COARSE);
	check_forward("realtime coarse", CLOCK_REALTIME_COARSE);
	check_forward("process CPU time", CLOCK_PROCESS_CPUTIME_ID);
	check_forward("thread CPU time", CLOCK_THREAD_CPUTIME_ID);
	check("boottime is not behind monotonic",
	      now_ns(CLOCK_MONOTONIC) <= now_ns(CLOCK_BOOTTIME));
	check("clock_getres", clock_getres(CLOCK_MONOTONIC, &res) == 0);
	printf("resolution %ld.%09ld\n", (long)res.tv_sec, res.tv_nsec);
	check("clock_getres realtime", clock_getres(CLOCK_REALTIME, &res) == 0);
	printf("resolution %ld.%09ld\n", (long)res.tv_sec, res.tv_nsec);
	check_sleeps();
	check_agreement();
	return abi_end();
}
