/* SPDX-License-Identifier: MIT */
/*
 * Leaves files in /out, or in the folder that is named, then ends, or not, as
 * asked: leave exit|spin|sleep|fault|hostile|deep|big [FOLDER]
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0640);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || close(fd))
		exit(99);
}

static void ordinary(void)
{
	static const struct timespec times[2] = { { 1000, 0 }, { 1000000000, 500 } };

	put("text", "left behind\n");
	mkdir("dir", 0750);
	put("dir/program", "#!/bin/sh\n");
	chmod("dir/program", 06755);
	utimensat(AT_FDCWD, "dir/program", times, 0);
	if (symlink("../text", "dir/link") || mkfifo("fifo", 0600))
		exit(99);
	put("empty", "");
	utimensat(AT_FDCWD, "dir", times, 0);
}

/* What would do harm if the host followed it. */
static void hostile(void)
{
	if (symlink("/tmp/lde-escape", "a") || symlink("..", "up"))
		exit(99);
	mkdir("b", 0777);
	if (symlink("../../../../../../tmp/lde-escape", "b/c"))
		exit(99);
	put("name\033[31m\n", "x");
	put("ordinary", "x");
}

static void deep(void)
{
	char name[251];

	put("before", "x");
	memset(name, 'd', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	for (int i = 0; i < 40; i++)
		if (mkdir(name, 0755) || chdir(name))
			exit(99);
	put("too_deep", "x");
	chdir("/out");
	put("last", "x");
}

/* 64 MiB of which each page is another, with a hole. */
static void big(void)
{
	static char chunk[65536];
	int fd = open("big", O_WRONLY | O_CREAT, 0644);

	for (unsigned i = 0; i < 1024; i++) {
		memset(chunk, 'a' + i % 26, sizeof(chunk));
		for (unsigned at = 0; at < sizeof(chunk); at += 4096)
			memcpy(chunk + at, &(unsigned){ i * 16 + at / 4096 }, sizeof(i));
		if (i / 64 == 3 ? lseek(fd, sizeof(chunk), SEEK_CUR) < 0 :
				  write(fd, chunk, sizeof(chunk)) != sizeof(chunk))
			exit(99);
	}
	if (write(fd, "end", 3) != 3)
		exit(99);
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "exit";
	const char *folder = argc > 2 ? argv[2] : "/out";

	if (argc > 2)
		mkdir(folder, 0755);
	if (chdir(folder))
		return 98;
	if (!strcmp(how, "hostile"))
		hostile();
	else if (!strcmp(how, "deep"))
		deep();
	else if (!strcmp(how, "big"))
		big();
	else
		ordinary();
	puts("left");
	fflush(stdout);
	while (!strcmp(how, "spin"))
		;
	if (!strcmp(how, "sleep"))
		sleep(100);
	if (!strcmp(how, "fault"))
		*(volatile int *)NULL = 0;
	return !strcmp(how, "exit") ? 0 : 3;
}
