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

/*
 * Whether the end of an interrupt has to be told. KVM sets the byte to 1 before
 * it enters the guest with an interrupt for which clearing it is enough, and
 * takes that back if it finds it uncleared after an exit: so looking and
 * clearing are one instruction. An arithmetic shift, for which -1 stays: where
 * interrupts are never in service, there is no end to tell.
 */
extern int8_t apic_eoi_implied;
extern bool apic_eoi_is_known; /* whether -1 is right has been found out */

/* The rest, if the byte has not said that it is enough. */
void apic_end_in_full(unsigned vector);

static inline void apic_end_of_interrupt(unsigned vector)
{
	bool implied;

	__asm__ volatile("sarb %0" : "+m"(apic_eoi_implied), "=@ccc"(implied));
	if (unlikely(!implied))
		apic_end_in_full(vector);
}

#endif
