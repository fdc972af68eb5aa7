/* SPDX-License-Identifier: MIT */
/*
 * The command line of `lde run`, `lde stat` and `lde top`:
 *
 *   [OPTION]... [-n N] PROGRAM [ARG]... [: [-n N] PROGRAM [ARG]...]...
 *
 * with --tickets, --nice and --length wherever -n may stand.
 *
 * Options stand before the first PROGRAM. Everything after a PROGRAM belongs
 * to it, up to an argument that is exactly ":". An argument of backslashes and
 * a final ":" loses one backslash, so "\:" passes a colon and "\\:" a "\:".
 * After a ":" only these are options. "--" ends the options of either place.
 */
#ifndef VMM_CLI_OPTIONS_H
#define VMM_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmm/base/complaint.h"
#include "vmm/cli/environment.h"
#include "vmm/cli/option_disk.h"
#include "vmm/cli/option_mount.h"
#include "vmm/cli/option_values.h"
#include "vmm/observe/counters.h"
#include "vmm/dev/sched_config.h"

#define OPTIONS_MEMORY_DEFAULT       (256ull << 20)
#define OPTIONS_QUANTUM_DEFAULT      10000000ull /* ns */
#define OPTIONS_TRACE_BUFFER_DEFAULT (4ull << 20)
#define OPTIONS_PROCESSES_MAX        OPTION_COUNT_MAX /* of all programs together */

/* One PROGRAM with its arguments. argv is NULL terminated, argv[0] as typed. */
struct options_program {
	char **argv;
	uint32_t nr_args;
	uint32_t count; /* processes to start, >= 1 */
	struct sched_share share;
};

struct options_limit {
	bool is_set;
	uint64_t limit;
};

struct options {
	uint64_t memory_bytes;
	uint64_t quantum_ns;
	struct sched_config sched;
	struct clock_config clock;
	bool forward_syscalls;
	bool virtio_console;
	uint64_t timeout_ns;    /* 0: no limit */
	uint32_t processes_max; /* 0: as memory allows */
	const char *root_dir;
	const char *out_dir;
	const char **take; /* NULL terminated; NULL: not given */
	size_t nr_take;
	const char *dump_dtb;
	struct options_limit max_exits[NR_EXIT_CAUSES + 1]; /* the last: of all together */
	const char *trace_dir;
	uint32_t trace_classes;
	uint64_t trace_buffer_bytes;
	const char *json_path; /* with json: NULL is stderr */
	bool json;
	bool tag;
	bool quiet;    /* no progress */
	bool timeline; /* of run: print it at the end */
	bool help;     /* --help was given; the programs were not looked at */

	struct disk_spec disks[DISK_DISKS_MAX]; /* vda, vdb... */
	size_t nr_disks;
	const char *mounts[OPTION_MOUNTS_MAX + 1]; /* "vda:/mnt:ro"; NULL terminated */
	size_t nr_mounts;
	struct environment env;
	const char **without; /* NULL terminated */
	size_t nr_without;
	struct options_program *programs;
	size_t nr_programs;
};

enum options_command {
	OPTIONS_RUN,
	OPTIONS_STAT, /* takes --json too */
	OPTIONS_TOP,
};

/*
 * Parses argv[1..argc). The strings stay argv's; the arrays are freed by
 * options_fini, which is to be called after a failure too. host_env is what
 * --env-host passes on and where TERM comes from. 0, -EINVAL or -ENOMEM, with
 * a complaint.
 */
int options_parse(struct options *options, enum options_command command, int argc, char **argv,
		  char *const *host_env, struct complaint *complaint);
void options_fini(struct options *options);

#endif
