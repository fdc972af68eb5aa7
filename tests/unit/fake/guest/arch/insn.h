/* SPDX-License-Identifier: MIT */
/* In the place of guest/arch/insn.h: what each does is in fake_arch.c. */
#ifndef FAKE_ARCH_INSN_H
#define FAKE_ARCH_INSN_H

#include "guest/lib/compiler.h"

uint64_t insn_rdtsc(void);
void insn_rdtsc_store(uint64_t *to);
void insn_outl(uint16_t port, uint32_t value);
void insn_wrmsr(uint32_t msr, uint64_t value);
void insn_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t out[4]);
uint64_t insn_read_cr2(void);
uint64_t insn_read_cr3(void);
void insn_write_cr3(uint64_t v);
void insn_invlpg(vaddr_t va);
void insn_wait_interrupt(void);
void insn_barrier(void);

#endif
