/* SPDX-License-Identifier: MIT */
/*
 * Every system call that takes a pointer gets null, the kernel's, crooked,
 * wrapping, half mapped, inaccessible and, to write to, read-only ones: each
 * is EFAULT and the process lives, its own memory unharmed.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "guest.h"

enum { READS = 1, WRITES = 2 };

static const struct {
	const char *name;
	long nr;
	int what;  /* the kernel reads or writes there */
	int where; /* index of the argument that is a pointer */
	long args[6];
} calls[] = {
	{ "write", SYS_write, READS, 1, { 1, 0, 64 } },
	{ "read", SYS_read, WRITES, 1, { 3, 0, 64 } },
	{ "pread64", SYS_pread64, WRITES, 1, { 3, 0, 64, 0 } },
	{ "writev", SYS_writev, READS, 1, { 1, 0, 2 } },
	{ "readv", SYS_readv, READS, 1, { 3, 0, 2 } },
	{ "open", SYS_open, READS, 0, { 0, O_RDONLY } },
	{ "openat", SYS_openat, READS, 1, { AT_FDCWD, 0, O_RDONLY } },
	{ "stat name", SYS_stat, READS, 0, { 0, 0 } },
	{ "fstat", SYS_fstat, WRITES, 1, { 1, 0 } },
	{ "access", SYS_access, READS, 0, { 0, 0 } },
	{ "readlink name", SYS_readlink, READS, 0, { 0, 0, 10 } },
	{ "getcwd", SYS_getcwd, WRITES, 0, { 0, 4096 } },
	{ "uname", SYS_uname, WRITES, 0, { 0 } },
	{ "getrandom", SYS_getrandom, WRITES, 0, { 0, 64, 0 } },
	{ "clock_gettime", SYS_clock_gettime, WRITES, 1, { CLOCK_MONOTONIC, 0 } },
	{ "clock_getres", SYS_clock_getres, WRITES, 1, { CLOCK_MONOTONIC, 0 } },
	{ "gettimeofday", SYS_gettimeofday, WRITES, 0, { 0, 0 } },
	{ "nanosleep", SYS_nanosleep, READS, 0, { 0, 0 } },
	{ "clock_nanosleep", SYS_clock_nanosleep, READS, 2, { CLOCK_MONOTONIC, 0, 0, 0 } },
	{ "times", SYS_times, WRITES, 0, { 0 } },
	{ "sysinfo", SYS_sysinfo, WRITES, 0, { 0 } },
	{ "getrlimit", SYS_getrlimit, WRITES, 1, { 3, 0 } },
	{ "prlimit64", SYS_prlimit64, WRITES, 3, { 0, 3, 0, 0 } },
	{ "getrusage", SYS_getrusage, WRITES, 1, { 0, 0 } },
	{ "rt_sigaction new", SYS_rt_sigaction, READS, 1, { 10, 0, 0, 8 } },
	{ "rt_sigaction old", SYS_rt_sigaction, WRITES, 2, { 10, 0, 0, 8 } },
	{ "rt_sigprocmask new", SYS_rt_sigprocmask, READS, 1, { 0, 0, 0, 8 } },
	{ "rt_sigprocmask old", SYS_rt_sigprocmask, WRITES, 2, { 0, 0, 0, 8 } },
	{ "arch_prctl get", SYS_arch_prctl, WRITES, 1, { 0x1003, 0 } },
};

/* To these calls a null pointer means that nothing is wanted. */
static int takes_null(long nr)
{
	return nr == SYS_rt_sigaction || nr == SYS_rt_sigprocmask || nr == SYS_clock_getres ||
	       nr == SYS_gettimeofday || nr == SYS_times || nr == SYS_prlimit64;
}

static long call_with(size_t idx, unsigned long pointer)
{
	register long r10 __asm__("r10");
	long a[6];
	long ret;

	memcpy(a, calls[idx].args, sizeof(a));
	a[calls[idx].where] = (long)pointer;
	r10 = a[3];
	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "0"(calls[idx].nr), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10)
			 : "rcx", "r11", "memory");
	return ret;
}

static int nr_wrong;

/* What was mapped may have been moved. */
static int is_short(size_t idx, long ret)
{
	long nr = calls[idx].nr;

	return ret == 1 && (nr == SYS_read || nr == SYS_write || nr == SYS_pread64 ||
			    nr == SYS_getrandom);
}

static void expect_fault(size_t idx, const char *kind, unsigned long pointer)
{
	long ret = call_with(idx, pointer);

	if (ret == -EFAULT || (strcmp(kind, "half mapped") == 0 && is_short(idx, ret)))
		return;
	fprintf(stderr, "%s with a pointer that is %s: %ld\n", calls[idx].name, kind, ret);
	nr_wrong++;
}

static unsigned long map(int prot)
{
	return (unsigned long)mmap(NULL, 8192, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

int main(void)
{
	unsigned long none = map(PROT_NONE), rdonly = map(PROT_READ);
	unsigned long half = map(PROT_READ | PROT_WRITE);
	char *edge = (char *)half + 4096;

	EXPECT(2, open("/proc/self/exe", O_RDONLY) == 3);
	munmap(edge, 4096);
	memset((char *)half, '\n', 4096);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (!takes_null(calls[i].nr))
			expect_fault(i, "null", 0);
		expect_fault(i, "nearly null", 8);
		expect_fault(i, "the direct map", 0xffff800000100000);
		expect_fault(i, "the kernel's image", 0xffffffff80100000);
		expect_fault(i, "crooked", 0x0000a00000000000);
		expect_fault(i, "crooked by the top bit", 0x8000000000000000 | half);
		expect_fault(i, "the end of the lower half", 0x7ffffffffffc);
		expect_fault(i, "wrapping", 0xfffffffffffffffc);
		expect_fault(i, "inaccessible", none);
		expect_fault(i, "unmapped", (unsigned long)edge);
		edge[-1] = '\n';
		expect_fault(i, "half mapped", (unsigned long)edge - 1);
		if (calls[i].what == WRITES) {
			expect_fault(i, "read-only", rdonly);
			expect_fault(i, "the program's text", (unsigned long)expect_fault);
		}
	}
	/* Vectors whose segments are bad, and a stat buffer beside a good name. */
	struct iovec iov[2] = { { (void *)half, 0 }, { (void *)0xffffffff80100000, 8 } };

	EXPECT(3, guest_call(SYS_writev, 1, (long)&iov[1], 1) == -EFAULT);
	EXPECT(4, guest_call(SYS_readv, 3, (long)&iov[1], 1) == -EFAULT);
	EXPECT(5, guest_call(SYS_stat, (long)"/", (long)0xffff800000100000, 0) == -EFAULT);
	EXPECT(6, nr_wrong == 0);
	puts("nothing but EFAULT");
	return 0;
}
