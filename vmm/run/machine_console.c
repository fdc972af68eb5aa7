/* SPDX-License-Identifier: MIT */
/* The machine's console and terminal, and what the host says about them. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmm/base/log.h"
#include "vmm/host/irq.h"
#include "vmm/host/terminal.h"
#include "vmm/run/kick.h"
#include "vmm/run/machine_parts.h"

static void on_console_interrupt(void *ctx)
{
	struct machine *machine = ctx;

	irq_raise_msi(&machine->vm, 0, LDE_CONSOLE_VECTOR);
}

/* The guest was told; what it was not is answered here. */
static void post_event(struct machine *machine, uint32_t event, int signal)
{
	if (!vtty_post(&machine->vtty, event) && signal)
		kick_end(signal);
}

static void tell_size(struct machine *machine)
{
	uint32_t rows, columns;

	if (terminal_get_size(&rows, &columns))
		vcon_resize(machine->vcon, rows, columns);
}

/* On the vCPU thread. */
void machine_on_host_events(void *ctx, uint32_t events)
{
	struct machine *machine = ctx;

	if (events & KICK_F_STOP)
		terminal_suspend(SIGTSTP);
	if (events & KICK_F_CONTINUED) {
		terminal_is_ours();
		post_event(machine, LDE_TERMINAL_F_CONTINUED | LDE_TERMINAL_F_WINDOW, 0);
	}
	if (events & KICK_F_WINDOW && machine->vcon)
		tell_size(machine);
	else if (events & KICK_F_WINDOW)
		post_event(machine, LDE_TERMINAL_F_WINDOW, 0);
	if (events & KICK_F_INTERRUPT)
		post_event(machine, LDE_TERMINAL_F_INTERRUPT, SIGINT);
	if (events & KICK_F_QUIT)
		post_event(machine, LDE_TERMINAL_F_QUIT, SIGQUIT);
	if (events & KICK_F_HANGUP)
		post_event(machine, LDE_TERMINAL_F_HANGUP, SIGHUP);
}

static void on_terminal(void *ctx, uint32_t gpa)
{
	vtty_command(&((struct machine *)ctx)->vtty, gpa);
}

/* The user wants the run to end. */
static void on_end_typed(void *ctx)
{
	(void)ctx;
	kick_end(SIGINT);
}

void machine_connect_console(struct machine *machine)
{
	const int terminal = terminal_find();
	const struct vconsole_config config = {
		.mem = &machine->mem,
		.front = machine->vcon ? &machine->vcon->front : NULL,
		.fds = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, terminal, terminal},
		.terminal = on_terminal,
		.escape = on_end_typed,
		.is_tagged = machine->config->tag_output,
		.name = machine_process_name,
		.interrupt = on_console_interrupt,
		.ctx = machine,
	};
	const struct portbus_device device = {
		.port = LDE_CONSOLE_PORT,
		.nr_ports = LDE_CONSOLE_PORT_SIZE,
		.tag = EXIT_CONSOLE,
		.handler = vconsole_access,
		.opaque = &machine->console,
	};

	terminal_init(terminal);
	machine->vtty = (struct vtty){
		.mem = &machine->mem,
		.interrupt = on_console_interrupt,
		.end = on_end_typed,
		.ctx = machine,
	};
	vconsole_init(&machine->console, &config);
	if (machine->vcon) {
		vcon_set_console(machine->vcon, &machine->console);
		tell_size(machine);
	}
	portbus_register(&machine->bus, &device);
}

static int open_virtio(struct machine *machine)
{
	const struct vcon_config config = {
		.mem = &machine->mem,
		.has_terminal = terminal_find() >= 0,
		.interrupt = machine_raise_interrupt,
		.ctx = &machine->vcon_interrupt_fd,
	};

	machine->vcon_interrupt_fd = machine_create_interrupt();
	if (machine->vcon_interrupt_fd < 0)
		return machine->vcon_interrupt_fd;
	int err = vcon_init(machine->vcon, &config);
	if (err) {
		close(machine->vcon_interrupt_fd);
		return err;
	}
	machine_add_virtio(machine, &(struct machine_virtio){
					    .mmio = &machine->vcon->mmio,
					    .doorbell_fd = machine->vcon->doorbell_fd,
					    .interrupt_fd = machine->vcon_interrupt_fd,
					    .vector = LDE_VIRTIO_CONSOLE_VECTOR});
	return 0;
}

int machine_open_console(struct machine *machine)
{
	if (!machine->config->has_virtio_console)
		return 0;
	machine->vcon = calloc(1, sizeof(*machine->vcon));
	int err = machine->vcon ? open_virtio(machine) : -ENOMEM;
	if (!err)
		return 0;
	log_line("cannot set up the virtio console: %s; --console port needs less", strerror(-err));
	free(machine->vcon);
	machine->vcon = NULL;
	return err;
}

void machine_stop_console(struct machine *machine, bool flush)
{
	if (machine->vcon && flush)
		vcon_serve(machine->vcon);
	vconsole_fini(&machine->console, flush);
}

void machine_close_console(struct machine *machine)
{
	if (!machine->vcon)
		return;
	machine->report->console = machine->vcon->counters;
	vcon_fini(machine->vcon);
	close(machine->vcon_interrupt_fd);
	free(machine->vcon);
	machine->vcon = NULL;
}
