/* SPDX-License-Identifier: MIT */
/*
 * A timeline that tests feed with events, one by one. Its clock ticks once a ns. What
 * must not fail and does ends the test.
 */
#ifndef TESTS_UNIT_OBSERVE_TIMELINE_FEED_H
#define TESTS_UNIT_OBSERVE_TIMELINE_FEED_H

#include <stdint.h>

#include "vmm/observe/timeline.h"

#define FEED_HZ 1000000000u

/* The timeline; timeline_fini is the test's. */
extern struct timeline tl;

void feed_begin(const struct timeline_sink *sink);

/* One event: LDE_TRACE_* as kind, and what its record has. */
void feed_event(uint64_t ns, uint32_t kind, uint32_t pid, uint32_t code, uint64_t a0, uint64_t a1);
void feed_name(uint64_t ns, uint32_t kind, uint32_t pid, uint64_t child, const char *name);
void feed_switch(uint64_t ns, uint32_t prev, uint32_t reason, uint32_t state, uint64_t next);

/* Processes 1 and 2, made at 10 and 20; 1 runs from 100 on. */
void feed_two_processes(void);

void feed_finish(void);
/* No violation was found. */
void feed_expect_none(void);

#endif
