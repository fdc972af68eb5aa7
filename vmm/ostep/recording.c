/* SPDX-License-Identifier: MIT */
#include "vmm/ostep/recording.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/base/log.h"
#include "vmm/base/scratch.h"
#include "vmm/observe/notice.h"
#include "vmm/ostep/replay.h"
#include "vmm/run/machine.h"

#define JOB_PROGRAM "/lde/job"
#define MICROSECONDS_SIZE 24
#define NS_PER_US   1000
#define MIB         (1ull << 20)

/* On the real clock; the timer cannot be set for any time. */
#define REAL_SLICE_MAX 3600000000000ull /* ns */

/* What one process takes, generously. */
#define MEMORY_BASE  (64 * MIB)
#define MEMORY_OF_JOB (MIB / 4)
#define MEMORY_STEP  (2 * MIB)

static uint64_t ticks_to_ns(const struct workload *workload, uint64_t ticks)
{
	uint64_t tick_ns = workload->real_tick_ns ? workload->real_tick_ns : LDE_TICK_NS_DEFAULT;

	return ticks > UINT64_MAX / tick_ns ? UINT64_MAX : ticks * tick_ns;
}

/* ---- the workload as a command line ------------------------------------------------ */

/* One job's program and its arguments. */
struct job_args {
	char *steps;
	char us[MICROSECONDS_SIZE]; /* that a tick takes on the real clock */
	char *argv[4];
};

struct run {
	const struct workload *workload;
	struct complaint *complaint;
	struct machine_config config;
	struct machine_program *programs;
	struct job_args *args;
	struct scratch folder; /* of the trace */
	bool has_folder;
};

/* Ticks behind each other become one word. */
struct steps_writer {
	FILE *out;
	uint64_t ticks; /* not yet written */
	bool is_first;
};

static void write_ticks(struct steps_writer *writer)
{
	if (writer->ticks)
		fprintf(writer->out, "%st%" PRIu64, writer->is_first ? "" : ",", writer->ticks);
	writer->is_first &= !writer->ticks;
	writer->ticks = 0;
}

static void write_io(struct steps_writer *writer)
{
	write_ticks(writer);
	fprintf(writer->out, "%si", writer->is_first ? "" : ",");
	writer->is_first = false;
}

/*
 * The ticks of a job, each by the trap that ends it. With process-run an I/O is a
 * tick, and one more takes note of it; else it ends the last tick before it. The last
 * tick of all ends with the job.
 */
static void write_steps(FILE *out, const struct workload *workload, const struct workload_job *job)
{
	struct steps_writer writer = {.out = out, .is_first = true};
	bool is_process_run = workload->rules == WORKLOAD_PROCESS_RUN;

	for (size_t i = 0; i < job->nr_steps; i++) {
		const struct workload_step *step = &job->steps[i];

		if (step->op == WORKLOAD_CPU) {
			writer.ticks += step->ticks;
			continue;
		}
		for (uint64_t n = 0; n < step->ticks; n++) {
			writer.ticks -= !is_process_run && writer.ticks;
			write_io(&writer);
			writer.ticks += is_process_run;
		}
	}
	writer.ticks -= writer.ticks != 0;
	write_ticks(&writer);
}

/* A job of one tick makes no system call but its end; one of none ends at once. */
static int make_steps(struct job_args *args, const struct workload *workload,
		      const struct workload_job *job)
{
	size_t len;
	FILE *out = open_memstream(&args->steps, &len);

	if (!out)
		return -ENOMEM;
	write_steps(out, workload, job);
	if (job->nr_steps && ftell(out) == 0)
		fputs("t0", out);
	if (fclose(out))
		return -ENOMEM;
	args->argv[0] = JOB_PROGRAM;
	args->argv[1] = args->steps;
	if (workload->real_tick_ns) {
		snprintf(args->us, sizeof(args->us), "%" PRIu64, workload->real_tick_ns / NS_PER_US);
		args->argv[2] = args->us;
	}
	return 0;
}

