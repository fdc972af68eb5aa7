/* SPDX-License-Identifier: MIT */
/*
 * Pages of a file that is mapped come from the disk when they are touched, by the
 * program or by the kernel for it. Each of these is for a run of its own, so that
 * nothing is in memory: demand make DIR, use DIR DEMAND (its own path), check DIR;
 * touch DIR, which touches a few pages; break DIR; large DIR NR_PAGES.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE     4096l
#define NR_PAGES 512l

static char *file;      /* the mapping */
static long next_page;  /* none was touched from here on */

static _Noreturn void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf(" (errno %d)\n", errno);
	fflush(stdout);
	_exit(1);
}

#define CHECK(condition)                                                                           \
	do                                                                                         \
		if (!(condition))                                                                  \
			fail("line %d: %s", __LINE__, #condition);                                 \
	while (0)

/* What page n is full of: its number, in words. */
static void fill(char *page, long n)
{
	for (long i = 0; i < PAGE; i += 16)
		snprintf(page + i, 16, "%06u:%06u", (unsigned)n % 1000000, (unsigned)i % 1000000);
}

static int is_page(const char *page, long n)
{
	char expected[PAGE];

	memset(expected, 0, sizeof(expected));
	fill(expected, n);
	return !memcmp(page, expected, PAGE);
}

/* A page that nobody has touched, nor its neighbours, so nothing has read ahead. */
static long fresh(void)
{
	long n = next_page;

	next_page += 2;
	if (next_page > NR_PAGES)
		fail("the file is too small");
	return n;
}

static char *at(long n)
{
	return file + n * PAGE;
}

static void make_file(void)
{
	int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0644);
	char page[PAGE];

	memset(page, 0, sizeof(page));
	for (long n = 0; n < NR_PAGES; n++) {
		fill(page, n);
		CHECK(write(fd, page, PAGE) == PAGE);
	}
	close(fd);
}

static void make(void)
{
	char page[PAGE];
	int fd;

	make_file();
	fd = open("strings", O_RDWR | O_CREAT | O_TRUNC, 0644);
	for (long n = 0; n < 16; n++) {
		memset(page, 0, sizeof(page));
		snprintf(page, sizeof(page), "string %ld", n);
		CHECK(write(fd, page, PAGE) == PAGE);
	}
	close(fd);
	fd = open("holes", O_RDWR | O_CREAT | O_TRUNC, 0644);
	CHECK(!ftruncate(fd, 64 * PAGE + 100));
	close(fd);
}

static char *map(const char *name, long nr, int prot, int flags)
{
	int fd = open(name, flags & MAP_SHARED && prot & PROT_WRITE ? O_RDWR : O_RDONLY);
	char *p = mmap(NULL, nr * PAGE, prot, flags, fd, 0);

	CHECK(fd >= 0 && p != MAP_FAILED);
	close(fd);
	return p;
}

/* ---- what reads and writes there ---------------------------------------- */

static void by_the_program(void)
{
	long n = fresh(), m = fresh();

	CHECK(is_page(at(n), n));
	at(m)[5] = 'X'; /* a copy of its own */
	CHECK(at(m)[5] == 'X' && at(m)[6] == ':');
	at(m)[5] = '0' + m % 10;
	CHECK(is_page(at(m), m));
}

