/* SPDX-License-Identifier: MIT */
/* Folders: large ones, deep ones, and ones that change while they are read. */
#include <sys/syscall.h>

#include "scratch.h"

#define MANY 2000

static int count(const char *name)
{
	DIR *dir = opendir(name);
	int n = 0;

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n;
}

static void many(void)
{
	struct stat st;
	char name[64];
	int missing = 0;

	mkdir("many", 0755);
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "many/a file with the number %d", i * 7919 % MANY);
		close(open(name, O_WRONLY | O_CREAT | O_EXCL, 0644));
	}
	printf("%d names\n", count("many"));
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "many/a file with the number %d", i);
		missing += access(name, F_OK) != 0;
	}
	printf("%d missing\n", missing);
	for (int i = 0; i < MANY; i += 2) {
		snprintf(name, sizeof(name), "many/a file with the number %d", i);
		missing += unlink(name) != 0;
	}
	printf("%d missing, %d names\n", missing, count("many"));
	stat("many", &st);
	printf("links %ld\n", (long)st.st_nlink);
}

/* Whoever removes what readdir gave must see every name once. */
static void removed_while_read(void)
{
	DIR *dir = opendir("many");
	struct dirent *entry;
	char name[300];
	int n = 0;

	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "many/%s", entry->d_name);
		n += unlink(name) == 0;
	}
	closedir(dir);
	printf("%d removed, %d names\n", n, count("many"));
	SAID(rmdir("many"));
}

static void listed(void)
{
	static const char *const kinds[] = { "d", "f", "l", "p" };
	char seen[5] = "....", buf[512];
	struct dirent *entry;
	DIR *dir;
	int fd;

	mkdir("kinds", 0755);
	chdir("kinds");
	mkdir("d", 0755);
	make_file("f", "");
	symlink("x", "l");
	mkfifo("p", 0644);
	dir = opendir(".");
	while ((entry = readdir(dir))) {
		struct stat st;

		for (int i = 0; i < 4; i++)
			if (!strcmp(entry->d_name, kinds[i]))
				seen[i] = entry->d_type == DT_DIR ? 'D' : entry->d_type == DT_REG ? 'F' :
					  entry->d_type == DT_LNK ? 'L' : entry->d_type == DT_FIFO ? 'P' : '?';
		if (strcmp(entry->d_name, "..") && !lstat(entry->d_name, &st) &&
		    st.st_ino != entry->d_ino)
			check("the inode's number", 0);
	}
	printf("%s\n", seen);
	rewinddir(dir);
	check("from the start again", readdir(dir) != NULL);
	closedir(dir);
	fd = open(".", O_RDONLY);
	check("no room for one", raw(SYS_getdents64, fd, buf, 10) == -EINVAL);
	check("nowhere", raw(SYS_getdents64, fd, 8, 512) == -EFAULT);
	check("all", raw(SYS_getdents64, fd, buf, 512) > 0);
	check("and no more", raw(SYS_getdents64, fd, buf, 512) == 0);
	check("of a file", raw(SYS_getdents64, open("f", O_RDONLY), buf, 512) == -ENOTDIR);
	SAID(read(fd, buf, 10));
	SAID(write(fd, buf, 10));
	close(fd);
	chdir("..");
}

static void deep(void)
{
	char cwd[8192];
	int depth = 0;

	while (depth < 300 && mkdir("folder", 0755) == 0 && chdir("folder") == 0)
		depth++;
	printf("%d deep\n", depth);
	check("getcwd", getcwd(cwd, sizeof(cwd)) != NULL);
	printf("%zu bytes\n", strlen(cwd) - strlen(scratch_path));
	while (depth--)
		chdir("..");
	check("back", getcwd(cwd, sizeof(cwd)) && !strcmp(cwd, scratch_path));
}

static void counted(void)
{
	struct stat st;

	mkdir("p", 0755);
	mkdir("p/a", 0755);
	mkdir("p/b", 0755);
	stat("p", &st);
	printf("links %ld\n", (long)st.st_nlink);
	rmdir("p/a");
	stat("p", &st);
	printf("links %ld\n", (long)st.st_nlink);
	stat("p/b", &st);
	printf("links %ld\n", (long)st.st_nlink);
}

int main(void)
{
	scratch_begin();
	listed();
	counted();
	many();
	removed_while_read();
	deep();
	return scratch_end();
}
