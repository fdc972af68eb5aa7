/* SPDX-License-Identifier: MIT */
/*
 * A machine for the kernel's portable part: memory is a buffer, time a variable,
 * processes are coroutines, and what the kernel does to its devices is recorded.
 *
 * Headers in fake/guest/arch stand in the place of the real ones; the functions
 * that the other headers of guest/arch declare are defined in fake/.
 */
#ifndef FAKE_FAKE_H
#define FAKE_FAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <lde/device.h>

#include "guest/arch/direct.h"

#define MIB (1ull << 20)

/* Below: what the VMM has left; its last page cannot be touched. Above: free. */
#define FAKE_MANAGED_START (32 * MIB)
#define FAKE_MEMORY_END    (416 * MIB)
#define FAKE_GUARD         (FAKE_MANAGED_START - 4096)

/*
 * The kernel as it is before its first instruction: all of its variables have
 * their first values, memory is zero, and nr_pages pages are free (0: memory is
 * left without an owner).
 */
void fake_boot(uint64_t nr_pages);
/* For cmocka: fake_boot with plenty of memory. */
int fake_set_up(void **state);

/*
 * Runs fn until it returns, NULL, or until the machine stops: then why. The
 * kernel's panics stop it.
 */
const char *fake_run(void (*fn)(void));
_Noreturn void fake_stop(const char *why);
#define FAKE_IDLE      "idle, and no timer is set"
#define FAKE_POWER_OFF "power off"

/* The running process computes in ring 3 for so many ticks of its own. */
void fake_compute(uint64_t ticks);

struct fake_machine {
	uint64_t tsc;
	uint64_t deadline;        /* of the timer, 0: off */
	uint64_t nr_deadlines;    /* times that it was set */
	uint64_t nr_switches;
	uint64_t cr2, cr3;
	uint64_t nr_flushes;      /* of all, by CR3 */
	uint64_t nr_page_flushes;
	vaddr_t flushed_page;     /* the last one */
	uint64_t nr_offloaded;
	struct lde_clock clock;   /* what the VMM answers */
	uint64_t nr_clock_reads;
	uint64_t nr_entropy_reads;
	struct lde_notice notice; /* the last one */
	uint64_t nr_notices;
	void (*doorbell)(uint16_t port, void *request);
	/* Registers in memory; NULL: there are none, and nothing can be mapped. */
	uint32_t (*mmio_read)(paddr_t pa);
	void (*mmio_write)(paddr_t pa, uint32_t value);
	void (*idle)(void);       /* while the CPU waits; NULL: nothing happens */
	void (*barrier)(void);    /* what a device does just then; NULL: nothing */
	void (*time)(void);       /* before it is read; NULL: it stands still */
};
extern struct fake_machine fake;

/* How many bytes of stack fn uses, as compiled for these tests. Runs it twice. */
uint64_t fake_stack_use(void (*fn)(void));

/* xorshift64*; the seed is printed, and set by FAKE_SEED in the environment. */
uint64_t fake_random(void);
uint64_t fake_random_below(uint64_t n);
void fake_random_start(void);

#endif
