/* SPDX-License-Identifier: MIT */
/* What the flags of open(2) do. */
#include <sys/uio.h>

#include "scratch.h"

static void creation(void)
{
	struct stat st;
	int fd = open("new", O_RDWR | O_CREAT | O_EXCL, 0666);

	SAID(fstat(fd, &st));
	printf("mode %o, size %ld, links %ld\n", st.st_mode, (long)st.st_size, (long)st.st_nlink);
	SAID(write(fd, "hello", 5));
	close(fd);
	fd = open("new", O_RDWR | O_CREAT, 0);
	SAID(lseek(fd, 0, SEEK_END));
	close(fd);
	fd = open("new", O_RDONLY | O_TRUNC);
	SAID(lseek(fd, 0, SEEK_END));
	SAID(write(fd, "x", 1));
	close(fd);
	umask(0);
	fd = open("open to all", O_WRONLY | O_CREAT, 07777);
	fstat(fd, &st);
	printf("mode %o\n", st.st_mode);
	umask(0777);
	close(open("closed", O_WRONLY | O_CREAT, 0777));
	stat("closed", &st);
	printf("mode %o\n", st.st_mode);
	check("umask is what it was", umask(022) == 0777);
	SAID(read(fd, &st, 1));
	close(fd);
	fd = creat("new", 0600);
	printf("creat: flags %o\n", fcntl(fd, F_GETFL) & 0177);
	close(fd);
}

static void appending(void)
{
	int a, b;

	make_file("log", "one ");
	a = open("log", O_WRONLY | O_APPEND);
	b = open("log", O_WRONLY | O_APPEND);
	SAID(write(a, "two ", 4));
	SAID(write(b, "three ", 6));
	SAID(lseek(a, 0, SEEK_SET));
	SAID(write(a, "four ", 5));
	SAID(lseek(a, 0, SEEK_CUR));
	SAID(pwrite(b, "five", 4, 0)); /* appends all the same (pwrite(2), BUGS) */
	show_file("log");
	printf("flags %o\n", fcntl(a, F_GETFL) & ~0100000);
	SAID(fcntl(a, F_SETFL, 0));
	SAID(pwrite(a, "ONE", 3, 0));
	show_file("log");
	close(a);
	close(b);
}

static void through_links(void)
{
	int fd;

	symlink("target", "to");
	symlink("to", "again");
	fd = open("again", O_WRONLY | O_CREAT, 0644);
	WENT(fd);
	SAID(write(fd, "by link", 7));
	close(fd);
	show_file("target");
	mkdir("dir", 0755);
	symlink("dir/deep", "away");
	close(open("away", O_WRONLY | O_CREAT, 0644));
	SAID(access("dir/deep", F_OK));
	symlink("none/deep", "lost");
	WENT(open("lost", O_WRONLY | O_CREAT, 0644));
}

static void path_only(void)
{
	char buf[4];
	struct stat st;
	int fd = open("target", O_PATH), dir = open("dir", O_PATH | O_DIRECTORY);

	WENT(fd);
	SAID(read(fd, buf, 1));
	SAID(write(fd, buf, 1));
	SAID(lseek(fd, 0, SEEK_SET));
	SAID(fchmod(fd, 0600));
	SAID(fstat(fd, &st));
	printf("size %ld, flags %o\n", (long)st.st_size, fcntl(fd, F_GETFL));
	SAID(fcntl(fd, F_SETFL, 0));
	WENT(openat(dir, "deep", O_RDONLY));
	SAID(fchdir(dir));
	SAID(access("deep", F_OK));
	SAID(fchdir(open(scratch_path, O_RDONLY)));
	fd = open("to", O_PATH | O_NOFOLLOW);
	fstat(fd, &st);
	check("a link itself", S_ISLNK(st.st_mode));
}

static void nameless(void)
{
	struct stat st;
	char buf[8] = "";
	int fd = open(".", O_RDWR | O_TMPFILE, 0600);

	WENT(fd);
	SAID(write(fd, "secret", 6));
	SAID(fstat(fd, &st));
	printf("links %ld, size %ld\n", (long)st.st_nlink, (long)st.st_size);
	SAID(pread(fd, buf, 8, 0));
	printf("'%s'\n", buf);
	SAID(linkat(fd, "", AT_FDCWD, "named", AT_EMPTY_PATH));
	show_file("named");
}

int main(void)
{
	scratch_begin();
	creation();
	appending();
	through_links();
	path_only();
	nameless();
	return scratch_end();
}
