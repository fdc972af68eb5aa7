/* SPDX-License-Identifier: MIT */
/*
 * The trap table (IDT): which code runs for which trap. Built once at boot, in
 * a page that is the kernel's; no process can read or write it.
 */
#ifndef GUEST_ARCH_TRAPTABLE_H
#define GUEST_ARCH_TRAPTABLE_H

#include "guest/lib/compiler.h"

/* Fills the table; returns its limit, as LIDT wants it. */
uint16_t traptable_build(void);
const void *traptable_address(void);

#endif
