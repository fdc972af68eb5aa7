/* SPDX-License-Identifier: MIT */
/*
 * mincore of so much that it takes long, and where that is kept does not: a process that
 * is in it can be killed, and one whose pages are not there at all is done soon.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE   4096ul
#define PIECE  (16ul << 20) /* of the answer */
#define PIECES 256

static void *map(unsigned long bytes, int prot)
{
	return mmap(NULL, bytes, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

static int is_absent(void)
{
	const unsigned long bytes = 8ul << 30;
	char *all = map(bytes, PROT_NONE);
	unsigned char *answer = map(bytes / PAGE, PROT_READ | PROT_WRITE);

	memset(answer, 5, bytes / PAGE);
	if (mincore(all, bytes, answer))
		return 0;
	for (unsigned long i = 0; i < bytes / PAGE; i++)
		if (answer[i])
			return 0;
	return !munmap(all, bytes) && !munmap(answer, bytes / PAGE);
}

/* The answer is 4 GiB of the same 16 MiB. Tells by fd when it begins. */
static void ask_much(int fd)
{
	FILE *file = tmpfile();
	char *all = map(PIECES * PIECE * PAGE, PROT_NONE);
	unsigned char *answer = map(PIECES * PIECE, PROT_NONE);

	if (!file || ftruncate(fileno(file), PIECE))
		return;
	for (unsigned long i = 0; i < PIECES; i++)
		mmap(answer + i * PIECE, PIECE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		     fileno(file), 0);
	write(fd, "r", 1);
	mincore(all, PIECES * PIECE * PAGE, answer);
}

static int can_be_killed(void)
{
	int ends[2], status;
	pid_t pid;
	char c;

	if (pipe(ends))
		return 0;
	pid = fork();
	if (!pid) {
		close(ends[0]);
		ask_much(ends[1]);
		_exit(1);
	}
	close(ends[1]);
	if (read(ends[0], &c, 1) != 1)
		return 0;
	usleep(100000);
	kill(pid, SIGKILL);
	return waitpid(pid, &status, 0) == pid && WTERMSIG(status) == SIGKILL;
}

int main(void)
{
	int absent = is_absent();

	printf("absent: %d killed: %d\n", absent, can_be_killed());
	return 0;
}
