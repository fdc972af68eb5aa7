/* SPDX-License-Identifier: MIT */
/*
 * Memory runs out in the middle: each operation below is tried with no page
 * free, with one, with two, and so on until it succeeds. Before that it fails
 * with an errno that says so, and not one page is lost; execve leaves the caller
 * as it was, or the new program runs. fork is tried in a process with so many
 * page tables that they alone are more than fork leaves to others.
 *
 * usage: memory_out [executed]
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "guest.h"

#define PAGE 4096ul
#define MANY 64 /* pages; every operation but fork succeeds with fewer */

/* Memory that is only taken; downwards, so that the kernel fills no pages ahead. */
static struct hog {
	char *start;
	unsigned long nr, nr_max;
} big, small;

static unsigned long nr_free(void)
{
	struct sysinfo info;

	return sysinfo(&info) ? 0 : info.freeram;
}

static void hog_init(struct hog *hog, unsigned long nr_max)
{
	hog->nr = 0;
	hog->nr_max = nr_max;
	hog->start = mmap(NULL, nr_max * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	EXPECT(2, hog->start != MAP_FAILED);
}

static char *hog_page(const struct hog *hog, unsigned long i)
{
	return hog->start + (hog->nr_max - 1 - i) * PAGE;
}

/* Takes or gives back pages until exactly so many are free. */
static void hog_leave(struct hog *hog, unsigned long nr_left)
{
	for (unsigned long now; (now = nr_free()) > nr_left && hog->nr < hog->nr_max;)
		for (now = (now - nr_left + 1) / 2; now && hog->nr < hog->nr_max; now--)
			*hog_page(hog, hog->nr++) = 1;
	while (nr_free() < nr_left && hog->nr)
		madvise(hog_page(hog, --hog->nr), PAGE, MADV_DONTNEED);
	EXPECT(3, nr_free() == nr_left);
}

/* ---- what is tried: 0, or what undoes it succeeded, or -1 with errno -------- */

static struct pollfd fds[600];
static char buffer[16 * PAGE], text[2000];
static int ends[2], file, far = 300;

static int try_pipe(void)
{
	int fd[2];

	if (pipe(fd) < 0)
		return -1;
	return close(fd[0]) | close(fd[1]);
}

static int try_pipe_write(void)
{
	ssize_t n = write(ends[1], buffer, sizeof(buffer)), left = n;

	while (left > 0)
		left -= read(ends[0], buffer, sizeof(buffer));
	if (n >= 0 && n < (ssize_t)sizeof(buffer))
		errno = ENOMEM; /* what could be had */
	return n == sizeof(buffer) ? 0 : -1;
}

static int try_open(void)
{
	int fd = open("/tmp/file", O_RDONLY);

	return fd < 0 ? -1 : close(fd);
}

static int try_create(void)
{
	int fd = open("/tmp/new", O_RDWR | O_CREAT | O_EXCL, 0600);

	return fd < 0 ? -1 : close(fd) | unlink("/tmp/new");
}

static int try_mkdir(void)
{
	return mkdir("/tmp/dir", 0700) < 0 ? -1 : rmdir("/tmp/dir");
}

static int try_symlink(void)
{
	return symlink(text, "/tmp/link") < 0 ? -1 : unlink("/tmp/link");
}

static int try_link(void)
{
	return link("/tmp/file", "/tmp/name") < 0 ? -1 : unlink("/tmp/name");
}

static int try_rename(void)
{
	return rename("/tmp/file", "/tmp/a name that is longer than the one it has had, by much") < 0 ?
		       -1 :
		       rename("/tmp/a name that is longer than the one it has had, by much", "/tmp/file");
}

static int try_mknod(void)
{
	return mkfifo("/tmp/fifo", 0600) < 0 ? -1 : unlink("/tmp/fifo");
}

static int try_fifo(void)
{
	int fd = open("/tmp/fifo0", O_RDWR);

	return fd < 0 ? -1 : close(fd);
}

static int try_proc(void)
{
	int fd = open("/proc/self/status", O_RDONLY);

	return fd < 0 ? -1 : close(fd);
}

static int try_paths(void)
{
	struct stat st;

	return stat("/tmp/file", &st) < 0 || !getcwd(buffer, PAGE) ||
			       readlink("/proc/self/exe", buffer, PAGE) < 0 || chdir("/tmp") < 0 ?
		       -1 :
		       0;
}

static int try_list(void)
{
	int dir = open("/tmp", O_RDONLY | O_DIRECTORY), n;

	if (dir < 0)
		return -1;
	n = syscall(SYS_getdents64, dir, buffer, sizeof(buffer));
	close(dir);
	return n < 0 ? -1 : 0;
}

static int try_dup(void)
{
	far += 32; /* where no number has been */
	return dup2(0, far) < 0 ? -1 : close(far);
}

static int try_poll(void)
{
	return poll(fds, 600, 0) < 0 ? -1 : 0;
}

static int try_wait(void) /* a watch for each of 40 */
{
	for (int i = 0; i < 40; i++)
		fds[i] = (struct pollfd){ ends[0], POLLIN, 0 };
	int n = poll(fds, 40, 1);

	for (int i = 0; i < 40; i++)
		fds[i].fd = -1;
	return n < 0 ? -1 : 0;
}

static int try_map(void)
{
	void *p = mmap((void *)0x123400000000, 64 * PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, file, 0);

	return p == MAP_FAILED ? -1 : munmap(p, 64 * PAGE);
}

static int try_protect(void) /* each other page: a region of its own */
{
	char *p = mmap(NULL, 128 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int err = 0;

	if (p == MAP_FAILED)
		return -1;
	for (unsigned i = 0; i < 128 && !err; i += 2)
		err = mprotect(p + i * PAGE, PAGE, PROT_READ | PROT_WRITE) ? errno : 0;
	if (munmap(p, 128 * PAGE) < 0)
		return -1;
	errno = err;
	return err ? -1 : 0;
}

static int try_shared(void)
{
	void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? -1 : munmap(p, PAGE);
}

static int try_action(void)
{
	return signal(SIGUSR1, SIG_IGN) == SIG_ERR ? -1 : 0;
}

static int try_read(void) /* into memory that is not there yet */
{
	char *p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ssize_t n = p == MAP_FAILED ? -1 : pread(file, p, 4 * PAGE, 0);
	int err = errno;

	if (p != MAP_FAILED)
		munmap(p, 4 * PAGE);
	errno = n >= 0 ? EFAULT : err; /* not all of it */
	return n == 4 * PAGE ? 0 : -1;
}

static const struct {
	const char *name;
	int (*run)(void);
} operations[] = {
	{ "pipe", try_pipe },       { "write to a pipe", try_pipe_write }, { "open", try_open },
	{ "create", try_create },   { "mkdir", try_mkdir },   { "symlink", try_symlink },
	{ "link", try_link },       { "rename", try_rename }, { "mknod", try_mknod },
	{ "FIFO", try_fifo },       { "/proc", try_proc },    { "paths", try_paths },
	{ "list", try_list },       { "dup", try_dup },       { "poll", try_poll },
	{ "wait", try_wait },       { "mmap", try_map },      { "mprotect", try_protect },
	{ "shared", try_shared },   { "sigaction", try_action }, { "read", try_read },
};

/* Every page of our own that an operation may touch is there. */
static void touch_own(void)
{
	volatile char deep[3 * PAGE];

	for (unsigned i = 0; i < sizeof(deep); i += PAGE)
		deep[i] = 1;
	for (unsigned i = 0; i < sizeof(buffer); i += PAGE)
		buffer[i] = 1;
	for (unsigned i = 0; i < 600; i++)
		fds[i].fd = -1;
}

static bool is_want_of_memory(int err)
{
	return err == ENOMEM || err == ENOSPC || err == EAGAIN || err == EFAULT;
}

/* Of an operation, in a child: with how few pages does it succeed? */
static void try_with_little(unsigned which)
{
	unsigned long k;

	hog_init(&small, 16384);
	touch_own();
	operations[which].run(); /* what it needs once, it has */
	for (k = 0; k < MANY; k++) {
		unsigned long before;
		int ret, err;

		hog_leave(&small, k);
		before = nr_free();
		errno = 0;
		ret = operations[which].run();
		err = errno;
		if (ret == 0)
			break;
		if (!is_want_of_memory(err) || nr_free() != before) {
			printf("%s with %lu pages: %s, then %lu free\n", operations[which].name, k,
			       strerror(err), nr_free());
			fflush(stdout);
			_exit(4);
		}
	}
	_exit(k == MANY ? 5 : 0);
}

/* execve, in a child: it succeeds, or the caller goes on. */
static void exec_with_little(unsigned long nr_pages)
{
	static char *const argv[] = { "memory_out", "executed", NULL }, *const env[] = { NULL };
	unsigned long before;

	hog_init(&small, 16384);
	touch_own();
	hog_leave(&small, nr_pages);
	before = nr_free();
	execve("/proc/self/exe", argv, env);
	_exit(errno == ENOMEM && nr_free() == before ? 6 : 7);
}

/* Waits for the child; its exit status, or 128 and the signal. */
static int result_of(pid_t child)
{
	int status;

	EXPECT(8, child > 0 && waitpid(child, &status, 0) == child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void all_operations(unsigned long nr_before)
{
	for (unsigned i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		pid_t child = fork();
		int result;

		if (!child)
			try_with_little(i);
		result = result_of(child);
		if (result || nr_free() != nr_before)
			printf("%s: %d, %lu pages free of %lu\n", operations[i].name, result, nr_free(),
			       nr_before);
		EXPECT(9, result == 0 && nr_free() == nr_before);
	}
}

/* With few pages execve fails, with more the new program dies for want of them,
 * with enough it runs. */
static void all_executions(unsigned long nr_before)
{
	int nr_failed = 0, result = -1;

	for (unsigned long k = 0; k < MANY && result != 0; k++) {
		pid_t child = fork();

		if (!child)
			exec_with_little(k);
		result = result_of(child);
		nr_failed += result == 6;
		if (result != 0 && result != 6 && result != 128 + SIGKILL)
			printf("execve with %lu pages: %d\n", k, result);
		EXPECT(10, result == 0 || result == 6 || result == 128 + SIGKILL);
		EXPECT(11, nr_free() == nr_before);
	}
	EXPECT(12, result == 0 && nr_failed > 3);
}

/* A process with a page in each of many tables: its tables are more than what
 * fork leaves free. */
static void large_fork(void)
{
	struct sysinfo info;
	unsigned long reserve, nr_tables, before;
	unsigned nr_failed = 0;
	pid_t child = -1;
	char *sparse;

	EXPECT(13, sysinfo(&info) == 0);
	reserve = info.totalram / 32;
	nr_tables = reserve + 200;
	sparse = mmap(NULL, nr_tables << 21, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	EXPECT(14, sparse != MAP_FAILED);
	for (unsigned long i = 0; i < nr_tables; i++)
		sparse[i << 21] = 1;
	/* Without the reserve there is EAGAIN, then ENOMEM on the way, then a child. */
	for (unsigned long left = reserve - 1; child < 0 && left < reserve + 400;
	     left += left < reserve + 5 ? 1 : 37) {
		hog_leave(&big, left);
		before = nr_free();
		child = fork();
		if (!child)
			_exit(0);
		if (child < 0) {
			nr_failed++;
			EXPECT(15, errno == (left <= reserve ? EAGAIN : ENOMEM));
			EXPECT(16, nr_free() == before);
		}
	}
	EXPECT(17, nr_failed > 5 && result_of(child) == 0);
}

int main(int argc, char **argv)
{
	unsigned long reserve;
	struct sysinfo info;

	if (argc > 1 && !strcmp(argv[1], "executed"))
		return 0;
	EXPECT(18, sysinfo(&info) == 0);
	reserve = info.totalram / 32;
	memset(text, 't', sizeof(text) - 1);
	EXPECT(19, pipe(ends) == 0 && fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0);
	EXPECT(22, write(ends[1], "x", 1) == 1 && read(ends[0], buffer, 1) == 1); /* its first page */
	EXPECT(20, mkfifo("/tmp/fifo0", 0600) == 0);
	file = open("/tmp/file", O_RDWR | O_CREAT, 0600);
	EXPECT(21, write(file, buffer, sizeof(buffer)) == sizeof(buffer));
	touch_own();
	hog_init(&big, info.totalram);
	hog_leave(&big, reserve + 120);
	result_of(fork() ?: (_exit(0), 0)); /* what a first fork leaves */
	hog_leave(&big, reserve + 120);
	all_operations(nr_free());
	all_executions(nr_free());
	hog_leave(&big, info.totalram / 2);
	large_fork();
	puts("nothing was lost");
	return 0;
}
