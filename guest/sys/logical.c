/* SPDX-License-Identifier: MIT */
/*
 * System calls as the ticks of the logical clock (guest/core/logical.h).
 *
 * What a C library does to get a program started is no work of the program's, and
 * differs between libraries, so these calls do not count: the first tick of a
 * program is the first call that does something for it. Its end is the end of its
 * last tick.
 */
#include "guest/sys/logical.h"

#include <asm/unistd.h>

#include "guest/arch/traps.h"
#include "guest/core/logical_policy.h"
#include "guest/sys/syscall.h"

static void (*handle)(struct trap_frame *frame);
static __attribute__((noreturn)) void (*give_back)(struct trap_frame *frame);

/* Memory, the thread's registers, signals' handlers, names of files, and what is
 * asked of the system itself. */
static const uint16_t uncounted[] = {
	__NR_open, __NR_close, __NR_stat, __NR_fstat, __NR_lstat, __NR_mmap, __NR_mprotect,
	__NR_munmap, __NR_brk, __NR_rt_sigaction, __NR_rt_sigprocmask, __NR_ioctl, __NR_access,
	__NR_mremap, __NR_madvise, __NR_execve, __NR_fcntl, __NR_readlink, __NR_getrlimit,
	__NR_sigaltstack, __NR_prctl, __NR_arch_prctl, __NR_set_tid_address, __NR_openat,
	__NR_newfstatat, __NR_readlinkat, __NR_faccessat, __NR_set_robust_list,
	__NR_get_robust_list, __NR_prlimit64, __NR_getrandom, __NR_statx, __NR_rseq, __NR_faccessat2, __NR_uname,
};

static uint64_t uncounted_bits[(LDE_NR_SYSCALLS + 63) / 64];

static bool is_counted(uint64_t nr)
{
	return nr >= LDE_NR_SYSCALLS || !(uncounted_bits[nr / 64] >> nr % 64 & 1);
}

/* exit(2) of a process that has done nothing; exit_group(2), which is what a C
 * program's return from main comes to, is the end of a tick always. */
static bool is_empty_end(uint64_t nr, const struct process *p)
{
	return nr == __NR_exit && !p->has_used_tick;
}

static void tick(struct trap_frame *frame)
{
	struct process *p = current();
	uint64_t nr = frame->syscall_nr;

	if (!is_counted(nr) || (is_empty_end(nr, p) && !logical_end_takes_tick())) {
		handle(frame);
		return;
	}
	p->has_used_tick = p->is_in_tick = true;
	logical_use_tick((uint32_t)nr);
	handle(frame);
	p->is_in_tick = false;
	logical_end_tick();
	if (p->needs_attention)
		syscall_attend(frame);
}

/* Calls that end with a signal, and the end of its handler, do not return to tick. */
static __attribute__((noreturn)) void end_tick_and_give_back(struct trap_frame *frame)
{
	struct process *p = current();

	if (p->is_in_tick) {
		p->is_in_tick = false;
		logical_end_tick();
		trap_attend(frame);
	}
	give_back(frame);
}

void syscall_logical_install(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(uncounted); i++)
		uncounted_bits[uncounted[i] / 64] |= 1ull << uncounted[i] % 64;
	handle = syscall_handler;
	syscall_handler = tick;
	give_back = return_handler;
	return_handler = end_tick_and_give_back;
}
