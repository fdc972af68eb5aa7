/* SPDX-License-Identifier: MIT */
#include "vmm/run/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "vmm/base/log.h"
#include "vmm/host/irq.h"
#include "vmm/host/terminal.h"
#include "vmm/run/kick.h"
#include "vmm/run/machine_parts.h"

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* ---- devices --------------------------------------------------------- */

static void on_notice(void *ctx, const struct lde_notice *notice)
{
	const struct machine_config *config = ((struct machine *)ctx)->config;

	if (config->notice)
		config->notice(config->notice_ctx, notice);
}

static void on_poweroff(void *ctx, enum lde_poweroff how)
{
	struct machine *machine = ctx;

	machine->poweroff = how;
	machine->vcpu.end = VCPU_END_STOPPED;
}

/* The exit is all there is to it: the kernel handles the call. */
static void on_syscall(void *opaque, struct portbus_access *access)
{
	(void)opaque;
	(void)access;
}

static void connect_syscalls(struct machine *machine)
{
	const struct portbus_device device = {
		.port = LDE_SYSCALL_PORT,
		.nr_ports = LDE_SYSCALL_PORT_SIZE,
		.tag = EXIT_SYSCALL,
		.handler = on_syscall,
	};

	if (machine->config->forward_syscalls)
		portbus_register(&machine->bus, &device);
}

static void connect_monitor(struct machine *machine)
{
	const struct portbus_device device = {
		.port = LDE_MONITOR_PORT,
		.nr_ports = LDE_MONITOR_PORT_SIZE,
		.tag = EXIT_MONITOR,
		.handler = vmonitor_access,
		.opaque = &machine->monitor,
	};

	machine->monitor = (struct vmonitor){
		.mem = &machine->mem,
		.notice = on_notice,
		.poweroff = on_poweroff,
		.ctx = machine,
	};
	portbus_register(&machine->bus, &device);
}

/* ---- creation -------------------------------------------------------- */

/*
 * The order is the quickest of those measured (docs/decisions/0002): the
 * interrupt controller with the VM and before the slot, one slot, and nothing
 * after it that makes KVM wait for readers of its tables.
 */
static int create_kvm(struct machine *machine, struct kvm_error *error)
{
	int err = kvm_open(&machine->host, error);

	if (!err)
		err = kvm_vm_create(&machine->host, &machine->vm, error);
	if (!err)
		err = machine_connect_virtio(machine, error);
	if (!err)
		err = kvm_vm_set_memory(&machine->vm, &machine->mem, error);
	if (!err)
		err = kvm_vcpu_create(&machine->host, &machine->vm, 0, &machine->vcpu_fd, error);
	if (!err)
		err = bootcpu_identify(&machine->host, &machine->vcpu_fd, &machine->cpu, error);
	return err;
}

static int log_kvm_error(const struct kvm_error *error, int err)
{
	char text[200];

	log_line("%s; %s", kvm_error_text(error, text, sizeof(text)), kvm_error_remedy(error));
	return err;
}

static int create(struct machine *machine)
{
	struct kvm_error error;

	int err = machine_parse_kernel(machine);
	if (!err)
		err = machine_open_export(machine);
	if (err)
		return err;
	err = guestmem_init(&machine->mem, machine->config->memory_bytes);
	if (err) {
		log_line("cannot reserve the guest's memory: %s; give it less: --memory",
			 strerror(-err));
		return err;
	}
	machine_place_ring(machine);
	err = machine_open_disks(machine);
	if (!err)
		err = machine_open_console(machine);
	if (err)
		return err;
	err = create_kvm(machine, &error);
	if (err)
		return log_kvm_error(&error, err);
	err = machine_fill_memory(machine);
	if (err)
		return err;
	err = bootcpu_set_state(&machine->vcpu_fd, machine->image.entry, machine->fdt_gpa, &error);
	return err ? log_kvm_error(&error, err) : 0;
}

static void destroy(struct machine *machine)
{
	machine_close_export(machine, false);
	machine_close_disks(machine);
	machine_close_console(machine);
	kvm_vcpu_close(&machine->vcpu_fd);
	kvm_vm_close(&machine->vm);
	kvm_close(&machine->host);
	guestmem_fini(&machine->mem);
}

/* ---- running --------------------------------------------------------- */

static void report_kick(struct machine *machine)
{
	struct machine_report *report = machine->report;
	int reason = kick_reason();

	report->end = reason == KICK_TIMEOUT ? MACHINE_END_TIMEOUT : MACHINE_END_SIGNAL;
	report->signal = reason == KICK_TIMEOUT ? 0 : reason;
	if (machine->export)
		machine_close_export(machine, machine_hurry_export(machine));
}

