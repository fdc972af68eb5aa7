/* SPDX-License-Identifier: MIT */
/*
 * The system-call fuzzer: a driver (driver.c) starts workers, which make random
 * system calls (worker.c) with arguments that are nearly right, or nasty
 * (values.c). All that is random comes of one seed.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stdint.h>

/* Where workers make their files; the driver removes it. */
#define FOLDER "/tmp/fuzz"

/* ---- random numbers (values.c) ----------------------------------------- */

void random_start(uint64_t seed);
uint64_t random_number(void);
/* 0 to n - 1. */
uint32_t random_below(uint32_t n);
/* True once in n times. */
bool random_once_in(uint32_t n);

/* ---- arguments (values.c) ----------------------------------------------- */

enum kind {
	NOTHING,
	FD, DIR_FD, PATH, PROGRAM, BUFFER, LENGTH, NUMBER, OFFSET, PID, SIGNAL,
	ADDRESS, PAGES, TIME, INTERVAL, PIECES, NR_PIECES, ENTRIES, NR_ENTRIES, SETS, SIGSET,
	SIGSET_SIZE, LIST_SIZE, ACTION, STRINGS, MODE, DEVICE, NANOSECONDS,
	OPEN_FLAGS, AT_FLAGS, PIPE_FLAGS, PROTECTION, MAP_KIND, REMAP_FLAGS, WAIT_FLAGS, CLONE_FLAGS,
	RENAME_FLAGS, FCNTL, IOCTL, WHENCE, CLOCK, RESOURCE, ADVICE, PRCTL, ARCH_PRCTL, FUTEX_OP,
	ITIMER, ID_TYPE, MASK_HOW, FALLOCATE_MODE,
	NR_KINDS
};

/* Process 1 is the driver: no signal must be sent to it. */
#define DRIVER 1

/* Memory and files of every kind, for the arguments. */
void values_prepare(void);

/* One argument: mostly one that makes sense. */
unsigned long value_of(enum kind kind);

/* ---- the two programs ----------------------------------------------------- */

#define GATE  30 /* descriptor of a worker: at its end, the worker may begin */
#define UNFIT 99 /* exit status of a worker that could not begin */

int drive(int argc, char **argv);
/* Most signals are survived at first. */
void work_prepare(void);
/* nr_calls calls, which depth forks or execs of workers led to. */
_Noreturn void work(uint64_t seed, unsigned nr_calls, unsigned depth);

#endif
