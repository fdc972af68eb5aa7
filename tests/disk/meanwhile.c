/* SPDX-License-Identifier: MIT */
/*
 * While a system call waits for a page of the program's memory to come from the disk
 * others run: they end, are born, and write where memory is shared. meanwhile make DIR,
 * and in a run of its own, so that nothing is in memory, on a disk that is slow:
 * meanwhile use DIR.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE     4096l
#define NR_PAGES 256l

static struct {
	volatile int is_returned; /* the call has */
	volatile int is_done;     /* meanwhile is over */
	volatile int is_in_time;  /* the call had not returned then */
	volatile pid_t orphan;
	fd_set fds;
} *shared;

static char *file;          /* zeroes, as it is mapped */
static long next_page = 20; /* none was touched from here on */
static pid_t victim;

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			printf("line %d: %s (errno %d)\n", __LINE__, #condition, errno);           \
			fflush(stdout);                                                            \
			_exit(1);                                                                  \
		}                                                                                  \
	} while (0)

/* Pages that nobody has touched, nor their neighbours, so nothing has read ahead. */
static char *fresh(int nr)
{
	char *p = file + next_page * PAGE;

	next_page += nr + 1;
	CHECK(next_page <= NR_PAGES);
	return p;
}

/* The same, and so far from those before that it is no part of a sequence of them. */
static char *fresh_far(void)
{
	next_page += 64;
	return fresh(1);
}

static int is_blocked(pid_t pid)
{
	char name[32], text[128];
	ssize_t n;
	int fd;

	snprintf(name, sizeof(name), "/proc/%d/stat", pid);
	fd = open(name, O_RDONLY);
	if (fd < 0)
		return 0; /* it has ended */
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return strstr(text, ") S ") != NULL;
}

/* Lets a process run act when the caller, who is about to make a system call, waits. */
static void begin(void (*act)(void))
{
	pid_t caller = getpid();

	shared->is_returned = shared->is_done = shared->is_in_time = 0;
	if (fork())
		return;
	while (!is_blocked(caller) && !shared->is_returned)
		sched_yield();
	act();
	shared->is_in_time = !shared->is_returned;
	shared->is_done = 1;
	_exit(0);
}

/* The call has returned. False if that was too early for the test to say anything. */
static int end(void)
{
	shared->is_returned = 1;
	while (!shared->is_done)
		sched_yield();
	return shared->is_in_time;
}

static pid_t sleeping_child(void)
{
	pid_t pid = fork();

	if (!pid)
		for (;;)
			pause();
	return pid;
}

/* Its parent ignores that, so nothing is left of it; its memory is somebody else's. */
static void kill_victim(void)
{
	kill(victim, SIGKILL);
	while (!kill(victim, 0))
		sched_yield();
	if (fork())
		return;
	while (!shared->is_returned)
		sched_yield();
	_exit(0);
}

/* ---- prlimit ---------------------------------------------------------------- */

static void limits_of_one_who_ends(void)
{
	void *limit = fresh(1);
	long result;

	victim = sleeping_child();
	begin(kill_victim);
	result = syscall(SYS_prlimit64, victim, RLIMIT_CORE, limit, NULL);
	if (end())
		CHECK(result == -1 && errno == ESRCH);
}

/* ---- select ----------------------------------------------------------------- */

static void add_descriptors(void)
{
	for (int fd = 0; fd < 64; fd++)
		FD_SET(fd, &shared->fds);
}

/* There is nothing in the sets, until one of them has been read. */
static void sets_that_change(void)
{
	struct timeval now = { 0, 0 };
	fd_set *last = (fd_set *)fresh(1);
	long result;

	FD_ZERO(&shared->fds);
	begin(add_descriptors);
	result = syscall(SYS_select, 64, &shared->fds, NULL, last, &now);
	if (end())
		CHECK(!result);
}

/* ---- wait4 and waitid ------------------------------------------------------- */

static void stop_victim(void)
{
	victim = sleeping_child();
	CHECK(!kill(victim, SIGSTOP));
}

/* It had stopped when it was looked at: that is told, though it ends meanwhile. */
static void child_that_ends(void)
{
	int *status = (int *)fresh(1);
	siginfo_t *info = (siginfo_t *)fresh(1);
	long result;

	stop_victim();
	begin(kill_victim);
	result = syscall(SYS_wait4, victim, status, WUNTRACED, NULL);
	if (end())
		CHECK(result == victim && WIFSTOPPED(*status));
	stop_victim();
	begin(kill_victim);
	result = syscall(SYS_waitid, P_PID, victim, info, WSTOPPED, NULL);
	if (end())
		CHECK(!result && info->si_pid == victim && info->si_code == CLD_STOPPED);
}

/* ---- clone ------------------------------------------------------------------ */

/* The end of each has the kernel look at itself. */
static void have_children(void)
{
	while (!shared->is_returned) {
		if (!fork())
			_exit(0);
		sched_yield();
	}
}

/* The child's number goes to where one page ends and another begins: nobody sees a
 * child that is half made while they come. */
static void number_in_two_pages(void)
{
	char *to = fresh(2) + PAGE - 2;
	int number;
	long pid;

	begin(have_children);
	pid = syscall(SYS_clone, CLONE_PARENT_SETTID | SIGCHLD, 0, to, 0, 0);
	if (!pid)
		_exit(0);
	end();
	memcpy(&number, to, sizeof(number));
	CHECK(number == pid);
}

/* ---- robust lists ----------------------------------------------------------- */

#define LIST_BYTES 24

/* The list of one who ends, while there is no room yet for how long its head is. */
static void list_of_one_who_ends(void)
{
	size_t *bytes = (size_t *)fresh_far();
	void *head = NULL;
	long result;

	victim = fork();
	if (!victim) {
		syscall(SYS_set_robust_list, shared, LIST_BYTES);
		for (;;)
			pause();
	}
	while (!is_blocked(victim))
		sched_yield();
	begin(kill_victim);
	result = syscall(SYS_get_robust_list, victim, &head, bytes);
	if (end())
		CHECK(!result && head == (void *)shared && *bytes == LIST_BYTES);
}

/* One whose end waits for its list, and whose parent has ended before that. */
static void parent_that_ends(void)
{
	void *list = fresh_far();
	pid_t parent = fork();

	if (!parent) {
		pid_t child = fork();

		if (!child) {
			syscall(SYS_set_robust_list, list, LIST_BYTES);
			_exit(0);
		}
		shared->orphan = child;
		while (!is_blocked(shared->orphan) && !kill(shared->orphan, 0))
			sched_yield();
		_exit(0);
	}
	while (!kill(parent, 0) || !kill(shared->orphan, 0))
		sched_yield();
}

static void make(void)
{
	static const char page[PAGE];
	int fd = open("zeroes", O_WRONLY | O_CREAT, 0644);

	for (int i = 0; i < NR_PAGES; i++)
		CHECK(write(fd, page, PAGE) == PAGE);
	close(fd);
}

int main(int argc, char **argv)
{
	int fd;

	if (argc < 3 || chdir(argv[2]))
		return 2;
	if (!strcmp(argv[1], "make")) {
		make();
		return 0;
	}
	fd = open("zeroes", O_RDONLY);
	file = mmap(NULL, NR_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(file != MAP_FAILED && shared != MAP_FAILED);
	signal(SIGCHLD, SIG_IGN);
	limits_of_one_who_ends();
	sets_that_change();
	child_that_ends();
	number_in_two_pages();
	list_of_one_who_ends();
	parent_that_ends();
	puts("all is well");
	return 0;
}
