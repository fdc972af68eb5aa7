/* SPDX-License-Identifier: MIT */
/*
 * What system calls answer to bad arguments, each by name: about a hundred
 * calls, made without a libc in between.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "abi.h"

#define KERNEL	    0xffff800000000000UL
#define KERNEL_IMAGE 0xffffffff80100000UL
#define CROOKED	    0x0000900000000000UL /* not canonical */
#define WRAPPING    0xfffffffffffffff8UL

static char *half;  /* one mapped page, then none */
static char *rdonly; /* one page without write permission */

static void show(const char *what, long ret)
{
	if (ret < 0 && ret > -4096)
		printf("%-44s %s\n", what, abi_errno_name(-ret));
	else
		printf("%-44s no error\n", what);
}

#define CALL(nr, ...) CALL_(#nr "(" #__VA_ARGS__ ")", SYS_##nr, __VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define CALL_(text, nr, a, b, c, d, e, f, ...) \
	show(text, raw6(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f)))

static void bad_descriptors(void)
{
	char buf[16];
	struct stat st;

	CALL(read, -1, buf, 1);
	CALL(read, 99, buf, 1);
	CALL(read, 0x7fffffff, buf, 1);
	CALL(read, 99, buf, 0);
	CALL(write, -1, buf, 1);
	CALL(write, 99, buf, 1);
	CALL(write, 99, NULL, 1);
	CALL(write, 0x80000000, buf, 1);
	CALL(readv, 99, buf, 0);
	CALL(writev, -1, buf, 0);
	CALL(pread64, 99, buf, 1, 0);
	CALL(close, -1);
	CALL(close, 99);
	CALL(close, 1000000);
	CALL(close, 0xffffffffUL);
	CALL(fstat, -1, &st);
	CALL(fstat, 99, NULL);
	CALL(lseek, 99, 0, SEEK_SET);
	CALL(lseek, -1, 0, SEEK_SET);
	CALL(ioctl, 99, 0x5401, buf);
	CALL(fcntl, 99, F_GETFD, 0);
	CALL(fcntl, -1, F_GETFL, 0);
	CALL(newfstatat, 99, "", &st, AT_EMPTY_PATH);
	CALL(openat, 99, "relative", O_RDONLY, 0);
	CALL(mmap, 0, 4096, PROT_READ, MAP_PRIVATE, 99, 0);
	CALL(mmap, 0, 4096, PROT_READ, MAP_PRIVATE, -1, 0);
}

static void bad_pointers(void)
{
	CALL(write, 1, NULL, 1);
	CALL(write, 1, 8, 1);
	CALL(write, 1, KERNEL, 1);
	CALL(write, 1, KERNEL_IMAGE, 1);
	CALL(write, 1, CROOKED, 1);
	CALL(write, 1, WRAPPING, 64);
	CALL(write, 1, half + 4096, 1);
	CALL(write, 1, half, -1L);
	CALL(writev, 1, NULL, 1);
	CALL(writev, 1, KERNEL, 1);
	CALL(writev, 1, half + 4088, 1);
	CALL(open, NULL, O_RDONLY);
	CALL(open, KERNEL_IMAGE, O_RDONLY);
	CALL(open, CROOKED, O_RDONLY);
	CALL(openat, AT_FDCWD, 8, O_RDONLY);
	CALL(stat, NULL, half);
	CALL(stat, "/", NULL);
	CALL(stat, "/", KERNEL);
	CALL(stat, "/", rdonly);
	CALL(stat, "/", half + 4090);
	CALL(fstat, 1, NULL);
	CALL(fstat, 1, KERNEL);
	CALL(fstat, 1, rdonly);
	CALL(fstat, 1, half + 4090);
	CALL(access, NULL, 0);
	CALL(access, WRAPPING, 0);
	CALL(readlink, "/proc/self/exe", NULL, 100);
	CALL(readlink, "/proc/self/exe", KERNEL, 100);
	CALL(readlink, NULL, half, 100);
	CALL(getcwd, KERNEL, 4096);
	CALL(getcwd, NULL, 4096);
	CALL(uname, NULL);
	CALL(uname, KERNEL_IMAGE);
	CALL(uname, half + 4000);
	CALL(getrandom, NULL, 16, 0);
	CALL(getrandom, KERNEL, 16, 0);
	CALL(getrandom, rdonly, 16, 0);
	CALL(clock_gettime, CLOCK_MONOTONIC, 8);
	CALL(clock_gettime, CLOCK_MONOTONIC, KERNEL);
	CALL(clock_gettime, CLOCK_REALTIME, rdonly);
	CALL(clock_gettime, CLOCK_REALTIME, half + 4088);
	CALL(clock_getres, CLOCK_MONOTONIC, KERNEL);
	CALL(clock_nanosleep, CLOCK_MONOTONIC, 0, NULL, NULL);
	CALL(nanosleep, NULL, NULL);
	CALL(nanosleep, KERNEL, NULL);
	CALL(nanosleep, half + 4088, NULL);
	CALL(gettimeofday, 8, NULL);
	CALL(gettimeofday, KERNEL, NULL);
	CALL(times, KERNEL);
	CALL(sysinfo, NULL);
	CALL(getrlimit, 3, KERNEL);
	CALL(prlimit64, 0, 3, NULL, KERNEL);
	CALL(getrusage, 0, NULL);
	CALL(rt_sigaction, 10, KERNEL, NULL, 8);
	CALL(rt_sigaction, 10, NULL, KERNEL, 8);
	CALL(rt_sigprocmask, 0, KERNEL, NULL, 8);
	CALL(rt_sigprocmask, 0, NULL, KERNEL, 8);
}