static int make_programs(struct run *run)
{
	const struct workload *workload = run->workload;
	int err = 0;

	run->programs = calloc(workload->nr_jobs, sizeof(*run->programs));
	run->args = calloc(workload->nr_jobs, sizeof(*run->args));
	if (!run->programs || !run->args)
		return -ENOMEM;
	for (size_t i = 0; i < workload->nr_jobs && !err; i++) {
		const struct workload_job *job = &workload->jobs[i];

		err = make_steps(&run->args[i], workload, job);
		run->programs[i] = (struct machine_program){
			.guest_path = JOB_PROGRAM,
			.argv = run->args[i].argv,
			.count = 1,
			.share = {
				.tickets = job->tickets,
				.length_ns = workload->rules == WORKLOAD_SJF ?
						     ticks_to_ns(workload, job->length) : 0,
				.arrival_ns = ticks_to_ns(workload, job->arrival),
			},
		};
	}
	return err;
}

/* ---- its rules as a policy ----------------------------------------------------------- */

static uint64_t slice_ns(const struct workload *workload, const struct workload_level *level)
{
	uint64_t ns = UINT64_MAX;

	if (level->quantum > 0)
		ns = ticks_to_ns(workload, (uint64_t)level->quantum);
	return workload->real_tick_ns && ns > REAL_SLICE_MAX ? REAL_SLICE_MAX : ns;
}

static uint32_t nr_slices(const struct workload_level *level)
{
	if (level->quantum <= 0 || level->allotment <= 0 || level->allotment >= LDE_SCHED_ENDLESS)
		return LDE_SCHED_ENDLESS;
	return (uint32_t)level->allotment;
}

static void set_levels(struct sched_config *sched, const struct workload *workload)
{
	sched->nr_levels = sched->nr_allotments = workload->nr_levels;
	for (uint32_t i = 0; i < workload->nr_levels; i++) {
		sched->quanta_ns[i] = slice_ns(workload, &workload->levels[i]);
		sched->allotments[i] = nr_slices(&workload->levels[i]);
	}
	sched->boost_ns = ticks_to_ns(workload, workload->boost);
}

static void set_rules(struct sched_config *sched, const struct workload *workload)
{
	size_t nr = 0;

	if (workload->rules == WORKLOAD_MLFQ && workload->stay)
		sched->rules[nr++] = LDE_RULE_STAY;
	if (workload->rules == WORKLOAD_MLFQ && workload->io_bump)
		sched->rules[nr++] = LDE_RULE_IO_BUMP;
	if (workload->rules == WORKLOAD_PROCESS_RUN && workload->switch_on_end)
		sched->rules[nr++] = LDE_RULE_SWITCH_ON_END;
	if (workload->rules == WORKLOAD_PROCESS_RUN && workload->io_run_immediate)
		sched->rules[nr++] = LDE_RULE_IO_IMMEDIATE;
}

static void make_config(struct run *run)
{
	static const char *const policies[] = {
		[WORKLOAD_PROCESS_RUN] = LDE_SCHED_SCAN, [WORKLOAD_FIFO] = LDE_SCHED_FIFO,
		[WORKLOAD_SJF] = LDE_SCHED_SJF,          [WORKLOAD_RR] = LDE_SCHED_RR,
		[WORKLOAD_MLFQ] = LDE_SCHED_MLFQ,        [WORKLOAD_LOTTERY] = LDE_SCHED_LOTTERY,
	};
	const struct workload *workload = run->workload;
	const char *self_check = getenv("LDE_SELF_CHECK");
	struct machine_config *config = &run->config;

	*config = (struct machine_config){
		.memory_bytes = MEMORY_BASE + workload->nr_jobs * MEMORY_OF_JOB / MEMORY_STEP * MEMORY_STEP,
		.quantum_ns = ticks_to_ns(workload, workload->quantum ? workload->quantum : 1),
		.sched.name = policies[workload->rules],
		.clock = {.is_logical = !workload->real_tick_ns,
			  .tick_ns = ticks_to_ns(workload, 1),
			  .has_slow = true,
			  .slow_ns = ticks_to_ns(workload, workload->io_ticks)},
		.programs = run->programs,
		.nr_programs = workload->nr_jobs,
		.self_check = self_check && strcmp(self_check, "1") == 0,
		.trace_classes = LDE_TRACE_C_SCHED | LDE_TRACE_C_PROCESS |
				 (workload->real_tick_ns ? LDE_TRACE_C_SYSCALL : 0),
		.trace_buffer_bytes = MIB,
	};
	if (workload->rules == WORKLOAD_MLFQ)
		set_levels(&config->sched, workload);
	if (workload->rules == WORKLOAD_LOTTERY) {
		config->sched.draws = workload->draws;
		config->sched.nr_draws = workload->nr_draws;
	}
	set_rules(&config->sched, workload);
}

