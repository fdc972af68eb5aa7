/* SPDX-License-Identifier: MIT */
/* Calls that start at a folder's descriptor. */
#include "scratch.h"

int main(void)
{
	struct stat st;
	char buf[32] = "";
	int dir, fd, file;

	scratch_begin();
	mkdir("d", 0755);
	make_file("f", "f");
	dir = open("d", O_RDONLY | O_DIRECTORY);
	file = open("f", O_RDONLY);
	SAID(mkdirat(dir, "sub", 0700));
	SAID(access("d/sub", F_OK));
	fd = openat(dir, "x", O_RDWR | O_CREAT, 0644);
	WENT(fd);
	SAID(write(fd, "at", 2));
	SAID(symlinkat("x", dir, "link"));
	SAID(readlinkat(dir, "link", buf, sizeof(buf)));
	SAID(linkat(dir, "x", AT_FDCWD, "here", 0));
	show_file("here");
	SAID(renameat(dir, "x", dir, "y"));
	SAID(fstatat(dir, "y", &st, 0));
	SAID(fstatat(dir, "", &st, AT_EMPTY_PATH));
	check("the folder", S_ISDIR(st.st_mode));
	SAID(fstatat(file, "", &st, AT_EMPTY_PATH));
	check("the file", S_ISREG(st.st_mode));
	SAID(fstatat(file, "x", &st, 0));
	SAID(fstatat(77, "x", &st, 0));
	SAID(fstatat(77, "/", &st, 0));
	SAID(fstatat(dir, "link", &st, 0));
	SAID(fstatat(dir, "link", &st, AT_SYMLINK_NOFOLLOW));
	SAID(faccessat(dir, "sub", F_OK, 0));
	SAID(fchmodat(dir, "y", 0600, 0));
	SAID(utimensat(dir, "y", NULL, 0));
	SAID(unlinkat(dir, "sub", 0));
	SAID(unlinkat(dir, "sub", AT_REMOVEDIR));
	SAID(unlinkat(dir, "link", 0));
	SAID(mknodat(dir, "node", S_IFREG | 0644, 0));
	SAID(mkfifoat(dir, "fifo", 0644));
	SAID(fchdir(file));
	SAID(fchdir(dir));
	SAID(access("y", F_OK));
	SAID(rename("../d", "../e"));
	SAID(access("y", F_OK));
	SAID(access("../e/y", F_OK));
	return scratch_end();
}
