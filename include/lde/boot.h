/* SPDX-License-Identifier: MIT */
/*
 * How the VMM starts the kernel: registers, the ELF note, the device tree.
 *
 * Data only. Every string and cell below is what docs/contract.md describes.
 *
 * Boot registers. The boot CPU starts at the ELF entry point (a virtual
 * address) in 64-bit mode, CPL 0, paging on with LDE_BOOT_PT_PML4 in CR3:
 *   rdi     guest-physical address of the flattened device tree (v17)
 *   rsi     LDE_BOOT_MAGIC
 *   rflags  2 (interrupts off); every other general register is 0
 *   cr0     PE MP ET NE WP AM PG     cr4  PAE OSFXSR OSXMMEXCPT
 *   efer    SCE LME LMA NXE
 *   cs 0x10 (64-bit code, DPL 0), ss/ds/es 0x18 (data, DPL 0), no IDT, no TSS
 *   xAPIC enabled in IA32_APIC_BASE; the kernel switches it to x2APIC
 * There is no stack: the kernel brings its own.
 */
#ifndef LDE_BOOT_H
#define LDE_BOOT_H

#define LDE_BOOT_MAGIC 0x4c444531 /* "LDE1" */

/*
 * ELF note in the kernel image: owner "lde", type LDE_NOTE_TYPE, descriptor
 * struct lde_boot_note. A VMM refuses a kernel whose version is not its own.
 */
#define LDE_CONTRACT_VERSION 2
#define LDE_NOTE_OWNER       "lde"
#define LDE_NOTE_TYPE        1

#ifndef __ASSEMBLER__
#include <stdint.h>

struct lde_boot_note {
	uint32_t version;    /* LDE_CONTRACT_VERSION */
	uint32_t ledger_size; /* sizeof(struct lde_ledger) */
	uint64_t ledger_gpa; /* where the kernel keeps it, see ledger.h */
};
_Static_assert(sizeof(struct lde_boot_note) == 16, "contract");
#endif

/*
 * Device tree. #address-cells = #size-cells = 2 at the root; numbers that are
 * called u64 are two cells, high first. Properties a kernel does not know are
 * ignored; one that is missing and not marked optional is fatal.
 *
 * /memory@0            device_type "memory", reg
 * /cpus/cpu@0          device_type "cpu", compatible "lde,vcpu", reg = <0>,
 *                      LDE_DT_TSC_HZ (u64), LDE_DT_FEATURES (string list)
 * /chosen              bootargs (free text, shown only),
 *                      linux,initrd-start, linux,initrd-end (u64),
 *                      rng-seed (LDE_DT_RNG_SEED_SIZE bytes from the host),
 *                      LDE_DT_QUANTUM_NS (u64, 1 us..1 h),
 *                      LDE_DT_WITHOUT (string list, optional),
 *                      LDE_DT_MOUNTS (string list, optional: "vda:/mnt", with
 *                      ":ro" behind it to be read only),
 *                      LDE_DT_SELF_CHECK (empty, optional: the kernel checks itself),
 *                      LDE_DT_PROCESSES (1 cell, optional: at most so many processes)
 * /ports               compatible "lde,ports", #address-cells = #size-cells = 1:
 *                      children are devices at x86 I/O ports
 *   console@600        compatible "lde,console", reg, interrupts = <vector>,
 *                      LDE_DT_STDIO_MODE (3 cells: st_mode of fd 0, 1, 2; 0: closed),
 *                      LDE_DT_TTY (1 cell: bit n set: fd n is a terminal),
 *                      LDE_DT_WINSIZE (2 cells: rows, columns; 0 0 unknown)
 *   monitor@610        compatible "lde,monitor", reg
 *   trace@620          in a run that is traced: compatible "lde,trace", reg,
 *                      LDE_DT_TRACE_RING (u64, u64: where the ring is, at the
 *                      end of memory, and its bytes; see event.h),
 *                      LDE_DT_TRACE_EVENTS (1 cell: LDE_TRACE_C_*)
 *   export@640         optional: compatible "lde,export", reg, interrupts = <vector>,
 *                      LDE_DT_PATHS (string list: absolute guest paths)
 * /virtio_mmio@GPA     compatible "virtio,mmio", reg, interrupts = <vector>: one
 *                      for each disk, in order (device.h, VIRTIO 1.2, 4.2), and
 *                      one for the console, marked LDE_DT_IS_CONSOLE (empty), if
 *                      that is to be in use in the place of the port's register
 * /interrupt-controller compatible "lde,lapic" (the local APIC by x2APIC MSRs),
 *                      interrupt-controller, #interrupt-cells = <1> (a vector)
 * /workload            the programs to start, in command-line order:
 *                      LDE_DT_ENV (string list: K=V of every program; optional)
 *   program@N          reg = <N>, LDE_DT_PATH (string, absolute guest path),
 *                      LDE_DT_ARGV (string list, argv[0] first),
 *                      LDE_DT_COUNT (1 cell: how many processes, >= 1)
 */
