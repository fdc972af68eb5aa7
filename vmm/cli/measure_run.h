/* SPDX-License-Identifier: MIT */
/* One operation measured: the built-in program meter, in the guest or here. */
#ifndef VMM_CLI_MEASURE_RUN_H
#define VMM_CLI_MEASURE_RUN_H

#include <stdbool.h>

#include "vmm/observe/sample.h"

struct measure_result {
	struct sample sample;   /* measure_fini frees it */
	bool ring0_emulated;    /* in the guest */
	uint64_t tsc_hz;        /* of the guest */
	/* Instructions that KVM has emulated in the whole run; 0: not known. */
	uint64_t insns_emulated;
};

/* In the guest; option is one of lde run, or NULL. 0, or the exit status after a
 * message. */
int measure_in_guest(const char *op, unsigned int nr_samples, const char *option,
		     struct measure_result *result);

/* On the host's own CPU, as a process of its kernel. */
int measure_natively(const char *op, unsigned int nr_samples, struct measure_result *result);

void measure_fini(struct measure_result *result);

#endif
