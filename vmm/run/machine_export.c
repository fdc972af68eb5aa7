/* SPDX-License-Identifier: MIT */
/* What programs leave behind, for the host: also if they are cut short. */
#include <errno.h>
#include <stdlib.h>

#include "vmm/host/irq.h"
#include "vmm/run/kick.h"
#include "vmm/run/machine_parts.h"

/* For so long the kernel may be busy with one file when the run is over. */
#define HURRY_NS 10000000000ull

/* As long as files come, more may. */
static void on_progress(void *ctx)
{
	struct machine *machine = ctx;

	if (machine->is_hurrying && kick_reason() == KICK_NONE)
		kick_restart(HURRY_NS);
}

int machine_open_export(struct machine *machine)
{
	const struct machine_config *config = machine->config;
	const struct vexport_config export = {
		.mem = &machine->mem,
		.dir = config->out_dir,
		.strip = config->take ? NULL : MACHINE_OUT_DEFAULT,
		.wanted = config->take,
		.has_disks = config->mounts && config->mounts[0],
		.progress = on_progress,
		.ctx = machine,
	};

	if (!config->out_dir)
		return 0;
	machine->export = malloc(sizeof(*machine->export));
	int err = machine->export ? vexport_init(machine->export, &export) : -ENOMEM;
	if (err) {
		free(machine->export);
		machine->export = NULL;
	}
	return err;
}

void machine_connect_export(struct machine *machine)
{
	const struct portbus_device device = {
		.port = LDE_EXPORT_PORT,
		.nr_ports = LDE_EXPORT_PORT_SIZE,
		.tag = EXIT_EXPORT,
		.handler = vexport_access,
		.opaque = machine->export,
	};

	if (machine->export)
		portbus_register(&machine->bus, &device);
}

bool machine_hurry_export(struct machine *machine)
{
	machine->is_hurrying = true;
	machine->vcpu.end = VCPU_END_NONE;
	if (kick_restart(HURRY_NS) || irq_raise_msi(&machine->vm, 0, LDE_EXPORT_VECTOR) < 0)
		return false;
	return vcpu_loop(&machine->vcpu) == VCPU_END_STOPPED &&
	       machine->poweroff == LDE_POWEROFF_DONE;
}

void machine_close_export(struct machine *machine, bool is_complete)
{
	if (!machine->export)
		return;
	machine->report->out_error = vexport_fini(machine->export, is_complete);
	free(machine->export);
	machine->export = NULL;
}
