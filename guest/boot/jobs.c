/* SPDX-License-Identifier: MIT */
#include "guest/boot/jobs.h"

#include "guest/arch/monitor.h"
#include "guest/arch/panic.h"
#include "guest/arch/traps.h"
#include "guest/core/sched.h"
#include "guest/fs/file.h"
#include "guest/lib/errno.h"
#include "guest/lib/ledger.h"
#include "guest/lib/string.h"
#include "guest/mm/pool.h"
#include "guest/sys/exec.h"
#include "guest/sys/exit.h"

/* One program of the command line; shared by its processes. */
struct job {
	const struct machine_tree *tree;
	struct tree_program program;
};

static struct pool job_pool = POOL_INIT(job_pool, struct job);

#define EXIT_CANNOT_EXECUTE 126
#define EXIT_NOT_FOUND      127

uint32_t jobs_count(const struct machine_tree *tree)
{
	struct tree_program program;
	uint32_t nr = 0;

	for (int node = 0; (node = tree_next_program(tree, node, &program)) > 0;)
		nr += program.count;
	return nr;
}

static _Noreturn void job_fail(const struct job *job, int err)
{
	struct process *p = current();
	struct lde_notice notice = {
		.kind = LDE_NOTICE_EXEC_FAILED,
		.pid = p->pid,
		.status = err,
	};

	string_copy(notice.name, job->program.path, sizeof(notice.name));
	monitor_notice(&notice);
	p->record->exec_error = err;
	exit_process(STATUS_EXITED(err == -ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_EXECUTE));
}

/* The first thing a job's process does: become its program. */
static void job_begin(void)
{
	struct process *p = current();
	const struct job *job = p->start;
	struct exec_args args = { job->program.path, job->program.argv, job->tree->env };
	int err;

	sched_finish_switch();
	p->files = file_table_create();
	err = p->files ? exec_program(&args, process_frame(p)) : -ENOMEM;
	if (err)
		job_fail(job, err);
	if (!ledger.first_user_tsc)
		ledger.first_user_tsc = p->state_since;
	trap_return(process_frame(p));
}

static void job_start(const struct machine_tree *tree, const struct tree_program *program,
		      uint32_t *index)
{
	struct job *job = pool_alloc(&job_pool);

	if (!job)
		panic("no memory for the command line");
	job->tree = tree;
	job->program = *program;
	for (uint32_t i = 0; i < program->count; i++) {
		struct process *p = process_create(job_begin, (*index)++, program->path);

		if (!p)
			panic("no memory for so many processes: give --memory more, or start fewer");
		p->start = job;
		p->cwd = inode_root();
		sched_ready(p);
	}
}

void jobs_start(const struct machine_tree *tree)
{
	struct tree_program program;
	uint32_t index = 0;
	int node;

	for (node = 0; (node = tree_next_program(tree, node, &program)) > 0;)
		job_start(tree, &program, &index);
	if (node < 0 || !index)
		panic("the device tree names no program");
}
