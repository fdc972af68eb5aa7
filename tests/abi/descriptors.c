/* SPDX-License-Identifier: MIT */
/*
 * Every system call that takes a descriptor, with descriptors that are none and
 * with files that are of the wrong kind for it: what it answers.
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

#include "scratch.h"

enum { FILE_FD = 40, READ_FD, WRITE_FD, DIR_FD, PATH_FD, READ_ONLY_FD, WRITE_ONLY_FD, NULL_FD, LINK_FD };

struct call {
	const char *name;
	short nr, which;
	long args[6];
};

static char buffer[4096];
static struct iovec pieces[2] = { { buffer, 8 }, { buffer + 8, 8 } };
static struct timespec times[2] = { { 5, 6 }, { 7, 8 } };

#define C(name, which, ...) { #name, SYS_##name, which, { __VA_ARGS__ } }
#define S(s) ((long)(s))

static const struct call calls[] = {
	C(read, 0, 0, S(buffer), 8),
	C(write, 0, 0, S(buffer), 8),
	C(readv, 0, 0, S(pieces), 2),
	C(writev, 0, 0, S(pieces), 2),
	C(pread64, 0, 0, S(buffer), 8, 0),
	C(pwrite64, 0, 0, S(buffer), 8, 0),
	C(preadv, 0, 0, S(pieces), 2, 0),
	C(pwritev, 0, 0, S(pieces), 2, 0),
	C(lseek, 0, 0, 0, SEEK_SET),
	C(fstat, 0, 0, S(buffer)),
	C(fcntl, 0, 0, F_GETFD),
	C(fcntl, 0, 0, F_SETFL, 0),
	C(ioctl, 0, 0, 0x5401, S(buffer)),
	C(fsync, 0, 0),
	C(fdatasync, 0, 0),
	C(ftruncate, 0, 0, 100),
	C(fallocate, 0, 0, 0, 0, 100),
	C(fadvise64, 0, 0, 0, 0, 0),
	C(flock, 0, 0, 8),
	C(fchmod, 0, 0, 0644),
	C(fchown, 0, 0, 0, 0),
	C(fchdir, 0, 0),
	C(fstatfs, 0, 0, S(buffer)),
	C(syncfs, 0, 0),
	C(getdents64, 0, 0, S(buffer), sizeof(buffer)),
	C(sendfile, 0, 0, FILE_FD, 0, 4),
	C(sendfile, 1, WRITE_ONLY_FD, 0, 0, 4),
	C(copy_file_range, 0, 0, 0, WRITE_ONLY_FD, 0, 4, 0),
	C(copy_file_range, 2, FILE_FD, 0, 0, 0, 4, 0),
	C(mmap, 4, 0, 4096, PROT_READ, MAP_PRIVATE, 0, 0),
	C(mmap, 4, 0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, 0, 0),
	C(openat, 0, 0, S("file"), O_RDONLY),
	C(mkdirat, 0, 0, S("file"), 0700),
	C(mknodat, 0, 0, S("file"), S_IFREG, 0),
	C(newfstatat, 0, 0, S("file"), S(buffer), 0),
	C(statx, 0, 0, S("file"), 0, 0x7ff, S(buffer)),
	C(faccessat, 0, 0, S("file"), 0),
	C(faccessat2, 0, 0, S("file"), 0, 0),
	C(readlinkat, 0, 0, S("link"), S(buffer), 64),
	C(unlinkat, 0, 0, S("missing"), 0),
	C(fchmodat, 0, 0, S("file"), 0644),
	C(fchownat, 0, 0, S("file"), 0, 0, 0),
	C(symlinkat, 1, S("x"), 0, S("file")),
	C(linkat, 0, 0, S("file"), AT_FDCWD, S("file"), 0),
	C(linkat, 2, AT_FDCWD, S("file"), 0, S("file"), 0),
	C(renameat, 0, 0, S("missing"), AT_FDCWD, S("new")),
	C(renameat, 2, AT_FDCWD, S("missing"), 0, S("new")),
	C(renameat2, 0, 0, S("missing"), AT_FDCWD, S("new"), 0),
	C(utimensat, 0, 0, S("file"), S(times), 0),
	C(utimensat, 0, 0, 0, S(times), 0),
	C(futimesat, 0, 0, S("file"), 0),
	C(dup2, 0, 0, 60),
	C(dup3, 0, 0, 60, 0),
	C(dup3, 0, 0, 60, 1),
	C(dup2, 1, FILE_FD, 0),
	C(close_range, 0, 0, 5, 0),
};

static const struct {
	const char *kind;
	unsigned long fd;
	short never; /* a call that would do harm with it */
} kinds[] = {
	{ "-1", -1ul, SYS_close_range },
	{ "-2", -2ul, SYS_close_range },
	{ "INT_MIN", 0x80000000, SYS_close_range },
	{ "INT_MAX", 0x7fffffff, 0 },
	{ "closed", 39, 0 },
	{ "the last", 1023, SYS_dup2 },
	{ "beyond the last", 1 << 20, 0 },
	{ "a file, and bits above", 1ul << 32 | FILE_FD, 0 },
	{ "a file", FILE_FD, 0 },
	{ "a file to be read", READ_ONLY_FD, SYS_dup2 },
	{ "a file to be written", WRITE_ONLY_FD, SYS_dup2 },
	{ "a pipe's end to read", READ_FD, SYS_dup2 },
	{ "a pipe's end to write", WRITE_FD, SYS_dup2 },
	{ "a folder", DIR_FD, SYS_dup2 },
	{ "a path", PATH_FD, SYS_dup2 },
	{ "a link's path", LINK_FD, SYS_dup2 },
	{ "null", NULL_FD, SYS_dup2 },
};

