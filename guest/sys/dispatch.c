/* SPDX-License-Identifier: MIT */
/* The table of system calls, and the way through it. */
#include <asm/unistd_64.h>

#include "guest/arch/event.h"
#include "guest/arch/traps.h"
#include "guest/lib/ledger.h"
#include "guest/sys/signals.h"
#include "guest/sys/syscall.h"

static const syscall_fn syscall_table[LDE_NR_SYSCALLS] = {
	[__NR_read] = sys_read,
	[__NR_write] = sys_write,
	[__NR_open] = sys_open,
	[__NR_close] = sys_close,
	[__NR_stat] = sys_stat,
	[__NR_fstat] = sys_fstat,
	[__NR_lstat] = sys_lstat,
	[__NR_poll] = sys_poll,
	[__NR_lseek] = sys_lseek,
	[__NR_mmap] = sys_mmap,
	[__NR_mprotect] = sys_mprotect,
	[__NR_munmap] = sys_munmap,
	[__NR_brk] = sys_brk,
	[__NR_rt_sigaction] = sys_rt_sigaction,
	[__NR_rt_sigprocmask] = sys_rt_sigprocmask,
	[__NR_rt_sigreturn] = sys_rt_sigreturn,
	[__NR_ioctl] = sys_ioctl,
	[__NR_pread64] = sys_pread64,
	[__NR_pwrite64] = sys_pwrite64,
	[__NR_readv] = sys_readv,
	[__NR_writev] = sys_writev,
	[__NR_access] = sys_access,
	[__NR_pipe] = sys_pipe,
	[__NR_select] = sys_select,
	[__NR_sched_yield] = sys_sched_yield,
	[__NR_mremap] = sys_mremap,
	[__NR_msync] = sys_msync,
	[__NR_mincore] = sys_mincore,
	[__NR_madvise] = sys_madvise,
	[__NR_dup] = sys_dup,
	[__NR_dup2] = sys_dup2,
	[__NR_pause] = sys_pause,
	[__NR_nanosleep] = sys_nanosleep,
	[__NR_getitimer] = sys_getitimer,
	[__NR_alarm] = sys_alarm,
	[__NR_setitimer] = sys_setitimer,
	[__NR_getpid] = sys_getpid,
	[__NR_clone] = sys_clone,
	[__NR_fork] = sys_fork,
	[__NR_vfork] = sys_vfork,
	[__NR_execve] = sys_execve,
	[__NR_exit] = sys_exit,
	[__NR_wait4] = sys_wait4,
	[__NR_kill] = sys_kill,
	[__NR_uname] = sys_uname,
	[__NR_fcntl] = sys_fcntl,
	[__NR_sendfile] = sys_sendfile,
	[__NR_copy_file_range] = sys_copy_file_range,
	[__NR_flock] = sys_flock,
	[__NR_fsync] = sys_fsync,
	[__NR_fdatasync] = sys_fsync,
	[__NR_truncate] = sys_truncate,
	[__NR_ftruncate] = sys_ftruncate,
	[__NR_getcwd] = sys_getcwd,
	[__NR_chdir] = sys_chdir,
	[__NR_fchdir] = sys_fchdir,
	[__NR_rename] = sys_rename,
	[__NR_mkdir] = sys_mkdir,
	[__NR_rmdir] = sys_rmdir,
	[__NR_creat] = sys_creat,
	[__NR_link] = sys_link,
	[__NR_unlink] = sys_unlink,
	[__NR_symlink] = sys_symlink,
	[__NR_readlink] = sys_readlink,
	[__NR_chmod] = sys_chmod,
	[__NR_fchmod] = sys_fchmod,
	[__NR_chown] = sys_chown,
	[__NR_fchown] = sys_fchown,
	[__NR_lchown] = sys_lchown,
	[__NR_umask] = sys_umask,
	[__NR_gettimeofday] = sys_gettimeofday,
	[__NR_getrlimit] = sys_getrlimit,
	[__NR_setrlimit] = sys_setrlimit,
	[__NR_getrusage] = sys_getrusage,
	[__NR_sysinfo] = sys_sysinfo,
	[__NR_times] = sys_times,
	[__NR_getuid] = sys_zero_id,
	[__NR_getgid] = sys_zero_id,
	[__NR_geteuid] = sys_zero_id,
	[__NR_getegid] = sys_zero_id,
	[__NR_setuid] = sys_set_id,
	[__NR_setgid] = sys_set_id,
	[__NR_setreuid] = sys_setre_id,
	[__NR_setregid] = sys_setre_id,
	[__NR_setresuid] = sys_setres_id,
	[__NR_setresgid] = sys_setres_id,
	[__NR_getresuid] = sys_getres_id,
	[__NR_getresgid] = sys_getres_id,
	[__NR_setfsuid] = sys_zero_id, /* tells the one of before, whatever it does */
	[__NR_setfsgid] = sys_zero_id,
	[__NR_setgroups] = sys_setgroups,
	[__NR_setpgid] = sys_setpgid,
	[__NR_getppid] = sys_getppid,
	[__NR_getpgrp] = sys_getpgrp,
	[__NR_setsid] = sys_setsid,
	[__NR_getgroups] = sys_getgroups,
	[__NR_getpgid] = sys_getpgid,
	[__NR_getsid] = sys_getsid,
	[__NR_rt_sigpending] = sys_rt_sigpending,
	[__NR_rt_sigtimedwait] = sys_rt_sigtimedwait,
	[__NR_rt_sigqueueinfo] = sys_rt_sigqueueinfo,
	[__NR_rt_sigsuspend] = sys_rt_sigsuspend,
	[__NR_sigaltstack] = sys_sigaltstack,
	[__NR_utime] = sys_utime,
	[__NR_mknod] = sys_mknod,
	[__NR_statfs] = sys_statfs,
	[__NR_fstatfs] = sys_fstatfs,
	[__NR_getpriority] = sys_getpriority,
	[__NR_setpriority] = sys_setpriority,
	[__NR_sched_getscheduler] = sys_sched_getscheduler,
	[__NR_sched_getparam] = sys_sched_getparam,
	[__NR_sched_setscheduler] = sys_sched_setscheduler,
	[__NR_sched_setparam] = sys_sched_setparam,
	[__NR_sched_get_priority_max] = sys_sched_get_priority_max,
	[__NR_sched_get_priority_min] = sys_sched_get_priority_min,
	[__NR_sched_rr_get_interval] = sys_sched_rr_get_interval,
	[__NR_prctl] = sys_prctl,
	[__NR_arch_prctl] = sys_arch_prctl,
	[__NR_sync] = sys_sync,
	[__NR_gettid] = sys_getpid,
	[__NR_tkill] = sys_tkill,
	[__NR_time] = sys_time,
	[__NR_futex] = sys_futex,
	[__NR_sched_getaffinity] = sys_sched_getaffinity,
	[__NR_getdents64] = sys_getdents64,
	[__NR_set_tid_address] = sys_set_tid_address,
	[__NR_fadvise64] = sys_fadvise64,
	[__NR_clock_gettime] = sys_clock_gettime,
	[__NR_clock_getres] = sys_clock_getres,
	[__NR_clock_nanosleep] = sys_clock_nanosleep,
	[__NR_exit_group] = sys_exit,
	[__NR_tgkill] = sys_tgkill,
	[__NR_utimes] = sys_utimes,
	[__NR_waitid] = sys_waitid,
	[__NR_openat] = sys_openat,
	[__NR_mkdirat] = sys_mkdirat,
	[__NR_mknodat] = sys_mknodat,
	[__NR_fchownat] = sys_fchownat,
	[__NR_futimesat] = sys_futimesat,
	[__NR_newfstatat] = sys_newfstatat,
	[__NR_unlinkat] = sys_unlinkat,
	[__NR_renameat] = sys_renameat,
	[__NR_linkat] = sys_linkat,
	[__NR_symlinkat] = sys_symlinkat,
	[__NR_readlinkat] = sys_readlinkat,
	[__NR_fchmodat] = sys_fchmodat,
	[__NR_faccessat] = sys_faccessat,
	[__NR_pselect6] = sys_pselect6,
	[__NR_ppoll] = sys_ppoll,
	[__NR_set_robust_list] = sys_set_robust_list,
	[__NR_get_robust_list] = sys_get_robust_list,
	[__NR_utimensat] = sys_utimensat,
	[__NR_fallocate] = sys_fallocate,
	[__NR_dup3] = sys_dup3,
	[__NR_pipe2] = sys_pipe2,
	[__NR_preadv] = sys_preadv,
	[__NR_pwritev] = sys_pwritev,
	[__NR_preadv2] = sys_preadv2,
	[__NR_pwritev2] = sys_pwritev2,
	[__NR_prlimit64] = sys_prlimit64,
	[__NR_syncfs] = sys_syncfs,
	[__NR_getcpu] = sys_getcpu,
	[__NR_renameat2] = sys_renameat2,
	[__NR_getrandom] = sys_getrandom,
	[__NR_execveat] = sys_execveat,
	[__NR_statx] = sys_statx,
	[__NR_rseq] = sys_rseq,
	[__NR_socket] = sys_socket,
	[__NR_socketpair] = sys_socket,
	[__NR_connect] = sys_of_socket,
	[__NR_accept] = sys_of_socket,
	[__NR_sendto] = sys_of_socket,
	[__NR_recvfrom] = sys_of_socket,
	[__NR_sendmsg] = sys_of_socket,
	[__NR_recvmsg] = sys_of_socket,
	[__NR_shutdown] = sys_of_socket,
	[__NR_bind] = sys_of_socket,
	[__NR_listen] = sys_of_socket,
	[__NR_getsockname] = sys_of_socket,
	[__NR_getpeername] = sys_of_socket,
	[__NR_setsockopt] = sys_of_socket,
	[__NR_getsockopt] = sys_of_socket,
	[__NR_accept4] = sys_accept4,
	[__NR_clone3] = sys_clone3,
	[__NR_close_range] = sys_close_range,
	[__NR_faccessat2] = sys_faccessat2,
};

