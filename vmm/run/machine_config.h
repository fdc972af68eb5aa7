/* SPDX-License-Identifier: MIT */
/* What a machine is made from, and what is told of it afterwards. */
#ifndef VMM_RUN_MACHINE_CONFIG_H
#define VMM_RUN_MACHINE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lde/device.h>
#include <lde/ledger.h>

#include "vmm/dev/sched_config.h"
#include "vmm/dev/virtio_blk.h"
#include "vmm/dev/virtio_console.h"
#include "vmm/host/disk.h"
#include "vmm/host/kvm_stats.h"
#include "vmm/observe/counters.h"
#include "vmm/observe/exit_ledger.h"
#include "vmm/observe/trace_file.h"

/* The guest's folder whose contents the host gets if the user names no others. */
#define MACHINE_OUT_DEFAULT "/out"

/* Everything pointed to is borrowed and must live until machine_run returns. */
struct machine_program {
	const char *host_path;  /* the file; NULL: built-in, found by the last
				 * component of guest_path, or a file of root_dir */
	const char *guest_path; /* absolute */
	char *const *argv;      /* NULL-terminated, argv[0] first */
	uint32_t count;         /* processes, >= 1 */
	struct sched_share share;
};

struct machine_config {
	uint64_t memory_bytes; /* multiple of 2 MiB, LDE_MEMORY_MIN..MAX */
	uint64_t quantum_ns;   /* 1 us..1 h */
	struct sched_config sched;
	struct clock_config clock;
	bool forward_syscalls; /* each system call makes an exit first */
	uint64_t timeout_ns;   /* 0: none */
	const struct machine_program *programs;
	size_t nr_programs;
	char *const *env;           /* NULL-terminated K=V; NULL: none */
	const char *root_dir;       /* becomes the guest's root; or NULL */
	const char *out_dir;        /* gets what programs left behind; or NULL */
	/* Which paths of the guest, NULL-terminated; NULL: what is in /out. */
	const char *const *take;
	const char *dump_dtb;       /* write the device tree to this file; or NULL */
	const struct disk_spec *disks;
	size_t nr_disks; /* DISK_DISKS_MAX at most */
	const char *const *mounts;  /* NULL-terminated "vda:/mnt[:ro]"; or NULL */
	const char *const *without; /* NULL-terminated LDE_WITHOUT_*; or NULL */
	uint32_t processes_max; /* at a time; 0: the kernel's choice */
	bool self_check; /* the kernel is to look at itself (docs/testing.md) */
	const char *trace_dir;       /* records events there; or NULL */
	uint32_t trace_classes;      /* which: LDE_TRACE_C_* */
	uint64_t trace_buffer_bytes; /* for records on their way, at least */
	const char *command;         /* one line, for the trace */
	bool has_virtio_console; /* in the place of the port */
	bool tag_output;
	bool show_progress; /* on standard error, a terminal */
	int sample_fd; /* gets samples of how it goes (sampler.h); 0: nobody watches */
	bool want_kvm_stats;
	/* Called on the vCPU thread while the guest stands still; strings are
	 * terminated and free of control characters. May be NULL. */
	void (*notice)(void *ctx, const struct lde_notice *notice);
	void *notice_ctx;
};

enum machine_end {
	MACHINE_END_DONE,    /* the last process is gone */
	MACHINE_END_PANIC,   /* the kernel gave up, or the CPU it; messages said why */
	MACHINE_END_REFUSED, /* what was asked for cannot be; messages said why */
	MACHINE_END_TIMEOUT, /* timeout_ns is over */
	MACHINE_END_SIGNAL,  /* one of those that end a run (kick.h); see signal */
	MACHINE_END_FAILED,  /* could not be started or go on; see error */
};

struct machine_report {
	enum machine_end end;
	int signal; /* END_SIGNAL: which */
	int error;  /* END_FAILED: -errno */
	int out_error; /* 0, or something should be in out_dir and is not */
	struct exit_counters exits;
	struct exit_ledger exit_ledger; /* the same by process and system call */
	struct kvm_stat *kvm_stats; /* if wanted and the host has them */
	size_t nr_kvm_stats;
	/* Copied out of the guest; not to be trusted further than to be
	 * printed. ledger is NULL if the kernel did not get as far; names are
	 * terminated and printable. */
	const struct lde_ledger *ledger;
	const struct lde_process_record *records;
	uint32_t nr_records;
	struct trace_totals trace; /* if there was to be one */
	struct vblk_counters disks[DISK_DISKS_MAX];
	uint32_t nr_disks;
	struct vcon_counters console; /* if it was a virtio device */
	uint64_t tsc_hz;
	uint64_t wall_ns; /* from the first entry into the guest to its end */
};

#endif
