/* SPDX-License-Identifier: MIT */
/* What calls on paths say to what is wrong, in which order. */
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include "scratch.h"

static char long_name[300], long_path[5000];
static char *const bad = (char *)8;

static void set_up(void)
{
	scratch_begin();
	memset(long_name, 'n', 256);
	for (unsigned i = 0; i + 1 < sizeof(long_path); i++)
		long_path[i] = i % 2 ? '/' : 'd';
	make_file("file", "content");
	mkdir("dir", 0755);
	mkdir("full", 0755);
	make_file("full/inside", "");
	symlink("file", "link");
	symlink("dir", "dirlink");
	symlink("nowhere", "dangling");
	symlink("loop", "loop");
	symlink("file/", "slashed");
}

static void opening(void)
{
	WENT(open(bad, O_RDONLY));
	WENT(open("", O_RDONLY));
	WENT(open("missing", O_RDONLY));
	WENT(open("missing/x", O_RDONLY | O_CREAT, 0600));
	WENT(open("file/x", O_RDONLY));
	WENT(open("file/", O_RDONLY));
	WENT(open("link/", O_RDONLY));
	WENT(open("slashed", O_RDONLY));
	WENT(open("loop", O_RDONLY));
	WENT(open("loop/x", O_RDONLY));
	WENT(open(long_name, O_RDONLY));
	WENT(open(long_name, O_RDONLY | O_CREAT, 0600));
	WENT(open(long_path, O_RDONLY));
	WENT(open("dir", O_WRONLY));
	WENT(open("dir", O_RDWR));
	WENT(open("dir", O_RDONLY | O_CREAT, 0600));
	WENT(open("dir", O_RDONLY | O_TRUNC));
	WENT(open("dir/", O_RDONLY | O_CREAT, 0600));
	WENT(open("new/", O_RDONLY | O_CREAT, 0600));
	WENT(open("file/", O_RDONLY | O_CREAT, 0600));
	WENT(open(".", O_RDONLY | O_CREAT, 0600));
	WENT(open("/", O_WRONLY | O_CREAT, 0600));
	WENT(open("file", O_RDONLY | O_CREAT | O_EXCL, 0600));
	WENT(open("dir", O_RDONLY | O_CREAT | O_EXCL, 0600));
	WENT(open("link", O_RDONLY | O_CREAT | O_EXCL, 0600));
	WENT(open("dangling", O_RDONLY | O_CREAT | O_EXCL, 0600));
	WENT(open("link", O_RDONLY | O_NOFOLLOW));
	WENT(open("dangling", O_RDONLY));
	WENT(open("file", O_RDONLY | O_DIRECTORY));
	WENT(open("link", O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
	WENT(open("dirlink", O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
	WENT(open("file", O_RDONLY | O_TMPFILE, 0600));
	WENT(open("file", O_RDWR | O_TMPFILE, 0600));
	WENT(openat(77, "file", O_RDONLY));
	WENT(openat(77, "/missing", O_RDONLY));
	WENT(openat(-1, "", O_RDONLY));
}

static void making(void)
{
	WENT(mkdir(bad, 0755));
	WENT(mkdir("", 0755));
	WENT(mkdir("file", 0755));
	WENT(mkdir("dir", 0755));
	WENT(mkdir("dir/", 0755));
	WENT(mkdir("dangling", 0755));
	WENT(mkdir(".", 0755));
	WENT(mkdir("..", 0755));
	WENT(mkdir("/", 0755));
	WENT(mkdir("missing/x", 0755));
	WENT(mkdir("file/x", 0755));
	WENT(mkdir(long_name, 0755));
	WENT(symlink("", "new"));
	WENT(symlink("x", ""));
	WENT(symlink("x", "file"));
	WENT(symlink("x", "new/"));
	WENT(symlink("x", "dir/"));
	WENT(symlink(bad, "new"));
	WENT(link("missing", "new"));
	WENT(link("file", "dir"));
	WENT(link("file", "link"));
	WENT(link("dir", "new"));
	WENT(link("file", "new/"));
	WENT(link("file", "missing/x"));
	WENT(link("file/", "new"));
	WENT(linkat(AT_FDCWD, "file", AT_FDCWD, "new", 1));
	WENT(mknod("new", S_IFDIR | 0755, 0));
	WENT(mknod("new", 0150000, 0));
	WENT(mknod("file", S_IFREG | 0644, 0));
}

static void removing(void)
{
	WENT(unlink("missing"));
	WENT(unlink("dir"));
	WENT(unlink("dir/"));
	WENT(unlink("file/"));
	WENT(unlink("link/"));
	WENT(unlink("missing/"));
	WENT(unlink("."));
	WENT(unlink("/"));
	WENT(unlink("file/x"));
	WENT(unlink(long_name));
	WENT(rmdir("missing"));
	WENT(rmdir("file"));
	WENT(rmdir("link"));
	WENT(rmdir("dirlink"));
	WENT(rmdir("dirlink/"));
	WENT(rmdir("full"));
	WENT(rmdir("."));
	WENT(rmdir("dir/."));
	WENT(rmdir("dir/.."));
	WENT(rmdir(""));
	WENT(unlinkat(AT_FDCWD, "dir", 1));
	WENT(unlinkat(AT_FDCWD, "file", AT_REMOVEDIR));
	WENT(readlink("file", long_path, 10));
	WENT(readlink("missing", long_path, 10));
	WENT(readlink("link", long_path, 0));
	WENT(readlink("link", bad, 10));
	WENT(readlink("", long_path, 10));
}

static void changing(void)
{
	struct statfs fs;
	struct timespec times[2] = { { 0, 2000000000 }, { 0, 0 } };
	struct timeval us[2] = { { 0, 1000000 }, { 0, 0 } };
	struct stat st;
	char buf[8];

	WENT(chmod("missing", 0600));
	WENT(chmod("dangling", 0600));
	WENT(chown("missing", 1, 1));
	WENT(truncate("missing", 0));
	WENT(truncate("dir", 0));
	WENT(truncate("file", -1));
	WENT(truncate("missing", -1));
	WENT(access("missing", F_OK));
	WENT(access("file", 8));
	WENT(access("file", X_OK));
	WENT(access("dangling", F_OK));
	WENT(raw(SYS_stat, "missing", &st, 0) == -ENOENT);
	WENT(raw(SYS_stat, "file", bad, 0) == -EFAULT);
	WENT(raw(SYS_stat, bad, &st, 0) == -EFAULT);
	WENT(fstatat(AT_FDCWD, "", &st, 0));
	WENT(raw6(SYS_newfstatat, AT_FDCWD, (long)"file", (long)&st, 0x10000000, 0, 0) == -EINVAL);
	WENT(raw(SYS_statfs, "missing", &fs, 0) == -ENOENT);
	WENT(utimensat(AT_FDCWD, "file", times, 0));
	WENT(utimensat(AT_FDCWD, "missing", NULL, 0));
	WENT(utimensat(AT_FDCWD, "file", NULL, 0x4000000));
	WENT(raw6(SYS_utimensat, AT_FDCWD, 0, 0, 0, 0, 0) == -EFAULT);
	WENT(utimes("file", us));
	WENT(chdir("missing"));
	WENT(chdir("file"));
	WENT(chdir("link"));
	WENT(fchdir(77));
	check("getcwd without room", raw(SYS_getcwd, buf, 3, 0) == -ERANGE);
	check("getcwd nowhere", raw(SYS_getcwd, bad, 4096, 0) == -EFAULT);
}

int main(void)
{
	set_up();
	opening();
	making();
	removing();
	changing();
	return scratch_end();
}
