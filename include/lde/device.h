/* SPDX-License-Identifier: MIT */
/*
 * The paravirtual devices at I/O ports: the console, the monitor and the export.
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

#define LDE_CONSOLE_PORT      0x600
#define LDE_CONSOLE_PORT_SIZE 8
#define LDE_CONSOLE_VECTOR    0x30 /* edge; raised as an MSI to CPU 0 */
#define LDE_VIRTIO_VECTOR     0x38 /* of virtio device 0, edge; the next has the next */
#define LDE_VIRTIO_CONSOLE_VECTOR 0x32 /* ...but not if it is the console */
#define LDE_MONITOR_PORT      0x610
#define LDE_MONITOR_PORT_SIZE 0x10
/* The doorbell of the trace's ring (event.h); whatever is written, the exit ends
 * when there is room. */
#define LDE_TRACE_PORT        0x620
#define LDE_TRACE_PORT_SIZE   4
/* With LDE_SYSCALLS_EXIT: the number of each system call, before it is handled. */
#define LDE_SYSCALL_PORT      0x630
#define LDE_SYSCALL_PORT_SIZE 4

#define LDE_EXPORT_PORT      0x640 /* one 32-bit register: the doorbell */
#define LDE_EXPORT_PORT_SIZE 4
#define LDE_EXPORT_VECTOR    0x2e /* edge; the VMM asks for the end, see below */

/* ---- console --------------------------------------------------------- */

/* Registers, 32 bits wide, write only; the value is a guest-physical address. */
#define LDE_CONSOLE_REQUEST  0x0 /* struct lde_console_req */
#define LDE_CONSOLE_TERMINAL 0x4 /* struct lde_terminal */

enum lde_console_op {
	LDE_CONSOLE_READ = 1,  /* from the stream into the segments */
	LDE_CONSOLE_WRITE = 2, /* segments, in order, to the stream */
};

/* The terminal is that of the first of the three which is one (LDE_DT_TTY). */
enum lde_console_stream {
	LDE_STREAM_STDIN = 0,
	LDE_STREAM_STDOUT = 1,
	LDE_STREAM_STDERR = 2,
	LDE_STREAM_TERMINAL_IN = 3, /* what is typed, once it has been taken */
	LDE_STREAM_TERMINAL_OUT = 4,
	LDE_NR_STREAMS = 5,
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
	uint32_t stream; /* enum lde_console_stream */
	uint32_t pid;    /* on whose behalf, for --tag */
	uint32_t nr_segs; /* 1..LDE_CONSOLE_SEGS_MAX */
	int64_t result;  /* out */
	struct lde_console_seg segs[LDE_CONSOLE_SEGS_MAX];
};
_Static_assert(sizeof(struct lde_console_req) == 24 + 8 * LDE_CONSOLE_SEGS_MAX, "contract");

/*
 * The same streams by a virtio console (VIRTIO 1.2, 5.3), if the device tree has
 * one; then the register above is not in use. Each of its ports:
 */
enum lde_console_virtio_port {
	LDE_VIRTIO_PORT_STDIO = 0,    /* standard input and output */
	LDE_VIRTIO_PORT_STDERR = 1,   /* output only */
	LDE_VIRTIO_PORT_TERMINAL = 2, /* if there is a terminal */
	LDE_NR_VIRTIO_PORTS = 3,
};

/*
 * A control message of our own, to the driver. The transmit queue of virtio has
 * no place for an error, and the receive queue none but the end: whenever the
 * result of a buffer is another than that all of it was moved (output), or some
 * bytes (input), this comes before the buffer is used.
 */
#define LDE_VIRTIO_CONSOLE_RESULT 0x8000

struct lde_virtio_console_result {
	uint32_t port;
	uint16_t event;    /* LDE_VIRTIO_CONSOLE_RESULT */
	uint16_t is_input;
	int64_t result;    /* as in struct lde_console_req */
};
_Static_assert(sizeof(struct lde_virtio_console_result) == 16, "contract");

/*
 * The host's terminal. As long as the guest has not taken it, it is as the host
 * has set it: lines are edited and keys become signals there. From the first
 * LDE_TERMINAL_TAKE on it delivers every byte as it is typed, and the line
 * discipline is the guest's; but what becomes of output is still the host's, as
 * output_flags say.
 *
 * The VMM keeps the address of the last struct that came with ATTACH, and sets
 * bits in events, which the guest takes by exchanging the word for 0; each
 * raises the console's interrupt.
 */
