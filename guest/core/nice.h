/* SPDX-License-Identifier: MIT */
/*
 * Nice values (setpriority(2)): another way to say how many tickets a process has,
 * a factor of 1.25 a step. Policies that do not look at tickets pass them over.
 */
#ifndef GUEST_CORE_NICE_H
#define GUEST_CORE_NICE_H

#include <stdint.h>

struct process;

#define NICE_MIN (-20)
#define NICE_MAX 19

/* The nice value whose tickets are nearest, of two the lower one. */
int nice_of_tickets(uint32_t tickets);

/*
 * Gives p the nice value, or the end of the range that is nearest, and its tickets.
 * Nothing changes if it has that value: its tickets may be between those of two.
 * Those of a process in the run queue count from the next time it gets there.
 */
void nice_set(struct process *p, int nice);

#endif
