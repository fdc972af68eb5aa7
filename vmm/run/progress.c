/* SPDX-License-Identifier: MIT */
#include "vmm/run/progress.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "vmm/base/status_line.h"
#include "vmm/host/terminal.h"
#include "vmm/observe/quantity.h"

#define BEGIN_NS  UINT64_C(2000000000) /* shorter runs have no line */
#define PERIOD_NS UINT64_C(250000000)
#define NS_PER_S  UINT64_C(1000000000)

struct progress {
	bool (*facts)(void *ctx, struct progress_facts *facts);
	void *ctx;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool is_over;
	uint64_t start_ns;
	uint64_t last_ns, last_exits;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

void progress_format(const struct progress_facts *facts, uint64_t elapsed_ns,
		     uint64_t exits_per_s, char *out, unsigned long size)
{
	static const struct {
		enum lde_process_state state;
		const char *name;
	} shown[] = {
		{LDE_STATE_RUNNING, "running"}, {LDE_STATE_READY, "ready"},
		{LDE_STATE_BLOCKED, "blocked"}, {LDE_STATE_STOPPED, "stopped"},
		{LDE_STATE_ZOMBIE, "ended"},
	};
	char exits[QUANTITY_SIZE];
	unsigned long len = 0;

	len += (unsigned long)snprintf(out, size, "lde: %" PRIu64 ".%" PRIu64 " s", elapsed_ns / NS_PER_S,
				       elapsed_ns % NS_PER_S / (NS_PER_S / 10));
	for (unsigned int i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		if (facts->states[shown[i].state] && len < size)
			len += (unsigned long)snprintf(out + len, size - len, ", %" PRIu32 " %s",
						       facts->states[shown[i].state],
						       shown[i].name);
	if (len < size)
		snprintf(out + len, size - len, ", %s exits/s",
			 quantity_format_count(exits_per_s, exits, sizeof(exits)));
}

/* In the background the terminal is another's. */
static bool may_write(void)
{
	return !terminal_is_taken() && tcgetpgrp(STDERR_FILENO) == getpgrp();
}

static size_t columns(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_col ? 80 : size.ws_col;
}

static void show(struct progress *progress)
{
	struct progress_facts facts = {0};
	uint64_t now = now_ns(), past = now - progress->last_ns, rate;
	char text[200];

	if (!may_write() || !progress->facts(progress->ctx, &facts)) {
		status_line_hide();
		return;
	}
	rate = past ? (facts.nr_exits - progress->last_exits) * NS_PER_S / past : 0;
	progress->last_ns = now;
	progress->last_exits = facts.nr_exits;
	progress_format(&facts, now - progress->start_ns, rate, text, sizeof(text));
	status_line_show(text, columns());
}

static void *run_thread(void *arg)
{
	struct progress *progress = arg;
	uint64_t next_ns = progress->start_ns + BEGIN_NS;

	pthread_mutex_lock(&progress->lock);
	while (!progress->is_over) {
		const struct timespec until = {(time_t)(next_ns / NS_PER_S),
					       (long)(next_ns % NS_PER_S)};

		pthread_cond_timedwait(&progress->wake, &progress->lock, &until);
		if (progress->is_over || now_ns() < next_ns)
			continue;
		show(progress);
		next_ns = now_ns() + PERIOD_NS;
	}
	pthread_mutex_unlock(&progress->lock);
	return NULL;
}

/* Signals are for the vCPU's thread. */
static int start_thread(struct progress *progress)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&progress->thread, NULL, run_thread, progress);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err;
}

struct progress *progress_start(bool (*facts)(void *ctx, struct progress_facts *facts), void *ctx)
{
	struct progress *progress = calloc(1, sizeof(*progress));
	pthread_condattr_t attr;

	if (!progress)
		return NULL;
	progress->facts = facts;
	progress->ctx = ctx;
	progress->start_ns = progress->last_ns = now_ns();
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&progress->wake, &attr);
	pthread_condattr_destroy(&attr);
	pthread_mutex_init(&progress->lock, NULL);
	if (start_thread(progress) == 0)
		return progress;
	free(progress);
	return NULL;
}

void progress_stop(struct progress *progress)
{
	if (!progress)
		return;
	pthread_mutex_lock(&progress->lock);
	progress->is_over = true;
	pthread_cond_signal(&progress->wake);
	pthread_mutex_unlock(&progress->lock);
	pthread_join(progress->thread, NULL);
	status_line_hide();
	pthread_cond_destroy(&progress->wake);
	pthread_mutex_destroy(&progress->lock);
	free(progress);
}
