/* SPDX-License-Identifier: MIT */
/*
 * System calls: the Linux x86-64 interface, as far as docs/syscalls.md says.
 *
 * Each takes the trap frame, decodes its arguments from it, checks them, and
 * returns a result or a negative errno.
 */
#ifndef GUEST_SYS_SYSCALL_H
#define GUEST_SYS_SYSCALL_H

#include "guest/arch/frame.h"
#include "guest/core/process.h"
#include "guest/lib/errno.h"
#include "guest/mm/usercopy.h"

typedef int64_t (*syscall_fn)(struct trap_frame *frame);

/* From entry.S, with interrupts off, on the process's kernel stack. */
void syscall_dispatch(struct trap_frame *frame);

/* The running process has a signal to see to before it returns. */
_Noreturn void syscall_attend(struct trap_frame *frame) __attribute__((noinline));

/* Counts a call that is answered with -ENOSYS, for the end of the run. */
void syscall_note_unknown(uint64_t nr);

/* Arguments 0 to 5, in the registers that the ABI says (syscall(2)). */
static inline uint64_t arg_u64(const struct trap_frame *f, unsigned i)
{
	switch (i) {
	case 0:
		return f->rdi;
	case 1:
		return f->rsi;
	case 2:
		return f->rdx;
	case 3:
		return f->r10;
	case 4:
		return f->r8;
	default:
		return f->r9;
	}
}

static inline int arg_int(const struct trap_frame *f, unsigned i)
{
	return (int)arg_u64(f, i);
}

/* To and from a structure in the running program's memory. */
static inline int put_user(vaddr_t dst, const void *src, uint64_t len)
{
	return user_write(current()->space, dst, src, len);
}

static inline int get_user(void *dst, vaddr_t src, uint64_t len)
{
	return user_read(current()->space, dst, src, len);
}

/* sys/file.c */
int64_t sys_read(struct trap_frame *f);
int64_t sys_write(struct trap_frame *f);
int64_t sys_readv(struct trap_frame *f);
int64_t sys_writev(struct trap_frame *f);
int64_t sys_pread64(struct trap_frame *f);
int64_t sys_pwrite64(struct trap_frame *f);
int64_t sys_preadv(struct trap_frame *f);
int64_t sys_pwritev(struct trap_frame *f);
int64_t sys_preadv2(struct trap_frame *f);
int64_t sys_pwritev2(struct trap_frame *f);
int64_t sys_lseek(struct trap_frame *f);
int64_t sys_fsync(struct trap_frame *f);
int64_t sys_sync(struct trap_frame *f);
int64_t sys_syncfs(struct trap_frame *f);
int64_t sys_fadvise64(struct trap_frame *f);

/* sys/copy.c */
int64_t sys_sendfile(struct trap_frame *f);
int64_t sys_copy_file_range(struct trap_frame *f);

/* sys/open.c */
int64_t sys_open(struct trap_frame *f);
int64_t sys_openat(struct trap_frame *f);
int64_t sys_creat(struct trap_frame *f);

/* sys/descriptor.c */
int64_t sys_close(struct trap_frame *f);
int64_t sys_close_range(struct trap_frame *f);
int64_t sys_dup(struct trap_frame *f);
int64_t sys_dup2(struct trap_frame *f);
int64_t sys_dup3(struct trap_frame *f);
int64_t sys_fcntl(struct trap_frame *f);
int64_t sys_flock(struct trap_frame *f);
int64_t sys_pipe(struct trap_frame *f);
int64_t sys_pipe2(struct trap_frame *f);
int64_t sys_ioctl(struct trap_frame *f);

/* sys/poll.c */
int64_t sys_poll(struct trap_frame *f);
int64_t sys_ppoll(struct trap_frame *f);
int64_t sys_select(struct trap_frame *f);
int64_t sys_pselect6(struct trap_frame *f);

