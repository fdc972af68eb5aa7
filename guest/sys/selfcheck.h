/* SPDX-License-Identifier: MIT */
/*
 * The kernel checks itself, in runs that ask for it (LDE_DT_SELF_CHECK): what
 * must always hold while processes come and go, and at the end that everything
 * has been given back. A panic says what does not hold.
 */
#ifndef GUEST_SYS_SELFCHECK_H
#define GUEST_SYS_SELFCHECK_H

#include "guest/core/process.h"

extern bool selfcheck_is_on;

/*
 * Before the first process. forget is called at the end: it gives back what the
 * layers above keep.
 */
void selfcheck_start(void (*forget)(void));

/* Looks at everything, unless that was done a short while ago. The running
 * process must be whole. */
void selfcheck_run(void);

/* When no process is left: gives back all that is kept to the end, and counts. */
void selfcheck_end(void);

#endif
