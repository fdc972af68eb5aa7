/* SPDX-License-Identifier: MIT */
#include "vmm/run/vcpu.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <time.h>

#include "vmm/boot/cpu.h"
#include "vmm/run/kick.h"
#include "vmm/run/postmortem.h"

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* A repeated string instruction comes as one exit with count elements. */
static enum exit_cause serve_ports(struct vcpu *vcpu, struct kvm_run *run)
{
	const struct portbus_device *device = NULL;
	uint8_t *data = (uint8_t *)run + run->io.data_offset;

	for (uint32_t i = 0; i < run->io.count && vcpu->end == VCPU_END_NONE; i++)
		device = portbus_access(vcpu->bus, run->io.port,
					run->io.direction == KVM_EXIT_IO_OUT,
					data + i * run->io.size, run->io.size);
	return device ? (enum exit_cause)device->tag : EXIT_PORT_OTHER;
}

/* Not every signal is for us to stop: a stop and continue comes here as well. */
static enum exit_cause serve_signal(struct vcpu *vcpu)
{
	uint32_t events = kick_take_events();

	if (events)
		vcpu->host_events(vcpu->ctx, events);
	if (kick_reason() != KICK_NONE)
		vcpu->end = VCPU_END_KICKED;
	return EXIT_SIGNAL;
}

static enum exit_cause give_up(struct vcpu *vcpu, enum exit_cause cause)
{
	postmortem_log_exit(vcpu->kvm, vcpu->mem);
	vcpu->end = VCPU_END_FAILED;
	return cause;
}

static enum exit_cause give_up_error(struct vcpu *vcpu, int error)
{
	postmortem_log_error(vcpu->kvm, vcpu->mem, error);
	vcpu->end = VCPU_END_FAILED;
	return EXIT_OTHER;
}

static enum exit_cause serve_mmio(struct vcpu *vcpu, struct kvm_run *run)
{
	if (!vcpu->mmio(vcpu->mmio_ctx, run->mmio.phys_addr, run->mmio.is_write, run->mmio.data,
			run->mmio.len))
		return give_up(vcpu, EXIT_MMIO);
	return EXIT_VIRTIO;
}

static enum exit_cause serve_exit(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->kvm->run;

	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		return serve_ports(vcpu, run);
	case KVM_EXIT_INTR:
		return serve_signal(vcpu);
	case KVM_EXIT_MMIO:
		return serve_mmio(vcpu, run);
	case KVM_EXIT_SHUTDOWN:
		return give_up(vcpu, EXIT_SHUTDOWN);
	case KVM_EXIT_INTERNAL_ERROR:
		return give_up(vcpu, EXIT_INTERNAL_ERROR);
	default:
		return give_up(vcpu, EXIT_OTHER);
	}
}

static uint64_t exit_address(const struct kvm_run *run)
{
	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		return run->io.port;
	case KVM_EXIT_MMIO:
		return run->mmio.phys_addr;
	default:
		return 0;
	}
}

/* The time is that before the handler, when record was made. */
static void record_exit(const struct vcpu *vcpu, struct lde_trace_record *record,
			enum exit_cause cause)
{
	record->kind = LDE_TRACE_VMM_EXIT;
	record->code = cause;
	record->args[1] = __builtin_ia32_rdtsc() - record->tsc;
	recorder_set_offset(vcpu->recorder, bootcpu_tsc_offset(vcpu->kvm));
	recorder_add(vcpu->recorder, record);
}

enum vcpu_end vcpu_loop(struct vcpu *vcpu)
{
	uint64_t entered_ns = now_ns();

	while (vcpu->end == VCPU_END_NONE) {
		int error = ioctl(vcpu->kvm->fd, KVM_RUN, 0) < 0 ? -errno : 0;
		uint64_t left_ns = now_ns();
		struct lde_trace_record record = {.tsc = __builtin_ia32_rdtsc()};
		enum exit_cause cause;

		if (vcpu->recorder) {
			record.args[0] = vcpu->kvm->run->exit_reason;
			record.args[2] = exit_address(vcpu->kvm->run);
			record.args[3] = UINT64_MAX;
		}
		/* Interrupted: exit_reason may be that of the exit before. */
		if (error == -EINTR || error == -EAGAIN)
			cause = serve_signal(vcpu);
		else
			cause = error ? give_up_error(vcpu, error) : serve_exit(vcpu);
		vcpu->exits->guest_ns += left_ns - entered_ns;
		if (vcpu->recorder)
			record_exit(vcpu, &record, cause);
		entered_ns = now_ns();
		exits_add(&vcpu->exits->causes[cause], entered_ns - left_ns);
	}
	return vcpu->end;
}
