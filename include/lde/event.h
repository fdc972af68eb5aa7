/* SPDX-License-Identifier: MIT */
/*
 * The trace: what an event is, and the ring in shared memory through which the
 * kernel hands its events to the VMM.
 *
 * Data only. One record has one event: when, whose, what, and up to six
 * arguments. The VMM makes records of its own kind for its exits, so that one
 * stream has all; what a record means is said at its kind below.
 *
 * Clock. tsc is the guest's time-stamp counter, in ticks; LDE_DT_TSC_HZ is how
 * many of them are a second. A record of the VMM has the host's counter plus
 * what KVM adds for the guest (KVM_VCPU_TSC_OFFSET), so both are on one clock.
 * ns = (tsc - tsc at the start of the run) * 1e9 / hz.
 */
#ifndef LDE_EVENT_H
#define LDE_EVENT_H

#define LDE_TRACE_VERSION 3 /* of the records, the ring and the files made of them */
#define LDE_TRACE_MAGIC   0x4c444554 /* "LDET" */

/* What may be recorded: bits of LDE_DT_TRACE_EVENTS. Processes that come, go
 * or change their program are always in the trace: it needs their names. */
#define LDE_TRACE_C_SCHED   0x01 /* switches and wake-ups */
#define LDE_TRACE_C_SYSCALL 0x02
#define LDE_TRACE_C_IRQ     0x04 /* interrupts, and the arming of the timer */
#define LDE_TRACE_C_EXIT    0x08 /* exits to the VMM */
#define LDE_TRACE_C_FAULT   0x10 /* page faults and other exceptions */
#define LDE_TRACE_C_BLOCK   0x20 /* requests to disks */
#define LDE_TRACE_C_SIGNAL  0x40
#define LDE_TRACE_C_PROCESS 0x80
#define LDE_TRACE_C_ALL     0xff /* what there is unless others are asked for */
#define LDE_TRACE_C_REGISTERS 0x100 /* what each trap saves and restores; needs the
				     * switches, system calls, interrupts, faults */

/* Kinds; in assembly as well. Numbers stay what they are: files have them. */
#define LDE_TRACE_SCHED_SWITCH  1
#define LDE_TRACE_SCHED_WAKEUP  2
#define LDE_TRACE_PROCESS_FORK  3
#define LDE_TRACE_PROCESS_EXEC  4
#define LDE_TRACE_PROCESS_EXIT  5
#define LDE_TRACE_SYSCALL_ENTRY 6
#define LDE_TRACE_SYSCALL_EXIT  7
#define LDE_TRACE_IRQ_ENTRY     8
#define LDE_TRACE_IRQ_EXIT      9
#define LDE_TRACE_FAULT_ENTRY   10
#define LDE_TRACE_FAULT_EXIT    11
#define LDE_TRACE_TRAP_ENTRY    12
#define LDE_TRACE_TRAP_EXIT     13
#define LDE_TRACE_SIGNAL_SEND   14
#define LDE_TRACE_SIGNAL_DELIVER 15
#define LDE_TRACE_TIMER_ARM     16
#define LDE_TRACE_BLOCK_ISSUE   17
#define LDE_TRACE_BLOCK_COMPLETE 18
#define LDE_TRACE_VMM_EXIT      19 /* the VMM's, with the next two */
#define LDE_TRACE_RUN_BEGIN     20
#define LDE_TRACE_RUN_END       21
#define LDE_TRACE_SCHED_STOP    22
#define LDE_TRACE_TRAP_TABLE    23
#define LDE_TRACE_FRAME_SAVE    24
#define LDE_TRACE_FRAME_RESTORE 25
#define LDE_TRACE_REGISTERS_1   26
#define LDE_TRACE_REGISTERS_2   27
#define LDE_TRACE_REGISTERS_3   28
#define LDE_TRACE_CONTEXT_SWITCH 29
#define LDE_TRACE_TICK           30
#define LDE_TRACE_BOOST          31
#define LDE_TRACE_DRAW           32
#define LDE_TRACE_LEVEL          33
#define LDE_TRACE_PROCESS_FREE   34 /* the VMM's as well */
#define LDE_TRACE_NR_KINDS      35

