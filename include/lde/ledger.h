/* SPDX-License-Identifier: MIT */
/*
 * The kernel's books: counters and one record for each process.
 *
 * Data only. The kernel writes, the VMM reads, at any time: a counter may be
 * one event behind, and nothing read here is trusted further than to be
 * printed. Times are TSC ticks (LDE_DT_TSC_HZ). lde_boot_note says where the
 * ledger is.
 */
#ifndef LDE_LEDGER_H
#define LDE_LEDGER_H

#include <stdint.h>

#define LDE_LEDGER_MAGIC 0x4c6c6465 /* "ldel" */

#define LDE_NR_SYSCALLS 512 /* system-call numbers counted one by one */
#define LDE_NR_VECTORS  256

enum lde_process_state {
	LDE_STATE_NONE = 0,
	LDE_STATE_READY = 1,
	LDE_STATE_RUNNING = 2,
	LDE_STATE_BLOCKED = 3,
	LDE_STATE_ZOMBIE = 4,
	LDE_STATE_STOPPED = 5, /* by a signal, until SIGCONT */
	LDE_NR_STATES = 6,
};

#define LDE_JOB_NONE UINT32_MAX /* a process that no command-line word named */

struct lde_process_record {
	uint32_t pid;
	uint32_t ppid;
	uint32_t job;    /* index of the process in command-line order, or NONE */
	uint32_t state;  /* enum lde_process_state */
	int32_t status;  /* as wait(2) has it: exit code << 8, or signal */
	int32_t exec_error; /* negative errno if the program did not start */
	uint64_t start_tsc;
	uint64_t first_run_tsc; /* 0: has not run yet */
	uint64_t end_tsc;       /* 0: lives */
	uint64_t state_tsc[LDE_NR_STATES]; /* time spent in each state */
	uint64_t switches_voluntary;
	uint64_t switches_preempted;
	uint64_t syscalls;
	uint64_t page_faults;
	uint64_t peak_pages; /* most pages mapped at a time, of files too */
	char name[32];       /* base name of the program, NUL terminated */
};
_Static_assert(sizeof(struct lde_process_record) == 168, "contract");

struct lde_ledger {
	uint32_t magic;
	uint32_t version; /* LDE_CONTRACT_VERSION */

	uint64_t syscalls[LDE_NR_SYSCALLS]; /* by number; forged ones in the next */
	uint64_t syscalls_out_of_range;     /* number >= LDE_NR_SYSCALLS */
	uint64_t syscalls_unknown[LDE_NR_SYSCALLS / 64]; /* bit: answered -ENOSYS */
	uint64_t threads_refused;           /* clone(2) for a thread: -ENOSYS */
	uint64_t traps[LDE_NR_VECTORS];     /* by vector, interrupts included */

	/* page faults that the kernel resolved, by what it did */
	uint64_t faults_zero; /* demand-zero */
	uint64_t faults_file; /* page of a file */
	uint64_t faults_copy; /* copy-on-write, or private copy of a file's page */

	uint64_t switches_voluntary; /* the process blocked, yielded or ended */
	uint64_t switches_preempted; /* the timer took the CPU back */
	uint64_t idle_entries;
	uint64_t idle_tsc;
	uint64_t timer_arms;
	uint64_t held_tsc; /* the CPU was held by who waited for a disk, instead of BLOCKED */

	uint64_t pages_total;      /* managed by the page allocator */
	uint64_t pages_free_start; /* before the first process */
	uint64_t pages_free;       /* kept current */
	uint64_t pages_free_min;
	uint64_t self_checks;      /* how often all was found well (LDE_DT_SELF_CHECK)... */
	uint64_t pages_of_files;   /* ...and what files held at the end */

	uint64_t entry_tsc;      /* first instruction of the kernel */
	uint64_t first_user_tsc; /* first return to a process */
	uint64_t end_tsc;        /* power-off */
	uint64_t flags;          /* LDE_LEDGER_F_* */

	uint64_t processes_created;
	uint64_t forks_refused; /* too many processes, or too little memory */
	uint64_t futexes_refused; /* operations of futex(2) that are not there: -ENOSYS */
	uint64_t records_lost; /* processes beyond records_cap */
	uint64_t records_gpa;  /* array of struct lde_process_record */
	uint32_t records_cap;
	uint32_t nr_records;

	/*
	 * How to find out what CPU 0 does, which the kernel does not write down
	 * at every step: running_gpa is where its pointer to the running process
	 * is. At these offsets from there are the pid, the state (both 32 bits)
	 * and a pointer to the end of the last trap's frame; the number of the
	 * system call is so many bytes before that. A word whose high half is
	 * not 0 is that of another trap: the vector. Pointers are virtual.
	 */
	uint64_t running_gpa;
	uint32_t running_pid;
	uint32_t running_state;
	uint32_t running_frame_end;
	uint32_t frame_number_back;
};

/* SYSCALL does not change the mode here, ring 0 is emulated (guest/arch). */
#define LDE_LEDGER_F_RING0_EMULATED 1ull
/* A disk could not be unmounted cleanly at the end. */
#define LDE_LEDGER_F_UNCLEAN_DISK 2ull

#endif
