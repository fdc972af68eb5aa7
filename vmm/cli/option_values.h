/* SPDX-License-Identifier: MIT */
/*
 * The values of options: each function takes the text that was given, and
 * either sets what it points to and returns 0, or returns -EINVAL with a
 * complaint that names the option, the text and what would do.
 */
#ifndef VMM_CLI_OPTION_VALUES_H
#define VMM_CLI_OPTION_VALUES_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/base/complaint.h"
#include "vmm/observe/counters.h"
#include "vmm/dev/sched_config.h"

#define OPTION_TRACE_BUFFER_MIN (4ull << 10)
#define OPTION_TRACE_BUFFER_MAX (32ull << 20)
#define OPTION_MEMORY_STEP      (2ull << 20) /* the guest maps it in 2 MiB pages */
#define OPTION_QUANTUM_MIN      1000ull      /* ns */
#define OPTION_QUANTUM_MAX      3600000000000ull
#define OPTION_TIMEOUT_MIN      1000000ull /* ns */
#define OPTION_TIMEOUT_MAX      (8760 * 3600000000000ull)
#define OPTION_COUNT_MAX        10000 /* processes */
#define OPTION_PROCESSES_MAX    32767 /* with those that they make; PID_MAX of the kernel */
#define OPTION_LENGTH_MAX       OPTION_QUANTUM_MAX

int option_parse_memory(const char *text, uint64_t *bytes, struct complaint *complaint);
int option_parse_processes(const char *text, uint32_t *max, struct complaint *complaint);
int option_parse_quantum(const char *text, uint64_t *ns, struct complaint *complaint);
int option_parse_timeout(const char *text, uint64_t *ns, struct complaint *complaint);

/* -n: how many processes. */
int option_parse_count(const char *text, uint32_t *count, struct complaint *complaint);

/* --tickets, --nice, --length: what the scheduling policy is to know of a program. */
int option_parse_tickets(const char *text, uint32_t *tickets, struct complaint *complaint);
/* -20..19, as tickets: each step is a factor of 1.25, and 0 is the default. */
int option_parse_nice(const char *text, uint32_t *tickets, struct complaint *complaint);
int option_parse_length(const char *text, uint64_t *ns, struct complaint *complaint);

/* --sched NAME[,KEY=VALUE]... */
int option_parse_sched(const char *text, struct sched_config *sched, struct complaint *complaint);

/* --clock NAME[,KEY=VALUE]... */
int option_parse_clock(const char *text, struct clock_config *clock, struct complaint *complaint);

/* --syscalls: whether they go by way of the VMM. */
int option_parse_syscalls(const char *text, bool *forward, struct complaint *complaint);
/* --console: port or virtio. */
int option_parse_console(const char *text, bool *is_virtio, struct complaint *complaint);

/* --take: an absolute path of the guest, written the one way that it has. */
int option_check_take(const char *text, struct complaint *complaint);
/* --env: refuses what is not NAME=VALUE. */
int option_check_env(const char *text, struct complaint *complaint);

/* "sched,irq": bits LDE_TRACE_C_*, with those that are always there. */
int option_parse_events(const char *text, uint32_t *classes, struct complaint *complaint);

/* "console=3": *cause is NR_EXIT_CAUSES for "total". */
int option_parse_max_exits(const char *text, enum exit_cause *cause, uint64_t *limit,
			   struct complaint *complaint);

int option_parse_trace_buffer(const char *text, uint64_t *bytes, struct complaint *complaint);

/* --without: *limit becomes the constant that the machine knows it by. */
int option_parse_limit(const char *text, const char **limit, struct complaint *complaint);

#endif
