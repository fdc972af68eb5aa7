/* SPDX-License-Identifier: MIT */
/*
 * What C libraries make of futex(2): semaphores, mutexes, condition variables, barriers
 * and read-write locks in memory that processes share.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "abi.h"

#define NR_PROCESSES 4
#define NR_MESSAGES  500
#define NR_ADDED     50
#define NR_ITEMS     60
#define NR_ROUNDS    10

static struct {
	sem_t sems[2];
	pthread_mutex_t mutex;
	pthread_cond_t not_empty, not_full;
	pthread_barrier_t barrier;
	pthread_rwlock_t lock;
	volatile int value, copy, nr_items, nr_last, arrived[NR_ROUNDS];
} *shared;

static pid_t start(void)
{
	fflush(stdout);
	return fork();
}

static void reap(int nr)
{
	int status, nr_good = 0;

	for (int i = 0; i < nr; i++)
		nr_good += wait(&status) > 0 && status == 0;
	check("all have ended well", nr_good == nr);
}

static void one_post(void)
{
	pid_t pid;

	check("sem_init", sem_init(&shared->sems[0], 1, 0) == 0);
	pid = start();
	if (!pid) {
		usleep(20000);
		_exit(sem_post(&shared->sems[0]) != 0);
	}
	check("sem_wait", sem_wait(&shared->sems[0]) == 0);
	reap(1);
	check("and it is taken", sem_trywait(&shared->sems[0]) == -1 && errno == EAGAIN);
}

static void ping_pong(void)
{
	sem_init(&shared->sems[0], 1, 0);
	sem_init(&shared->sems[1], 1, 0);
	shared->value = 0;
	if (!start()) {
		for (int i = 0; i < NR_MESSAGES; i++) {
			sem_wait(&shared->sems[0]);
			shared->value++;
			sem_post(&shared->sems[1]);
		}
		_exit(0);
	}
	for (int i = 0; i < NR_MESSAGES; i++) {
		sem_post(&shared->sems[0]);
		sem_wait(&shared->sems[1]);
		if (shared->value != i + 1)
			check("each answer is there in time", 0);
	}
	reap(1);
	printf("messages: %d\n", shared->value);
}

static void many_waiters(void)
{
	sem_init(&shared->sems[0], 1, 0);
	for (int i = 0; i < NR_PROCESSES; i++)
		if (!start())
			_exit(sem_wait(&shared->sems[0]) != 0);
	for (int i = 0; i < NR_PROCESSES; i++)
		sem_post(&shared->sems[0]);
	reap(NR_PROCESSES);
}

static struct timespec in_ms(clockid_t clock, int ms)
{
	struct timespec t;

	clock_gettime(clock, &t);
	t.tv_nsec += ms * 1000000l;
	t.tv_sec += t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	return t;
}

static int is_over(clockid_t clock, struct timespec end)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec > end.tv_sec || (t.tv_sec == end.tv_sec && t.tv_nsec >= end.tv_nsec);
}

static void timed(void)
{
	struct timespec past = { 1, 0 }, bad = { 1, -1 }, end = in_ms(CLOCK_REALTIME, 30);
	sem_t *sem = &shared->sems[0];

	sem_init(sem, 1, 0);
	check("nobody posts", sem_timedwait(sem, &end) == -1 && errno == ETIMEDOUT);
	check("not too early", is_over(CLOCK_REALTIME, end));
	check("long ago", sem_timedwait(sem, &past) == -1 && errno == ETIMEDOUT);
	check("a bad time", sem_timedwait(sem, &bad) == -1 && errno == EINVAL);
	if (!start()) {
		usleep(20000);
		_exit(sem_post(sem) != 0);
	}
	end = in_ms(CLOCK_REALTIME, 60000);
	check("somebody posts", sem_timedwait(sem, &end) == 0);
	reap(1);
}

/* Both sides open it by its name. */
static void named(void)
{
	char name[32];
	sem_t *sem, *same;

	snprintf(name, sizeof(name), "/lde-abi-%d", getpid());
	check("there is none", sem_open(name, 0) == SEM_FAILED && errno == ENOENT);
	sem = sem_open(name, O_CREAT | O_EXCL, 0600, 0);
	check("sem_open", sem != SEM_FAILED);
	check("there is one", sem_open(name, O_CREAT | O_EXCL, 0600, 0) == SEM_FAILED &&
				      errno == EEXIST);
	if (sem == SEM_FAILED)
		return;
	same = sem_open(name, 0);
	check("the same one", same == sem);
	if (!start()) {
		sem_close(sem);
		sem_close(same);
		sem = sem_open(name, 0);
		usleep(20000);
		_exit(sem == SEM_FAILED || sem_post(sem));
	}
	check("sem_wait", sem_wait(sem) == 0);
	reap(1);
	check("sem_unlink", sem_unlink(name) == 0);
	check("it is gone", sem_open(name, 0) == SEM_FAILED && errno == ENOENT);
}

