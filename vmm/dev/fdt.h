/* SPDX-License-Identifier: MIT */
/*
 * The device tree that include/lde/boot.h documents, built with libfdt.
 */
#ifndef VMM_DEV_FDT_H
#define VMM_DEV_FDT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lde/boot.h>

#include "vmm/dev/sched_config.h"

/* One program of the workload. */
struct dtree_program {
	const char *guest_path; /* absolute */
	char *const *argv;      /* NULL-terminated, argv[0] first */
	uint32_t count;
	struct sched_share share;
};

/* What goes into the tree; everything pointed to is borrowed. */
struct dtree_config {
	uint64_t memory_bytes;
	uint64_t tsc_hz;
	uint64_t quantum_ns;
	struct sched_config sched;
	struct clock_config clock;
	bool forward_syscalls; /* LDE_SYSCALLS_EXIT */
	bool has_fsgsbase, has_xsave, has_umip, has_smep, has_pv_eoi, has_host_fsgsbase;
	uint8_t rng_seed[LDE_DT_RNG_SEED_SIZE];
	const char *const *without; /* NULL-terminated, or NULL */
	const char *const *mounts;  /* the same */
	bool self_check;
	uint32_t processes_max; /* 0: the kernel's choice */
	uint32_t stdio_mode[3];     /* st_mode of fd 0, 1, 2 */
	uint32_t tty_mask;          /* bit n: fd n is a terminal */
	uint32_t rows, columns;     /* 0: unknown */
	const char *const *export_paths; /* NULL-terminated; NULL: no export */
	uint32_t nr_virtio;         /* devices */
	bool has_virtio_console;    /* the last of them is it */
	char *const *env;           /* NULL-terminated, or NULL */
	const struct dtree_program *programs;
	size_t nr_programs;
	/* Where events are recorded; 0 bytes: nowhere. */
	uint64_t trace_gpa, trace_bytes;
	uint32_t trace_classes;
};

/*
 * Builds the tree into *blob, which the caller frees, *len bytes. The initrd's
 * place is not known yet and is filled in by dtree_set_initrd(). 0, -ENOMEM,
 * or -E2BIG if the arguments are more than the format holds.
 */
int dtree_build(const struct dtree_config *config, void **blob, size_t *len);

/* The initrd is at guest-physical [start, end). -EINVAL: not our tree. */
int dtree_set_initrd(void *blob, uint64_t start, uint64_t end);

/* Fills stdio_mode, tty_mask, rows and columns from the file descriptors 0..2
 * of this process. A closed one has mode 0. */
void dtree_probe_stdio(struct dtree_config *config);

#endif