enum lde_terminal_command {
	LDE_TERMINAL_ATTACH = 1,  /* from now on there are events; fills in settings */
	LDE_TERMINAL_TAKE = 2,    /* fills in settings, as they were; the guest's
				   * begin with them. Again, for other output_flags. */
	LDE_TERMINAL_SUSPEND = 3, /* the programs have been stopped by signal: so is
				   * the VMM, which says F_CONTINUED when it goes on */
	LDE_TERMINAL_END = 4,     /* ^C, and nobody to give it to: the run is to end */
};

#define LDE_TERMINAL_F_INTERRUPT 1u /* typed before the terminal was taken: SIGINT */
#define LDE_TERMINAL_F_QUIT      2u /* ...SIGQUIT */
#define LDE_TERMINAL_F_HANGUP    4u /* the terminal is gone */
#define LDE_TERMINAL_F_WINDOW    8u /* rows and columns have changed */
#define LDE_TERMINAL_F_CONTINUED 16u /* the VMM had been stopped */

#define LDE_TERMINAL_CHARS 19

struct lde_terminal {
	uint32_t command;      /* enum lde_terminal_command */
	uint32_t output_flags; /* TAKE, when taken already: c_oflag, as Linux has it */
	uint32_t signal;       /* SUSPEND: which */
	uint32_t events;       /* out: LDE_TERMINAL_F_* */
	uint32_t rows, columns; /* out, before F_WINDOW */
	uint32_t nr_echoed;    /* out, of TAKE: so many of the bytes to come the host
				* has echoed already */
	uint32_t flags[4];     /* out: c_iflag, c_oflag, c_cflag, c_lflag */
	uint8_t chars[LDE_TERMINAL_CHARS]; /* out: c_cc */
	uint8_t reserved;
};
_Static_assert(sizeof(struct lde_terminal) == 64, "contract");

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
	LDE_POWEROFF_REFUSED = 2, /* the same, but what is wrong is what was asked for */
};

enum lde_notice_kind {
	LDE_NOTICE_KILLED = 1, /* a process was ended by a trap */
	LDE_NOTICE_PANIC = 2,  /* the kernel cannot go on */
	LDE_NOTICE_EXEC_FAILED = 3, /* a program of the workload did not start */
	LDE_NOTICE_DISK = 4, /* something about a disk that people should know */
	LDE_NOTICE_FORK_REFUSED = 5, /* a process got no child: the first time in a run */
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
	LDE_REASON_PROCESSES,     /* FORK_REFUSED: there are addr processes, the most allowed */
	LDE_REASON_DISK_ERROR,    /* page of a mapping that its disk could not read */
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
	char name[LDE_NOTICE_NAME_MAX]; /* program's base name; DISK: vda...; NUL terminated */
	char text[160];  /* PANIC: what and where; DISK: what; NUL terminated */
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

/* ---- export ---------------------------------------------------------- */

/*
 * Files for the host, if the device tree has the export. The kernel hands over
 * what is below each path of LDE_DT_PATHS before it powers off: folders before
 * what is in them, and the data of a file right after its node. The VMM raises
 * LDE_EXPORT_VECTOR if the run is to end early: then the kernel does this at
 * once, and powers off.
 */
enum lde_export_op {
	LDE_EXPORT_NODE = 1, /* a file, folder or link, or something else that has a name */
	LDE_EXPORT_DATA = 2, /* of the file that the last node was */
};

#define LDE_EXPORT_SEGS_MAX 504

struct lde_export_req {
	uint32_t op;       /* enum lde_export_op */
	int32_t result;    /* out: 0 or a negative Linux errno */
	uint32_t mode;     /* NODE: st_mode */
	uint32_t nr_segs;  /* DATA: 1..LDE_EXPORT_SEGS_MAX */
	uint32_t path_gpa; /* NODE: absolute in the guest, with a NUL */
	uint32_t target_gpa; /* NODE of a link, with a NUL */
	uint64_t size;     /* NODE of a file */
	uint64_t atime_ns, mtime_ns; /* NODE: since the epoch */
	uint64_t offset;   /* DATA: where the first segment belongs in the file */
	uint64_t reserved;
	struct lde_console_seg segs[LDE_EXPORT_SEGS_MAX];
};
_Static_assert(sizeof(struct lde_export_req) == 4096, "contract");

/* The longest path and target, with the NUL. */
#define LDE_EXPORT_PATH_MAX 4096

#endif
