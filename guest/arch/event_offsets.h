/* SPDX-License-Identifier: MIT */
/* Offsets that event_syscall.S uses; event.c asserts them. */
#ifndef GUEST_ARCH_EVENT_OFFSETS_H
#define GUEST_ARCH_EVENT_OFFSETS_H

/* in struct event_state */
#define EVENT_NEXT        0
#define EVENT_LIMIT       8
#define EVENT_HEAD        16
#define EVENT_PID_TAG     24
#define EVENT_SYSCALL_TAG 28

/* in struct trap_frame */
#define EVENT_FRAME_R10 56
#define EVENT_FRAME_R9  64
#define EVENT_FRAME_R8  72
#define EVENT_FRAME_RAX 80
#define EVENT_FRAME_RDX 96
#define EVENT_FRAME_RSI 104
#define EVENT_FRAME_RDI 112

#endif
