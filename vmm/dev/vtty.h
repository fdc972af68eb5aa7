/* SPDX-License-Identifier: MIT */
/*
 * The guest's side of the host's terminal: the console's second register
 * (include/lde/device.h). What is typed comes through the console's streams.
 *
 * On the vCPU thread.
 */
#ifndef VMM_DEV_VTTY_H
#define VMM_DEV_VTTY_H

#include <stdbool.h>
#include <stdint.h>

#include <lde/device.h>

#include "vmm/host/memory.h"

struct vtty {
	const struct guestmem *mem;
	void (*interrupt)(void *ctx);
	void (*end)(void *ctx); /* the run is to end as by ^C */
	void *ctx;
	uint32_t gpa; /* of the guest's struct lde_terminal; 0: not attached */
	uint64_t nr_refused;
};

/* The guest has written gpa to the register. */
void vtty_command(struct vtty *vtty, uint32_t gpa);

/*
 * Tells the guest of events. False if it does not want to know, or has not taken
 * one of the same kind that it was told of before.
 */
bool vtty_post(struct vtty *vtty, uint32_t events);

#endif