/* sys/stat.c */
int64_t sys_stat(struct trap_frame *f);
int64_t sys_lstat(struct trap_frame *f);
int64_t sys_fstat(struct trap_frame *f);
int64_t sys_newfstatat(struct trap_frame *f);
int64_t sys_statx(struct trap_frame *f);
int64_t sys_access(struct trap_frame *f);
int64_t sys_faccessat(struct trap_frame *f);
int64_t sys_faccessat2(struct trap_frame *f);
int64_t sys_statfs(struct trap_frame *f);
int64_t sys_fstatfs(struct trap_frame *f);

/* sys/directory.c */
int64_t sys_getcwd(struct trap_frame *f);
int64_t sys_chdir(struct trap_frame *f);
int64_t sys_fchdir(struct trap_frame *f);
int64_t sys_getdents64(struct trap_frame *f);

/* sys/tree.c */
int64_t sys_mkdir(struct trap_frame *f);
int64_t sys_mkdirat(struct trap_frame *f);
int64_t sys_mknod(struct trap_frame *f);
int64_t sys_mknodat(struct trap_frame *f);
int64_t sys_symlink(struct trap_frame *f);
int64_t sys_symlinkat(struct trap_frame *f);
int64_t sys_link(struct trap_frame *f);
int64_t sys_linkat(struct trap_frame *f);
int64_t sys_unlink(struct trap_frame *f);
int64_t sys_rmdir(struct trap_frame *f);
int64_t sys_unlinkat(struct trap_frame *f);
int64_t sys_readlink(struct trap_frame *f);
int64_t sys_readlinkat(struct trap_frame *f);

/* sys/rename.c */
int64_t sys_rename(struct trap_frame *f);
int64_t sys_renameat(struct trap_frame *f);
int64_t sys_renameat2(struct trap_frame *f);

/* sys/attributes.c */
int64_t sys_chmod(struct trap_frame *f);
int64_t sys_fchmod(struct trap_frame *f);
int64_t sys_fchmodat(struct trap_frame *f);
int64_t sys_chown(struct trap_frame *f);
int64_t sys_lchown(struct trap_frame *f);
int64_t sys_fchown(struct trap_frame *f);
int64_t sys_fchownat(struct trap_frame *f);
int64_t sys_umask(struct trap_frame *f);
int64_t sys_truncate(struct trap_frame *f);
int64_t sys_ftruncate(struct trap_frame *f);
int64_t sys_fallocate(struct trap_frame *f);
int64_t sys_utimensat(struct trap_frame *f);
int64_t sys_utimes(struct trap_frame *f);
int64_t sys_futimesat(struct trap_frame *f);
int64_t sys_utime(struct trap_frame *f);

/* sys/memory.c */
int64_t sys_brk(struct trap_frame *f);
int64_t sys_mmap(struct trap_frame *f);
int64_t sys_munmap(struct trap_frame *f);
int64_t sys_mprotect(struct trap_frame *f);
int64_t sys_mremap(struct trap_frame *f);
int64_t sys_madvise(struct trap_frame *f);
int64_t sys_msync(struct trap_frame *f);
int64_t sys_mincore(struct trap_frame *f);

/* sys/time.c */
int64_t sys_clock_gettime(struct trap_frame *f);
int64_t sys_clock_getres(struct trap_frame *f);
int64_t sys_clock_nanosleep(struct trap_frame *f);
int64_t sys_nanosleep(struct trap_frame *f);
int64_t sys_gettimeofday(struct trap_frame *f);
int64_t sys_time(struct trap_frame *f);
int64_t sys_times(struct trap_frame *f);
int64_t sys_getrusage(struct trap_frame *f);

