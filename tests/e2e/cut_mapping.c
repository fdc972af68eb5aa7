/* SPDX-License-Identifier: MIT */
/*
 * Writes 'A's from a mapped file. As soon as that has to wait for the reader, another
 * process cuts the file and fills memory with 'S', and says so on standard error.
 * What is written must be 'A's.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FILE_BYTES  (256u << 10) /* more than the pipe takes */
#define OTHER_BYTES (16u << 20)

static char state_of(pid_t pid)
{
	char path[64], text[512];
	const char *behind_name;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return 'R';
	text[n] = '\0';
	close(fd);
	behind_name = strrchr(text, ')');
	return behind_name ? behind_name[2] : 'R';
}

static int take_pages(int fd, pid_t writer)
{
	char *other;

	while (state_of(writer) == 'R')
		usleep(1000);
	if (ftruncate(fd, 0))
		return 3;
	other = mmap(NULL, OTHER_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (other == MAP_FAILED)
		return 3;
	memset(other, 'S', OTHER_BYTES);
	fputs("taken\n", stderr);
	return 0;
}

int main(void)
{
	pid_t writer = getpid();
	int fd = open("/tmp/cut", O_RDWR | O_CREAT | O_TRUNC, 0600);
	char *file;

	if (fd < 0 || ftruncate(fd, FILE_BYTES))
		return 2;
	file = mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (file == MAP_FAILED)
		return 2;
	memset(file, 'A', FILE_BYTES);
	if (!fork())
		_exit(take_pages(fd, writer));
	return write(STDOUT_FILENO, file, FILE_BYTES) <= 0;
}
