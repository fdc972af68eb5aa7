/* SPDX-License-Identifier: MIT */
/* Processes as tests need them: a booted scheduler, and bodies with an argument. */
#ifndef FAKE_FAKE_PROCESS_H
#define FAKE_FAKE_PROCESS_H

#include "guest/core/policy.h"
#include "guest/core/process.h"

#define QUANTUM 1000

/* A boot context, room for records, and round robin with QUANTUM. */
void fake_processes_init(uint32_t records, bool is_preemptive);

/* For policies of any kind: slices of quantum ticks, three levels of one slice. */
struct policy_config fake_policy_config(uint64_t quantum);

/* The policy of that name, which there must be. */
const struct policy_ops *fake_policy(struct policy_config *config, const char *name);

/* What processes spawned from now on are given; fake_processes_init: nothing special. */
extern struct policy_share spawn_share;

/* A READY process that runs body(arg), and then ends. */
struct process *spawn(void (*body)(void *arg), void *arg);

/* A process that is made the running one without a scheduler, for tests of what
 * works on current(). */
struct process *become_process(void);

/* p, which wait_stop has stopped, goes on. */
void process_continue(struct process *p);

/* Starts the scheduler and runs until the machine stops: why. */
const char *run_processes(void);

/* A journal: what happened, in order, as a string. */
void journal_clear(void);
void journal_note(char what);
const char *journal(void);

#endif