static void report_end(struct machine *machine, enum vcpu_end end)
{
	struct machine_report *report = machine->report;

	switch (end) {
	case VCPU_END_STOPPED:
		report->end = machine->poweroff == LDE_POWEROFF_DONE ? MACHINE_END_DONE :
			      machine->poweroff == LDE_POWEROFF_REFUSED ? MACHINE_END_REFUSED :
									  MACHINE_END_PANIC;
		break;
	case VCPU_END_DIED:
		report->end = MACHINE_END_PANIC;
		break;
	case VCPU_END_KICKED:
		report_kick(machine);
		break;
	default:
		report->end = MACHINE_END_FAILED;
		report->error = -EIO;
	}
	machine_close_export(machine, report->end == MACHINE_END_DONE);
}

static void collect(struct machine *machine)
{
	struct machine_report *report = machine->report;

	machine_copy_ledger(machine);
	exits_ledger_sort(&report->exit_ledger);
	if (!machine->config->want_kvm_stats)
		return;
	/* A kernel before 5.14 has none, which is no error of the run. */
	kvm_stats_append(machine->vm.fd, "vm", &report->kvm_stats, &report->nr_kvm_stats);
	kvm_stats_append(machine->vcpu_fd.fd, "vcpu", &report->kvm_stats, &report->nr_kvm_stats);
}

static void start_sampler(struct machine *machine)
{
	machine->start_ns = now_ns();
	if (!machine->config->sample_fd)
		return;
	machine->sample_tsc_offset = bootcpu_tsc_offset(&machine->vcpu_fd);
	pthread_mutex_init(&machine->exits_lock, NULL);
	machine->vcpu.ledger_lock = &machine->exits_lock;
	machine->sampler = sampler_start(machine->config->sample_fd, machine_fill_sample, machine);
}

static int run(struct machine *machine)
{
	machine->vcpu = (struct vcpu){
		.kvm = &machine->vcpu_fd,
		.mem = &machine->mem,
		.bus = &machine->bus,
		.mmio = machine_access_virtio,
		.mmio_ctx = machine,
		.exits = &machine->report->exits,
		.host_events = machine_on_host_events,
		.ctx = machine,
		.ledger = &machine->report->exit_ledger,
		.find_place = machine_find_place,
	};
	machine_connect_console(machine);
	connect_monitor(machine);
	machine_connect_export(machine);
	connect_syscalls(machine);
	int err = machine_start_trace(machine);
	if (err) {
		machine_stop_console(machine, false);
		return err;
	}
	if (machine->config->trace_classes & LDE_TRACE_C_EXIT)
		machine->vcpu.recorder = machine->recorder;
	err = kick_install(machine->vcpu_fd.run, machine->config->timeout_ns,
			   terminal_find() >= 0);
	if (err) {
		log_line("cannot set the time limit: %s", strerror(-err));
		machine_stop_trace(machine);
		machine_stop_console(machine, false);
		return err;
	}
	if (machine->config->show_progress)
		machine->progress = progress_start(machine_progress_facts, machine);
	start_sampler(machine);
	enum vcpu_end end = vcpu_loop(&machine->vcpu);
	machine->report->wall_ns = now_ns() - machine->start_ns;
	progress_stop(machine->progress);
	sampler_stop(machine->sampler);
	/* Before anything that takes long, so that keys are the user's again. */
	terminal_fini();
	report_end(machine, end);
	machine_stop_trace(machine);
	/* Before the signals are put back: waiting for a slow reader can be
	 * interrupted. */
	machine_stop_console(machine, true);
	kick_remove();
	collect(machine);
	return machine->report->error;
}

/* Were one of 0..2 closed, a descriptor of KVM would take its place, and the
 * guest's output would go there. closed: bit n, fd n was; to be closed for
 * programs as well. */
static int occupy_stdio(unsigned int *closed)
{
	*closed = 0;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		if (open("/dev/null", O_RDWR) < 0)
			return -errno;
		*closed |= 1u << fd;
	}
	return 0;
}

int machine_run(const struct machine_config *config, struct machine_report *report)
{
	*report = (struct machine_report){.end = MACHINE_END_FAILED};
	struct machine *machine = calloc(1, sizeof(*machine));

	unsigned int closed_stdio;

	int err = machine ? occupy_stdio(&closed_stdio) : -ENOMEM;
	if (err) {
		log_line("cannot start: %s", strerror(-err));
		free(machine);
		return report->error = err;
	}
	machine->config = config;
	machine->report = report;
	machine->closed_stdio = closed_stdio;
	machine->host.fd = machine->vm.fd = machine->vcpu_fd.fd = -1;
	err = create(machine);
	report->tsc_hz = machine->cpu.tsc_hz;
	if (!err)
		err = run(machine);
	destroy(machine);
	free(machine);
	return report->error = err;
}
