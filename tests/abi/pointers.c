/* SPDX-License-Identifier: MIT */
/*
 * Every system call that takes a pointer, with pointers that are wrong in every
 * way: what it answers must be the same on both sides. Where a call moves many
 * bytes, those before the fault may have been moved.
 */
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

#include "scratch.h"

/* Descriptors with fixed numbers. */
enum { FILE_FD = 40, READ_FD, WRITE_FD, DIR_FD };

/* How the kernel uses the memory. */
enum { IN = 1, OUT = 2 };

struct call {
	const char *name;
	short nr, which; /* the argument that is wrong */
	char use;
	char spared; /* kinds that are not tried */
	long args[6];
};

static struct timespec no_time;
static struct timeval no_timeval;
static char well[8192];
static char *no_strings[] = { NULL };

/* Null means that nothing is wanted, or worse; what a half mapped one gives differs
 * (docs/syscalls.md). */
enum { NULL_IS_GOOD = 1, HALF_DIFFERS = 2 };

#define C(name, which, use, ...) { #name, SYS_##name, which, use, 0, { __VA_ARGS__ } }
#define N(name, which, use, ...) { #name, SYS_##name, which, use, NULL_IS_GOOD, { __VA_ARGS__ } }
#define H(name, which, use, ...) { #name, SYS_##name, which, use, HALF_DIFFERS, { __VA_ARGS__ } }
#define S(s) ((long)(s))