#define LDE_DT_COMPAT_VCPU    "lde,vcpu"
#define LDE_DT_COMPAT_PORTS   "lde,ports"
#define LDE_DT_COMPAT_CONSOLE "lde,console"
#define LDE_DT_COMPAT_MONITOR "lde,monitor"
#define LDE_DT_COMPAT_TRACE   "lde,trace"
#define LDE_DT_COMPAT_EXPORT  "lde,export"
#define LDE_DT_COMPAT_LAPIC   "lde,lapic"
#define LDE_DT_COMPAT_MACHINE "lde,machine"
#define LDE_DT_COMPAT_VIRTIO  "virtio,mmio"

#define LDE_DT_TSC_HZ     "lde,tsc-hz"
#define LDE_DT_FEATURES   "lde,features"
#define LDE_DT_QUANTUM_NS "lde,quantum-ns"
#define LDE_DT_WITHOUT    "lde,without"
#define LDE_DT_MOUNTS     "lde,mounts"
#define LDE_DT_SELF_CHECK "lde,self-check"
#define LDE_DT_PROCESSES  "lde,processes-max"
#define LDE_DT_STDIO_MODE "lde,stdio-mode"
#define LDE_DT_IS_CONSOLE "lde,is-console"
#define LDE_DT_TTY        "lde,tty"
#define LDE_DT_WINSIZE    "lde,winsize"
#define LDE_DT_PATHS      "lde,paths"
#define LDE_DT_ENV        "lde,env"
#define LDE_DT_PATH       "lde,path"
#define LDE_DT_ARGV       "lde,argv"
#define LDE_DT_COUNT      "lde,count"
/* All optional: a cell, 1..LDE_TICKETS_MAX; a u64; a u64: how long after the start
 * its processes come. */
#define LDE_DT_TICKETS    "lde,tickets"
#define LDE_DT_LENGTH_NS  "lde,length-ns"
#define LDE_DT_ARRIVAL_NS "lde,arrival-ns"
#define LDE_DT_TRACE_RING   "lde,ring"
#define LDE_DT_TRACE_EVENTS "lde,events"
#define LDE_DT_RNG_SEED_SIZE 256

/*
 * Strings of LDE_DT_FEATURES: what KVM lets ring 0 of this guest switch on; and
 * whether the host's own programs have RDFSBASE and the like, as ring 3 of the
 * guest then has where it runs natively and ring 0 is emulated.
 */
#define LDE_FEATURE_FSGSBASE "fsgsbase"
#define LDE_FEATURE_XSAVE    "xsave"
#define LDE_FEATURE_UMIP     "umip"
#define LDE_FEATURE_SMEP     "smep"
#define LDE_FEATURE_PV_EOI   "kvm-pv-eoi"
#define LDE_FEATURE_HOST_FSGSBASE "host-fsgsbase"

