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
	vcpu->end = VCPU_END_DIED;
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

/* One exit, from before its handler on. */
struct span {
	struct exit_place place;
	uint64_t left_ns, left_tsc;
	uint32_t reason;
	uint64_t address;
};

static void begin_span(const struct vcpu *vcpu, struct span *span)
{
	const struct kvm_run *run = vcpu->kvm->run;

	span->left_ns = now_ns();
	span->left_tsc = __builtin_ia32_rdtsc();
	span->reason = run->exit_reason;
	span->address = exit_address(run);
	/* Only these exits are for certain of the kernel's making. */
	vcpu->find_place(vcpu->ctx,
			 run->exit_reason == KVM_EXIT_IO || run->exit_reason == KVM_EXIT_MMIO,
			 &span->place);
}

/* The event has the time before the handler. */
static void record_span(const struct vcpu *vcpu, const struct span *span, enum exit_cause cause)
{
	struct lde_trace_record record = {
		.tsc = span->left_tsc,
		.kind = LDE_TRACE_VMM_EXIT,
		.pid = (uint16_t)span->place.pid,
		.code = cause,
		.args = {span->reason, __builtin_ia32_rdtsc() - span->left_tsc, span->address,
			 span->place.kind == EXIT_PLACE_SYSCALL ? span->place.number
								: UINT64_MAX},
	};

	recorder_set_offset(vcpu->recorder, bootcpu_tsc_offset(vcpu->kvm));
	recorder_add(vcpu->recorder, &record);
}

/* Returns when the next entry begins. */
static uint64_t end_span(const struct vcpu *vcpu, const struct span *span, enum exit_cause cause)
{
	uint64_t end_ns, ns;

	if (vcpu->recorder)
		record_span(vcpu, span, cause);
	end_ns = now_ns();
	ns = end_ns - span->left_ns;
	exits_add(&vcpu->exits->causes[cause], ns);
	if (vcpu->ledger_lock)
		pthread_mutex_lock(vcpu->ledger_lock);
	exits_ledger_add(vcpu->ledger, cause, &span->place, ns);
	if (vcpu->ledger_lock)
		pthread_mutex_unlock(vcpu->ledger_lock);
	return end_ns;
}

enum vcpu_end vcpu_loop(struct vcpu *vcpu)
{
	uint64_t entered_ns = now_ns();

	while (vcpu->end == VCPU_END_NONE) {
		int error = ioctl(vcpu->kvm->fd, KVM_RUN, 0) < 0 ? -errno : 0;
		enum exit_cause cause;
		struct span span;

		/* Interrupted: exit_reason may be that of the exit before. */
		if (error == -EINTR || error == -EAGAIN)
			vcpu->kvm->run->exit_reason = KVM_EXIT_INTR;
		begin_span(vcpu, &span);
		vcpu->exits->guest_ns += span.left_ns - entered_ns;
		if (error == -EINTR || error == -EAGAIN)
			cause = serve_signal(vcpu);
		else
			cause = error ? give_up_error(vcpu, error) : serve_exit(vcpu);
		entered_ns = end_span(vcpu, &span, cause);
	}
	return vcpu->end;
}
