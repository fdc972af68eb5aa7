/* SPDX-License-Identifier: MIT */
#include "vmm/run/recorder.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "vmm/base/log.h"
#include "vmm/observe/trace_follow.h"
#include "vmm/observe/trace_writer.h"

#define NS_PER_SEC     1000000000ull
#define LOOK_EVERY_NS  5000000ull
#define FLUSH_EVERY_NS 100000000ull
#define BATCH 256 /* records copied out of the ring at a time */

struct recorder {
	struct trace_writer *writer;
	struct trace_ring ring;
	uint64_t tsc_offset; /* of the vCPU thread alone */
	pthread_t thread;
	pthread_cond_t stop;
	bool is_stopping;
	/* Guards all below, and the ring and the writer as well: the vCPU's thread
	 * empties the ring too, when it is full. */
	pthread_mutex_t lock;
	bool is_dirty; /* something has not been flushed */
	uint64_t flushed_ns;
	uint64_t nr_lost, nr_left_out, nr_added;
	struct trace_follower follower;
	int error;
	struct lde_trace_record batch[BATCH];
};

static uint64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_SEC + (uint64_t)ts.tv_nsec;
}

static void note_error(struct recorder *recorder, int err)
{
	if (recorder->error)
		return;
	recorder->error = err;
	log_line("the trace ends here: %s; the programs go on",
		 err == -EPROTO ? "the guest's ring makes no sense" : strerror(-err));
}

static void add(struct recorder *recorder, uint32_t stream, const struct lde_trace_record *record)
{
	int err = recorder->error ? recorder->error
				  : trace_writer_add(recorder->writer, stream, record);

	recorder->is_dirty = true;
	if (err)
		recorder->nr_lost++;
	if (err && err != -EINVAL)
		note_error(recorder, err);
}

static void add_guests(struct recorder *recorder, struct lde_trace_record *record)
{
	struct lde_trace_record added[TRACE_ADDED_MAX];
	unsigned int nr;

	if (!record->kind || lde_trace_is_of_vmm(record->kind)) {
		recorder->nr_lost++;
		return;
	}
	if (trace_follower_complete(&recorder->follower, record))
		add(recorder, TRACE_STREAM_CPU, record);
	else
		recorder->nr_left_out++;
	nr = trace_follower_add(&recorder->follower, record, added);
	for (unsigned int i = 0; i < nr; i++)
		add(recorder, TRACE_STREAM_CPU, &added[i]);
	recorder->nr_added += nr;
}

/* Empties the ring, also if nothing of it can be written any more: the guest
 * waits for room. */
static void drain(struct recorder *recorder)
{
	int64_t nr;

	do {
		nr = trace_ring_take(&recorder->ring, recorder->batch, BATCH);
		for (int64_t i = 0; i < nr; i++) {
			add_guests(recorder, &recorder->batch[i]);
		}
	} while (nr == BATCH);
	if (nr < 0)
		note_error(recorder, (int)nr);
}

static void flush_sometimes(struct recorder *recorder)
{
	uint64_t now = now_ns(CLOCK_MONOTONIC);
	int err;

	if (!recorder->is_dirty || now - recorder->flushed_ns < FLUSH_EVERY_NS)
		return;
	err = recorder->error ? 0 : trace_writer_flush(recorder->writer);
	if (err)
		note_error(recorder, err);
	recorder->is_dirty = false;
	recorder->flushed_ns = now;
}

static void wait_a_little(struct recorder *recorder)
{
	uint64_t until = now_ns(CLOCK_REALTIME) + LOOK_EVERY_NS;
	const struct timespec ts = {.tv_sec = (time_t)(until / NS_PER_SEC),
				    .tv_nsec = (long)(until % NS_PER_SEC)};

	pthread_cond_timedwait(&recorder->stop, &recorder->lock, &ts);
}

static void *run_thread(void *arg)
{
	struct recorder *recorder = arg;

	pthread_mutex_lock(&recorder->lock);
	while (!recorder->is_stopping) {
		drain(recorder);
		flush_sometimes(recorder);
		wait_a_little(recorder);
	}
	pthread_mutex_unlock(&recorder->lock);
	return NULL;
}

/* Signals are for the vCPU's thread (kick.h). */
static int create_thread(struct recorder *recorder)
{
	sigset_t blocked, before;

	sigfillset(&blocked);
	pthread_sigmask(SIG_SETMASK, &blocked, &before);
	int err = pthread_create(&recorder->thread, NULL, run_thread, recorder);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -err;
}

static void add_mark(struct recorder *recorder, uint16_t kind, uint32_t code, uint64_t tsc)
{
	const struct lde_trace_record record = {.tsc = tsc, .kind = kind, .code = code};

	add(recorder, TRACE_STREAM_VMM, &record);
}

int recorder_start(struct recorder **recorder, const char *dir, struct trace_info *info,
		   const struct trace_ring *ring, uint64_t tsc_offset)
{
	struct recorder *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	r->ring = *ring;
	r->tsc_offset = tsc_offset;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->stop, NULL);
	info->origin_tsc = __builtin_ia32_rdtsc() + tsc_offset;
	info->origin_real_ns = now_ns(CLOCK_REALTIME);
	err = trace_follower_init(&r->follower, info->classes, info->tsc_hz);
	if (!err)
		err = trace_writer_create(&r->writer, dir, info, 1);
	if (!err) {
		add_mark(r, LDE_TRACE_RUN_BEGIN, 0, info->origin_tsc);
		err = create_thread(r);
	}
	if (err) {
		trace_writer_close(r->writer);
		trace_follower_fini(&r->follower);
		free(r);
		return err;
	}
	*recorder = r;
	return 0;
}

void recorder_add(struct recorder *recorder, struct lde_trace_record *record)
{
	record->tsc += recorder->tsc_offset;
	pthread_mutex_lock(&recorder->lock);
	add(recorder, TRACE_STREAM_VMM, record);
	pthread_mutex_unlock(&recorder->lock);
}

void recorder_set_offset(struct recorder *recorder, uint64_t tsc_offset)
{
	recorder->tsc_offset = tsc_offset;
}

void recorder_make_room(struct recorder *recorder)
{
	pthread_mutex_lock(&recorder->lock);
	drain(recorder);
	pthread_mutex_unlock(&recorder->lock);
}

void recorder_stop(struct recorder *recorder, uint32_t end, struct trace_totals *totals)
{
	int err;

	if (!recorder)
		return;
	pthread_mutex_lock(&recorder->lock);
	recorder->is_stopping = true;
	pthread_cond_signal(&recorder->stop);
	pthread_mutex_unlock(&recorder->lock);
	pthread_join(recorder->thread, NULL);

	drain(recorder);
	add_mark(recorder, LDE_TRACE_RUN_END, end,
		 __builtin_ia32_rdtsc() + recorder->tsc_offset);
	for (uint32_t kind = 0; kind < LDE_TRACE_NR_KINDS; kind++)
		totals->counts[kind] = trace_writer_count(recorder->writer, kind);
	totals->nr_written = trace_ring_written(&recorder->ring);
	totals->nr_stalls = trace_ring_stalls(&recorder->ring);
	err = trace_writer_close(recorder->writer);
	if (err)
		note_error(recorder, err);
	totals->nr_lost = recorder->nr_lost;
	totals->nr_left_out = recorder->nr_left_out;
	totals->nr_added = recorder->nr_added;
	trace_follower_fini(&recorder->follower);
	totals->error = recorder->error;
	pthread_cond_destroy(&recorder->stop);
	pthread_mutex_destroy(&recorder->lock);
	free(recorder);
}
