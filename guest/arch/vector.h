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

/* How many bytes of an area are in use; set by vector_init. */
extern uint32_t vector_area_size;

/* Makes area the state of a program that has just been started... */
void vector_area_init(void *area);
/* ...and one that has it, of which a signal handler starts. */
extern const char vector_initial[];

/*
 * Saves the CPU's state in save and loads load. Where ring 0 is emulated this
 * must be offloaded, and so must be the others. What is saved in an area that
 * vector_area_init has not seen is loaded again by vector_load_copy only.
 */
void vector_switch(void *save, const void *load);
void vector_save(void *area);
/* Copies what a program has written from src to area, makes it harmless, and
 * loads it. src may be area. */
void vector_load_copy(void *area, const void *src);

#endif
