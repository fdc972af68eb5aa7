/* SPDX-License-Identifier: MIT */
/*
 * probe: measures the machine from ring 3, as lines of key=value.
 *
 * Cycles are those of the time stamp counter. Every number is the median of
 * many, since a neighbour on the host disturbs some of them.
 */
#define _GNU_SOURCE
#include <cpuid.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NR_SAMPLES   101
#define NR_SLEEPS    21
#define SLEEP_NS     1000000
#define NR_FAULTS    21
#define FAULT_STRIDE (1 << 20)

static uint64_t samples[NR_SAMPLES];

static int compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

static void print_samples(const char *key, const char *unit, size_t nr)
{
	qsort(samples, nr, sizeof(samples[0]), compare);
	printf("%s_%s=%llu\n", key, unit, (unsigned long long)samples[nr / 2]);
}

static uint64_t cycles(void)
{
	return __builtin_ia32_rdtsc();
}

static void probe_ring(void)
{
	unsigned int cs;

	__asm__("mov %%cs, %0" : "=r"(cs));
	printf("ring=%u\n", cs & 3);
}

static void probe_syscall(void)
{
	for (size_t i = 0; i < NR_SAMPLES; i++) {
		uint64_t start = cycles();

		syscall(SYS_getppid);
		samples[i] = cycles() - start;
	}
	print_samples("syscall", "cycles", NR_SAMPLES);
}

static void probe_yield(void)
{
	for (size_t i = 0; i < NR_SAMPLES; i++) {
		uint64_t start = cycles();

		sched_yield();
		samples[i] = cycles() - start;
	}
	print_samples("yield", "cycles", NR_SAMPLES);
}

/*
 * A trap that the kernel resolves: the first touch of an anonymous page. The
 * touches are far apart, since a kernel may map the neighbours as well.
 */
static void probe_page_fault(void)
{
	volatile char *memory = mmap(NULL, NR_FAULTS * FAULT_STRIDE, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return;
	for (size_t i = 0; i < NR_FAULTS; i++) {
		uint64_t start = cycles();

		memory[i * FAULT_STRIDE] = 1;
		samples[i] = cycles() - start;
	}
	print_samples("page_fault", "cycles", NR_FAULTS);
}

/* One write is one exit to user space; the line says what it is itself. */
static void probe_write(void)
{
	static const char line[] = "# a line to time\n";

	for (size_t i = 0; i < NR_SLEEPS; i++) {
		uint64_t start = cycles();

		if (write(STDOUT_FILENO, line, sizeof(line) - 1) < 0)
			return;
		samples[i] = cycles() - start;
	}
	print_samples("write", "cycles", NR_SLEEPS);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* How much later than asked a sleep ends: the exactness of the timer. */
static void probe_timer(void)
{
	const struct timespec pause = {.tv_nsec = SLEEP_NS};
	uint64_t slept;

	for (size_t i = 0; i < NR_SLEEPS; i++) {
		uint64_t start = now_ns();

		if (nanosleep(&pause, NULL) != 0)
			return;
		slept = now_ns() - start;
		samples[i] = slept > SLEEP_NS ? slept - SLEEP_NS : 0;
	}
	print_samples("timer_late", "ns", NR_SLEEPS);
	printf("timer_late_worst_ns=%llu\n", (unsigned long long)samples[NR_SLEEPS - 1]);
}

/* The parts of XCR0 that the kernel has enabled; 0 if it keeps XSAVE off. */
static unsigned int enabled_state(unsigned int leaf1_ecx)
{
	unsigned int low, high;

	if (!(leaf1_ecx & bit_OSXSAVE))
		return 0;
	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return low;
}

static void probe_features(void)
{
	unsigned int eax, ebx = 0, ecx = 0, edx = 0, leaf7 = 0, state;

	__get_cpuid(1, &eax, &ebx, &ecx, &edx);
	state = enabled_state(ecx);
	printf("features=sse2%s%s%s", ecx & bit_SSE4_2 ? " sse4.2" : "",
	       ecx & bit_POPCNT ? " popcnt" : "", ecx & bit_AES ? " aes" : "");
	if ((state & 6) == 6 && ecx & bit_AVX) {
		printf(" avx");
		if (__get_cpuid_count(7, 0, &eax, &leaf7, &ecx, &edx))
			printf("%s%s", leaf7 & bit_AVX2 ? " avx2" : "",
			       (state & 0xe0) == 0xe0 && leaf7 & bit_AVX512F ? " avx512f" : "");
	}
	printf("\n");
}

int main(void)
{
	/* Each line at once: who hangs later has said what was before. */
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	probe_ring();
	probe_syscall();
	probe_yield();
	probe_page_fault();
	probe_timer();
	probe_features();
	probe_write();
	return 0;
}