/* sys/self.c */
int64_t sys_exit(struct trap_frame *f);
int64_t sys_prctl(struct trap_frame *f);
int64_t sys_getpid(struct trap_frame *f);
int64_t sys_getppid(struct trap_frame *f);
int64_t sys_sched_yield(struct trap_frame *f);
int64_t sys_sched_getaffinity(struct trap_frame *f);
int64_t sys_getcpu(struct trap_frame *f);
int64_t sys_arch_prctl(struct trap_frame *f);
int64_t sys_set_tid_address(struct trap_frame *f);
int64_t sys_rseq(struct trap_frame *f);
int64_t sys_socket(struct trap_frame *f);
int64_t sys_of_socket(struct trap_frame *f);
int64_t sys_accept4(struct trap_frame *f);
int64_t sys_prlimit64(struct trap_frame *f);
int64_t sys_getrlimit(struct trap_frame *f);
int64_t sys_setrlimit(struct trap_frame *f);
int64_t sys_uname(struct trap_frame *f);
int64_t sys_sysinfo(struct trap_frame *f);
int64_t sys_getrandom(struct trap_frame *f);

/* sys/robust.c */
int64_t sys_set_robust_list(struct trap_frame *f);
int64_t sys_get_robust_list(struct trap_frame *f);

/* sys/futex.c */
int64_t sys_futex(struct trap_frame *f);

/* sys/signal.c */
int64_t sys_rt_sigreturn(struct trap_frame *f);

/* sys/sigcalls.c */
int64_t sys_rt_sigaction(struct trap_frame *f);
int64_t sys_rt_sigprocmask(struct trap_frame *f);
int64_t sys_rt_sigpending(struct trap_frame *f);
int64_t sys_rt_sigtimedwait(struct trap_frame *f);
int64_t sys_rt_sigqueueinfo(struct trap_frame *f);
int64_t sys_rt_sigsuspend(struct trap_frame *f);
int64_t sys_sigaltstack(struct trap_frame *f);
int64_t sys_pause(struct trap_frame *f);
int64_t sys_kill(struct trap_frame *f);
int64_t sys_tgkill(struct trap_frame *f);
int64_t sys_tkill(struct trap_frame *f);
int64_t sys_setitimer(struct trap_frame *f);
int64_t sys_getitimer(struct trap_frame *f);
int64_t sys_alarm(struct trap_frame *f);

/* sys/fork.c */
int64_t sys_fork(struct trap_frame *f);
int64_t sys_vfork(struct trap_frame *f);
int64_t sys_clone(struct trap_frame *f);
int64_t sys_clone3(struct trap_frame *f);

/* sys/wait4.c */
int64_t sys_wait4(struct trap_frame *f);
int64_t sys_waitid(struct trap_frame *f);

/* sys/group.c */
int64_t sys_setpgid(struct trap_frame *f);
int64_t sys_getpgid(struct trap_frame *f);
int64_t sys_getpgrp(struct trap_frame *f);
int64_t sys_setsid(struct trap_frame *f);
int64_t sys_getsid(struct trap_frame *f);

/* sys/identity.c */
int64_t sys_zero_id(struct trap_frame *f);
int64_t sys_set_id(struct trap_frame *f);
int64_t sys_setre_id(struct trap_frame *f);
int64_t sys_setres_id(struct trap_frame *f);
int64_t sys_getres_id(struct trap_frame *f);
int64_t sys_getgroups(struct trap_frame *f);
int64_t sys_setgroups(struct trap_frame *f);

/* sys/priority.c */
int64_t sys_getpriority(struct trap_frame *f);
int64_t sys_setpriority(struct trap_frame *f);
int64_t sys_sched_getscheduler(struct trap_frame *f);
int64_t sys_sched_getparam(struct trap_frame *f);
int64_t sys_sched_setscheduler(struct trap_frame *f);
int64_t sys_sched_setparam(struct trap_frame *f);
int64_t sys_sched_get_priority_max(struct trap_frame *f);
int64_t sys_sched_get_priority_min(struct trap_frame *f);
int64_t sys_sched_rr_get_interval(struct trap_frame *f);

/* sys/execve.c */
int64_t sys_execve(struct trap_frame *f);
int64_t sys_execveat(struct trap_frame *f);

#endif
