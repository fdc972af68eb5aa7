/* SPDX-License-Identifier: MIT */
/*
 * The export: takes what the guest's kernel hands over at the end of a run
 * (include/lde/device.h) and puts it into a directory of the host.
 */
#ifndef VMM_DEV_EXPORT_H
#define VMM_DEV_EXPORT_H

#include <stdbool.h>
#include <stdint.h>

#include <lde/device.h>

#include "vmm/dev/bus.h"
#include "vmm/host/memory.h"
#include "vmm/host/outdir.h"

struct vexport_config {
	const struct guestmem *mem;
	const char *dir;    /* of the host, made unless it is there */
	/* Taken off the guest's paths, "/out" say; what has it not is refused.
	 * NULL: the whole path is kept below dir. */
	const char *strip;
	/* NULL-terminated guest paths that must turn up; NULL: none need. */
	const char *const *wanted;
	bool has_disks; /* there are mounted ones, what is on which is not copied */
	void (*progress)(void *ctx); /* after each request; may be NULL */
	void *ctx;
};

struct vexport {
	struct vexport_config config;
	struct outdir out;
	struct lde_export_req req; /* the copy of the request */
	bool *has_come;    /* for each of wanted */
	bool in_file;      /* outdir has one open */
	char file_path[LDE_EXPORT_PATH_MAX]; /* which one, for messages */
	uint64_t nr_failed;
	uint64_t nr_left_out; /* devices, FIFOs and sockets */
	uint64_t nr_refused;  /* requests that make no sense */
};

/* Opens the directory. 0 or -errno, and then a message has been logged. */
int vexport_init(struct vexport *export, const struct vexport_config *config);

/* opaque is a struct vexport. */
void vexport_access(void *opaque, struct portbus_access *access);

/*
 * Ends what is open, and says what is missing. is_complete: the kernel came to
 * the end of it. 0, or -EIO if something was to be copied and was not.
 */
int vexport_fini(struct vexport *export, bool is_complete);

#endif
