/* SPDX-License-Identifier: MIT */
/*
 * Time. The TSC counts it, the host's clocks say what it means: the kernel asks
 * the VMM for both at one instant and asks again when the answer is a second
 * old, so that a host clock that is being adjusted is followed. On the logical
 * clock time goes on from the start by its ticks alone.
 */
#ifndef GUEST_CORE_CLOCK_H
#define GUEST_CORE_CLOCK_H

#include "guest/arch/insn.h"
#include "guest/lib/compiler.h"

/* Asks the host for the time of the kernel's start: its CLOCK_REALTIME. Before
 * clock_init, which says what the counter's ticks mean. */
uint64_t clock_start(void);
void clock_init(uint64_t tsc_hz);

/* TSC ticks. */
static inline uint64_t clock_now(void)
{
	return insn_rdtsc();
}

/* The timer's interrupt came that many ticks before the counter got there: if
 * it is much, the counter stops at times, and time is asked for anew... */
void clock_note_early(uint64_t ticks);
/* ...from then on after every wait of the CPU as well. */
void clock_note_idle(void);

uint64_t clock_ns_to_ticks(uint64_t ns); /* saturates */
uint64_t clock_ticks_to_ns(uint64_t ticks);

/* What policies count in: the same, or ticks of the logical clock. */
uint64_t clock_ns_to_slice(uint64_t ns);
uint64_t clock_slice_to_ns(uint64_t slice);

/*
 * What timers count in: TSC ticks, or moments of the logical clock. Now, and
 * durations; deadlines are sums of both.
 */
uint64_t clock_timer_now(void);
uint64_t clock_ns_to_timer(uint64_t ns); /* saturates */
uint64_t clock_timer_to_ns(uint64_t ticks);

/* The host's CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME now. */
uint64_t clock_mono_ns(void);
uint64_t clock_real_ns(void);
uint64_t clock_boot_ns(void);

/* The timer's deadline at which CLOCK_MONOTONIC will read ns: now, if it has; UINT64_MAX
 * if it never will. */
uint64_t clock_timer_at_mono(uint64_t ns);

#endif
