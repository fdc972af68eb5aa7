/* SPDX-License-Identifier: MIT */
#include "guest/arch/apic.h"

#include "guest/arch/frame.h"

#define SPURIOUS_VECTOR 0x31

void apic_init(void)
{
	insn_wrmsr(MSR_APIC_BASE, insn_rdmsr(MSR_APIC_BASE) | APIC_BASE_ENABLE | APIC_BASE_X2APIC);
	/* LINT0 comes out of reset open to the 8259s: close it before enabling. */
	insn_wrmsr(MSR_X2APIC_LVT_LINT0, LVT_MASKED);
	insn_wrmsr(MSR_X2APIC_LVT_LINT1, LVT_MASKED);
	insn_wrmsr(MSR_X2APIC_TPR, 0);
	insn_wrmsr(MSR_X2APIC_SPURIOUS, SPURIOUS_ENABLE | SPURIOUS_VECTOR);
	/* Last: while the APIC is disabled every LVT entry stays masked. */
	insn_wrmsr(MSR_X2APIC_LVT_TIMER, LVT_TSC_DEADLINE | VECTOR_TIMER);
}

void apic_set_deadline(uint64_t tsc)
{
	insn_wrmsr(MSR_TSC_DEADLINE, tsc);
}
