/* SPDX-License-Identifier: MIT */
/* The trace of a machine: where its ring is, its doorbell, its beginning and end. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmm/base/log.h"
#include "vmm/run/machine_parts.h"

/* At the end of memory, where nothing else is put. */
void machine_place_ring(struct machine *machine)
{
	if (!machine->config->trace_dir)
		return;
	machine->trace_bytes = trace_ring_size(machine->config->trace_buffer_bytes);
	machine->trace_gpa = gpa_of(machine->mem.size_bytes - machine->trace_bytes);
}

/* Any access to the doorbell is one, whatever is written. */
static void on_doorbell(void *opaque, struct portbus_access *access)
{
	(void)access;
	recorder_make_room(opaque);
}

static void connect_doorbell(struct machine *machine)
{
	const struct portbus_device device = {
		.port = LDE_TRACE_PORT,
		.nr_ports = LDE_TRACE_PORT_SIZE,
		.tag = EXIT_TRACE,
		.handler = on_doorbell,
		.opaque = machine->recorder,
	};

	portbus_register(&machine->bus, &device);
}

/* How many bytes of a path name the folder that its last part is in; 0: the current one. */
static size_t parent_len(const char *path)
{
	size_t len = strlen(path);

	while (len && path[len - 1] == '/')
		len--;
	while (len && path[len - 1] != '/')
		len--;
	while (len > 1 && path[len - 1] == '/')
		len--;
	return len;
}

/* In *parent the folder in which a new one is to be. Whether it is missing. */
static bool is_parent_missing(const char *dir, char **parent)
{
	size_t len = parent_len(dir);

	*parent = len ? strndup(dir, len) : strdup(".");
	return *parent && access(*parent, F_OK) < 0 && errno == ENOENT;
}

static const char *remedy(int err)
{
	switch (err) {
	case -EEXIST:
		return "it has other files in it; give the name of a new folder";
	case -EBUSY:
		return "another lde is writing its trace there; give the name of a new folder";
	case -ENOENT: /* as in /proc */
		return "no folder can be made there; give another place";
	case -ENOSPC:
		return "no space is left there";
	default:
		return strerror(-err);
	}
}

static void log_refusal(const char *dir, int err)
{
	char *parent = NULL;

	if (err == -ENOENT && is_parent_missing(dir, &parent))
		log_line("--trace %s: cannot be written: the folder %s does not exist; create it "
			 "first",
			 dir, parent);
	else
		log_line("--trace %s: cannot be written: %s", dir, remedy(err));
	free(parent);
}

int machine_start_trace(struct machine *machine)
{
	const struct machine_config *config = machine->config;
	struct trace_info info = {
		.tsc_hz = machine->cpu.tsc_hz,
		.classes = config->trace_classes,
	};
	struct trace_ring ring;
	void *memory = guestmem_at(&machine->mem, machine->trace_gpa, machine->trace_bytes);

	if (!config->trace_dir)
		return 0;
	if (config->command)
		strncpy(info.command, config->command, sizeof(info.command) - 1);
	trace_ring_init(&ring, memory, machine->trace_bytes);
	int err = recorder_start(&machine->recorder, config->trace_dir, &info, &ring,
				 bootcpu_tsc_offset(&machine->vcpu_fd));
	if (err) {
		log_refusal(config->trace_dir, err);
		return err;
	}
	connect_doorbell(machine);
	return 0;
}

void machine_stop_trace(struct machine *machine)
{
	recorder_stop(machine->recorder, machine->report->end, &machine->report->trace);
	machine->recorder = NULL;
}
