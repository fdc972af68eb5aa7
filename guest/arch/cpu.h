/* SPDX-License-Identifier: MIT */
/*
 * What belongs to one CPU, and its set-up at boot.
 */
#ifndef GUEST_ARCH_CPU_H
#define GUEST_ARCH_CPU_H

#include "guest/arch/cpu_offsets.h"
#include "guest/arch/descriptor.h"
#include "guest/arch/frame.h"
#include "guest/lib/compiler.h"

#define NR_CPUS 1

/* Task-state segment (SDM vol. 3, 8.7). */
struct tss {
	uint32_t reserved0;
	uint64_t rsp[3]; /* rsp[0]: kernel stack of the running process */
	uint64_t reserved1;
	uint64_t ist[7];
	uint64_t reserved2;
	uint16_t reserved3;
	uint16_t io_map_base; /* beyond the limit: ring 3 reaches no port */
} __attribute__((packed));
_Static_assert(sizeof(struct tss) == 104, "SDM vol. 3, 8.7");

struct process;

struct cpu {
	uint64_t user_rsp; /* for the first instructions of a system call */
	uint32_t unused;
	struct tss tss;
	struct process *process; /* whose kernel stack and address space are loaded */
	uint64_t gdt[9];
	uint64_t deadline_tsc; /* what the timer is set to, 0: off */
	paddr_t root;          /* where a tick outside ring 0 goes back to */
	struct process *next;  /* chosen there, to be switched to in ring 0 */
};
_Static_assert(offsetof(struct cpu, user_rsp) == CPU_USER_RSP, "entry.S");
_Static_assert(offsetof(struct cpu, tss.rsp[0]) == CPU_TSS_RSP0, "entry.S");
_Static_assert(offsetof(struct cpu, deadline_tsc) == CPU_DEADLINE, "tick.S");
_Static_assert(offsetof(struct cpu, root) == CPU_ROOT, "tick.S");

extern struct cpu cpus[NR_CPUS];

/* With one CPU at work this needs no look-up. */
static inline struct cpu *this_cpu(void)
{
	return &cpus[0];
}

/* What may be switched on, from the device tree. */
struct cpu_features {
	bool fsgsbase;
	bool host_fsgsbase; /* ring 3 has it where ring 0 is emulated */
	bool xsave;
	bool umip;
	bool smep;
	bool pv_eoi; /* KVM takes the end of an interrupt without an exit (apic.h) */
};
extern struct cpu_features cpu_features;

/* Descriptor tables and the beginning of the trap table. */
void cpu_init_tables(struct cpu *cpu);
/* Control registers and MSRs, SYSCALL included; reads cpu_features. */
void cpu_init_registers(struct cpu *cpu);

/* The kernel stack that the next trap from ring 3 is to use, its upper end. */
static inline void cpu_set_kernel_stack(struct cpu *cpu, void *top)
{
	cpu->tss.rsp[0] = (uint64_t)top;
	cpu->tss.ist[IST_PROCESS - 1] = (uint64_t)top;
}

/* Around a wait for interrupts: they must not use the stack that waits. */
void cpu_begin_wait(struct cpu *cpu);
static inline void cpu_end_wait(struct cpu *cpu)
{
	cpu->tss.ist[IST_PROCESS - 1] = cpu->tss.rsp[0];
}

/* Where libfdt's stack protector looks for its canary. */
void cpu_set_boot_canary(void);

#endif