static void by_system_calls(void)
{
	char back[PAGE];
	long n = fresh(), m = fresh();
	struct iovec pieces[2];
	struct stat *st;
	int ends[2];

	CHECK(!pipe(ends));
	CHECK(write(ends[1], at(n) + 16, 32) == 32 && read(ends[0], back, PAGE) == 32);
	CHECK(!memcmp(back, at(n) + 16, 32));
	n = fresh();
	pieces[0] = (struct iovec){ at(n) + PAGE - 48, 48 };
	pieces[1] = (struct iovec){ at(m) + 32, 1000 };
	CHECK(writev(ends[1], pieces, 2) == 1048);
	n = fresh();
	CHECK(read(ends[0], at(n), PAGE) == 1048); /* into one that is absent */
	CHECK(!memcmp(at(n) + 48, at(m) + 32, 1000) && !memcmp(at(n) + 1056, at(m) + 1056, 0));
	n = fresh();
	CHECK(!fstat(ends[0], (struct stat *)at(n)));
	st = (struct stat *)at(n);
	CHECK(S_ISFIFO(st->st_mode));
	n = fresh();
	((int *)at(n))[3] = 0;
	m = fresh();
	CHECK(!pipe((int *)(at(m) + 2040)));
	CHECK(write(((int *)(at(m) + 2040))[1], "yes", 3) == 3);
	CHECK(read(((int *)(at(m) + 2040))[0], back, 8) == 3);
	CHECK(read(ends[0], back, 0) == 0);
	close(ends[0]);
	close(ends[1]);
}

/* Both ends of a copy are pages of the same file, one of them in the mapping. */
static void of_the_same_file(void)
{
	int fd = open("file", O_RDWR);
	char *shared = map("file", NR_PAGES, PROT_READ | PROT_WRITE, MAP_SHARED);
	char back[PAGE];
	long n = fresh(), m = fresh();

	CHECK(pwrite(fd, shared + n * PAGE, PAGE, n * PAGE) == PAGE);
	CHECK(pwrite(fd, shared + m * PAGE, PAGE, n * PAGE) == PAGE);
	CHECK(is_page(shared + n * PAGE, m));
	m = fresh();
	CHECK(pread(fd, shared + m * PAGE, PAGE, n * PAGE) == PAGE);
	CHECK(pread(fd, back, PAGE, m * PAGE) == PAGE && !memcmp(back, shared + n * PAGE, PAGE));
	fill(shared + n * PAGE, n);
	fill(shared + m * PAGE, m);
	n = fresh();
	CHECK(pread(fd, shared + n * PAGE, PAGE, n * PAGE) == PAGE);
	CHECK(is_page(shared + n * PAGE, n));
	munmap(shared, NR_PAGES * PAGE);
	close(fd);
}

static void holes(void)
{
	char *p = map("holes", 65, PROT_READ | PROT_WRITE, MAP_SHARED);

	for (long n = 0; n < 65; n += 8)
		CHECK(!p[n * PAGE + 7]);
	for (long n = 1; n < 65; n += 3)
		p[n * PAGE + 7] = (char)n;
	p[64 * PAGE + 99] = 'e';
	CHECK(!msync(p, 65 * PAGE, MS_SYNC));
	munmap(p, 65 * PAGE);
}

static void check_holes(void)
{
	char *p = map("holes", 65, PROT_READ, MAP_PRIVATE);

	for (long n = 0; n < 65; n++)
		CHECK(p[n * PAGE + 7] == (n % 3 == 1 ? (char)n : 0) && !p[n * PAGE]);
	CHECK(p[64 * PAGE + 99] == 'e');
}

/* ---- processes ------------------------------------------------------------ */

static void arguments(const char *self)
{
	char *strings = map("strings", 17, PROT_READ, MAP_PRIVATE);
	char **argv = malloc(8 * sizeof(char *));
	int status;

	if (!fork()) {
		char *env[] = { strings + 9 * PAGE, NULL };

		argv[0] = strings + 2 * PAGE;
		argv[1] = "arguments";
		argv[2] = strings + 5 * PAGE;
		argv[3] = strings + 7 * PAGE;
		argv[4] = NULL;
		execve(self, argv, env);
		fail("execve");
	}
	CHECK(wait(&status) > 0 && !status);
	if (!fork()) {
		argv[0] = strings + 11 * PAGE;
		argv[1] = (char *)(strings + 16 * PAGE); /* behind the file */
		argv[2] = NULL;
		CHECK(execv(self, argv) == -1 && errno == EFAULT);
		_exit(0);
	}
	CHECK(wait(&status) > 0 && !status);
	free(argv);
	munmap(strings, 17 * PAGE);
}