static void make_shared(void)
{
	pthread_mutexattr_t mutex;
	pthread_condattr_t cond;
	pthread_barrierattr_t barrier;
	pthread_rwlockattr_t lock;

	pthread_mutexattr_init(&mutex);
	pthread_condattr_init(&cond);
	pthread_barrierattr_init(&barrier);
	pthread_rwlockattr_init(&lock);
	check("shared mutex",
	      !pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED) &&
		      !pthread_mutex_init(&shared->mutex, &mutex));
	check("shared conditions",
	      !pthread_condattr_setpshared(&cond, PTHREAD_PROCESS_SHARED) &&
		      !pthread_condattr_setclock(&cond, CLOCK_MONOTONIC) &&
		      !pthread_cond_init(&shared->not_empty, &cond) &&
		      !pthread_cond_init(&shared->not_full, &cond));
	check("shared barrier",
	      !pthread_barrierattr_setpshared(&barrier, PTHREAD_PROCESS_SHARED) &&
		      !pthread_barrier_init(&shared->barrier, &barrier, NR_PROCESSES));
	check("shared lock",
	      !pthread_rwlockattr_setpshared(&lock, PTHREAD_PROCESS_SHARED) &&
		      !pthread_rwlock_init(&shared->lock, &lock));
}

/* Each gives the CPU away while it has the mutex, so the others have to wait. */
static void mutex(void)
{
	shared->value = 0;
	for (int i = 0; i < NR_PROCESSES; i++) {
		if (start())
			continue;
		for (int k = 0; k < NR_ADDED; k++) {
			int value;

			pthread_mutex_lock(&shared->mutex);
			value = shared->value;
			sched_yield();
			shared->value = value + 1;
			pthread_mutex_unlock(&shared->mutex);
		}
		_exit(0);
	}
	reap(NR_PROCESSES);
	printf("added: %d\n", shared->value);
}

/* A bounded buffer; nr_last says that no more come. */
static void consume(void)
{
	int nr = 0;

	for (;; nr++) {
		int is_last;

		pthread_mutex_lock(&shared->mutex);
		while (!shared->nr_items && !shared->nr_last)
			pthread_cond_wait(&shared->not_empty, &shared->mutex);
		is_last = !shared->nr_items;
		if (is_last) {
			shared->nr_last--;
		} else {
			shared->nr_items--;
			shared->value++;
		}
		pthread_cond_signal(&shared->not_full);
		pthread_mutex_unlock(&shared->mutex);
		if (is_last)
			_exit(0);
	}
}

static void conditions(void)
{
	struct timespec end = in_ms(CLOCK_MONOTONIC, 30);

	shared->value = shared->nr_items = shared->nr_last = 0;
	pthread_mutex_lock(&shared->mutex);
	check("nobody signals", pthread_cond_timedwait(&shared->not_empty, &shared->mutex, &end) ==
					ETIMEDOUT);
	check("not too early", is_over(CLOCK_MONOTONIC, end));
	pthread_mutex_unlock(&shared->mutex);
	for (int i = 0; i < NR_PROCESSES; i++)
		if (!start())
			consume();
	for (int i = 0; i < NR_ITEMS; i++) {
		pthread_mutex_lock(&shared->mutex);
		while (shared->nr_items == 2)
			pthread_cond_wait(&shared->not_full, &shared->mutex);
		shared->nr_items++;
		pthread_cond_signal(&shared->not_empty);
		pthread_mutex_unlock(&shared->mutex);
	}
	pthread_mutex_lock(&shared->mutex);
	shared->nr_last = NR_PROCESSES;
	pthread_cond_broadcast(&shared->not_empty);
	pthread_mutex_unlock(&shared->mutex);
	reap(NR_PROCESSES);
	printf("consumed: %d, left %d\n", shared->value, shared->nr_items);
}

/* All have arrived at a round before one leaves it, and one is told so. */
static void barrier(void)
{
	shared->value = 0;
	for (int i = 0; i < NR_PROCESSES; i++) {
		if (start())
			continue;
		for (int k = 0; k < NR_ROUNDS; k++) {
			__atomic_add_fetch(&shared->arrived[k], 1, __ATOMIC_SEQ_CST);
			if (pthread_barrier_wait(&shared->barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
				__atomic_add_fetch(&shared->value, 1, __ATOMIC_SEQ_CST);
			if (shared->arrived[k] != NR_PROCESSES)
				_exit(1);
		}
		_exit(0);
	}
	reap(NR_PROCESSES);
	printf("rounds: %d\n", shared->value);
}

static void read_write_lock(void)
{
	shared->value = shared->copy = 0;
	for (int i = 0; i < NR_PROCESSES; i++) {
		if (start())
			continue;
		for (int k = 0; k < NR_ROUNDS; k++) {
			if (i % 2) {
				pthread_rwlock_wrlock(&shared->lock);
				shared->value++;
				sched_yield();
				shared->copy++;
			} else {
				pthread_rwlock_rdlock(&shared->lock);
				sched_yield();
				if (shared->value != shared->copy)
					_exit(1);
			}
			pthread_rwlock_unlock(&shared->lock);
		}
		_exit(0);
	}
	reap(NR_PROCESSES);
	printf("written: %d\n", shared->value);
}

int main(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	one_post();
	ping_pong();
	many_waiters();
	timed();
	named();
	make_shared();
	mutex();
	conditions();
	barrier();
	read_write_lock();
	return abi_end();
}
