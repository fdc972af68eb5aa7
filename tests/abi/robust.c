/* SPDX-License-Identifier: MIT */
/*
 * Robust mutexes in memory that processes share: what becomes of those that a process
 * has locked when it ends or executes something, with the C library's mutexes and with
 * lists made by hand, good and bad.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi.h"

#define PAGE 4096
#define NR_ENTRIES 8
#define MANY 3000
#define OWNER_DIED 0x40000000u
#define WAITERS    0x80000000u
#define FUTEX_WAIT 0
#define FUTEX_REQUEUE 3
#define KERNEL ((void *)0xffff888000100000)

struct entry {
	struct entry *next;
	uint32_t word, unused;
};

struct head {
	struct entry *first;
	long offset;
	struct entry *pending;
};

static struct shared {
	struct head head;
	struct entry entries[NR_ENTRIES], many[MANY];
	pthread_mutex_t mutexes[3];
	volatile int step;
} *shared;

static const char *self;

static pid_t start(void)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid)
		alarm(60);
	return pid;
}

static void reap(const char *what)
{
	int status = 0;

	wait(&status);
	printf("%s: %x\n", what, status);
}

static void until(int step)
{
	while (shared->step < step)
		sched_yield();
}

/* ---- by the C library ---- */

static void show_lock(const char *what, int err)
{
	printf("%s: %s\n", what, !err ? "0" : err == EOWNERDEAD ? "EOWNERDEAD" :
		       err == ENOTRECOVERABLE ? "ENOTRECOVERABLE" : abi_errno_name(err));
}

static void mutexes(void)
{
	pthread_mutex_t *m = shared->mutexes;
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	show_lock("shared", pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED));
	show_lock("robust", pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST));
	for (int i = 0; i < 3; i++)
		pthread_mutex_init(&m[i], &attr);
	if (!start()) {
		for (int i = 0; i < 3; i++)
			pthread_mutex_lock(&m[i]);
		pthread_mutex_unlock(&m[1]);
		_exit(0);
	}
	reap("ends with two");
	show_lock("the first", pthread_mutex_lock(&m[0]));
	show_lock("made good", pthread_mutex_consistent(&m[0]));
	show_lock("unlocked", pthread_mutex_unlock(&m[0]));
	show_lock("locked again", pthread_mutex_lock(&m[0]));
	pthread_mutex_unlock(&m[0]);
	show_lock("the second", pthread_mutex_lock(&m[1]));
	pthread_mutex_unlock(&m[1]);
	show_lock("the third", pthread_mutex_trylock(&m[2]));
	pthread_mutex_unlock(&m[2]);
	show_lock("not made good", pthread_mutex_lock(&m[2]));
}

/* One waits while the owner is killed, or executes something. */
static void one_waits(const char *what, int is_killed)
{
	pthread_mutex_t *m = &shared->mutexes[0];
	pid_t owner;
	int err;

	shared->step = 0;
	owner = start();
	if (!owner) {
		pthread_mutex_lock(m);
		shared->step = 1;
		until(2);
		usleep(20000);
		if (is_killed)
			for (;;)
				pause();
		execl(self, self, "nothing", NULL);
		_exit(1);
	}
	until(1);
	if (is_killed) {
		if (!start()) {
			until(2);
			usleep(20000);
			kill(owner, SIGKILL);
			_exit(0);
		}
	}
	shared->step = 2;
	err = pthread_mutex_lock(m);
	show_lock(what, err);
	pthread_mutex_consistent(m);
	pthread_mutex_unlock(m);
	for (int i = 0; i <= is_killed; i++)
		wait(NULL);
}

/* ---- by hand ---- */

static long set_list(void *head, long size)
{
	return raw(SYS_set_robust_list, head, size, 0);
}

