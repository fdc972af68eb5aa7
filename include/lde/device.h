/* SPDX-License-Identifier: MIT */
/*
 * The two paravirtual devices at I/O ports: the console and the monitor.
 *
 * Data only. A request is a struct in guest memory, naturally aligned; its
 * guest-physical address is written to a port with one 32-bit OUT, and that is
 * one exit. The VMM copies the request once, validates the copy, and writes
 * only the fields marked "out". Guest memory is below 4 GiB (layout.h), so an
 * address fits.
 */
#ifndef LDE_DEVICE_H
#define LDE_DEVICE_H

#include <stdint.h>

#define LDE_CONSOLE_PORT      0x600 /* one 32-bit register: the doorbell */
#define LDE_CONSOLE_PORT_SIZE 4
#define LDE_CONSOLE_VECTOR    0x30 /* edge; raised as an MSI to CPU 0 */
#define LDE_VIRTIO_VECTOR     0x38 /* of virtio device 0, edge; the next has the next */
#define LDE_MONITOR_PORT      0x610
#define LDE_MONITOR_PORT_SIZE 0x10
/* The doorbell of the trace's ring (event.h); whatever is written, the exit ends
 * when there is room. */
#define LDE_TRACE_PORT        0x620
#define LDE_TRACE_PORT_SIZE   4

/* ---- console --------------------------------------------------------- */

enum lde_console_op {
	LDE_CONSOLE_READ = 1,  /* from the host's stdin into the segments */
	LDE_CONSOLE_WRITE = 2, /* segments, in order, to stdout or stderr */
};

/* result while the VMM still owns the request. */
#define LDE_CONSOLE_PENDING INT64_MIN

#define LDE_CONSOLE_SEGS_MAX 64

struct lde_console_seg {
	uint32_t gpa;
	uint32_t len; /* bytes; a segment may cross pages if they adjoin */
};

/*
 * One request. The guest has at most one in flight for each stream. Before
 * the doorbell it sets result to LDE_CONSOLE_PENDING. When the OUT completes,
 * either result holds bytes moved (0: end of file) or a negative Linux errno,
 * or it is still pending: then the guest must leave the request and its
 * segments alone until the VMM has stored the result and raised the console's
 * interrupt. A write to a stream whose reader is slow, and every read, may
 * pend; a write that the host takes at once never does.
 */
struct lde_console_req {
	uint32_t op;     /* enum lde_console_op */
	uint32_t stream; /* 0 stdin, 1 stdout, 2 stderr */
	uint32_t pid;    /* on whose behalf, for --tag */
	uint32_t nr_segs; /* 1..LDE_CONSOLE_SEGS_MAX */
	int64_t result;  /* out */
	struct lde_console_seg segs[LDE_CONSOLE_SEGS_MAX];
};
_Static_assert(sizeof(struct lde_console_req) == 24 + 8 * LDE_CONSOLE_SEGS_MAX, "contract");

/* ---- monitor --------------------------------------------------------- */

/* Registers, 32 bits wide, write only; the value is a guest-physical address
 * except for POWEROFF. */
#define LDE_MONITOR_NOTICE   0x0 /* struct lde_notice */
#define LDE_MONITOR_CLOCK    0x4 /* struct lde_clock, filled in by the VMM */
#define LDE_MONITOR_ENTROPY  0x8 /* struct lde_entropy, filled in by the VMM */
#define LDE_MONITOR_POWEROFF 0xc /* enum lde_poweroff; does not return */

enum lde_poweroff {
	LDE_POWEROFF_DONE = 0,  /* the last process is gone */
	LDE_POWEROFF_PANIC = 1, /* after a notice that says why */
};

enum lde_notice_kind {
	LDE_NOTICE_KILLED = 1, /* a process was ended by a trap */
	LDE_NOTICE_PANIC = 2,  /* the kernel cannot go on */
	LDE_NOTICE_EXEC_FAILED = 3, /* a program of the workload did not start */
};

/* Why a process was killed, or its program not started. */
enum lde_reason {
	LDE_REASON_NONE = 0,
	LDE_REASON_PRIVILEGED,    /* #GP by an instruction for ring 0 only */
	LDE_REASON_KERNEL_MEMORY, /* address in the kernel's half, or non-canonical */
	LDE_REASON_UNMAPPED,      /* nothing is mapped there */
	LDE_REASON_READ_ONLY,     /* write to a page without write permission */
	LDE_REASON_NO_EXEC,       /* instruction fetch from a page that is data */
	LDE_REASON_NO_ACCESS,     /* page mapped PROT_NONE */
	LDE_REASON_STACK_OVERFLOW, /* touched the guard below the stack */
	LDE_REASON_DIVIDE,
	LDE_REASON_ILLEGAL_INSN,
	LDE_REASON_BREAKPOINT,
	LDE_REASON_FPU,           /* #MF or #XM */
	LDE_REASON_ALIGNMENT,
	LDE_REASON_OUT_OF_MEMORY,
	LDE_REASON_KERNEL_JUMP,   /* fetched an instruction from the kernel's half */
	LDE_REASON_BEYOND_FILE,   /* page of a mapping past the end of its file */
	LDE_REASON_OTHER,         /* the trap number says it */
};

#define LDE_NO_VECTOR UINT32_MAX

#define LDE_NOTICE_INSN_MAX 15
#define LDE_NOTICE_NAME_MAX 32

struct lde_notice {
	uint32_t kind;   /* enum lde_notice_kind */
	uint32_t pid;
	uint32_t reason; /* enum lde_reason */
	uint32_t vector; /* of the trap; LDE_NO_VECTOR: it was none */
	uint64_t error;  /* its error code */
	uint64_t rip;
	uint64_t rsp;
	uint64_t addr;   /* CR2 of a page fault */
	int32_t status;  /* KILLED: signal; EXEC_FAILED: negative errno */
	uint32_t insn_len; /* bytes of insn that could be read */
	uint8_t insn[LDE_NOTICE_INSN_MAX + 1];
	char name[LDE_NOTICE_NAME_MAX]; /* program's base name, NUL terminated */
	char text[160];  /* PANIC: what and where, NUL terminated */
};
_Static_assert(sizeof(struct lde_notice) == 264, "contract");

/* Time: at counter value tsc the host's clocks read mono_ns and real_ns. */
struct lde_clock {
	uint64_t tsc;
	uint64_t mono_ns; /* CLOCK_MONOTONIC */
	uint64_t real_ns; /* CLOCK_REALTIME, since the epoch */
	uint64_t boot_ns; /* CLOCK_BOOTTIME */
};
_Static_assert(sizeof(struct lde_clock) == 32, "contract");

/* Random bytes from the host's getrandom(2). */
struct lde_entropy {
	uint8_t bytes[1024];
};

#endif
