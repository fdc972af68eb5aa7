/* SPDX-License-Identifier: MIT */
#include "guest/arch/apic.h"

#include "guest/arch/cpu.h"
#include "guest/arch/direct.h"
#include "guest/arch/frame.h"
#include "guest/arch/offload.h"

#define SPURIOUS_VECTOR 0x31

int8_t apic_eoi_implied __attribute__((aligned(4))); /* the MSR has no more bits */
bool apic_eoi_is_known;

void apic_init(void)
{
	insn_wrmsr(MSR_APIC_BASE, insn_rdmsr(MSR_APIC_BASE) | APIC_BASE_ENABLE | APIC_BASE_X2APIC);
	/* LINT0 comes out of reset open to the 8259s: close it before enabling. */
	insn_wrmsr(MSR_X2APIC_LVT_LINT0, LVT_MASKED);
	insn_wrmsr(MSR_X2APIC_LVT_LINT1, LVT_MASKED);
	insn_wrmsr(MSR_X2APIC_TPR, 0);
	insn_wrmsr(MSR_X2APIC_SPURIOUS, SPURIOUS_ENABLE | SPURIOUS_VECTOR);
	/* An emulated ring 0 has something better, which KVM would overwrite: below. */
	if (cpu_features.pv_eoi && !offload_is_active)
		insn_wrmsr(MSR_KVM_PV_EOI, image_paddr(&apic_eoi_implied) | KVM_PV_EOI_ON);
	/* Last: while the APIC is disabled every LVT entry stays masked. */
	insn_wrmsr(MSR_X2APIC_LVT_TIMER, LVT_TSC_DEADLINE | VECTOR_TIMER);
}

void apic_set_deadline(uint64_t tsc)
{
	insn_wrmsr(MSR_TSC_DEADLINE, tsc);
}

/*
 * The handler of an interrupt runs, so its bit of the in-service register is set
 * (SDM vol. 3, 11.8.4), but on some KVMs that emulate ring 0 none ever is. There
 * an EOI has nothing to end, and would be four emulated instructions. The first
 * interrupt finds out.
 */
static bool is_in_service(unsigned vector)
{
	return insn_rdmsr(MSR_X2APIC_ISR + vector / 32) & 1u << vector % 32;
}

void apic_end_in_full(unsigned vector)
{
	if (offload_is_active && !apic_eoi_is_known && !is_in_service(vector))
		apic_eoi_implied = -1;
	else
		insn_wrmsr(MSR_X2APIC_EOI, 0);
	apic_eoi_is_known = true;
}