static const struct call calls[] = {
	C(read, 1, OUT, FILE_FD, 0, 64),
	H(read, 1, OUT, READ_FD, 0, 8),
	C(pread64, 1, OUT, FILE_FD, 0, 64, 0),
	C(readv, 1, IN, FILE_FD, 0, 2),
	C(preadv, 1, IN, FILE_FD, 0, 2, 0),
	C(write, 1, IN, FILE_FD, 0, 64),
	H(write, 1, IN, WRITE_FD, 0, 64),
	C(pwrite64, 1, IN, FILE_FD, 0, 64, 0),
	C(writev, 1, IN, FILE_FD, 0, 2),
	C(pwritev, 1, IN, FILE_FD, 0, 2, 0),
	C(open, 0, IN, 0, O_RDONLY),
	C(openat, 1, IN, AT_FDCWD, 0, O_RDONLY),
	C(creat, 0, IN, 0, 0600),
	C(stat, 0, IN, 0, S(well)),
	C(stat, 1, OUT, S("file"), 0),
	C(lstat, 0, IN, 0, S(well)),
	C(lstat, 1, OUT, S("file"), 0),
	C(fstat, 1, OUT, FILE_FD, 0),
	C(newfstatat, 1, IN, AT_FDCWD, 0, S(well), 0),
	C(newfstatat, 2, OUT, AT_FDCWD, S("file"), 0, 0),
	C(statx, 1, IN, AT_FDCWD, 0, 0, 0x7ff, S(well)),
	C(statx, 4, OUT, AT_FDCWD, S("file"), 0, 0x7ff, 0),
	C(statfs, 0, IN, 0, S(well)),
	C(statfs, 1, OUT, S("file"), 0),
	C(fstatfs, 1, OUT, FILE_FD, 0),
	C(access, 0, IN, 0, R_OK),
	C(faccessat, 1, IN, AT_FDCWD, 0, R_OK),
	C(faccessat2, 1, IN, AT_FDCWD, 0, R_OK, 0),
	C(poll, 0, IN | OUT, 0, 1, 0),
	C(ppoll, 0, IN | OUT, 0, 1, S(&no_time), 0, 8),
	N(ppoll, 2, IN, 0, 0, 0, 0, 8),
	N(ppoll, 3, IN, 0, 0, S(&no_time), 0, 8),
	N(select, 1, IN | OUT, 8, 0, 0, 0, S(&no_timeval)),
	N(select, 2, IN | OUT, 8, 0, 0, 0, S(&no_timeval)),
	N(select, 3, IN | OUT, 8, 0, 0, 0, S(&no_timeval)),
	N(select, 4, IN, 0, 0, 0, 0, 0),
	N(pselect6, 1, IN | OUT, 8, 0, 0, 0, S(&no_time), 0),
	N(pselect6, 4, IN, 0, 0, 0, 0, 0, 0),
	N(pselect6, 5, IN, 0, 0, 0, 0, S(&no_time), 0),
	N(rt_sigaction, 1, IN, SIGUSR1, 0, 0, 8),
	N(rt_sigaction, 2, OUT, SIGUSR1, 0, 0, 8),
	N(rt_sigprocmask, 1, IN, SIG_BLOCK, 0, 0, 8),
	N(rt_sigprocmask, 2, OUT, SIG_BLOCK, 0, 0, 8),
	C(rt_sigpending, 0, OUT, 0, 8),
	C(rt_sigsuspend, 0, IN, 0, 8),
	N(sigaltstack, 0, IN, 0, 0),
	N(sigaltstack, 1, OUT, 0, 0),
	C(nanosleep, 0, IN, 0, 0),
	C(clock_nanosleep, 2, IN, CLOCK_MONOTONIC, 0, 0, 0),
	C(clock_gettime, 1, OUT, CLOCK_MONOTONIC, 0),
	C(clock_gettime, 1, OUT, CLOCK_PROCESS_CPUTIME_ID, 0),
	N(clock_getres, 1, OUT, CLOCK_MONOTONIC, 0),
	N(gettimeofday, 0, OUT, 0, 0),
	N(gettimeofday, 1, OUT, 0, 0),
	N(time, 0, OUT, 0),
	C(getitimer, 1, OUT, ITIMER_REAL, 0),
	N(setitimer, 1, IN, ITIMER_REAL, 0, 0),
	N(times, 0, OUT, 0),
	C(pipe, 0, OUT, 0),
	C(pipe2, 0, OUT, 0, O_CLOEXEC),
	C(ioctl, 2, OUT, READ_FD, FIONREAD, 0),
	C(ioctl, 2, IN, READ_FD, FIONBIO, 0),
	N(sendfile, 2, IN | OUT, FILE_FD, FILE_FD, 0, 0),
	N(copy_file_range, 1, IN | OUT, FILE_FD, 0, FILE_FD, 0, 0, 0),
	N(copy_file_range, 3, IN | OUT, FILE_FD, 0, FILE_FD, 0, 0, 0),
	C(getcwd, 0, OUT, 0, 4096),
	C(chdir, 0, IN, 0),
	C(mkdir, 0, IN, 0, 0700),
	C(mkdirat, 1, IN, AT_FDCWD, 0, 0700),
	C(rmdir, 0, IN, 0),
	C(mknod, 0, IN, 0, S_IFREG, 0),
	C(mknodat, 1, IN, AT_FDCWD, 0, S_IFREG, 0),
	C(link, 0, IN, 0, S("new")),
	C(link, 1, IN, S("file"), 0),
	C(linkat, 1, IN, AT_FDCWD, 0, AT_FDCWD, S("new"), 0),
	C(linkat, 3, IN, AT_FDCWD, S("file"), AT_FDCWD, 0, 0),
	C(symlink, 0, IN, 0, S("new")),
	C(symlink, 1, IN, S("file"), 0),
	C(symlinkat, 0, IN, 0, AT_FDCWD, S("new")),
	C(symlinkat, 2, IN, S("file"), AT_FDCWD, 0),
	C(unlink, 0, IN, 0),
	C(unlinkat, 1, IN, AT_FDCWD, 0, 0),
	C(readlink, 0, IN, 0, S(well), 64),
	C(readlink, 1, OUT, S("link"), 0, 64),
	C(readlinkat, 1, IN, AT_FDCWD, 0, S(well), 64),
	C(readlinkat, 2, OUT, AT_FDCWD, S("link"), 0, 64),
	C(rename, 0, IN, 0, S("new")),
	C(rename, 1, IN, S("file"), 0),
	C(renameat, 1, IN, AT_FDCWD, 0, AT_FDCWD, S("new")),
	C(renameat, 3, IN, AT_FDCWD, S("file"), AT_FDCWD, 0),
	C(renameat2, 1, IN, AT_FDCWD, 0, AT_FDCWD, S("new"), 0),
	C(renameat2, 3, IN, AT_FDCWD, S("file"), AT_FDCWD, 0, 0),
	C(chmod, 0, IN, 0, 0600),
	C(fchmodat, 1, IN, AT_FDCWD, 0, 0600),
	C(chown, 0, IN, 0, 0, 0),
	C(lchown, 0, IN, 0, 0, 0),
	C(fchownat, 1, IN, AT_FDCWD, 0, 0, 0, 0),
	C(truncate, 0, IN, 0, 10),
	C(utime, 0, IN, 0, 0),
	N(utime, 1, IN, S("file"), 0),
	C(utimes, 0, IN, 0, 0),
	N(utimes, 1, IN, S("file"), 0),
	N(futimesat, 2, IN, AT_FDCWD, S("file"), 0),
	N(utimensat, 1, IN, AT_FDCWD, 0, 0, 0),
	N(utimensat, 2, IN, AT_FDCWD, S("file"), 0, 0),
	C(getdents64, 1, OUT, DIR_FD, 0, 512),
	C(uname, 0, OUT, 0),
	C(sysinfo, 0, OUT, 0),
	C(getrlimit, 1, OUT, RLIMIT_NOFILE, 0),
	C(setrlimit, 1, IN, RLIMIT_CORE, 0),
	N(prlimit64, 2, IN, 0, RLIMIT_CORE, 0, 0),
	N(prlimit64, 3, OUT, 0, RLIMIT_NOFILE, 0, 0),
	C(getrusage, 1, OUT, RUSAGE_SELF, 0),
	H(getrandom, 0, OUT, 0, 64, 0),
	N(getcpu, 0, OUT, 0, 0, 0),
	N(getcpu, 1, OUT, 0, 0, 0),
	C(sched_getaffinity, 2, OUT, 0, 128, 0),
	C(execve, 0, IN, 0, S(no_strings), S(no_strings)),
	N(execve, 1, IN, S("/proc/self/exe"), 0, S(no_strings)),
	N(execve, 2, IN, S("/proc/self/exe"), S(no_strings), 0),
	C(execveat, 1, IN, AT_FDCWD, 0, S(no_strings), S(no_strings), 0),
	C(prctl, 1, IN, PR_SET_NAME, 0),
	C(prctl, 1, OUT, PR_GET_NAME, 0),
	C(arch_prctl, 1, OUT, 0x1003, 0),
	C(arch_prctl, 1, OUT, 0x1004, 0),
	C(futex, 0, IN, 0, 0, 1, S(&no_time)),
	N(wait4, 1, OUT, -1, 0, WNOHANG, 0),
	N(waitid, 2, OUT, P_ALL, 0, 0, WNOHANG | WEXITED, 0),
};