void syscall_note_unknown(uint64_t nr)
{
	if (nr >= LDE_NR_SYSCALLS)
		ledger.syscalls_out_of_range++;
	else
		ledger.syscalls_unknown[nr / 64] |= 1ull << nr % 64;
}

static int64_t unknown_syscall(uint64_t nr)
{
	syscall_note_unknown(nr);
	return -ENOSYS;
}

/* Apart, so that the usual way has no registers to save for it. */
void syscall_attend(struct trap_frame *frame)
{
	struct lde_trace_record *record;

	if (event_is_on(LDE_TRACE_C_SYSCALL)) { /* it does not return to event_syscall */
		record = event_begin(LDE_TRACE_SYSCALL_EXIT);
		record->args[0] = frame->rax;
		event_end(record);
	}
	signal_attend(frame, true);
	return_handler(frame); /* SYSRET is only for what SYSCALL saved */
}

void syscall_dispatch(struct trap_frame *frame)
{
	struct process *p = current();
	uint64_t nr = frame->syscall_nr;

	p->record->syscalls++;
	if (likely(nr < LDE_NR_SYSCALLS)) {
		syscall_fn fn = syscall_table[nr];

		ledger.syscalls[nr]++;
		frame->rax = likely(fn) ? fn(frame) : unknown_syscall(nr);
	} else {
		frame->rax = unknown_syscall(nr);
	}
	if (unlikely(p->needs_attention)) {
		syscall_attend(frame);
	}
}