/* ---- its trace ------------------------------------------------------------------------- */

static int make_folder(struct run *run)
{
	int err = scratch_make(&run->folder, "ostep");

	run->has_folder = !err;
	return err ? complaint_set(run->complaint, err,
				   "no folder for the kernel's records: %s: %s; set TMPDIR",
				   run->folder.dir, strerror(-err))
		   : 0;
}

static int read_events(struct run *run, struct trace_reader *reader, struct replay *replay)
{
	struct trace_event event;
	int err, more;

	while ((more = trace_reader_next(reader, &event)) > 0) {
		err = replay_event(replay, &event);
		if (err)
			return complaint_set(run->complaint, err, "out of memory");
	}
	return more < 0 ? complaint_set(run->complaint, more, "the kernel's records: %s",
					trace_reader_error(reader))
			: 0;
}

static int read_records(struct run *run, const struct machine_report *report,
			struct recording *recording)
{
	struct trace_reader *reader;
	struct replay *replay = malloc(sizeof(*replay));
	char why[300];
	int err = replay ? replay_init(replay, run->workload, recording) : -ENOMEM;

	if (err) {
		free(replay);
		return complaint_set(run->complaint, err, "out of memory");
	}
	for (uint32_t i = 0; i < report->nr_records; i++)
		if (report->records[i].job < run->workload->nr_jobs)
			replay_set_job(replay, report->records[i].pid, report->records[i].job);
	err = trace_reader_open(&reader, run->folder.dir, why, sizeof(why));
	if (err) {
		complaint_set(run->complaint, err, "the kernel's records: %s", why);
	} else {
		err = read_events(run, reader, replay);
		trace_reader_close(reader);
	}
	replay_fini(replay);
	free(replay);
	return err;
}

/* ---- all of it ---------------------------------------------------------------------- */

static void print_notice(void *ctx, const struct lde_notice *notice)
{
	char text[NOTICE_TEXT_SIZE];

	(void)ctx;
	notice_format(notice, text, sizeof(text));
	log_line("%s", text);
}

static int check_end(struct run *run, const struct machine_report *report)
{
	if (report->end == MACHINE_END_SIGNAL)
		return complaint_set(run->complaint, -EINTR, "interrupted");
	if (report->end != MACHINE_END_DONE)
		return complaint_set(run->complaint, -EIO, "the machine did not come to its end");
	if (report->trace.error || report->trace.nr_lost)
		return complaint_set(run->complaint, -EIO,
				     "some of the kernel's records are lost; is %s full?",
				     run->folder.dir);
	for (uint32_t i = 0; i < report->nr_records; i++)
		if (report->records[i].status)
			return complaint_set(run->complaint, -EIO, "job %u failed",
					     report->records[i].job);
	return 0;
}

static int run_machine(struct run *run, struct recording *recording)
{
	struct machine_report report;
	int err;

	run->config.trace_dir = run->folder.dir;
	run->config.notice = print_notice;
	err = machine_run(&run->config, &report);
	if (err) {
		complaint_set(run->complaint, err, "the workload could not be run");
	} else {
		err = check_end(run, &report);
		recording->ended_by = err == -EINTR ? report.signal : 0;
	}
	if (!err)
		err = read_records(run, &report, recording);
	machine_report_fini(&report);
	return err;
}

static void run_fini(struct run *run)
{
	for (size_t i = 0; run->args && i < run->workload->nr_jobs; i++)
		free(run->args[i].steps);
	free(run->args);
	free(run->programs);
	if (run->has_folder)
		scratch_remove(&run->folder);
}

int recording_run(const struct workload *workload, struct recording *recording,
		  struct complaint *complaint)
{
	struct run run = {.workload = workload, .complaint = complaint};
	int err = make_programs(&run);

	*recording = (struct recording){0};
	if (err)
		complaint_set(complaint, err, "out of memory");
	if (!err) {
		make_config(&run);
		err = make_folder(&run);
	}
	if (!err)
		err = run_machine(&run, recording);
	run_fini(&run);
	return err;
}