static void bad_values(void)
{
	struct timespec negative = { -1, 0 }, crooked = { 0, 1000000000 }, below = { 0, -1 };
	char buf[64];

	CALL(nanosleep, &negative, NULL);
	CALL(nanosleep, &crooked, NULL);
	CALL(nanosleep, &below, NULL);
	CALL(clock_gettime, 999, buf);
	CALL(clock_getres, 999, buf);
	CALL(clock_nanosleep, 999, 0, &below, NULL);
	CALL(clock_nanosleep, CLOCK_MONOTONIC, 0, &crooked, NULL);
	CALL(getrandom, buf, 16, 0xff00);
	CALL(getrlimit, 99, buf);
	CALL(prlimit64, 0, 99, NULL, buf);
	CALL(getrusage, 99, buf);
	CALL(rt_sigaction, 0, NULL, buf, 8);
	CALL(rt_sigaction, 65, NULL, buf, 8);
	CALL(rt_sigaction, 9, buf, NULL, 8);
	CALL(rt_sigaction, 10, NULL, buf, 4);
	CALL(rt_sigprocmask, 99, buf, NULL, 8);
	CALL(rt_sigprocmask, 0, buf, NULL, 4);
	CALL(arch_prctl, 0x9999, 0);
	CALL(arch_prctl, 0x1002, KERNEL);
	CALL(arch_prctl, 0x1001, CROOKED);
	CALL(arch_prctl, 0x1003, KERNEL);
	CALL(munmap, 1, 4096);
	CALL(munmap, 0, 0);
	CALL(mprotect, 1, 4096, 0);
	CALL(madvise, 1, 4096, 4);
	CALL(madvise, half, 4096, 9999);
	CALL(kill, 1 << 30, 0);
	CALL(tgkill, 1 << 30, 1 << 30, 6);
	CALL(tgkill, -1, 1, 6);
	CALL(getcwd, buf, 1);
	CALL(fcntl, 1, 9999, 0);
}

static void bad_names(const char *self)
{
	static char too_long[5000];
	char below[4200];
	struct stat st;

	memset(too_long, 'x', sizeof(too_long) - 1);
	snprintf(below, sizeof(below), "%.4000s/below", self);
	CALL(open, "/no/such/file", O_RDONLY);
	CALL(open, "/no-such-file", O_RDONLY);
	CALL(open, "", O_RDONLY);
	CALL(open, below, O_RDONLY);
	CALL(open, too_long, O_RDONLY);
	CALL(open, self, O_RDONLY | O_DIRECTORY);
	CALL(open, "/", O_RDWR);
	CALL(openat, AT_FDCWD, "/no/such/file", O_RDONLY, 0);
	CALL(stat, "/no-such-file", &st);
	CALL(stat, below, &st);
	CALL(stat, "", &st);
	CALL(access, "/no-such-file", 0);
	CALL(access, below, 0);
	CALL(access, self, 0xff);
	CALL(readlink, "/no-such-file", below, 10);
	CALL(readlink, self, below, 10);
	CALL(readlink, "/proc/self/exe", below, 0);
}

static void no_such_calls(void)
{
	static const long numbers[] = { 1000, 1023, 1024, 4096, 65536, 0x40000001, 0x7fffffff };
	char text[40];

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		snprintf(text, sizeof(text), "system call %ld", numbers[i]);
		show(text, raw(numbers[i], 0, 0, 0));
	}
}

int main(int argc, char **argv)
{
	(void)argc;
	rdonly = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	half = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(half + 4096, 4096);
	bad_descriptors();
	bad_pointers();
	bad_values();
	bad_names(argv[0]);
	no_such_calls();
	return abi_end();
}