static void status_of_a_child(void)
{
	long n = fresh(), m = fresh();
	struct rusage *usage = (struct rusage *)at(m);
	int *status = (int *)at(n);

	if (!fork())
		_exit(7);
	CHECK(wait4(-1, status, WUNTRACED, usage) > 0 && WEXITSTATUS(*status) == 7);
	n = fresh();
	status = (int *)at(n);
	if (!fork())
		_exit(8);
	CHECK(wait4(-1, status, 0, NULL) > 0 && WEXITSTATUS(*status) == 8);
}

static volatile sig_atomic_t nr_signals;

static void on_signal(int sig)
{
	(void)sig;
	nr_signals++;
}

static void signal_frames(void)
{
	long n = fresh();
	stack_t stack = { .ss_size = 6 * PAGE };
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_ONSTACK };

	next_page += 6;
	stack.ss_sp = at(n);
	CHECK(!sigaltstack(&stack, NULL));
	CHECK(!sigaction(SIGUSR1, &action, NULL));
	CHECK(!raise(SIGUSR1) && nr_signals == 1);
	stack.ss_flags = SS_DISABLE;
	CHECK(!sigaltstack(&stack, NULL));
}

/* Somebody who waits for a page forks nothing and unmaps nothing, but others do, and
 * kill him. */
static void killed_while_waiting(void)
{
	for (int i = 0; i < 8; i++) {
		long n = fresh();
		int ends[2], status;
		char c;
		pid_t pid;

		CHECK(!pipe(ends));
		pid = fork();
		if (!pid) {
			CHECK(write(ends[1], "r", 1) == 1);
			if (i % 2)
				write(ends[1], at(n), 1);
			else
				*(volatile char *)at(n) = 1;
			for (;;)
				pause();
		}
		CHECK(read(ends[0], &c, 1) == 1);
		sched_yield();
		CHECK(!kill(pid, SIGKILL));
		CHECK(waitpid(pid, &status, 0) == pid && WTERMSIG(status) == SIGKILL);
		CHECK(is_page(at(n), n));
		close(ends[0]);
		close(ends[1]);
	}
}

/* While one waits for a page another runs. Without a disk that is slow it proves
 * nothing, and with one it is sure. */
static void others_run(void)
{
	volatile long *count = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	long before, n = fresh();
	int status;
	pid_t pid = fork();

	if (!pid)
		for (;; count[0]++)
			sched_yield();
	while (!count[0])
		sched_yield();
	before = count[0];
	CHECK(is_page(at(n), n));
	CHECK(count[0] - before > 1);
	CHECK(!kill(pid, SIGKILL) && waitpid(pid, &status, 0) == pid);
}

/* Two want the same page at once, and one leaves. */
static void several_at_once(void)
{
	long n = fresh();
	int status;

	for (int i = 0; i < 6; i++)
		if (!fork())
			_exit(!is_page(at(n), n));
	for (int i = 0; i < 6; i++)
		CHECK(wait(&status) > 0 && !status);
}

/* ---- errors ---------------------------------------------------------------- */

static sigjmp_buf out;
static void *address;

static void on_bus(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	address = info->si_code == BUS_ADRERR ? info->si_addr : NULL;
	siglongjmp(out, 1);
}

static int gives_bus(volatile char *p)
{
	address = NULL;
	if (sigsetjmp(out, 1))
		return address == p;
	return *p, 0;
}

static void catch_bus(void)
{
	struct sigaction action = { .sa_sigaction = on_bus, .sa_flags = SA_SIGINFO };

	CHECK(!sigaction(SIGBUS, &action, NULL));
}

/* The file is cut while one waits, or before or after that: it is there or it is not,
 * and behind the end it is not. */