static void calls(void)
{
	struct head own;
	void *head = NULL;
	long size = 0;

	printf("set, size 8: %s\n", abi_errno_name(-set_list(&own, 8)));
	printf("set, size 32: %s\n", abi_errno_name(-set_list(&own, 32)));
	if (!start()) {
		printf("set: %ld\n", set_list(&own, sizeof(own)));
		printf("get: %ld", raw(SYS_get_robust_list, 0, &head, &size));
		printf(" %d %ld\n", head == &own, size);
		printf("get by number: %ld\n", raw(SYS_get_robust_list, getpid(), &head, &size));
		printf("get of nobody: %s\n",
		       abi_errno_name(-raw(SYS_get_robust_list, 4000000, &head, &size)));
		printf("get to the kernel: %s\n",
		       abi_errno_name(-raw(SYS_get_robust_list, 0, KERNEL, &size)));
		printf("get its size to the kernel: %s\n",
		       abi_errno_name(-raw(SYS_get_robust_list, 0, &head, KERNEL)));
		own = (struct head){ (struct entry *)&own, 0, NULL };
		if (!raw(SYS_fork, 0, 0, 0)) {
			raw(SYS_get_robust_list, 0, &head, &size);
			printf("a child has none: %d\n", !head);
			fflush(stdout);
			_exit(0);
		}
		wait(NULL);
		_exit(0);
	}
	reap("calls");
}

static void show_words(const char *what, pid_t owner)
{
	printf("%s:", what);
	for (int i = 0; i < NR_ENTRIES; i++) {
		uint32_t word = shared->entries[i].word;

		if ((word & 0x3fffffff) == (uint32_t)owner)
			printf(" %x+own", word & ~0x3fffffff);
		else
			printf(" %x", word);
	}
	printf("\n");
}

/* A process that has the list that make has made, with 6 words of its own, one of
 * nobody and one of another process, and ends. */