/*
 * The scheduling policy, in /chosen; all optional. LDE_DT_SCHED is one of the
 * names below, the rest is of single policies: LDE_DT_SCHED_SEED (u64, not 0) of
 * lottery; of mlfq LDE_DT_SCHED_QUANTA (u64 each, ns, one for each level, 1 to
 * LDE_SCHED_LEVELS_MAX of them; 0: LDE_DT_QUANTUM_NS), LDE_DT_SCHED_ALLOTMENT (cells, quanta that a
 * process may have at a level: one for each level, or one for all;
 * LDE_SCHED_ENDLESS: as many as it likes) and LDE_DT_SCHED_BOOST (u64, ns; 0: never).
 * LDE_DT_SCHED_DRAWS (cells) of lottery: the numbers to be drawn, each taken modulo
 * the tickets of those who are READY, who are then counted in the order of their
 * process numbers. LDE_DT_SCHED_RULES is a list of LDE_RULE_*.
 */
#define LDE_DT_SCHED           "lde,sched"
#define LDE_DT_SCHED_SEED      "lde,sched-seed"
#define LDE_DT_SCHED_QUANTA    "lde,sched-quanta-ns"
#define LDE_DT_SCHED_ALLOTMENT "lde,sched-allotment"
#define LDE_DT_SCHED_BOOST     "lde,sched-boost-ns"
#define LDE_DT_SCHED_RULES     "lde,sched-rules"
#define LDE_DT_SCHED_DRAWS     "lde,sched-draws"

#define LDE_SCHED_RR      "rr"
#define LDE_SCHED_FIFO    "fifo"
#define LDE_SCHED_SJF     "sjf"
#define LDE_SCHED_STCF    "stcf"
#define LDE_SCHED_MLFQ    "mlfq"
#define LDE_SCHED_LOTTERY "lottery"
#define LDE_SCHED_STRIDE  "stride"
#define LDE_SCHED_SCAN    "scan"

#define LDE_SCHED_ENDLESS 0xffffffff

/* mlfq: a wait gives back what was used of slice and allotment. */
#define LDE_RULE_STAY "stay"
/* mlfq: who has waited goes to the front of its queue. */
#define LDE_RULE_IO_BUMP "io-bump"
/* scan: who waits keeps the CPU, which idles. */
#define LDE_RULE_SWITCH_ON_END "switch-on-end"
/* scan: who has waited takes the CPU at once. */
#define LDE_RULE_IO_IMMEDIATE "io-immediate"

#define LDE_SCHED_LEVELS_MAX 8
#define LDE_TICKETS_DEFAULT  100
#define LDE_TICKETS_MAX      1000000

/* A string in /chosen, optional: how system calls are handled. With "exit" each one
 * makes an exit to user space first (LDE_SYSCALL_PORT). */
#define LDE_DT_SYSCALLS   "lde,syscalls"
#define LDE_SYSCALLS_EXIT "exit"

/*
 * The clock by which processes are scheduled and woken, in /chosen, optional:
 * LDE_DT_CLOCK is LDE_CLOCK_LOGICAL for one that advances by a tick with each system
 * call that counts, and with nothing else (guest/core/logical.h); each tick stands
 * for LDE_DT_TICK_NS (u64, 1 or more; LDE_TICK_NS_DEFAULT).
 *
 * LDE_DT_SLOW_NS (u64), optional: there is a device /dev/slow, of which any read
 * takes that long, on the clock in use.
 */
#define LDE_DT_CLOCK        "lde,clock"
#define LDE_CLOCK_LOGICAL   "logical"
#define LDE_DT_TICK_NS      "lde,tick-ns"
#define LDE_TICK_NS_DEFAULT 1000000
#define LDE_DT_SLOW_NS      "lde,slow-ns"

/* Strings of LDE_DT_WITHOUT: limits that the user took away. */
#define LDE_WITHOUT_PREEMPTION        "preemption"
#define LDE_WITHOUT_BLOCKING          "blocking"
#define LDE_WITHOUT_USER_MODE         "user-mode"
#define LDE_WITHOUT_PRIVATE_MEMORY    "private-memory"
#define LDE_WITHOUT_HIDDEN_TRAP_TABLE "hidden-trap-table"
#define LDE_WITHOUT_POINTER_CHECKS    "pointer-checks"

#endif
