/* SPDX-License-Identifier: MIT */
#include "guest/arch/cpu.h"

#include "guest/arch/insn.h"
#include "guest/arch/msr.h"
#include "guest/arch/traptable.h"
#include "guest/lib/limits.h"

struct cpu cpus[NR_CPUS];
struct cpu_features cpu_features;

extern const char syscall_entry[], syscall_entry_ring_0[]; /* entry.S */

/* A stack for each IST slot; #BP's holds one frame, the fatal ones end there. */
static char ist_stacks[NR_CPUS][3][2048] __attribute__((aligned(16)));
/* For interrupts while the CPU waits, where they use a slot at all. */
static char wait_stacks[NR_CPUS][4096] __attribute__((aligned(16)));

/* Segment descriptors in 64-bit mode (SDM vol. 3, 3.4.5): base and limit do not count. */
#define GDT_CODE(dpl) (0x00209b0000000000u | (uint64_t)(dpl) << 45)
#define GDT_DATA(dpl) (0x0000930000000000u | (uint64_t)(dpl) << 45)

static void gdt_init(struct cpu *cpu)
{
	uint64_t tss = (uint64_t)&cpu->tss;
	struct table_register gdtr = { sizeof(cpu->gdt) - 1, (uint64_t)cpu->gdt };

	cpu->gdt[KERNEL_CS / 8] = GDT_CODE(0);
	cpu->gdt[KERNEL_DS / 8] = GDT_DATA(0);
	cpu->gdt[USER_DS / 8] = GDT_DATA(3);
	cpu->gdt[USER_CS / 8] = GDT_CODE(3);
	cpu->gdt[TSS_SEL / 8] = (sizeof(cpu->tss) - 1) | (tss & 0xffffff) << 16 |
				0x89ull << 40 | (tss >> 24 & 0xff) << 56;
	cpu->gdt[TSS_SEL / 8 + 1] = tss >> 32;

	/* The hidden parts of cs and ss are right already; the data segments
	 * become null, as they stay while the kernel runs. */
	__asm__ volatile("lgdt %0\n\t"
			 "mov %1, %%ds\n\t"
			 "mov %1, %%es\n\t"
			 "mov %1, %%fs\n\t"
			 "mov %1, %%gs\n\t"
			 "ltr %w2"
			 :
			 : "m"(gdtr), "r"(0), "r"(TSS_SEL)
			 : "memory");
}

void cpu_init_tables(struct cpu *cpu)
{
	char(*stacks)[2048] = ist_stacks[cpu - cpus];

	cpu->tss.io_map_base = sizeof(cpu->tss);
	cpu->tss.ist[IST_DEBUG - 1] = (uint64_t)stacks[1];
	cpu->tss.ist[IST_BREAKPOINT - 1] = (uint64_t)stacks[2];
	cpu->tss.ist[IST_FATAL - 1] = (uint64_t)stacks[3];
	gdt_init(cpu);
	traptable_begin();
	traptable_load();
}

void cpu_init_registers(struct cpu *cpu)
{
	uint64_t cr4 = insn_read_cr4();

	(void)cpu;
	if (cpu_features.fsgsbase)
		cr4 |= CR4_FSGSBASE;
	if (cpu_features.xsave)
		cr4 |= CR4_OSXSAVE;
	if (cpu_features.umip)
		cr4 |= CR4_UMIP;
	/* Without a limit ring 0 may be in code of pages that are a program's too. */
	if (cpu_features.smep && limits.user_mode && limits.hidden_trap_table &&
	    limits.pointer_checks)
		cr4 |= CR4_SMEP;
	insn_write_cr4(cr4);

	/* SYSRET takes cs and ss from 16 and 8 above this (SDM vol. 2, SYSRET). */
	insn_wrmsr(MSR_STAR, (uint64_t)USER32_CS << 48 | (uint64_t)KERNEL_CS << 32);
	insn_wrmsr(MSR_LSTAR,
		   (uint64_t)(limits.user_mode ? syscall_entry : syscall_entry_ring_0));
	insn_wrmsr(MSR_SFMASK, FLAG_TF | FLAG_IF | FLAG_DF | FLAG_IOPL | FLAG_NT | FLAG_AC);
}

void cpu_begin_wait(struct cpu *cpu)
{
	cpu->tss.ist[IST_PROCESS - 1] = (uint64_t)wait_stacks[cpu - cpus + 1];
}

void cpu_set_boot_canary(void)
{
	static const uint64_t canary[6] = { [5] = 0x6c64652063616e00 }; /* %fs:0x28 */

	insn_wrmsr(MSR_FS_BASE, (uint64_t)canary);
}
