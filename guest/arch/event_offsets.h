/* SPDX-License-Identifier: MIT */
/* Offsets that event_entry.S uses; event.c asserts them. */
#ifndef GUEST_ARCH_EVENT_OFFSETS_H
#define GUEST_ARCH_EVENT_OFFSETS_H

/* in struct event_state */
#define EVENT_NEXT      0
#define EVENT_LIMIT     8
#define EVENT_HEAD      16
#define EVENT_INTERRUPT 24

/* in struct trap_frame */
#define EVENT_FRAME_R8     0
#define EVENT_FRAME_R9     8
#define EVENT_FRAME_R10    16
#define EVENT_FRAME_RDI    64
#define EVENT_FRAME_RSI    72
#define EVENT_FRAME_RDX    96
#define EVENT_FRAME_RAX    104
#define EVENT_FRAME_ERROR  120
#define EVENT_FRAME_VECTOR 124
#define EVENT_FRAME_RIP    128

/* in struct lde_ledger */
#define EVENT_FAULTS_ZERO 6232
#define EVENT_FAULTS_FILE 6240
#define EVENT_FAULTS_COPY 6248

#endif
