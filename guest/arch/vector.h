/* SPDX-License-Identifier: MIT */
/*
 * Vector state: x87, SSE, AVX, AVX-512, whatever programs can reach. The kernel
 * itself uses none of it, so it changes hands at context switches only.
 *
 * Saved by XSAVE where the CPU has it (SDM vol. 1, 13), else by FXSAVE. Where
 * ring 0 is emulated programs see all of the host's features, and only ring 3
 * can execute XSAVE: there it is offloaded.
 */
#ifndef GUEST_ARCH_VECTOR_H
#define GUEST_ARCH_VECTOR_H

#include "guest/lib/compiler.h"

#define VECTOR_AREA_ALIGN 64
#define VECTOR_AREA_MAX   3072 /* bytes; x87 to AVX-512 and PKRU take 2696 */

/* Chooses how; after offload_init. */
void vector_init(void);
/* Makes area the state of a program that has just been started. */
void vector_area_init(void *area);
/* Saves the CPU's state in save and loads load. Where ring 0 is emulated this
 * must be offloaded. */
void vector_switch(void *save, void *load);

void vector_save(void *area);
void vector_load(const void *area);

/* How many bytes of an area are in use. */
uint32_t vector_area_size(void);
/* Makes an area that a program has written harmless to load. */
void vector_area_sanitize(void *area);

#endif
