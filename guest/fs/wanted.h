/* SPDX-License-Identifier: MIT */
/*
 * What an offloaded function could not go on without.
 *
 * Looking up a name may need a block of a disk, but offloaded code must not
 * block. So it notes what it wants, gives up with -EABSENT and leaves everything
 * as it was; ring 0 brings that in, which blocks the process, and starts the
 * function anew:
 *
 *	do
 *		err = offload_call(fn, arg);
 *	while (wanted_bring_for(&err));
 */
#ifndef GUEST_FS_WANTED_H
#define GUEST_FS_WANTED_H

#include <stdbool.h>

/* bring(arg) will bring it: 0, or a negative errno. It may block, and remembers
 * by itself what is wanted. */
void wanted_set(int (*bring)(void *arg), void *arg);

/* Brings what was wanted last; nothing may have blocked since. 0 if it is worth
 * trying again, or a negative errno. */
int wanted_bring(void);

/* Whether what ended with *err is to be done once more: something was absent and
 * is here now. Else *err is final. */
bool wanted_bring_for(int *err);

#endif