/* Where SYSCALL goes, beside the vectors of the trap table. */
#define LDE_TRACE_LSTAR 256
#define LDE_TRACE_NR_GATES 257

/* Where the parts of a record lie, for assembly. */
#define LDE_RECORD_TSC  0
#define LDE_RECORD_KIND 8
#define LDE_RECORD_PID  10
#define LDE_RECORD_CODE 12
#define LDE_RECORD_ARGS 16
#define LDE_RECORD_SIZE 64

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

/*
 * What follows is how events are in a file, and to those who read one. In the
 * ring they have less, since the kernel is to spend little on each:
 *   - pid is 0: the last SCHED_SWITCH says whose they are, and one from nobody
 *     to nobody means nothing. A PROCESS_FORK has its parent in argument 5, and as its
 *     code the place of the new one, which is lde_ring_place of where the kernel keeps it
 *   - SCHED_SWITCH: no code; argument 1 is where the kernel keeps the next one, 0: nobody.
 *     In the place of pid is enum lde_ring_why; if that is not 0 the state is READY, and
 *     there is no argument 0
 *   - SCHED_WAKEUP: no code; the first one after a PROCESS_FORK is the first
 *   - SYSCALL_EXIT: no code; it is of the process's last SYSCALL_ENTRY
 *   - FAULT_EXIT: only arguments 2-4, how much less faults_zero, faults_file and
 *     faults_copy of the ledger were at the entry, so zero or negative
 *   - there may be events of classes that were not asked for
 *
 * pid is the process on the CPU, also when an interrupt comes while it runs;
 * 0 is nobody: the CPU is idle, or the kernel has not started a process yet.
 *
 * kind             code                    args
 * SCHED_SWITCH     enum lde_switch_reason  0: state of pid from now on (enum
 *                                          lde_process_state; NONE if pid is 0),
 *                                          1: pid of the next one, 0: idle.
 *                                          pid is the one before. May be the
 *                                          same: it was its turn again
 * SCHED_WAKEUP     1: for the first time   0: pid that is READY now; it was
 *                                          BLOCKED, or is new. pid woke it, or
 *                                          was interrupted for it
 * PROCESS_FORK     0                       0: pid of the new one, 1-4: its name;
 *                                          pid is the parent, 0: the kernel
 * PROCESS_EXEC     0                       0: 0, 1-4: the new name
 * PROCESS_EXIT     status as wait(2)       none
 * SYSCALL_ENTRY    number, 32 bits of it   0-5: rdi rsi rdx r10 r8 r9
 * SYSCALL_EXIT     number                  0: result. There is none for a call
 *                                          that does not come back (exit). Of
 *                                          rt_sigreturn it follows at once, and
 *                                          a new process has that of the call
 *                                          it was made by when it first runs:
 *                                          both are not in the ring, and their
 *                                          result is 0
 * IRQ_ENTRY        vector                  0: rip that was interrupted; the kernel
 *                                          is interrupted only while it idles
 * IRQ_EXIT         vector                  none. Before the switch, if the
 *                                          interrupt takes the CPU from pid
 * FAULT_ENTRY      error code              0: address, 1: rip
 * FAULT_EXIT       enum lde_fault_result   0: address, 1: pages brought
 * TRAP_ENTRY       vector, below 32        0: error code, 1: rip, 2: rsp
 * TRAP_EXIT        vector                  none
 * SIGNAL_SEND      signal                  0: pid that gets it, 1: si_code
 * SIGNAL_DELIVER   signal                  0: handler; 0: the default action
 * TIMER_ARM        0                       0: deadline in ticks, 0: off
 * BLOCK_ISSUE      enum lde_block_op       0: disk, as st_rdev has it, 1: sector
 *                                          of 512 bytes, 2: sectors, 3: number of
 *                                          the request, its own while in flight
 * BLOCK_COMPLETE   enum lde_block_op       0-3: as issued, 4: 0 or a negative
 *                                          errno
 * VMM_EXIT         enum exit_cause of the  0: KVM's exit reason, 1: ticks until
 *                  VMM                     the guest goes on, 2: port or address,
 *                                          3: number of the system call in which
 *                                          it was, or -1. tsc is before the
 *                                          handler; pid is the process
 * RUN_BEGIN        0                       none. Before the guest's first step
 * RUN_END          enum machine_end of the none. After its last
 *                  VMM
 * SCHED_STOP       0                       0: pid that is STOPPED now; it was
 *                                          BLOCKED. One that stops while it runs
 *                                          has a SCHED_SWITCH
 * TICK             system call that ended  0: number of the tick, 1: level of pid
 *                  it, or LDE_TICK_IDLE    (mlfq), 2: ticks it had used at that
 *                                          level before. Logical clock only; pid
 *                                          has had the CPU in this tick
 * BOOST            0                       0: number of the next tick; 0 on the real
 *                                          clock. mlfq lifts everybody
 * DRAW             0                       0: the number drawn, 1: the ticket, 2: of
 *                                          how many, 3: pid that holds it. Of
 *                                          LDE_DT_SCHED_DRAWS only
 * LEVEL            enum lde_level_why      0: pid that mlfq has put on 1: that level,
 *                                          where it has used 2: so many ns, with 3: so
 *                                          many ns for its slice. Real clock only;
 *                                          before the switch that it leads to
 * PROCESS_FREE     0                       0: pid that has ended and left the CPU, an ns
 *                                          after that SCHED_SWITCH
 *
 * Of the class of registers; all addresses are virtual:
 * TRAP_TABLE       vector, or LSTAR        0: where its code begins, 1-4: the name
 *                                          of that, 5: where this is written: the
 *                                          gate, or the number of the MSR. At boot
 * FRAME_SAVE       the gate by which it    0: the trap frame, 1: rip, 2: cs,
 *                  came, or LSTAR          3: rflags, 4: rsp, 5: ss. A trap of a
 *                                          program, before what is recorded of it;
 *                                          the next three are of the same frame
 * FRAME_RESTORE    enum lde_return         the same, before a return to it
 * REGISTERS_1      0 saved, 1 to be        0-5: rax rbx rcx rdx rsi rdi
 *                  restored
 * REGISTERS_2      the same                0-5: rbp r8 r9 r10 r11 r12
 * REGISTERS_3      the same                0-2: r13 r14 r15
 * CONTEXT_SWITCH   0                       After SCHED_SWITCH, if another goes on:
 *                                          0: where the one's context is saved,
 *                                          1: that of pid, with 2: rsp, 3: CR3,
 *                                          4: the end of its kernel stack, 5: the
 *                                          base of fs
 *
 * Arguments that are not named may hold anything. An entry without its exit is
 * of a process that never came back to there: it ended, or the run did.
 */
