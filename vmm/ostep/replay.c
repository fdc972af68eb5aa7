/* SPDX-License-Identifier: MIT */
#include "vmm/ostep/replay.h"

#include <asm/unistd.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <lde/ledger.h>

int replay_init(struct replay *replay, const struct workload *workload,
		struct recording *recording)
{
	*replay = (struct replay){.workload = workload, .recording = recording};
	memset(replay->job_of, 0xff, sizeof(replay->job_of)); /* RECORD_NO_JOB */
	replay->is_after_io = calloc(workload->nr_jobs, sizeof(*replay->is_after_io));
	replay->levels = calloc(workload->nr_jobs, sizeof(*replay->levels));
	if (replay->is_after_io && replay->levels)
		return 0;
	replay_fini(replay);
	return -ENOMEM;
}

void replay_fini(struct replay *replay)
{
	free(replay->is_after_io);
	free(replay->levels);
	replay->is_after_io = NULL;
	replay->levels = NULL;
}

void replay_set_job(struct replay *replay, uint32_t pid, uint32_t job)
{
	replay->job_of[pid % REPLAY_PIDS_MAX] = job;
}

static uint32_t job_of(const struct replay *replay, uint64_t pid)
{
	return pid < REPLAY_PIDS_MAX ? replay->job_of[pid] : RECORD_NO_JOB;
}

static bool is_process_run(const struct replay *replay)
{
	return replay->workload->rules == WORKLOAD_PROCESS_RUN;
}

static bool is_real(const struct replay *replay)
{
	return replay->workload->real_tick_ns;
}

/* Before a tick, its number; after it when it was over. process-run counts from 1,
 * and has the same number for both. */
static uint64_t time_before(const struct replay *replay)
{
	return replay->now + (is_process_run(replay) && !is_real(replay));
}

static uint64_t time_after(const struct replay *replay)
{
	return replay->now;
}

