/* SPDX-License-Identifier: MIT */
/*
 * The class of events that shows the protocol itself (LDE_TRACE_C_REGISTERS): the
 * trap table, what each trap of a program saves, and what it goes back to. Five
 * records a trap and as many a return, so it is on only if it is asked for.
 */
#ifndef GUEST_BOOT_EVENT_FRAME_H
#define GUEST_BOOT_EVENT_FRAME_H

#include "guest/arch/frame.h"

/* Records the trap table, and puts what records frames in the place of the ways
 * into and out of the kernel. If the class is on; after other tracing has been put
 * there. */
void event_frame_install(void);

/* A trap has saved frame, by the gate of that vector or LDE_TRACE_LSTAR; the program
 * is to go on as frame says. In offloaded code as well. */
void event_frame_saved(uint32_t gate, const struct trap_frame *frame);
void event_frame_restored(const struct trap_frame *frame);

#endif