static char *half, *none, *rdonly; /* a page and then none; no access; not to be written to */

#define PAGE 4096

static void *map(size_t len, int prot)
{
	return mmap(NULL, len, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void set_up(void)
{
	int ends[2];

	scratch_begin();
	memset(well, 'w', sizeof(well));
	well[200] = '\0';
	make_file("file", well);
	symlink("file", "link");
	dup2(open("file", O_RDWR), FILE_FD);
	pipe(ends);
	dup2(ends[0], READ_FD);
	dup2(ends[1], WRITE_FD);
	fcntl(WRITE_FD, F_SETFL, O_NONBLOCK);
	dup2(open(".", O_RDONLY | O_DIRECTORY), DIR_FD);
	for (int fd = 3; fd < FILE_FD; fd++)
		close(fd);
	half = map(2 * PAGE, PROT_READ | PROT_WRITE);
	memset(half, 'h', PAGE);
	munmap(half + PAGE, PAGE);
	none = map(PAGE, PROT_NONE);
	rdonly = map(PAGE, PROT_READ);
}

/* The same state before each call. */
static void make_ready(void)
{
	lseek(FILE_FD, 0, SEEK_SET);
	lseek(DIR_FD, 0, SEEK_SET);
	while (ioctl(READ_FD, FIONREAD, well + 4096) == 0 && *(int *)(well + 4096) > 0)
		if (read(READ_FD, well + 4100, 4000) <= 0)
			break;
	if (write(WRITE_FD, "sixteen bytes...", 16) != 16)
		check("the pipe has room", 0);
}

static long call_with(const struct call *call, unsigned long pointer)
{
	long a[6];

	memcpy(a, call->args, sizeof(a));
	a[call->which] = (long)pointer;
	return raw6(call->nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static void try(const struct call *call, const char *kind, unsigned long pointer)
{
	long ret;

	make_ready();
	ret = call_with(call, pointer);
	if (ret < 0 && ret > -4096)
		printf("%s argument %d, %s: %s\n", call->name, call->which, kind, abi_errno_name(-ret));
	else
		printf("%s argument %d, %s: %ld\n", call->name, call->which, kind, ret);
}

static void try_all(const struct call *call)
{
	if (!(call->spared & NULL_IS_GOOD))
		try(call, "null", 0);
	try(call, "nearly null", 8);
	try(call, "the direct map", 0xffff888000100000);
	try(call, "the kernel's image", 0xffffffff80100000);
	try(call, "crooked", 0x0000a00000000000);
	try(call, "the top bit", 0x8000000000000000 | (unsigned long)half);
	try(call, "the end of the lower half", 0x7ffffffffffc);
	try(call, "beyond the lower half", 0x800000000000);
	try(call, "wrapping", 0xfffffffffffffffc);
	try(call, "the last byte", ~0ul);
	try(call, "no access", (unsigned long)none);
	try(call, "unmapped", (unsigned long)half + PAGE);
	memset(half + PAGE - 3, 'h', 3);
	if (!(call->spared & HALF_DIFFERS))
		try(call, "half mapped", (unsigned long)half + PAGE - 3);
	if (call->use == OUT) {
		try(call, "read-only", (unsigned long)rdonly);
		try(call, "the text", (unsigned long)try_all & ~7ul);
	}
}

/* Good structures that hold bad pointers. */
static void inner_pointers(void)
{
	unsigned long bad[] = { 0, 8, 0xffff888000100000, 0xffffffff80100000, 0x0000a00000000000,
				(unsigned long)none, (unsigned long)half + PAGE };

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct iovec iov[3] = { { well, 10 }, { (void *)bad[i], 10 }, { well, 10 } };
		char *strings[] = { (char *)bad[i], "more", NULL };
		struct {
			unsigned long set, size;
		} mask = { bad[i] ? bad[i] : 8, 8 };

		printf("bad pointer %u\n", i);
		make_ready();
		SAID(readv(FILE_FD, iov, 3));
		SAID(readv(FILE_FD, iov + 1, 2));
		SAID(writev(FILE_FD, iov, 3));
		SAID(writev(FILE_FD, iov + 1, 2));
		SAID(writev(WRITE_FD, iov + 1, 2));
		SAID(preadv(FILE_FD, iov + 1, 1, 0));
		SAID(pwritev(FILE_FD, iov + 1, 1, 0));
		errno = 0;
		if (bad[i])
			SAID(raw6(SYS_pselect6, 0, 0, 0, 0, (long)&no_time, (long)&mask));
		if (bad[i])
			SAID(syscall(SYS_execve, "/proc/self/exe", strings, no_strings));
		if (bad[i])
			SAID(syscall(SYS_execve, "/proc/self/exe", no_strings, strings));
	}
}

/* Lengths that wrap around, or reach where nothing is. */
static void lengths(void)
{
	static const unsigned long lens[] = { 1ul << 31, 1ul << 47, 1ul << 62, 1ul << 63, ~0ul, ~0ul - 4095 };

	for (unsigned i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		struct iovec iov[2] = { { well, 10 }, { well, lens[i] } };

		printf("length %lx\n", lens[i]);
		make_ready();
		WENT(read(FILE_FD, half + PAGE, lens[i]));
		WENT(write(FILE_FD, half + PAGE, lens[i]));
		SAID(readv(FILE_FD, iov, 2));
		WENT(getcwd(half + PAGE, lens[i]) ? 0 : -1);
		WENT(readlink("link", half + PAGE, lens[i]));
		WENT(syscall(SYS_getrandom, half + PAGE, lens[i], 0));
	}
}

int main(void)
{
	set_up();
	for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		try_all(&calls[i]);
	inner_pointers();
	lengths();
	return scratch_end();
}
