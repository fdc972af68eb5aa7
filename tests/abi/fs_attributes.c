/* SPDX-License-Identifier: MIT */
/* Modes, owners, times. */
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <time.h>
#include <utime.h>

#include "scratch.h"

static struct stat state(const char *name)
{
	struct stat st;

	memset(&st, 0, sizeof(st));
	lstat(name, &st);
	return st;
}

static void modes(void)
{
	int fd;

	make_file("f", "");
	symlink("f", "l");
	SAID(chmod("f", 04751));
	printf("%o\n", state("f").st_mode);
	SAID(chmod("l", 0640));
	printf("%o %o\n", state("f").st_mode, state("l").st_mode);
	fd = open("f", O_RDWR);
	SAID(fchmod(fd, 0111));
	SAID(access("f", X_OK | R_OK | W_OK));
	SAID(fchmod(77, 0));
	SAID(fchmodat(AT_FDCWD, "f", 01777, 0));
	printf("%o\n", state("f").st_mode);
	mkdir("d", 07777);
	printf("%o\n", state("d").st_mode);
	close(fd);
}

static void owners(void)
{
	chmod("f", 06777);
	SAID(chown("f", 12, -1));
	printf("%d %d %o\n", state("f").st_uid, state("f").st_gid, state("f").st_mode);
	SAID(lchown("l", 5, 6));
	printf("%d %d, %d\n", state("l").st_uid, state("l").st_gid, state("f").st_gid);
	SAID(fchownat(AT_FDCWD, "l", -1, 9, 0));
	SAID(fchownat(AT_FDCWD, "l", -1, 9, 0x8000000));
	printf("%d %d\n", state("f").st_uid, state("f").st_gid);
}

static void show_times(const char *name)
{
	struct stat st = state(name);

	printf("%ld.%09ld %ld.%09ld\n", (long)st.st_atim.tv_sec, st.st_atim.tv_nsec,
	       (long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

static void times_set(void)
{
	struct timespec ts[2] = { { 1000000000, 123456789 }, { 5, 6 } };
	struct timeval tv[2] = { { 7, 8 }, { 9, 10 } };
	struct utimbuf u = { 11, 12 };
	int fd = open("f", O_RDONLY);

	SAID(utimensat(AT_FDCWD, "f", ts, 0));
	show_times("f");
	ts[0].tv_nsec = UTIME_OMIT;
	ts[1].tv_sec = 77;
	SAID(utimensat(AT_FDCWD, "f", ts, 0));
	show_times("f");
	SAID(futimens(fd, ts));
	SAID(utimes("f", tv));
	show_times("f");
	SAID(utime("f", &u));
	show_times("f");
	SAID(utimensat(AT_FDCWD, "l", ts, AT_SYMLINK_NOFOLLOW));
	printf("%ld\n", (long)state("l").st_mtim.tv_sec);
	SAID(utimensat(AT_FDCWD, "f", NULL, 0));
	check("now", labs((long)(state("f").st_mtim.tv_sec - time(NULL))) <= 2);
	close(fd);
}

static int is_later(struct timespec a, struct timespec b)
{
	return a.tv_sec > b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec > b.tv_nsec);
}

static void wait_a_little(void)
{
	struct timespec ts = { 0, 20000000 };

	nanosleep(&ts, NULL);
}

/* Which times move when something happens. */
static void times_moved(void)
{
	struct stat before, dir;
	int fd = open("f", O_RDWR);

	before = state("f");
	wait_a_little();
	(void)!write(fd, "x", 1);
	check("a write: mtime", is_later(state("f").st_mtim, before.st_mtim));
	check("and ctime", is_later(state("f").st_ctim, before.st_ctim));
	before = state("f");
	dir = state(".");
	wait_a_little();
	chmod("f", 0600);
	check("chmod: ctime", is_later(state("f").st_ctim, before.st_ctim));
	check("not mtime", !is_later(state("f").st_mtim, before.st_mtim));
	check("nor the folder", !is_later(state(".").st_mtim, dir.st_mtim));
	before = state("f");
	wait_a_little();
	link("f", "f2");
	check("link: ctime", is_later(state("f").st_ctim, before.st_ctim));
	check("not mtime", !is_later(state("f").st_mtim, before.st_mtim));
	check("and the folder", is_later(state(".").st_mtim, dir.st_mtim));
	before = state("f");
	dir = state(".");
	wait_a_little();
	unlink("f2");
	check("unlink: ctime", is_later(state("f").st_ctim, before.st_ctim));
	check("and the folder's", is_later(state(".").st_mtim, dir.st_mtim));
	before = state("f");
	wait_a_little();
	ftruncate(fd, 0);
	check("ftruncate: mtime", is_later(state("f").st_mtim, before.st_mtim));
	close(fd);
}

static void systems(void)
{
	struct statfs fs;

	SAID(statfs(".", &fs));
	printf("type %lx, block %ld, names %ld\n", (long)fs.f_type, (long)fs.f_bsize,
	       (long)fs.f_namelen);
	check("some of it free", fs.f_bfree > 0 && fs.f_bavail <= fs.f_blocks);
	SAID(statfs("/proc", &fs));
	printf("type %lx\n", (long)fs.f_type);
	SAID(fstatfs(77, &fs));
}

#ifdef STATX_TYPE
static void extended(void)
{
	struct statx stx;
	struct stat st = state("f");

	SAID(statx(AT_FDCWD, "f", 0, STATX_BASIC_STATS, &stx));
	check("as stat has it", stx.stx_ino == st.st_ino && stx.stx_mode == st.st_mode &&
					stx.stx_size == (uint64_t)st.st_size &&
					stx.stx_mtime.tv_sec == st.st_mtim.tv_sec &&
					stx.stx_uid == st.st_uid && stx.stx_nlink == st.st_nlink);
	SAID(statx(AT_FDCWD, "missing", 0, 0, &stx));
	SAID(statx(AT_FDCWD, "f", 0x8000000, 0, &stx));
	SAID(statx(AT_FDCWD, "f", 0, 0x80000000, &stx));
	SAID(statx(77, "", AT_EMPTY_PATH, 0, &stx));
}
#else
static void extended(void)
{
}
#endif

int main(void)
{
	scratch_begin();
	modes();
	owners();
	times_set();
	times_moved();
	systems();
	extended();
	return scratch_end();
}
