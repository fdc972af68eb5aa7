/* SPDX-License-Identifier: MIT */
/* The local APIC through its MSRs (x2APIC; SDM vol. 3, 11.12). */
#ifndef GUEST_ARCH_APIC_H
#define GUEST_ARCH_APIC_H

#include "guest/arch/insn.h"
#include "guest/arch/msr.h"

/* Enables the local APIC of this CPU with its timer off. */
void apic_init(void);
/* An interrupt at counter value tsc (VECTOR_TIMER); 0 turns the timer off. */
void apic_set_deadline(uint64_t tsc);

static inline void apic_end_of_interrupt(void)
{
	insn_wrmsr(MSR_X2APIC_EOI, 0);
}

#endif
