/* SPDX-License-Identifier: MIT */
#include "vmm/observe/timeline_cpu.h"

void timeline_cpu_init(struct timeline *timeline, struct timeline_vcpu *cpu)
{
	*cpu = (struct timeline_vcpu){
		.is_used = true,
		.is_booting = true,
		.mode = TIMELINE_KERNEL,
		.process_idx = -1,
		.since_ns = timeline->begin_ns,
		.open_process = -1,
		.open_begin_ns = timeline->begin_ns,
		.open_end_ns = timeline->begin_ns,
	};
}

void timeline_cpu_flush(struct timeline *timeline, struct timeline_vcpu *cpu)
{
	const struct timeline_occupation span = {
		.process = cpu->open_process < 0 ? NULL : &timeline->processes[cpu->open_process],
		.begin_ns = cpu->open_begin_ns,
		.end_ns = cpu->open_end_ns,
		.vcpu = (uint32_t)(cpu - timeline->vcpus),
		.mode = cpu->open_mode,
	};

	if (timeline->sink.occupation && span.end_ns > span.begin_ns)
		timeline->sink.occupation(timeline->sink.ctx, &span);
	cpu->open_begin_ns = cpu->open_end_ns;
}

/* Time that goes on as before makes the open span longer. */
static void charge(struct timeline *timeline, struct timeline_vcpu *cpu, uint32_t mode,
		   uint64_t begin_ns, uint64_t end_ns)
{
	if (end_ns <= begin_ns)
		return;
	cpu->mode_ns[mode] += end_ns - begin_ns;
	if (cpu->process_idx >= 0)
		timeline->processes[cpu->process_idx].mode_ns[mode] += end_ns - begin_ns;
	if (cpu->open_mode != mode || cpu->open_process != cpu->process_idx) {
		timeline_cpu_flush(timeline, cpu);
		cpu->open_mode = (uint8_t)mode;
		cpu->open_process = cpu->process_idx;
		cpu->open_begin_ns = begin_ns;
	}
	cpu->open_end_ns = end_ns;
}

void timeline_cpu_advance(struct timeline *timeline, struct timeline_vcpu *cpu, uint64_t ns)
{
	uint64_t exited_ns = cpu->exited_until_ns < ns ? cpu->exited_until_ns : ns;

	if (exited_ns > cpu->since_ns) {
		charge(timeline, cpu, TIMELINE_EXITED, cpu->since_ns, exited_ns);
		cpu->since_ns = exited_ns;
	}
	charge(timeline, cpu, cpu->mode, cpu->since_ns, ns);
	cpu->since_ns = ns;
}

void timeline_cpu_look(struct timeline *timeline, struct timeline_vcpu *cpu)
{
	const struct timeline_process *p;

	if (cpu->process_idx < 0) {
		cpu->mode = cpu->in_irq || cpu->is_booting ? TIMELINE_KERNEL : TIMELINE_IDLE;
		return;
	}
	p = &timeline->processes[cpu->process_idx];
	cpu->mode = cpu->in_irq || p->in_trap || p->is_starting || p->has_exited ||
				    p->call.number != TIMELINE_NO_CALL
			    ? TIMELINE_KERNEL
			    : TIMELINE_USER;
}
