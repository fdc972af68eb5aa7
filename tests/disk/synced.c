/* SPDX-License-Identifier: MIT */
/*
 * Files that are synced, for a machine that is killed meanwhile.
 *
 *   synced write DIR   makes file after file, moves and removes some, and prints
 *                      "N" when file N is on the disk, "-N" before it goes
 *   synced wait DIR    makes a few more files, syncs all, prints "synced", and waits
 *                      for the end of standard input
 *   synced check DIR   standard input is what the other one printed: each file that
 *                      came and did not go has to be there with its content
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NR_MAX 4000
#define NR_FEW 12

static char data[40000], back[sizeof(data) + 1];

static size_t make_content(unsigned n)
{
	size_t len = n * 1237 % sizeof(data);

	for (size_t i = 0; i < len; i++)
		data[i] = (char)(n + i + i / 253);
	return len;
}

static void fail(const char *what, unsigned n)
{
	printf("%s of file %u failed\n", what, n);
	exit(1);
}

static void make_file(unsigned n)
{
	size_t len = make_content(n);
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "new%u", n);
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0644);
	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		fail("writing", n);
	if (fsync(fd) || close(fd))
		fail("fsync", n);
	dprintf(1, "%u\n", n);
}

/* Every third gets another name later, in another folder, and is not synced again. */
static void move_file(unsigned n)
{
	char old[32], new[32];

	snprintf(old, sizeof(old), "new%u", n);
	snprintf(new, sizeof(new), "sub/moved%u", n);
	if (rename(old, new))
		fail("moving", n);
}

static void remove_file(unsigned n)
{
	char name[32];

	dprintf(1, "-%u\n", n);
	snprintf(name, sizeof(name), n % 3 ? "new%u" : "sub/moved%u", n);
	if (unlink(name))
		fail("removing", n);
}

static int write_files(void)
{
	mkdir("sub", 0755);
	for (unsigned n = 1; n < NR_MAX; n++) {
		make_file(n);
		if (n % 3 == 2 && n > 2)
			move_file(n - 2);
		if (n > 60)
			remove_file(n - 60);
	}
	return 0;
}

static int has_content(const char *format, unsigned n)
{
	size_t len = make_content(n);
	char name[32];
	ssize_t got;
	int fd;

	snprintf(name, sizeof(name), format, n);
	fd = open(name, O_RDONLY);
	if (fd < 0)
		return 0;
	got = read(fd, back, sizeof(back));
	close(fd);
	return got == (ssize_t)len && !memcmp(back, data, len);
}

static int check_files(void)
{
	static char is_there[NR_MAX];
	unsigned nr = 0;
	int n;

	while (scanf("%d", &n) == 1)
		if (n < NR_MAX && n > -NR_MAX)
			is_there[abs(n)] = n > 0;
	for (unsigned i = 0; i < NR_MAX; i++) {
		if (!is_there[i])
			continue;
		nr++;
		if (!has_content("new%u", i) && !has_content("sub/moved%u", i)) {
			printf("file %u is lost\n", i);
			return 1;
		}
	}
	fprintf(stderr, "%u files are there\n", nr);
	return 0;
}

static int wait_for_end(void)
{
	unsigned n = 0;
	char name[32];

	do
		snprintf(name, sizeof(name), "new%u", ++n);
	while (!access(name, F_OK));
	for (unsigned i = 0; i < NR_FEW; i++)
		make_file(n + i);
	sync();
	dprintf(1, "synced\n");
	while (read(0, name, sizeof(name)) > 0)
		;
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 3 || chdir(argv[2]))
		return 2;
	if (!strcmp(argv[1], "wait"))
		return wait_for_end();
	return strcmp(argv[1], "check") ? write_files() : check_files();
}