static void put(int fd, int number)
{
	if (fd < 0 || dup2(fd, number) != number)
		check("a descriptor can be had", 0);
	close(fd);
}

static void set_up(void)
{
	int ends[2];

	scratch_begin();
	make_file("file", "sixty-four bytes of text, or so; it is not that important how many");
	make_file("other", "sixty-four bytes of text, or so; it is not that important how many");
	symlink("file", "link");
	pipe(ends);
	put(ends[0], READ_FD);
	put(ends[1], WRITE_FD);
	put(open("file", O_RDWR), FILE_FD);
	put(open("file", O_RDONLY), READ_ONLY_FD);
	put(open("other", O_WRONLY), WRITE_ONLY_FD);
	put(open(".", O_RDONLY | O_DIRECTORY), DIR_FD);
	put(open("file", O_PATH), PATH_FD);
	put(open("link", O_PATH | O_NOFOLLOW), LINK_FD);
	put(open("/dev/null", O_RDWR), NULL_FD);
}

static void try(const struct call *call, unsigned kind)
{
	long a[6], ret;

	memcpy(a, call->args, sizeof(a));
	a[call->which] = (long)kinds[kind].fd;
	if (call->nr == kinds[kind].never)
		return;
	/* What comes of this one depends on Linux's version. */
	if (call->nr == SYS_sendfile && call->which == 1 && a[1] == NULL_FD)
		return;
	if (write(WRITE_FD, "sixteen bytes...", 16) != 16) /* there is something to read */
		check("the pipe has room", 0);
	lseek(DIR_FD, 0, SEEK_SET);
	ret = raw6(call->nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	printf("%s argument %d, %s: %s\n", call->name, call->which, kinds[kind].kind,
	       ret < 0 && ret > -4096 ? abi_errno_name(-ret) : "done");
	if (call->nr == SYS_openat && ret > 0)
		close((int)ret);
}

/* The device is the host's, in the native run: it stays as it is. */
static void restore_null(const struct stat *before)
{
	const struct timespec old[2] = { before->st_atim, before->st_mtim };

	if (chmod("/dev/null", before->st_mode & 07777) == 0 &&
	    chown("/dev/null", before->st_uid, before->st_gid) == 0)
		utimensat(AT_FDCWD, "/dev/null", old, 0);
}

int main(void)
{
	struct stat null;

	stat("/dev/null", &null);
	set_up();
	for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		for (unsigned kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++)
			try(&calls[i], kind);
	restore_null(&null);
	return scratch_end();
}
