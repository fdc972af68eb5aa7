/* SPDX-License-Identifier: MIT */
/* Hard and symbolic links, and files that have lost their names. */
#include "scratch.h"

static void hard(void)
{
	struct stat a, b;
	int fd;

	make_file("a", "shared");
	SAID(link("a", "b"));
	stat("a", &a);
	stat("b", &b);
	check("one inode", a.st_ino == b.st_ino && a.st_nlink == 2);
	fd = open("b", O_WRONLY | O_APPEND);
	SAID(write(fd, " words", 6));
	close(fd);
	show_file("a");
	SAID(unlink("a"));
	show_file("b");
	stat("b", &b);
	printf("links %ld\n", (long)b.st_nlink);
	symlink("b", "s");
	SAID(link("s", "t"));
	lstat("t", &b);
	check("a link to the link", S_ISLNK(b.st_mode) && b.st_nlink == 2);
	SAID(linkat(AT_FDCWD, "s", AT_FDCWD, "u", AT_SYMLINK_FOLLOW));
	lstat("u", &b);
	check("a link to the file", S_ISREG(b.st_mode));
}

static void symbolic(void)
{
	char buf[5000], name[16], target[4100];
	struct stat st;

	SAID(symlink("some/where", "sym"));
	memset(buf, '#', sizeof(buf));
	SAID(readlink("sym", buf, sizeof(buf)));
	printf("'%.12s'\n", buf);
	SAID(readlink("sym", buf, 4));
	lstat("sym", &st);
	printf("mode %o, size %ld\n", st.st_mode, (long)st.st_size);
	memset(target, 't', sizeof(target));
	target[4095] = 0;
	SAID(symlink(target, "long"));
	SAID(readlink("long", buf, sizeof(buf)));
	target[4095] = 't';
	target[4096] = 0;
	SAID(symlink(target, "longer"));
	make_file("end", "the end");
	for (int i = 0; i < 42; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		snprintf(target, sizeof(target), i ? "c%d" : "end", i - 1);
		symlink(target, name);
	}
	show_file("c39");
	show_file("c40");
	mkdir("d", 0755);
	symlink("../end", "d/up");
	show_file("d/up");
	symlink("d", "dd");
	show_file("dd/up");
	show_file("dd/../end");
	snprintf(target, sizeof(target), "%s/end", scratch_path);
	symlink(target, "absolute");
	show_file("absolute");
	symlink("/", "top");
	SAID(access("top/dev/null", F_OK));
	SAID(access("top", F_OK));
	SAID(access("top/.", F_OK));
}

static void orphans(void)
{
	char buf[32] = "", cwd[64];
	struct stat st;
	int fd = open("orphan", O_RDWR | O_CREAT, 0644), dir;

	SAID(write(fd, "still here", 10));
	SAID(unlink("orphan"));
	fstat(fd, &st);
	printf("links %ld\n", (long)st.st_nlink);
	SAID(pread(fd, buf, 32, 0));
	printf("'%s'\n", buf);
	SAID(ftruncate(fd, 100000));
	make_file("orphan", "another");
	SAID(lseek(fd, 0, SEEK_END));
	close(fd);
	mkdir("gone", 0755);
	dir = open("gone", O_RDONLY);
	chdir("gone");
	SAID(rmdir("../gone"));
	check("getcwd", getcwd(cwd, sizeof(cwd)) == NULL && errno == ENOENT);
	WENT(open("x", O_WRONLY | O_CREAT, 0644));
	SAID(mkdir("x", 0755));
	SAID(access(".", F_OK));
	SAID(access("x", F_OK));
	SAID(access("../orphan", F_OK));
	fstat(dir, &st);
	printf("links %ld\n", (long)st.st_nlink);
	WENT(openat(dir, "x", O_WRONLY | O_CREAT, 0644));
	close(dir);
	SAID(chdir(".."));
	SAID(access("orphan", F_OK));
}

int main(void)
{
	scratch_begin();
	hard();
	symbolic();
	orphans();
	return scratch_end();
}