static void with_list(const char *what, void (*make)(struct head *head, struct entry *e))
{
	pid_t pid = start();

	if (!pid) {
		struct head *head = &shared->head;
		struct entry *e = shared->entries;

		for (int i = 0; i < NR_ENTRIES; i++)
			e[i] = (struct entry){ i + 1 < NR_ENTRIES ? &e[i + 1] : (void *)head,
					       getpid(), 0 };
		e[1].word |= WAITERS;
		e[2].word = 0;
		e[3].word = 1;
		e[4].word |= OWNER_DIED;
		*head = (struct head){ e, offsetof(struct entry, word), NULL };
		make(head, e);
		set_list(head, sizeof(*head));
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	show_words(what, pid);
}

static void good(struct head *head, struct entry *e)
{
	(void)head, (void)e;
}

static void empty(struct head *head, struct entry *e)
{
	(void)e;
	head->first = (struct entry *)head;
}

static void pending(struct head *head, struct entry *e)
{
	head->first = &e[6];
	head->pending = &e[1];
}

static void pending_in_list(struct head *head, struct entry *e)
{
	head->pending = &e[5];
}

static void pending_of_nobody(struct head *head, struct entry *e)
{
	head->first = &e[6];
	head->pending = &e[2];
}

static void with_priorities(struct head *head, struct entry *e)
{
	(void)head;
	e[0].next = (struct entry *)((char *)&e[1] + 1);
}

static void endless(struct head *head, struct entry *e)
{
	(void)head;
	e[5].next = e;
}

static void cut_off(struct head *head, struct entry *e)
{
	(void)head;
	e[5].next = (struct entry *)8;
	e[0].word = 0;
}

static void in_the_kernel(struct head *head, struct entry *e)
{
	(void)head;
	e[3].next = KERNEL;
}

static void far_off(struct head *head, struct entry *e)
{
	(void)e;
	head->offset = -(1l << 40);
}

static void crooked(struct head *head, struct entry *e)
{
	(void)e;
	head->offset += 2;
}

static void no_head(struct head *head, struct entry *e)
{
	(void)head, (void)e;
	set_list((void *)8, sizeof(struct head));
	_exit(0);
}

static void half_a_head(struct head *head, struct entry *e)
{
	char *page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(page + PAGE, PAGE);
	(void)e;
	memcpy(page + PAGE - 16, head, 16);
	set_list(page + PAGE - 16, sizeof(struct head));
	_exit(0);
}

static void read_only(struct head *head, struct entry *e)
{
	(void)head, (void)e;
	set_list(&shared->head, sizeof(struct head));
	mprotect(shared, sizeof(*shared), PROT_READ);
	_exit(0);
}

static void killed(struct head *head, struct entry *e)
{
	(void)e;
	set_list(head, sizeof(*head));
	kill(getpid(), SIGKILL);
}

static void faulting(struct head *head, struct entry *e)
{
	(void)e;
	set_list(head, sizeof(*head));
	signal(SIGTERM, SIG_DFL);
	raise(SIGTERM);
}

static void executing(struct head *head, struct entry *e)
{
	(void)e;
	set_list(head, sizeof(*head));
	execl(self, self, "nothing", NULL);
}

static void executing_in_vain(struct head *head, struct entry *e)
{
	set_list(head, sizeof(*head));
	execl("/no/such/program", "nothing", NULL);
	printf("still its own: %d\n", e[0].word == (uint32_t)getpid());
	fflush(stdout);
}

/* No more than 2048 are seen to. */
static void long_list(void)
{
	struct entry *e = shared->many;
	int nr = 0;

	if (!start()) {
		struct head *head = &shared->head;

		for (int i = 0; i < MANY; i++)
			e[i] = (struct entry){ i + 1 < MANY ? &e[i + 1] : (void *)head, getpid(), 0 };
		*head = (struct head){ e, offsetof(struct entry, word), NULL };
		set_list(head, sizeof(*head));
		_exit(0);
	}
	reap("a long list");
	for (int i = 0; i < MANY; i++)
		nr += e[i].word == OWNER_DIED;
	printf("of them: %d\n", nr);
}

static long futex(uint32_t *word, int op, uint32_t value, const void *more, uint32_t *word2)
{
	return raw6(SYS_futex, (long)word, op, value, (long)more, (long)word2, 0);
}

/* Of two that wait for one word, one is woken. */
static void wakes_one(void)
{
	struct head *head = &shared->head;
	struct entry *e = shared->entries;
	pid_t owner;

	e->word = 0;
	owner = start();
	if (!owner) {
		*head = (struct head){ e, offsetof(struct entry, word), NULL };
		e->next = (struct entry *)head;
		e->word = getpid() | WAITERS;
		set_list(head, sizeof(*head));
		while (futex(&e->word, FUTEX_REQUEUE, 0, (void *)100, &e->word) != 2)
			sched_yield();
		_exit(0);
	}
	while (!e->word)
		sched_yield();
	for (int i = 0; i < 2; i++)
		if (!start())
			_exit(-futex(&e->word, FUTEX_WAIT, owner | WAITERS, NULL, NULL));
	wait(NULL);
	wait(NULL); /* the owner, and one of them */
	printf("the word: %x\n", e->word);
	printf("left: %ld\n", futex(&e->word, FUTEX_REQUEUE, 0, (void *)100, &e->word));
	printf("woken by hand: %ld\n", futex(&e->word, 1, 1, NULL, NULL));
	reap("the other");
}

int main(int argc, char **argv)
{
	self = argv[0];
	if (argc > 1)
		return 0;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	mutexes();
	one_waits("its owner is killed", 1);
	one_waits("its owner executes something", 0);
	calls();
	with_list("good", good);
	with_list("empty", empty);
	with_list("pending", pending);
	with_list("pending in the list", pending_in_list);
	with_list("pending of nobody", pending_of_nobody);
	with_list("with priorities", with_priorities);
	with_list("endless", endless);
	with_list("cut off", cut_off);
	with_list("in the kernel", in_the_kernel);
	with_list("far off", far_off);
	with_list("crooked", crooked);
	with_list("no head", no_head);
	with_list("half a head", half_a_head);
	with_list("read only", read_only);
	with_list("killed", killed);
	with_list("by a signal", faulting);
	with_list("by exec", executing);
	with_list("by exec in vain", executing_in_vain);
	long_list();
	wakes_one();
	return abi_end();
}
