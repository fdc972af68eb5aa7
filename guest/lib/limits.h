/* SPDX-License-Identifier: MIT */
/*
 * The limits of limited direct execution that a user may take away to see what
 * they are for (LDE_DT_WITHOUT). All are in force unless the device tree says
 * otherwise; set once, before the first process. What a program then does is
 * done to this machine, and to nothing outside of it.
 */
#ifndef GUEST_LIB_LIMITS_H
#define GUEST_LIB_LIMITS_H

#include "guest/lib/compiler.h"

struct limits {
	bool preemption;        /* the timer takes the CPU back */
	bool blocking;          /* who waits for a disk leaves the CPU to others */
	bool user_mode;         /* programs run in ring 3 */
	bool private_memory;    /* each program has an address space of its own */
	bool hidden_trap_table; /* the kernel's image is no program's to read or write */
	bool pointer_checks;    /* what a program passes in must be its own memory */
};
extern struct limits limits;

#endif
