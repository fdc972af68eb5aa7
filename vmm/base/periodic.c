/* SPDX-License-Identifier: MIT */
#include "vmm/base/periodic.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#define NS_PER_S UINT64_C(1000000000)

struct periodic {
	void (*work)(void *ctx);
	void *ctx;
	uint64_t next_ns, period_ns;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool is_over;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

static void *run_thread(void *arg)
{
	struct periodic *periodic = arg;

	pthread_mutex_lock(&periodic->lock);
	while (!periodic->is_over) {
		const struct timespec until = {(time_t)(periodic->next_ns / NS_PER_S),
					       (long)(periodic->next_ns % NS_PER_S)};

		pthread_cond_timedwait(&periodic->wake, &periodic->lock, &until);
		if (periodic->is_over || now_ns() < periodic->next_ns)
			continue;
		periodic->work(periodic->ctx);
		periodic->next_ns = now_ns() + periodic->period_ns;
	}
	pthread_mutex_unlock(&periodic->lock);
	return NULL;
}

/* Signals are for the vCPU's thread. */
static int start_thread(struct periodic *periodic)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&periodic->thread, NULL, run_thread, periodic);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err;
}

struct periodic *periodic_start(void (*work)(void *ctx), void *ctx, uint64_t first_ns,
				uint64_t period_ns)
{
	struct periodic *periodic = calloc(1, sizeof(*periodic));
	pthread_condattr_t attr;

	if (!periodic)
		return NULL;
	periodic->work = work;
	periodic->ctx = ctx;
	periodic->next_ns = now_ns() + first_ns;
	periodic->period_ns = period_ns;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&periodic->wake, &attr);
	pthread_condattr_destroy(&attr);
	pthread_mutex_init(&periodic->lock, NULL);
	if (start_thread(periodic) == 0)
		return periodic;
	free(periodic);
	return NULL;
}

void periodic_stop(struct periodic *periodic)
{
	if (!periodic)
		return;
	pthread_mutex_lock(&periodic->lock);
	periodic->is_over = true;
	pthread_cond_signal(&periodic->wake);
	pthread_mutex_unlock(&periodic->lock);
	pthread_join(periodic->thread, NULL);
	pthread_cond_destroy(&periodic->wake);
	pthread_mutex_destroy(&periodic->lock);
	free(periodic);
}