static int append(struct replay *replay, const struct record *record)
{
	struct recording *recording = replay->recording;
	size_t nr = recording->nr;

	/* Twice as many whenever that is a power of two. */
	if (!(nr & (nr - 1))) {
		struct record *grown =
			reallocarray(recording->records, nr ? nr * 2 : 1, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		recording->records = grown;
	}
	recording->records[nr] = *record;
	recording->nr = nr + 1;
	return 0;
}

static bool has_levels(const struct replay *replay)
{
	return replay->workload->rules == WORKLOAD_MLFQ;
}

static bool has_real_levels(const struct replay *replay)
{
	return has_levels(replay) && is_real(replay);
}

/* On the real clock: what the kernel said when the job's turn began, or when it was put
 * in a queue, less the time since then if it runs. */
static void set_real_level(const struct replay *replay, struct record *record)
{
	const struct replay_level *said = &replay->levels[record->job];
	const struct workload_level *rules = &replay->workload->levels[said->level];
	uint64_t ran = said->is_running ? replay->now - said->turn_ns : 0, slices = 0;

	record->run.level = said->level;
	record->run.is_displaced = said->is_displaced;
	record->run.ticks_left = -(int64_t)ran;
	if (rules->quantum > 0) {
		record->run.ticks_left += (int64_t)said->slice_ns;
		slices = (said->used_ns + ran) / replay->workload->real_tick_ns /
			 (uint64_t)rules->quantum;
	}
	record->run.allot_left = rules->allotment - (int64_t)slices;
}

/* Unless it is of a process that is no job. */
static int add(struct replay *replay, enum record_kind kind, uint32_t job, uint64_t time)
{
	struct record record = {.time = time, .kind = kind, .job = job};

	if (job == RECORD_NO_JOB && kind != RECORD_IDLE && kind != RECORD_BOOST)
		return 0;
	if (job != RECORD_NO_JOB && has_real_levels(replay))
		set_real_level(replay, &record);
	return append(replay, &record);
}

/* ---- ticks ---------------------------------------------------------------------- */

static enum record_op op_of(const struct replay *replay, uint32_t job, uint32_t syscall_nr)
{
	if (!replay->workload->jobs[job].nr_steps)
		return RECORD_OP_NONE; /* it ended, that was all */
	if (!is_process_run(replay))
		return RECORD_OP_CPU;
	if (syscall_nr == __NR_read)
		return RECORD_OP_IO;
	return replay->is_after_io[job] ? RECORD_OP_IO_DONE : RECORD_OP_CPU;
}

/* The kernel's level, and ticks used there, as what is left of slice and allotment. */
static void set_level(const struct replay *replay, struct record *record, uint64_t level,
		      uint64_t used)
{
	const struct workload_level *rules = &replay->workload->levels[level];
	int64_t slices = 0, ticks = (int64_t)used;

	if (rules->quantum > 0) {
		slices = ticks / rules->quantum;
		ticks %= rules->quantum;
	}
	record->run.level = (uint32_t)level;
	record->run.ticks_left = rules->quantum - ticks - 1;
	record->run.allot_left = rules->allotment - slices;
}

static int add_run(struct replay *replay, uint32_t job, const struct trace_event *event)
{
	struct record record = {
		.time = time_before(replay),
		.kind = RECORD_RUN,
		.job = job,
		.run.op = op_of(replay, job, event->code),
	};

	if (has_real_levels(replay))
		set_real_level(replay, &record);
	else if (has_levels(replay) && event->args[1] < LDE_SCHED_LEVELS_MAX)
		set_level(replay, &record, event->args[1], event->args[2]);
	replay->is_after_io[job] = false;
	return append(replay, &record);
}

static int take_tick(struct replay *replay, const struct trace_event *event)
{
	uint32_t job = job_of(replay, event->pid);
	int err;

	replay->now = event->args[0];
	if (event->code == LDE_TICK_IDLE || job == RECORD_NO_JOB)
		err = add(replay, RECORD_IDLE, RECORD_NO_JOB, time_before(replay));
	else
		err = add_run(replay, job, event);
	replay->now++;
	replay->has_news = false;
	if (err || event->code != __NR_read || job == RECORD_NO_JOB)
		return err;
	replay->is_after_io[job] = true;
	return add(replay, RECORD_IO_ISSUED, job, time_after(replay));
}

/* ---- what else there is --------------------------------------------------------- */

/* The CPU was idle up to now. */
static int end_idle(struct replay *replay)
{
	if (!replay->is_idle)
		return 0;
	replay->is_idle = false;
	return add(replay, RECORD_IDLE, RECORD_NO_JOB, replay->now);
}

static int take_wakeup(struct replay *replay, const struct trace_event *event)
{
	uint32_t job = job_of(replay, event->args[0]);
	bool is_new = event->code;
	int err = end_idle(replay);

	replay->has_news = true;
	if (err)
		return err;
	if (is_new && has_levels(replay))
		err = add(replay, RECORD_ARRIVED, job, time_before(replay));
	if (!is_new)
		err = add(replay, RECORD_IO_DONE, job, time_before(replay));
	return err || is_new ? err : add(replay, RECORD_READY, job, time_before(replay));
}

/* Who loses the CPU is in a queue before a boost that comes with it. */
static int take_level(struct replay *replay, const struct trace_event *event)
{
	uint32_t job = job_of(replay, event->args[0]);

	if (job == RECORD_NO_JOB || event->args[1] >= LDE_SCHED_LEVELS_MAX)
		return 0;
	replay->levels[job] = (struct replay_level){
		.level = (uint32_t)event->args[1],
		.used_ns = event->args[2],
		.slice_ns = event->args[3],
		.is_displaced = event->code == LDE_LEVEL_DISPLACED,
	};
	if (event->code == LDE_LEVEL_WOKEN || event->code == LDE_LEVEL_TURN)
		return 0;
	return add(replay, RECORD_READY, job, replay->now);
}

static void begin_turn(struct replay *replay, uint32_t job)
{
	if (job == RECORD_NO_JOB)
		return;
	replay->levels[job].is_running = true;
	replay->levels[job].turn_ns = replay->now;
}

static int take_switch(struct replay *replay, const struct trace_event *event)
{
	uint32_t prev = job_of(replay, event->pid), next = job_of(replay, event->args[1]);
	bool is_lottery = replay->workload->rules == WORKLOAD_LOTTERY;
	int err = 0;

	if (event->args[0] == LDE_STATE_BLOCKED)
		err = add(replay, RECORD_BLOCKED, prev, time_after(replay));
	else if (event->args[0] == LDE_STATE_READY && !has_real_levels(replay))
		err = add(replay, RECORD_READY, prev, time_after(replay));
	/* The numbers are used up: here the simulation ends. */
	if (is_lottery && next != RECORD_NO_JOB && !replay->was_drawn)
		replay->is_over = true;
	replay->was_drawn = false;
	if (err || replay->is_over)
		return err;
	replay->is_idle = is_real(replay) && !event->args[1];
	begin_turn(replay, next);
	return add(replay, RECORD_DISPATCH, next,
		   replay->has_news ? time_before(replay) : time_after(replay));
}

static int take_draw(struct replay *replay, const struct trace_event *event)
{
	const struct record record = {
		.time = time_before(replay),
		.kind = RECORD_DRAW,
		.job = job_of(replay, event->args[3]),
		.draw = {.winner = (uint32_t)event->args[1], .tickets = (uint32_t)event->args[2]},
	};

	replay->was_drawn = true;
	replay->drawn_at = replay->now;
	return record.job == RECORD_NO_JOB ? 0 : append(replay, &record);
}

/* A draw is of a whole quantum: what is left of it passes before it is over. */
static int take_exit(struct replay *replay, const struct trace_event *event)
{
	uint64_t time = time_after(replay);

	if (replay->workload->rules == WORKLOAD_LOTTERY && !is_real(replay))
		time = replay->drawn_at + replay->workload->quantum;
	return add(replay, RECORD_DONE, job_of(replay, event->pid), time);
}

/* The real clock has no ticks: there a job's system calls say what it has done. Those
 * with which it starts are not meant. */
static int take_syscall(struct replay *replay, const struct trace_event *event)
{
	uint32_t job = job_of(replay, event->pid);
	bool is_last = event->code == __NR_exit_group || event->code == __NR_exit;
	int err;

	if (job == RECORD_NO_JOB ||
	    (event->code != __NR_getppid && event->code != __NR_read && !is_last))
		return 0;
	err = add_run(replay, job, event);
	if (err || event->code != __NR_read)
		return err;
	replay->is_after_io[job] = true;
	return add(replay, RECORD_IO_ISSUED, job, replay->now);
}

/* The first job gets the CPU, or, while that is idle, comes at its time. */
static void begin_time(struct replay *replay, const struct trace_event *event)
{
	const struct workload *workload = replay->workload;
	bool is_wakeup = event->kind == LDE_TRACE_SCHED_WAKEUP;
	uint32_t job = is_wakeup ? job_of(replay, event->args[0])
		       : event->kind == LDE_TRACE_SCHED_SWITCH ? job_of(replay, event->args[1])
							       : RECORD_NO_JOB;
	uint64_t before;

	if (job == RECORD_NO_JOB || (is_wakeup && !workload->jobs[job].arrival))
		return;
	before = workload->jobs[job].arrival * workload->real_tick_ns;
	replay->began_ns = event->ns > before ? event->ns - before : 0;
	replay->has_begun = true;
	replay->is_idle = is_wakeup;
}

static void set_now(struct replay *replay, const struct trace_event *event)
{
	if (!replay->has_begun)
		begin_time(replay, event);
	replay->now = replay->has_begun ? event->ns - replay->began_ns : 0;
}

int replay_event(struct replay *replay, const struct trace_event *event)
{
	if (replay->is_over)
		return 0;
	if (is_real(replay))
		set_now(replay, event);
	switch (event->kind) {
	case LDE_TRACE_TICK:
		return take_tick(replay, event);
	case LDE_TRACE_SYSCALL_ENTRY:
		return is_real(replay) ? take_syscall(replay, event) : 0;
	case LDE_TRACE_SCHED_WAKEUP:
		return take_wakeup(replay, event);
	case LDE_TRACE_SCHED_SWITCH:
		return take_switch(replay, event);
	case LDE_TRACE_DRAW:
		return take_draw(replay, event);
	case LDE_TRACE_LEVEL:
		return take_level(replay, event);
	case LDE_TRACE_BOOST:
		replay->has_news = true;
		return add(replay, RECORD_BOOST, RECORD_NO_JOB, time_before(replay));
	case LDE_TRACE_PROCESS_EXIT:
		return take_exit(replay, event);
	default:
		return 0;
	}
}
