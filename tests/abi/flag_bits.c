/* SPDX-License-Identifier: MIT */
/*
 * Every system call that takes flags, or a number that says what is meant: what
 * it answers to each bit beside what is usual, and to small numbers.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "scratch.h"

#define FILE_FD  40
#define OTHER_FD 41
#define SPARE_FD 42
#define PAGE     4096
#define NOBODY   0x3fffffff /* the number of no process */
#define WHITEOUT 4 /* of renameat2: as the file system has it */

struct call {
	const char *name;
	short nr, which;      /* the argument that is tried */
	bool spoils;          /* may leave the files otherwise than they were */
	unsigned usual;
	uint64_t left_out;    /* bits whose answer is the native machine's own */
	long args[6];
};

static char buffer[PAGE];
static char *page; /* room for a mapping */

#define C(name, ...) { #name, SYS_##name, CALL(false, __VA_ARGS__) }
#define F(name, ...) { #name, SYS_##name, CALL(true, __VA_ARGS__) }
#define CALL(spoils, which, usual, left_out, ...) which, spoils, usual, left_out, { __VA_ARGS__ }
#define S(s) ((long)(s))

static const struct call calls[] = {
	F(open, 1, O_RDONLY, O_DIRECT, S("file"), 0, 0600),
	F(open, 1, O_RDWR | O_CREAT, O_DIRECT, S("new"), 0, 0600),
	C(open, 1, O_RDONLY, O_DIRECT, S("link"), 0, 0600),
	C(open, 1, O_RDONLY, O_DIRECT, S("empty"), 0, 0600),
	C(access, 1, R_OK, 0, S("file")),
	C(faccessat2, 3, 0, 0, AT_FDCWD, S("file"), R_OK),
	C(newfstatat, 3, 0, 0, AT_FDCWD, S("link"), S(buffer)),
	C(statx, 2, 0, 0, AT_FDCWD, S("file"), 0, 0x7ff, S(buffer)),
	C(statx, 3, 0x7ff, 0, AT_FDCWD, S("file"), 0, 0, S(buffer)),
	C(fchownat, 4, 0, 0, AT_FDCWD, S("file"), -1, -1),
	F(linkat, 4, 0, 0, AT_FDCWD, S("file"), AT_FDCWD, S("new")),
	F(unlinkat, 2, 0, 0, AT_FDCWD, S("file")),
	F(unlinkat, 2, AT_REMOVEDIR, 0, AT_FDCWD, S("empty")),
	F(renameat2, 4, 0, WHITEOUT, AT_FDCWD, S("file"), AT_FDCWD, S("new")),
	F(renameat2, 4, 0, WHITEOUT, AT_FDCWD, S("file"), AT_FDCWD, S("other")),
	C(utimensat, 3, 0, 0, AT_FDCWD, S("file"), 0),
	F(mknod, 1, S_IFREG | 0600, 0, S("new"), 0, 0),
	F(mkdir, 1, 0700, 0, S("new")),
	F(chmod, 1, 0600, 0, S("file")),
	F(umask, 0, 022, 0, 0),
	C(lseek, 2, SEEK_SET, 0, FILE_FD, 0),
	C(dup3, 2, 0, 0, FILE_FD, SPARE_FD),
	C(close_range, 2, 0, 0, SPARE_FD, SPARE_FD),
	C(copy_file_range, 5, 0, 0, FILE_FD, 0, OTHER_FD, 0, 1),
	C(flock, 1, LOCK_SH | LOCK_NB, 0, FILE_FD),
	C(mprotect, 2, PROT_READ, 0, S(&page), PAGE),
	C(mmap, 2, PROT_READ, 0, S(&page), PAGE, 0, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
	C(mmap, 3, MAP_PRIVATE | MAP_ANONYMOUS, MAP_HUGETLB, S(&page), PAGE, PROT_READ, 0, -1, 0),
	C(msync, 2, MS_SYNC, 0, S(&page), PAGE),
	F(mremap, 3, MREMAP_MAYMOVE, 0, S(&page), PAGE, PAGE, 0, S(&page)),
	C(getrandom, 2, 0, 0, S(buffer), 8),
	C(rt_sigprocmask, 0, SIG_BLOCK, 0, 0, 0, S(buffer), 8),
	C(rt_sigprocmask, 0, SIG_BLOCK, 0, 0, S(buffer), S(buffer + 64), 8),
	C(rt_sigaction, 0, SIGUSR1, 0, 0, 0, S(buffer), 8),
	C(kill, 1, 0, 0, NOBODY),
	C(wait4, 2, WNOHANG, 0, -1, 0, 0, 0),
	C(waitid, 3, WNOHANG | WEXITED, 0, P_ALL, 0, 0, 0, 0),
	C(waitid, 0, P_ALL, 0, 0, 0, 0, WNOHANG | WEXITED, 0),
	C(getrusage, 0, 0, 0, 0, S(buffer)),
	C(getrlimit, 0, 0, 0, 0, S(buffer)),
	C(prlimit64, 1, 0, 0, 0, 0, 0, S(buffer)),
	C(clock_getres, 0, 0, 8 /* with an alarm: as there is an RTC */, 0, S(buffer)),
	C(clock_gettime, 0, 0, 8, 0, S(buffer)),
	C(clock_nanosleep, 1, 0, 0, CLOCK_MONOTONIC, 0, S(buffer), 0),
};

#define NR_SMALL 40

static void set_up(void)
{
	scratch_begin();
	page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check("there is room", page != MAP_FAILED);
}

/* The same state before each call. */
static void make_ready(void)
{
	static const char *const names[] = { "file", "other", "new", "link" };

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (unlink(names[i]) && errno != ENOENT)
			rmdir(names[i]);
	umask(022);
	make_file("file", "file");
	make_file("other", "other");
	symlink("file", "link");
	mkdir("empty", 0700);
	dup2(open("file", O_RDONLY), FILE_FD);
	dup2(open("other", O_RDWR), OTHER_FD);
	for (int fd = 3; fd < 6; fd++)
		close(fd);
	memset(buffer, 0, sizeof(buffer));
	page = mmap(page, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

static long answer(const struct call *call, unsigned value)
{
	long a[6], ret;

	memcpy(a, call->args, sizeof(a));
	for (unsigned i = 0; i < 6; i++)
		if (a[i] == S(&page))
			a[i] = S(page);
	a[call->which] = (int)value;
	ret = raw6(call->nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (call->nr == SYS_mmap || call->nr == SYS_mremap) {
		if (ret > 0 && ret != S(page))
			munmap((void *)ret, PAGE);
	} else if (call->nr == SYS_open && ret >= 0) {
		close((int)ret);
	}
	return ret;
}

static void try(const struct call *call, unsigned value)
{
	long ret;

	if (value & call->left_out)
		return;
	if (call->spoils)
		make_ready();
	ret = answer(call, value);
	printf("%s argument %d 0x%x: %s\n", call->name, call->which, value,
	       ret < 0 && ret > -4096 ? abi_errno_name(-ret) : "taken");
}

int main(void)
{
	set_up();
	for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		make_ready();
		for (unsigned bit = 0; bit < 32; bit++)
			try(&calls[i], calls[i].usual ^ 1u << bit);
		for (unsigned value = 0; value < NR_SMALL && !calls[i].spoils; value++)
			try(&calls[i], value);
	}
	close(FILE_FD);
	close(OTHER_FD);
	return scratch_end();
}
