/* SPDX-License-Identifier: MIT */
#include "guest/boot/jobs.h"

#include "guest/arch/monitor.h"
#include "guest/arch/traps.h"
#include "guest/core/clock.h"
#include "guest/core/nice.h"
#include "guest/core/sched.h"
#include "guest/core/wait.h"
#include "guest/dev/tty.h"
#include "guest/fs/stream.h"
#include "guest/lib/errno.h"
#include "guest/lib/ledger.h"
#include "guest/lib/list.h"
#include "guest/lib/string.h"
#include "guest/mm/pool.h"
#include "guest/sys/exec.h"
#include "guest/sys/exit.h"

/* One program of the command line; shared by its processes. */
struct job {
	struct list link;
	struct tree_program program;
	struct string_list env;
	struct process_name name;
};

static struct pool job_pool = POOL_INIT(job_pool, struct job);
static struct list jobs = { &jobs, &jobs }; /* in command-line order */
static uint32_t nr_processes;

#define EXIT_CANNOT_EXECUTE 126
#define EXIT_NOT_FOUND      127

#define UMASK 022 /* as a login gives it */

const char *jobs_add(const struct machine_tree *tree, const struct tree_program *program)
{
	struct job *job = pool_alloc(&job_pool);

	if (!job)
		return "memory is too small for so many programs";
	job->program = *program;
	job->env = tree->env;
	job->name = process_name_of(program->path);
	list_add_tail(&jobs, &job->link);
	nr_processes += program->count;
	return NULL;
}

uint32_t jobs_count(void)
{
	return nr_processes;
}

static void job_tell(const struct job *job, uint32_t pid, int err)
{
	struct lde_notice notice = {
		.kind = LDE_NOTICE_EXEC_FAILED,
		.pid = pid,
		.status = err,
	};

	string_copy(notice.name, job->program.path, sizeof(notice.name));
	monitor_notice(&notice);
}

/* More than memory has room for; before any of them runs. */
static _Noreturn void job_refuse(const struct job *job, uint32_t pid)
{
	job_tell(job, pid, -ENOMEM);
	monitor_power_off(LDE_POWEROFF_REFUSED);
}

static _Noreturn void job_fail(const struct job *job, int err)
{
	struct process *p = current();

	job_tell(job, p->pid, err);
	p->record->exec_error = err;
	exit_process(STATUS_EXITED(err == -ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_EXECUTE));
}

/* The first thing a job's process does: become its program. */
static void job_begin(void)
{
	struct process *p = current();
	const struct job *job = p->start;
	struct exec_args args = {
		.path = job->program.path,
		.argv.kernel = job->program.argv,
		.env.kernel = job->env,
	};
	struct inode *inode;
	int err;

	process_note_first_run(p);
	p->files = stream_create_table();
	err = p->files ? exec_find(args.path, &inode) : -ENOMEM;
	if (!err) {
		err = exec_program(inode, &args, process_frame(p));
		exec_let_go(inode);
	}
	if (err)
		job_fail(job, err);
	if (!ledger.first_user_tsc)
		ledger.first_user_tsc = p->state_since;
	return_handler(process_frame(p));
}

/* They are one group in a session that is older than they, as the programs of
 * a pipeline are that a shell starts. */
static void job_start(const struct job *job, uint32_t *index)
{
	static uint32_t group;

	for (uint32_t i = 0; i < job->program.count; i++) {
		struct process *p = process_create(job_begin, (*index)++, &job->name);

		if (!p)
			job_refuse(job, *index);
		p->start = job;
		if (!group) {
			group = p->pid;
			tty_set_foreground(group);
		}
		process_set_group(p, group);
		p->session = 0;
		p->cwd = inode_get(inode_root());
		p->umask = UMASK;
		p->share.tickets = job->program.tickets;
		p->share.nice = nice_of_tickets(job->program.tickets);
		p->share.length = clock_ns_to_slice(job->program.length_ns);
		if (job->program.arrival_ns)
			wait_begin_at(p, clock_timer_now() + clock_ns_to_timer(job->program.arrival_ns));
		else
			sched_ready(p);
	}
}

void jobs_start(void)
{
	uint32_t index = 0;

	list_for_each(l, &jobs)
		job_start(list_entry(l, struct job, link), &index);
}

void jobs_forget(void)
{
	while (!list_is_empty(&jobs))
		pool_free(&job_pool, list_entry(list_take_first(&jobs), struct job, link));
}
