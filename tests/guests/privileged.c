/* SPDX-License-Identifier: MIT */
/*
 * Executes the one instruction that its argument names: each is for ring 0
 * only, or leads there, and must end the process. Exits with 1 if it did not.
 */
#include "guest.h"

static char descriptor[16];
static char scratch[4096];

#define INSN(name, ...)                                                                        \
	static void do_##name(void)                                                             \
	{                                                                                       \
		__asm__ volatile(__VA_ARGS__);                                                  \
	}

#define ALL "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "memory"

INSN(hlt, "hlt")
INSN(cli, "cli")
INSN(sti, "sti")
INSN(in, "in $0x60, %%al" : : : ALL)
INSN(out, "out %%al, $0x80" : : : ALL)
INSN(out_console, "mov $0x600, %%edx\n\txor %%eax, %%eax\n\tout %%eax, %%dx" : : : ALL)
INSN(out_poweroff, "mov $0x61c, %%edx\n\txor %%eax, %%eax\n\tout %%eax, %%dx" : : : ALL)
INSN(insb, "mov $0x60, %%edx\n\tmov %0, %%rdi\n\tinsb" : : "r"(scratch) : ALL)
INSN(outsb, "mov $0x60, %%edx\n\tmov %0, %%rsi\n\toutsb" : : "r"(scratch) : ALL)
INSN(lgdt, "lgdt %0" : : "m"(descriptor))
INSN(lidt, "lidt %0" : : "m"(descriptor))
INSN(ltr, "mov $0x40, %%eax\n\tltr %%ax" : : : ALL)
INSN(lldt, "xor %%eax, %%eax\n\tlldt %%ax" : : : ALL)
INSN(lmsw, "mov $1, %%eax\n\tlmsw %%ax" : : : ALL)
INSN(clts, "clts")
INSN(mov_to_cr0, "xor %%eax, %%eax\n\tmov %%rax, %%cr0" : : : ALL)
INSN(mov_from_cr0, "mov %%cr0, %%rax" : : : ALL)
INSN(mov_from_cr2, "mov %%cr2, %%rax" : : : ALL)
INSN(mov_to_cr3, "xor %%eax, %%eax\n\tmov %%rax, %%cr3" : : : ALL)
INSN(mov_from_cr3, "mov %%cr3, %%rax" : : : ALL)
INSN(mov_to_cr4, "xor %%eax, %%eax\n\tmov %%rax, %%cr4" : : : ALL)
INSN(mov_from_cr4, "mov %%cr4, %%rax" : : : ALL)
INSN(mov_to_cr8, "xor %%eax, %%eax\n\tmov %%rax, %%cr8" : : : ALL)
INSN(mov_to_dr7, "mov $0x400, %%eax\n\tmov %%rax, %%dr7" : : : ALL)
INSN(mov_to_dr0, "xor %%eax, %%eax\n\tmov %%rax, %%dr0" : : : ALL)
INSN(mov_from_dr6, "mov %%dr6, %%rax" : : : ALL)
INSN(rdmsr, "mov $0xc0000082, %%ecx\n\trdmsr" : : : ALL)
INSN(wrmsr, "mov $0xc0000082, %%ecx\n\txor %%eax, %%eax\n\txor %%edx, %%edx\n\twrmsr" : : : ALL)
INSN(wrmsr_efer, "mov $0xc0000080, %%ecx\n\txor %%eax, %%eax\n\txor %%edx, %%edx\n\twrmsr" : : : ALL)
INSN(invlpg, "invlpg %0" : : "m"(scratch))
INSN(invd, "invd")
INSN(wbinvd, "wbinvd")
INSN(swapgs, "swapgs")
INSN(sysretq, "lea 1f(%%rip), %%rcx\n\tmov $0x202, %%r11d\n\tsysretq\n1:" : : : ALL, "r11")
INSN(sysexit, "sysexitl" : : : ALL)
INSN(sysenter, "sysenter" : : : ALL)
INSN(xsetbv, "xor %%ecx, %%ecx\n\txor %%edx, %%edx\n\tmov $1, %%eax\n\txsetbv" : : : ALL)
INSN(rdpmc, "xor %%ecx, %%ecx\n\trdpmc" : : : ALL)
INSN(mov_ss, "mov $0x18, %%eax\n\tmov %%eax, %%ss" : : : ALL)
INSN(mov_ds, "mov $0x18, %%eax\n\tmov %%eax, %%ds" : : : ALL)
INSN(mov_es, "mov $0x10, %%eax\n\tmov %%eax, %%es" : : : ALL)
INSN(mov_fs, "mov $0x18, %%eax\n\tmov %%eax, %%fs" : : : ALL)
INSN(mov_gs, "mov $0x40, %%eax\n\tmov %%eax, %%gs" : : : ALL)
INSN(iretq, "mov %%rsp, %%rax\n\tpushq $0x18\n\tpush %%rax\n\tpushq $2\n\tpushq $0x10\n\t"
	    "lea 1f(%%rip), %%rax\n\tpush %%rax\n\tiretq\n1:" : : : ALL)
