/* SPDX-License-Identifier: MIT */
/* Makes random system calls, and children that do. */
#include "fuzz.h"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define DEPTH_MAX 4
#define ALARM_US  15000 /* waits end after so long, if the signal is not blocked */

struct call {
	short nr;
	unsigned char weight; /* how often, compared with others */
	unsigned char kinds[6];
};

/* Every call that is implemented; those that end things are rare. */
static const struct call calls[] = {
	{ SYS_read, 10, { FD, BUFFER, LENGTH } },
	{ SYS_write, 12, { FD, BUFFER, LENGTH } },
	{ SYS_open, 10, { PATH, OPEN_FLAGS, MODE } },
	{ SYS_close, 8, { FD } },
	{ SYS_stat, 4, { PATH, BUFFER } },
	{ SYS_fstat, 4, { FD, BUFFER } },
	{ SYS_lstat, 4, { PATH, BUFFER } },
	{ SYS_poll, 5, { ENTRIES, NR_ENTRIES, NANOSECONDS } },
	{ SYS_lseek, 5, { FD, OFFSET, WHENCE } },
	{ SYS_mmap, 12, { ADDRESS, PAGES, PROTECTION, MAP_KIND, FD, PAGES } },
	{ SYS_mprotect, 8, { ADDRESS, PAGES, PROTECTION } },
	{ SYS_munmap, 6, { ADDRESS, PAGES } },
	{ SYS_brk, 3, { ADDRESS } },
	{ SYS_rt_sigaction, 8, { SIGNAL, ACTION, BUFFER, SIGSET_SIZE } },
	{ SYS_rt_sigprocmask, 4, { MASK_HOW, SIGSET, BUFFER, SIGSET_SIZE } },
	{ SYS_rt_sigreturn, 1, { NOTHING } },
	{ SYS_ioctl, 5, { FD, IOCTL, BUFFER } },
	{ SYS_pread64, 5, { FD, BUFFER, LENGTH, OFFSET } },
	{ SYS_pwrite64, 5, { FD, BUFFER, LENGTH, OFFSET } },
	{ SYS_readv, 5, { FD, PIECES, NR_PIECES } },
	{ SYS_writev, 6, { FD, PIECES, NR_PIECES } },
	{ SYS_access, 3, { PATH, MODE } },
	{ SYS_pipe, 4, { BUFFER } },
	{ SYS_select, 5, { NR_ENTRIES, SETS, SETS, SETS, INTERVAL } },
	{ SYS_sched_yield, 3, { NOTHING } },
	{ SYS_mremap, 8, { ADDRESS, PAGES, PAGES, REMAP_FLAGS, ADDRESS } },
	{ SYS_msync, 3, { ADDRESS, PAGES, NUMBER } },
	{ SYS_mincore, 3, { ADDRESS, PAGES, BUFFER } },
	{ SYS_madvise, 5, { ADDRESS, PAGES, ADVICE } },
	{ SYS_dup, 5, { FD } },
	{ SYS_dup2, 5, { FD, FD } },
	{ SYS_pause, 1, { NOTHING } },
	{ SYS_nanosleep, 3, { TIME, BUFFER } },
	{ SYS_getitimer, 2, { ITIMER, BUFFER } },
	{ SYS_alarm, 1, { NUMBER } },
	{ SYS_setitimer, 3, { ITIMER, INTERVAL, BUFFER } },
	{ SYS_sendfile, 5, { FD, FD, BUFFER, LENGTH } },
	{ SYS_getpid, 1, { NOTHING } },
	{ SYS_clone, 3, { CLONE_FLAGS, BUFFER, BUFFER, BUFFER, BUFFER } },
	{ SYS_fork, 6, { NOTHING } },
	{ SYS_vfork, 3, { NOTHING } },
	{ SYS_execve, 4, { PROGRAM, STRINGS, STRINGS } },
	{ SYS_exit, 1, { NUMBER } },
	{ SYS_wait4, 6, { PID, BUFFER, WAIT_FLAGS, BUFFER } },
	{ SYS_kill, 6, { PID, SIGNAL } },
	{ SYS_uname, 2, { BUFFER } },
	{ SYS_fcntl, 6, { FD, FCNTL, NUMBER } },
	{ SYS_flock, 2, { FD, NUMBER } },
	{ SYS_fsync, 1, { FD } },
	{ SYS_truncate, 4, { PATH, OFFSET } },
	{ SYS_ftruncate, 5, { FD, OFFSET } },
	{ SYS_getcwd, 3, { BUFFER, LENGTH } },
	{ SYS_chdir, 3, { PATH } },
	{ SYS_fchdir, 3, { FD } },
	{ SYS_rename, 5, { PATH, PATH } },
	{ SYS_mkdir, 5, { PATH, MODE } },
	{ SYS_rmdir, 5, { PATH } },
	{ SYS_creat, 4, { PATH, MODE } },
	{ SYS_link, 5, { PATH, PATH } },
	{ SYS_unlink, 6, { PATH } },
	{ SYS_symlink, 5, { PATH, PATH } },
	{ SYS_readlink, 3, { PATH, BUFFER, LENGTH } },
	{ SYS_chmod, 2, { PATH, MODE } },
	{ SYS_fchmod, 2, { FD, MODE } },
	{ SYS_chown, 2, { PATH, NUMBER, NUMBER } },
	{ SYS_fchown, 2, { FD, NUMBER, NUMBER } },
	{ SYS_lchown, 2, { PATH, NUMBER, NUMBER } },
	{ SYS_umask, 2, { MODE } },
	{ SYS_gettimeofday, 2, { BUFFER, BUFFER } },
	{ SYS_getrlimit, 2, { RESOURCE, BUFFER } },
	{ SYS_setrlimit, 1, { RESOURCE, BUFFER } },
	{ SYS_getrusage, 2, { NUMBER, BUFFER } },
	{ SYS_sysinfo, 2, { BUFFER } },
	{ SYS_times, 2, { BUFFER } },
	{ SYS_setpgid, 3, { PID, PID } },
	{ SYS_getppid, 1, { NOTHING } },
	{ SYS_getpgrp, 1, { NOTHING } },
	{ SYS_setsid, 2, { NOTHING } },
	{ SYS_getgroups, 1, { NUMBER, BUFFER } },
	{ SYS_setgroups, 1, { NUMBER, BUFFER } },
	{ SYS_setresuid, 1, { NUMBER, NUMBER, NUMBER } },
	{ SYS_getresuid, 1, { BUFFER, BUFFER, BUFFER } },
	{ SYS_getpriority, 1, { NUMBER, PID } },
	{ SYS_setpriority, 2, { NUMBER, PID, NUMBER } },
	{ SYS_sched_setscheduler, 1, { PID, NUMBER, BUFFER } },
	{ SYS_sched_rr_get_interval, 1, { PID, BUFFER } },
	{ SYS_sched_getparam, 1, { PID, BUFFER } },
	{ SYS_sched_setparam, 1, { PID, BUFFER } },
	{ SYS_sched_get_priority_max, 1, { NUMBER } },
	{ SYS_setreuid, 1, { NUMBER, NUMBER } },
	{ SYS_sync, 1, { NOTHING } },
	{ SYS_accept4, 1, { FD, BUFFER, BUFFER, PIPE_FLAGS } },
	{ SYS_clone3, 1, { BUFFER, LENGTH } },
	{ SYS_getpgid, 2, { PID } },
	{ SYS_getsid, 2, { PID } },
	{ SYS_rt_sigpending, 2, { BUFFER, SIGSET_SIZE } },
	{ SYS_rt_sigsuspend, 2, { SIGSET, SIGSET_SIZE } },
	{ SYS_rt_sigtimedwait, 3, { SIGSET, BUFFER, TIME, SIGSET_SIZE } },
	{ SYS_rt_sigqueueinfo, 3, { PID, SIGNAL, BUFFER } },
	{ SYS_sigaltstack, 3, { BUFFER, BUFFER } },
	{ SYS_utime, 2, { PATH, BUFFER } },
	{ SYS_mknod, 4, { PATH, MODE, DEVICE } },
	{ SYS_statfs, 2, { PATH, BUFFER } },
	{ SYS_fstatfs, 2, { FD, BUFFER } },
	{ SYS_prctl, 2, { PRCTL, BUFFER } },
	{ SYS_arch_prctl, 1, { ARCH_PRCTL, BUFFER } },
	{ SYS_tkill, 2, { PID, SIGNAL } },
	{ SYS_time, 1, { BUFFER } },
	{ SYS_futex, 3, { BUFFER, FUTEX_OP, NUMBER, TIME, BUFFER, NUMBER } },
	{ SYS_sched_getaffinity, 1, { PID, LENGTH, BUFFER } },
	{ SYS_getdents64, 5, { FD, BUFFER, LENGTH } },
	{ SYS_set_tid_address, 1, { BUFFER } },
	{ SYS_fadvise64, 1, { FD, OFFSET, LENGTH, NUMBER } },
	{ SYS_clock_gettime, 2, { CLOCK, BUFFER } },
	{ SYS_clock_getres, 2, { CLOCK, BUFFER } },
	{ SYS_clock_nanosleep, 3, { CLOCK, NUMBER, TIME, BUFFER } },
	{ SYS_exit_group, 1, { NUMBER } },
	{ SYS_tgkill, 2, { PID, PID, SIGNAL } },
	{ SYS_utimes, 2, { PATH, BUFFER } },
	{ SYS_waitid, 4, { ID_TYPE, PID, BUFFER, WAIT_FLAGS, BUFFER } },
	{ SYS_openat, 8, { DIR_FD, PATH, OPEN_FLAGS, MODE } },
	{ SYS_mkdirat, 4, { DIR_FD, PATH, MODE } },
	{ SYS_mknodat, 4, { DIR_FD, PATH, MODE, DEVICE } },
	{ SYS_fchownat, 2, { DIR_FD, PATH, NUMBER, NUMBER, AT_FLAGS } },
	{ SYS_futimesat, 2, { DIR_FD, PATH, BUFFER } },
	{ SYS_newfstatat, 4, { DIR_FD, PATH, BUFFER, AT_FLAGS } },
	{ SYS_unlinkat, 5, { DIR_FD, PATH, AT_FLAGS } },
	{ SYS_renameat, 4, { DIR_FD, PATH, DIR_FD, PATH } },
	{ SYS_linkat, 4, { DIR_FD, PATH, DIR_FD, PATH, AT_FLAGS } },
	{ SYS_symlinkat, 4, { PATH, DIR_FD, PATH } },
	{ SYS_readlinkat, 3, { DIR_FD, PATH, BUFFER, LENGTH } },
	{ SYS_fchmodat, 2, { DIR_FD, PATH, MODE } },
	{ SYS_faccessat, 2, { DIR_FD, PATH, MODE } },
	{ SYS_pselect6, 4, { NR_ENTRIES, SETS, SETS, SETS, TIME, BUFFER } },
	{ SYS_ppoll, 4, { ENTRIES, NR_ENTRIES, TIME, SIGSET, SIGSET_SIZE } },
	{ SYS_set_robust_list, 1, { BUFFER, LIST_SIZE } },
	{ SYS_get_robust_list, 1, { PID, BUFFER, BUFFER } },
	{ SYS_utimensat, 3, { DIR_FD, PATH, TIME, AT_FLAGS } },
	{ SYS_fallocate, 4, { FD, FALLOCATE_MODE, OFFSET, LENGTH } },
	{ SYS_dup3, 4, { FD, FD, PIPE_FLAGS } },
	{ SYS_pipe2, 5, { BUFFER, PIPE_FLAGS } },
	{ SYS_preadv, 3, { FD, PIECES, NR_PIECES, OFFSET } },
	{ SYS_pwritev, 3, { FD, PIECES, NR_PIECES, OFFSET } },
	{ SYS_preadv2, 2, { FD, PIECES, NR_PIECES, OFFSET, OFFSET, NUMBER } },
	{ SYS_pwritev2, 2, { FD, PIECES, NR_PIECES, OFFSET, OFFSET, NUMBER } },
	{ SYS_prlimit64, 2, { PID, RESOURCE, BUFFER, BUFFER } },
	{ SYS_syncfs, 1, { FD } },
	{ SYS_getcpu, 1, { BUFFER, BUFFER } },
	{ SYS_renameat2, 4, { DIR_FD, PATH, DIR_FD, PATH, RENAME_FLAGS } },
	{ SYS_getrandom, 2, { BUFFER, LENGTH, NUMBER } },
	{ SYS_execveat, 2, { DIR_FD, PROGRAM, STRINGS, STRINGS, AT_FLAGS } },
	{ SYS_copy_file_range, 4, { FD, BUFFER, FD, BUFFER, LENGTH, NUMBER } },
	{ SYS_statx, 3, { DIR_FD, PATH, AT_FLAGS, NUMBER, BUFFER } },
	{ SYS_close_range, 1, { FD, FD, NUMBER } },
	{ SYS_faccessat2, 2, { DIR_FD, PATH, MODE, AT_FLAGS } },
};

