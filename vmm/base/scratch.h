/* SPDX-License-Identifier: MIT */
/*
 * A folder for files that are gone at the end of a command: traces, images.
 *
 * While there is one, the signals that would end lde wait: it must not end before the
 * folder is removed. A machine that runs takes them all the same (vmm/run/kick.h).
 */
#ifndef VMM_BASE_SCRATCH_H
#define VMM_BASE_SCRATCH_H

#include <signal.h>

#define SCRATCH_SIZE 256

struct scratch {
	char dir[SCRATCH_SIZE];
	sigset_t outside; /* the signal mask before */
};

/* In TMPDIR or /tmp; name is what it is for. 0, or -errno with dir the one that could not
 * be made and nothing to remove. */
int scratch_make(struct scratch *scratch, const char *name);

/* With the files in it, and those in folders in it. Then comes the signal that waits. */
void scratch_remove(const struct scratch *scratch);

#endif
