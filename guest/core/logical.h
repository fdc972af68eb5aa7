/* SPDX-License-Identifier: MIT */
/*
 * The logical clock (LDE_DT_CLOCK): time that advances by what programs do. A tick
 * is a system call that counts, and while nobody can run a tick passes by itself
 * where somebody waits for one to come. So what is scheduled by it, and woken by it,
 * is the same in every run and on every machine. No timer interrupts anybody.
 *
 * This is the clock alone; logical_policy.h lets it tick.
 */
#ifndef GUEST_CORE_LOGICAL_H
#define GUEST_CORE_LOGICAL_H

#include "guest/lib/compiler.h"

extern bool logical_is_on;

/* A tick stands for so many nanoseconds, >= 1, where time is asked for in these. */
void logical_init(uint64_t tick_ns);

/* Ticks that are over, which is the number of the next one: the first is 0. */
uint64_t logical_now(void);
void logical_advance(void);

/* Ticks since the running process got the CPU; it gets it now. */
uint64_t logical_turn(void);
void logical_begin_turn(void);

/* Whole ticks; what is less than one is one. */
uint64_t logical_ns_to_ticks(uint64_t ns);
uint64_t logical_ticks_to_ns(uint64_t ticks);

/*
 * Moments, for timers: many to a tick. Each look at the clock is a later one than
 * that before, so that of two who are due in the same tick the one comes first that
 * began to wait first.
 */
uint64_t logical_moment(void);
uint64_t logical_ns_to_moments(uint64_t ns); /* saturates */
uint64_t logical_moments_to_ns(uint64_t moments);
/* The last one that belongs to what is over. */
uint64_t logical_last_moment(void);

/* Nanoseconds since the start. */
uint64_t logical_ns(void);

#endif