static const struct call *find_call(long nr)
{
	for (unsigned i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i].nr == nr)
			return &calls[i];
	return NULL;
}

static const struct call *choose(void)
{
	unsigned total = 0, at;

	for (unsigned i = 0; i < ARRAY_SIZE(calls); i++)
		total += calls[i].weight;
	at = random_below(total);
	for (unsigned i = 0; i < ARRAY_SIZE(calls); i++) {
		if (at < calls[i].weight)
			return &calls[i];
		at -= calls[i].weight;
	}
	return &calls[0];
}

static inline __attribute__((always_inline)) long make_call(long nr, const unsigned long *a)
{
	register unsigned long r10 __asm__("r10") = a[3];
	register unsigned long r8 __asm__("r8") = a[4];
	register unsigned long r9 __asm__("r9") = a[5];
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "0"(nr), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

/* A child goes on as a worker of its own; on its parent's stack, if vfork made
 * it, below what the parent needs. */
static __attribute__((noinline)) void make_child(long nr, const unsigned long *args,
						 unsigned nr_calls, unsigned depth)
{
	uint64_t seed = random_number();

	if (depth < DEPTH_MAX && !make_call(nr, args))
		work(seed, nr_calls, depth + 1);
}

static void make_known_call(const struct call *call, unsigned nr_left, unsigned depth)
{
	unsigned long args[6];

	for (unsigned i = 0; i < 6; i++) {
		args[i] = value_of(call->kinds[i]);
		/* What is unused may hold anything. */
		if (call->kinds[i] == NOTHING && random_once_in(8))
			args[i] = random_number();
	}
	if (call->nr == SYS_fork || call->nr == SYS_vfork || call->nr == SYS_clone)
		make_child(call->nr, args, nr_left / 3, depth);
	else
		make_call(call->nr, args);
}

/* A number that need not be one of a system call, and any arguments. */
static void make_unknown_call(void)
{
	static const long odd[] = { -1, 512, 0x40000000, 0x40000001, 0x7fffffff, 0x100000000 };
	long nr = random_once_in(8) ? odd[random_below(ARRAY_SIZE(odd))] : (long)random_below(512);
	unsigned long args[6];

	if (find_call((int)nr)) /* also cut down to 32 bits: signals would go anywhere */
		return;
	for (unsigned i = 0; i < 6; i++)
		args[i] = value_of(random_below(NR_KINDS));
	make_call(nr, args);
}

static void survived(int sig)
{
	(void)sig;
}

void work_prepare(void)
{
	struct sigaction sa = { .sa_handler = survived };

	for (int sig = 1; sig < 65; sig++) {
		bool is_fault = sig == SIGILL || sig == SIGTRAP || sig == SIGBUS || sig == SIGFPE ||
				sig == SIGSEGV;

		if (sig == SIGALRM || !(is_fault || random_once_in(8)))
			sigaction(sig, &sa, NULL);
	}
}

/* Waits are to end, whatever the calls so far have done to the alarm. */
static void set_alarm(void)
{
	struct sigaction sa = { .sa_handler = survived };
	struct itimerval every = { { 0, ALARM_US }, { 0, ALARM_US } };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

void work(uint64_t seed, unsigned nr_calls, unsigned depth)
{
	random_start(seed);
	for (; nr_calls; nr_calls--) {
		if (nr_calls % 16 == 0)
			set_alarm();
		if (random_once_in(30))
			make_unknown_call();
		else
			make_known_call(choose(), nr_calls, depth);
	}
	_exit(0);
}
