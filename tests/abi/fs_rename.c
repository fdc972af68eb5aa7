/* SPDX-License-Identifier: MIT */
/* rename(2): what it refuses, and what it replaces. */
#include <sys/syscall.h>

#include "scratch.h"

#define NOREPLACE 1
#define EXCHANGE  2

#define RENAME(a, b, flags) \
	said("renameat2 " a " " b " " #flags, \
	     syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, flags))

static void set_up(void)
{
	scratch_begin();
	make_file("file", "file");
	make_file("other", "other");
	mkdir("dir", 0755);
	mkdir("dir/sub", 0755);
	mkdir("dir/sub/deep", 0755);
	mkdir("empty", 0755);
	mkdir("full", 0755);
	make_file("full/x", "");
	symlink("file", "link");
	symlink("dir", "dirlink");
}

static void refused(void)
{
	SAID(rename("missing", "new"));
	SAID(rename("file", "missing/new"));
	SAID(rename("missing", "file"));
	SAID(rename("file", "dir"));
	SAID(rename("dir", "file"));
	SAID(rename("dir", "full"));
	SAID(rename("dir", "dir/sub/new"));
	SAID(rename("dir", "dir/new"));
	SAID(rename("dir", "dir/sub"));
	SAID(rename("dir/sub/deep", "dir"));
	SAID(rename("dir/sub", "dir"));
	SAID(rename("full", "full"));
	SAID(rename("full", "./full"));
	SAID(rename("full/", "dir/../full/"));
	SAID(rename("file/", "new"));
	SAID(rename("file", "new/"));
	SAID(rename("file", "dir/"));
	SAID(rename("file", "other/"));
	SAID(rename(".", "new"));
	SAID(rename("dir/..", "new"));
	SAID(rename("dir", "."));
	SAID(rename("dir", "empty/.."));
	SAID(rename("", "new"));
	SAID(rename("file", ""));
	SAID(rename("file/x", "new"));
	RENAME("file", "other", NOREPLACE);
	RENAME("file", "missing", EXCHANGE);
	RENAME("missing", "file", NOREPLACE);
	RENAME("file", "new", 8);
	RENAME("file", "new", NOREPLACE | EXCHANGE);
	RENAME("dir", "dir/sub", EXCHANGE);
	RENAME("dir/sub", "dir", EXCHANGE);
}

static long inode_of(const char *name)
{
	struct stat st;

	return lstat(name, &st) ? -1 : (long)st.st_ino;
}

static long links_of(const char *name)
{
	struct stat st;

	return lstat(name, &st) ? -1 : (long)st.st_nlink;
}

static void done(void)
{
	long file = inode_of("file"), dir = inode_of("dir"), link = inode_of("link");

	SAID(rename("file", "file"));
	SAID(rename("file", "moved"));
	check("the same file", inode_of("moved") == file);
	SAID(access("file", F_OK));
	SAID(rename("moved", "other"));
	show_file("other");
	SAID(rename("dir", "empty"));
	check("the same folder", inode_of("empty") == dir);
	SAID(access("empty/sub/deep", F_OK));
	SAID(rename("empty/", "dir/"));
	printf("links of dir %ld, of sub %ld\n", links_of("dir"), links_of("dir/sub"));
	SAID(rename("dir/sub", "full/sub"));
	printf("links of dir %ld, of full %ld, of sub %ld\n", links_of("dir"), links_of("full"),
	       links_of("full/sub"));
	SAID(access("full/sub/../x", F_OK));
	SAID(rename("link", "renamed"));
	check("a link is not followed", inode_of("renamed") == link);
	SAID(rename("renamed", "other"));
	check("nor kept", inode_of("other") == link);
	make_file("a", "A");
	SAID(RENAME("a", "full", EXCHANGE));
	show_file("full");
	SAID(access("a/sub/deep", F_OK));
	printf("links of a %ld, of sub %ld\n", links_of("a"), links_of("a/sub"));
	RENAME("full", "b", NOREPLACE);
	show_file("b");
}

/* Two names of one file: nothing happens. */
static void same_file(void)
{
	make_file("one", "1");
	link("one", "two");
	SAID(rename("one", "two"));
	printf("links %ld %ld\n", links_of("one"), links_of("two"));
}

/* What is open stays open when its name goes to another. */
static void replaced_while_open(void)
{
	char buf[8] = "";
	int fd;

	make_file("old", "old");
	make_file("new", "new");
	fd = open("old", O_RDWR);
	SAID(rename("new", "old"));
	SAID(read(fd, buf, 8));
	printf("'%s'\n", buf);
	SAID(write(fd, "er", 2));
	close(fd);
	show_file("old");
}

int main(void)
{
	set_up();
	refused();
	done();
	same_file();
	replaced_while_open();
	return scratch_end();
}
