/* SPDX-License-Identifier: MIT */
#include "vmm/host/disk_pool.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "vmm/base/event.h"

void disk_pool_init(struct disk_pool *pool, struct disk *disk, int done_fd)
{
	*pool = (struct disk_pool){.disk = disk, .done_fd = done_fd};
	pool->last = &pool->first;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->work, NULL);
	pthread_cond_init(&pool->quiet, NULL);
}

/* The first job, with the lock held; NULL: the end. */
static struct disk_job *take(struct disk_pool *pool)
{
	while (!pool->first && !pool->is_stopping) {
		pool->nr_idle++;
		pthread_cond_wait(&pool->work, &pool->lock);
		pool->nr_idle--;
	}
	struct disk_job *job = pool->is_stopping ? NULL : pool->first;
	if (job) {
		pool->first = job->next;
		if (!pool->first)
			pool->last = &pool->first;
		pool->nr_running++;
	}
	return job;
}

static void *run_thread(void *arg)
{
	struct disk_pool *pool = arg;
	struct disk_job *job;

	pthread_mutex_lock(&pool->lock);
	while ((job = take(pool))) {
		pthread_mutex_unlock(&pool->lock);
		job->result = disk_execute(pool->disk, job->op, job->iov, job->nr_iov, job->offset,
					   job->len);
		pthread_mutex_lock(&pool->lock);
		bool is_first = !pool->done;
		job->next = pool->done;
		pool->done = job;
		if (!--pool->nr_running)
			pthread_cond_broadcast(&pool->quiet);
		if (is_first) /* else it has been told, and has not looked yet */
			event_add(pool->done_fd, DISK_POOL_DONE);
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

/* All signals are for the vCPU's thread. */
static int start_thread(struct disk_pool *pool)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int err = pthread_create(&pool->threads[pool->nr_threads], NULL, run_thread, pool);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!err)
		pool->nr_threads++;
	return -err;
}

/* Whether the jobs that wait are more than the threads that do. */
static bool is_short_of_threads(const struct disk_pool *pool)
{
	unsigned int nr_waiting = 0;

	for (const struct disk_job *job = pool->first; job && nr_waiting <= pool->nr_idle;
	     job = job->next)
		nr_waiting++;
	return nr_waiting > pool->nr_idle && pool->nr_threads < DISK_POOL_THREADS_MAX;
}

int disk_pool_submit(struct disk_pool *pool, struct disk_job *job)
{
	int err = 0;

	pthread_mutex_lock(&pool->lock);
	struct disk_job **place = pool->last;
	job->next = NULL;
	*place = job;
	pool->last = &job->next;
	if (is_short_of_threads(pool))
		err = start_thread(pool);
	if (err && pool->nr_threads)
		err = 0; /* the others will get to it */
	if (err) {
		*place = NULL;
		pool->last = place;
	} else {
		pthread_cond_signal(&pool->work);
	}
	pthread_mutex_unlock(&pool->lock);
	return err;
}

struct disk_job *disk_pool_reap(struct disk_pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	struct disk_job *done = pool->done;
	pool->done = NULL;
	pthread_mutex_unlock(&pool->lock);
	return done;
}

void disk_pool_drain(struct disk_pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	pool->first = NULL;
	pool->last = &pool->first;
	while (pool->nr_running)
		pthread_cond_wait(&pool->quiet, &pool->lock);
	pool->done = NULL;
	pthread_mutex_unlock(&pool->lock);
}

void disk_pool_fini(struct disk_pool *pool)
{
	disk_pool_drain(pool);
	pthread_mutex_lock(&pool->lock);
	pool->is_stopping = true;
	pthread_cond_broadcast(&pool->work);
	pthread_mutex_unlock(&pool->lock);
	for (unsigned int i = 0; i < pool->nr_threads; i++)
		pthread_join(pool->threads[i], NULL);
	pthread_cond_destroy(&pool->work);
	pthread_cond_destroy(&pool->quiet);
	pthread_mutex_destroy(&pool->lock);
}
