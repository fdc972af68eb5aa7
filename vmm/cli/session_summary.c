/* SPDX-License-Identifier: MIT */
#include "vmm/cli/session_summary.h"

#include <errno.h>
#include <stdlib.h>

#include "vmm/cli/command_line.h"

static const char *end_name(enum machine_end end)
{
	switch (end) {
	case MACHINE_END_DONE:
		return "done";
	case MACHINE_END_TIMEOUT:
		return "timeout";
	case MACHINE_END_SIGNAL:
		return "signal";
	case MACHINE_END_PANIC:
		return "panic";
	case MACHINE_END_REFUSED:
		return "refused";
	case MACHINE_END_FAILED:
		break;
	}
	return "failed";
}

static void take_disk(struct summary_disk *disk, uint32_t idx, const struct vblk_counters *counters)
{
	static const char *const names[DISK_DISKS_MAX] = {"vda", "vdb", "vdc", "vdd",
							  "vde", "vdf", "vdg", "vdh"};

	*disk = (struct summary_disk){
		.name = names[idx],
		.requests = counters->nr_requests,
		.failed = counters->nr_failed,
		.flushes = counters->nr_flushes,
		.read_bytes = counters->read_bytes,
		.written_bytes = counters->written_bytes,
		.doorbells = counters->nr_doorbells,
		.interrupts = counters->nr_interrupts,
		.max_in_flight = counters->nr_in_flight_max,
		.busy_ns = counters->busy_ns,
	};
}

int session_summary_build(struct session_summary *built, const struct session *session, int status)
{
	const struct machine_report *report = &session->report;

	*built = (struct session_summary){
		.command = command_line_of(&session->options),
		.kvm_stats = calloc(report->nr_kvm_stats + 1, sizeof(*built->kvm_stats)),
	};
	if (!built->command || !built->kvm_stats) {
		session_summary_fini(built);
		return -ENOMEM;
	}
	for (size_t i = 0; i < report->nr_kvm_stats; i++)
		built->kvm_stats[i] = (struct summary_kvm_stat){
			.scope = report->kvm_stats[i].scope,
			.name = report->kvm_stats[i].name,
			.value = report->kvm_stats[i].value,
		};
	for (uint32_t i = 0; i < report->nr_disks; i++)
		take_disk(&built->disks[i], i, &report->disks[i]);
	built->console = (struct summary_console){
		.writes = report->console.nr_writes,
		.reads = report->console.nr_reads,
		.failed = report->console.nr_failed,
		.doorbells = report->console.nr_doorbells,
		.interrupts = report->console.nr_interrupts,
	};
	built->summary = (struct summary){
		.command = built->command,
		.end = end_name(report->end),
		.status = status,
		.exits = &report->exits,
		.exit_ledger = &report->exit_ledger,
		.kvm_stats = built->kvm_stats,
		.nr_kvm_stats = report->nr_kvm_stats,
		.ledger = report->ledger,
		.records = report->records,
		.nr_records = report->nr_records,
		.disks = built->disks,
		.nr_disks = report->nr_disks,
		.console = session->options.virtio_console ? &built->console : NULL,
		.trace = session->options.trace_dir ? &report->trace : NULL,
		.tsc_hz = report->tsc_hz,
		.wall_ns = report->wall_ns,
	};
	return 0;
}

void session_summary_fini(struct session_summary *built)
{
	free(built->kvm_stats);
	free(built->command);
	*built = (struct session_summary){0};
}