struct lde_trace_record {
	uint64_t tsc;
	uint16_t kind;
	uint16_t pid;
	uint32_t code;
	uint64_t args[6];
};
_Static_assert(sizeof(struct lde_trace_record) == LDE_RECORD_SIZE, "contract");
_Static_assert(offsetof(struct lde_trace_record, kind) == LDE_RECORD_KIND, "contract");
_Static_assert(offsetof(struct lde_trace_record, pid) == LDE_RECORD_PID, "contract");
_Static_assert(offsetof(struct lde_trace_record, code) == LDE_RECORD_CODE, "contract");
_Static_assert(offsetof(struct lde_trace_record, args) == LDE_RECORD_ARGS, "contract");

#define LDE_TRACE_NAME_SIZE 32 /* in four arguments, ends with NUL */

/* Why the process before left the CPU. */
enum lde_switch_reason {
	LDE_SWITCH_BLOCKED = 0,
	LDE_SWITCH_YIELDED = 1,
	LDE_SWITCH_PREEMPTED = 2,
	LDE_SWITCH_ENDED = 3,
	LDE_SWITCH_FROM_IDLE = 4, /* nobody was on it */
};

/* How who leaves the CPU has become READY. */
enum lde_ring_why {
	LDE_WHY_NOT = 0, /* it is not READY */
	LDE_WHY_PREEMPTED = 1, /* its slice was over... */
	LDE_WHY_DISPLACED = 2, /* ...or cut short */
	LDE_WHY_YIELDED = 3,
};

