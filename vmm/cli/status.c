/* SPDX-License-Identifier: MIT */
#include "vmm/cli/status.h"

#include <errno.h>
#include <sys/wait.h>

#include "vmm/run/machine.h"

/* The record comes from the guest: whatever it says, a status is 0..255. */
static int status_of_record(const struct lde_process_record *record)
{
	if (record->exec_error)
		return record->exec_error == -ENOENT ? STATUS_NOT_FOUND : STATUS_CANNOT_EXECUTE;
	if (record->state != LDE_STATE_ZOMBIE)
		return STATUS_LDE_FAILED;
	if (WIFSIGNALED(record->status))
		return (STATUS_SIGNAL + WTERMSIG(record->status)) & 0xff;
	return WEXITSTATUS(record->status);
}

static int status_of_processes(const struct machine_report *report)
{
	uint32_t first_job = LDE_JOB_NONE;
	int first_status = 0;

	for (uint32_t i = 0; i < report->nr_records; i++) {
		const struct lde_process_record *record = &report->records[i];
		int status = status_of_record(record);

		if (status != 0 && record->job < first_job) {
			first_job = record->job;
			first_status = status;
		}
	}
	return first_status;
}

/* Without its books nobody knows how the programs ended. Well, if their work lies on
 * the disk that it was for. */
static int status_of_end(const struct machine_report *report)
{
	int status;

	if (!report->ledger)
		return STATUS_LDE_FAILED;
	status = status_of_processes(report);
	if (!status && report->ledger->flags & LDE_LEDGER_F_UNCLEAN_DISK)
		return STATUS_LDE_FAILED;
	return status;
}

int status_of_report(const struct machine_report *report)
{
	switch (report->end) {
	case MACHINE_END_DONE:
		return status_of_end(report);
	case MACHINE_END_TIMEOUT:
		return STATUS_TIMEOUT;
	case MACHINE_END_SIGNAL:
		return STATUS_SIGNAL + report->signal;
	case MACHINE_END_PANIC:
	case MACHINE_END_REFUSED:
	case MACHINE_END_FAILED:
		break;
	}
	return STATUS_LDE_FAILED;
}
