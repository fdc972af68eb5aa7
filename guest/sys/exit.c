/* SPDX-License-Identifier: MIT */
#include "guest/sys/exit.h"

#include <lde/layout.h>

#include "guest/arch/monitor.h"
#include "guest/core/clock.h"
#include "guest/core/sched.h"
#include "guest/core/wait.h"
#include "guest/fs/file.h"
#include "guest/lib/ledger.h"
#include "guest/mm/space.h"
#include "guest/sys/signals.h"

static void close_record(struct process *p, int status)
{
	p->record->status = status;
	if (p->space)
		p->record->peak_pages = p->space->peak_pages;
}

/* Gives back everything but what the last switch still stands on. */
static void release(struct process *p)
{
	struct space *space = p->space;

	context_set_root(&p->context, LDE_BOOT_PT_PML4);
	p->space = NULL;
	if (space)
		space_put(space);
	if (p->files)
		file_table_put(p->files);
	p->files = NULL;
	if (p->program)
		inode_put(p->program);
	p->program = NULL;
	inode_put(p->cwd);
	p->cwd = NULL;
	signals_release(p);
}

void exit_process(int status)
{
	struct process *p = current();

	close_record(p, status);
	release(p);
	process_note_end();
	if (!process_nr_live()) {
		uint64_t now = clock_now();

		process_set_state(p, LDE_STATE_ZOMBIE, now);
		ledger.end_tsc = now;
		monitor_power_off(LDE_POWEROFF_DONE);
	}
	sched_end(process_destroy);
}

void exit_killed(void)
{
	exit_process(current()->record->status);
}

void exit_kill(struct process *p, int status)
{
	if (p->is_killed)
		return;
	p->is_killed = true;
	p->record->status = status;
	if (p == current())
		exit_killed();
	wait_interrupt(p);
}