/* Of records in a ring: the word with kind and pid, of which this is where pid begins. */
#define LDE_RING_WHY_SHIFT 16

/* A process has pages of its own in the kernel: one of them by number. */
static inline uint32_t lde_ring_place(uint64_t address)
{
	return (uint32_t)(address >> 12);
}

/* How a program gets the CPU back. */
enum lde_return {
	LDE_RETURN_IRET = 0,
	LDE_RETURN_SYSRET = 1,
};

#define LDE_TICK_IDLE 0xffffffff

/* What has put a process on its level: it is READY now, or has the CPU. */
enum lde_level_why {
	LDE_LEVEL_WOKEN = 0,
	LDE_LEVEL_PREEMPTED = LDE_WHY_PREEMPTED,
	LDE_LEVEL_DISPLACED = LDE_WHY_DISPLACED,
	LDE_LEVEL_YIELDED = LDE_WHY_YIELDED,
	LDE_LEVEL_TURN = 4, /* which begins */
};

/* What became of a page fault. */
enum lde_fault_result {
	LDE_FAULT_OTHER = 0, /* a signal, or nothing was left to do */
	LDE_FAULT_ZERO = 1,  /* pages of zeroes */
	LDE_FAULT_FILE = 2,  /* pages of a file */
	LDE_FAULT_COPY = 3,  /* a copy of a page */
};

#define LDE_BLOCK_SECTOR 512
#define LDE_TRACE_IRQ_TIMER 0x20 /* the vector; others are those of devices */

enum lde_block_op {
	LDE_BLOCK_READ = 0,
	LDE_BLOCK_WRITE = 1,
	LDE_BLOCK_FLUSH = 2,
	LDE_BLOCK_DISCARD = 3,
	LDE_BLOCK_WRITE_ZEROES = 4,
};

/*
 * The ring: this header in a page of its own, then nr_records records. One
 * writer, one reader. Both positions count records from the start and never go
 * back; record n is in place n % nr_records, and nr_records is a power of two.
 *
 * The writer fills a record and then makes head one more; the reader takes
 * records up to head and then moves tail. Where head - tail == nr_records the
 * ring is full: the writer counts a stall and waits until the reader has made
 * room, by the doorbell (an exit that ends when there is room) or, in code that
 * may not exit, by looking at tail again. Nothing is ever dropped.
 */
struct lde_trace_ring {
	uint32_t magic; /* the VMM's, before the start, with the next two */
	uint32_t version;
	uint32_t record_size;
	uint32_t nr_records;
	uint8_t unused0[48];
	uint64_t head; /* the writer's */
	uint64_t stalls;
	uint8_t unused1[48];
	uint64_t tail; /* the reader's */
	uint8_t unused2[56];
};
_Static_assert(sizeof(struct lde_trace_ring) == 192, "contract");

#define LDE_TRACE_RING_OFFSET 4096 /* of the first record, from the header */

static inline int lde_trace_is_of_vmm(uint32_t kind)
{
	return (kind >= LDE_TRACE_VMM_EXIT && kind <= LDE_TRACE_RUN_END) ||
	       kind == LDE_TRACE_PROCESS_FREE;
}
#endif

#endif