static void cut_while_waiting(void)
{
	int fd, status, ends[2];
	char *p, c;
	pid_t pid;

	CHECK(!pipe(ends));
	fd = open("file", O_RDWR);
	p = map("file", NR_PAGES, PROT_READ, MAP_PRIVATE);
	catch_bus();
	pid = fork();
	if (!pid) {
		CHECK(write(ends[1], "r", 1) == 1);
		CHECK(gives_bus(p + 400 * PAGE) || is_page(p + 400 * PAGE, 400));
		_exit(0);
	}
	CHECK(read(ends[0], &c, 1) == 1);
	CHECK(!ftruncate(fd, 300 * PAGE + 5));
	CHECK(gives_bus(p + 400 * PAGE));
	CHECK(gives_bus(p + 301 * PAGE) && p[300 * PAGE + 4] == '0' && !p[300 * PAGE + 5]);
	CHECK(waitpid(pid, &status, 0) == pid && !status);
	close(fd);
}

/* The host cuts the disk: what is on it cannot be read. */
static void broken_disk(void)
{
	char c, buf[16];
	int ends[2];
	long n = 100;

	CHECK(is_page(at(n), n)); /* and where the others are is known */
	catch_bus();
	CHECK(puts("cut it") >= 0 && !fflush(stdout) && read(0, &c, 1) == 1);
	CHECK(is_page(at(n), n));
	CHECK(gives_bus(at(300)));
	CHECK(!pipe(ends) && write(ends[1], at(310), 8) == -1 && errno == EFAULT);
	CHECK(write(ends[1], "12345678", 8) == 8);
	CHECK(read(ends[0], at(320), 8) == -1 && errno == EFAULT);
	CHECK(read(ends[0], buf, 8) == 8);
	signal(SIGBUS, SIG_DFL);
	fflush(stdout);
	*(volatile char *)at(330) = 1;
}

/* All of a file that is larger than memory, most of it holes. */
static void large(long nr)
{
	int fd = open("large", O_RDWR | O_CREAT | O_TRUNC, 0644);
	char page[PAGE], *p;

	memset(page, 0, sizeof(page));
	CHECK(!ftruncate(fd, nr * PAGE));
	for (long n = 0; n < nr; n += 40) {
		fill(page, n);
		CHECK(pwrite(fd, page, PAGE, n * PAGE) == PAGE);
	}
	CHECK(!fsync(fd));
	close(fd);
	p = map("large", nr, PROT_READ, MAP_PRIVATE);
	for (long n = 0; n < nr; n++)
		CHECK(n % 40 ? !p[n * PAGE] : is_page(p + n * PAGE, n));
	for (long n = 0; n < nr; n += 400) /* given up meanwhile */
		CHECK(is_page(p + n * PAGE, n));
	CHECK(!unlink("large"));
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "arguments")) {
		CHECK(!strcmp(argv[0], "string 2") && !strcmp(argv[2], "string 5") &&
		      !strcmp(argv[3], "string 7") && !strcmp(environ[0], "string 9"));
		return 0;
	}
	if (argc < 3 || chdir(argv[2]))
		return 2;
	if (!strcmp(argv[1], "make")) {
		make();
		return 0;
	}
	if (!strcmp(argv[1], "check")) {
		check_holes();
		return 0;
	}
	if (!strcmp(argv[1], "large")) {
		large(atol(argv[3]));
		return 0;
	}
	file = map("file", NR_PAGES, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	next_page = 40; /* reading from the first on reads ahead */
	if (!strcmp(argv[1], "touch")) { /* but a few */
		for (int i = 0; i < 4; i++, next_page += 60)
			by_the_program();
		return 0;
	}
	if (!strcmp(argv[1], "break")) {
		broken_disk();
		return 0;
	}
	by_the_program();
	by_system_calls();
	of_the_same_file();
	holes();
	arguments(argv[3]);
	status_of_a_child();
	signal_frames();
	killed_while_waiting();
	others_run();
	several_at_once();
	cut_while_waiting();
	puts("all is well");
	return 0;
}
