/* SPDX-License-Identifier: MIT */
/* Fills the folder until there is no room; what was written stays right, and room
 * that is given back can be used at once: fill DIR */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static char data[65536], back[65536];

static void expect(const char *what, int ok)
{
	if (!ok) {
		printf("%s: %s\n", what, strerror(errno));
		exit(1);
	}
}

/* Bytes that a new file takes until the disk is full. */
static off_t fill(const char *name)
{
	int fd = open(name, O_RDWR | O_CREAT | O_EXCL, 0644);
	off_t size = 0;
	ssize_t n;

	expect("open", fd >= 0);
	while ((n = write(fd, data, sizeof(data))) > 0)
		size += n;
	expect("the end is ENOSPC", n < 0 && errno == ENOSPC);
	expect("the size", lseek(fd, 0, SEEK_END) == size);
	expect("fsync", fsync(fd) == 0);
	for (off_t at = 0; at < size; at += n) {
		n = pread(fd, back, sizeof(back), at);
		expect("pread", n > 0);
		expect("the content", memcmp(back, data, n) == 0);
	}
	close(fd);
	return size;
}

int main(int argc, char **argv)
{
	struct statvfs before, after;
	off_t size;

	if (argc < 2 || chdir(argv[1]))
		return 2;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (char)(i ^ i >> 8);
	expect("statvfs", statvfs(".", &before) == 0);
	size = fill("full");
	expect("most of it is used", size > (off_t)(before.f_bfree * before.f_bsize * 9 / 10));
	expect("mkdir", mkdir("dir", 0755) == 0 || errno == ENOSPC);
	expect("unlink", unlink("full") == 0);
	rmdir("dir");
	expect("again as much", fill("full2") == size);
	expect("unlink", unlink("full2") == 0);
	sync();
	expect("statvfs", statvfs(".", &after) == 0);
	expect("all is free again", after.f_bfree == before.f_bfree);
	printf("filled\n");
	return 0;
}
