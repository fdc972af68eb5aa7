/* SPDX-License-Identifier: MIT */
/* In the place of guest/arch/apic.h. */
#ifndef FAKE_ARCH_APIC_H
#define FAKE_ARCH_APIC_H

#include "guest/lib/compiler.h"

void apic_set_deadline(uint64_t tsc);

static inline void apic_end_of_interrupt(unsigned vector)
{
	(void)vector;
}

#endif