INSN(iretq_kernel_rip, "mov %%rsp, %%rax\n\tpushq $0x2b\n\tpush %%rax\n\tpushq $0x202\n\tpushq $0x33\n\t"
		       "mov $0xffffffff80100000, %%rax\n\tpush %%rax\n\tiretq" : : : ALL)
INSN(far_return, "pushq $0x10\n\tlea 1f(%%rip), %%rax\n\tpush %%rax\n\tlretq\n1:" : : : ALL)
INSN(far_jump, "lea 1f(%%rip), %%rax\n\tmov %%rax, %0\n\tmovw $0x10, 8+%0\n\trex.W ljmp *%0\n1:"
     : "+m"(descriptor) : : ALL)
INSN(far_call, "lea 1f(%%rip), %%rax\n\tmov %%rax, %0\n\tmovw $0x10, 8+%0\n\trex.W lcall *%0\n1:"
     : "+m"(descriptor) : : ALL)
INSN(far_jump_tss, "lea 1f(%%rip), %%rax\n\tmov %%rax, %0\n\tmovw $0x40, 8+%0\n\trex.W ljmp *%0\n1:"
     : "+m"(descriptor) : : ALL)
INSN(int_0x80, "mov $20, %%eax\n\tint $0x80" : : : ALL)
INSN(int_0x0e, "int $0x0e" : : : ALL)
INSN(int_0x08, "int $0x08" : : : ALL)
INSN(int_0x02, "int $0x02" : : : ALL)
INSN(int_0x20, "int $0x20" : : : ALL)
INSN(int_0x30, "int $0x30" : : : ALL)
INSN(int_0xff, "int $0xff" : : : ALL)
INSN(int3, "int3")
INSN(icebp, ".byte 0xf1")
INSN(monitor, "xor %%ecx, %%ecx\n\txor %%edx, %%edx\n\tmov %0, %%rax\n\tmonitor" : : "r"(scratch) : ALL)
INSN(mwait, "xor %%ecx, %%ecx\n\txor %%eax, %%eax\n\tmwait" : : : ALL)
INSN(rsm, "rsm")
INSN(vmxon, ".byte 0xf3, 0x0f, 0xc7, 0x30" : : "a"(scratch))
INSN(vmrun, "vmrun" : : "a"(scratch))
INSN(vmload, "vmload" : : "a"(scratch))
INSN(stgi, "stgi")
INSN(clgi, "clgi")
INSN(invlpga, "invlpga" : : "a"(scratch), "c"(0))
INSN(clac, "clac")
INSN(stac, "stac")
INSN(xsaves, ".byte 0x0f, 0xc7, 0x28" : : "a"(scratch), "d"(0))
INSN(vmcall, "mov $1, %%eax\n\tvmcall" : : : ALL)
INSN(vmmcall, "mov $1, %%eax\n\tvmmcall" : : : ALL)

#define ENTRY(name) { #name, do_##name }

static const struct {
	const char *name;
	void (*run)(void);
} table[] = {
	ENTRY(hlt), ENTRY(cli), ENTRY(sti), ENTRY(in), ENTRY(out), ENTRY(out_console),
	ENTRY(out_poweroff), ENTRY(insb), ENTRY(outsb), ENTRY(lgdt), ENTRY(lidt), ENTRY(ltr),
	ENTRY(lldt), ENTRY(lmsw), ENTRY(clts), ENTRY(mov_to_cr0), ENTRY(mov_from_cr0),
	ENTRY(mov_from_cr2), ENTRY(mov_to_cr3), ENTRY(mov_from_cr3), ENTRY(mov_to_cr4),
	ENTRY(mov_from_cr4), ENTRY(mov_to_cr8), ENTRY(mov_to_dr7), ENTRY(mov_to_dr0),
	ENTRY(mov_from_dr6), ENTRY(rdmsr), ENTRY(wrmsr), ENTRY(wrmsr_efer), ENTRY(invlpg),
	ENTRY(invd), ENTRY(wbinvd), ENTRY(swapgs), ENTRY(sysretq), ENTRY(sysexit),
	ENTRY(sysenter), ENTRY(xsetbv), ENTRY(rdpmc), ENTRY(mov_ss), ENTRY(mov_ds), ENTRY(mov_es),
	ENTRY(mov_fs), ENTRY(mov_gs), ENTRY(iretq), ENTRY(iretq_kernel_rip), ENTRY(far_return),
	ENTRY(far_jump), ENTRY(far_call), ENTRY(far_jump_tss), ENTRY(int_0x80), ENTRY(int_0x0e),
	ENTRY(int_0x08), ENTRY(int_0x02), ENTRY(int_0x20), ENTRY(int_0x30), ENTRY(int_0xff),
	ENTRY(int3), ENTRY(icebp), ENTRY(monitor), ENTRY(mwait), ENTRY(rsm), ENTRY(vmxon),
	ENTRY(vmrun), ENTRY(vmload), ENTRY(stgi), ENTRY(clgi), ENTRY(invlpga), ENTRY(clac),
	ENTRY(stac), ENTRY(xsaves), ENTRY(vmcall), ENTRY(vmmcall),
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(table) / sizeof(table[0]); i++) {
		if (strcmp(argv[1], table[i].name) == 0) {
			table[i].run();
			return GUEST_SURVIVED;
		}
	}
	return GUEST_BROKEN;
}
