/* SPDX-License-Identifier: MIT */
/* System calls about the process itself and the machine it runs on. */
#include <asm/prctl.h>
#include <linux/resource.h>
#include <linux/sysinfo.h>
#include <linux/utsname.h>

#include "guest/arch/msr.h"
#include "guest/core/clock.h"
#include "guest/core/rlimit.h"
#include "guest/core/sched.h"
#include "guest/fs/device.h"
#include "guest/fs/table.h"
#include "guest/lib/ledger.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"
#include "guest/sys/exit.h"
#include "guest/sys/fd.h"
#include "guest/sys/syscall.h"

int64_t sys_exit(struct trap_frame *f)
{
	exit_process(STATUS_EXITED(arg_int(f, 0)));
}

#define PR_SET_NAME 15
#define PR_GET_NAME 16
#define PR_NAME_SIZE 16

static void set_name(const char *text)
{
	struct process_name name = { { 0 } };

	string_copy(name.text, text, sizeof(name.text));
	process_set_name(current(), &name);
}

int64_t sys_prctl(struct trap_frame *f)
{
	char name[PR_NAME_SIZE];

	switch (arg_int(f, 0)) {
	case PR_SET_NAME:
		if (user_read_string(current()->space, name, arg_u64(f, 1), sizeof(name)) == -EFAULT)
			return -EFAULT;
		name[PR_NAME_SIZE - 1] = '\0';
		set_name(name);
		return 0;
	case PR_GET_NAME:
		memset(name, 0, sizeof(name));
		string_copy(name, current()->record->name, sizeof(name));
		return put_user(arg_u64(f, 1), name, sizeof(name));
	default:
		return -EINVAL;
	}
}

int64_t sys_getpid(struct trap_frame *f)
{
	(void)f;
	return current()->pid;
}

int64_t sys_getppid(struct trap_frame *f)
{
	(void)f;
	return current()->parent ? current()->parent->pid : 0;
}

int64_t sys_sched_yield(struct trap_frame *f)
{
	(void)f;
	sched_yield();
	return 0;
}

int64_t sys_sched_getaffinity(struct trap_frame *f)
{
	uint64_t mask = (1ull << NR_CPUS) - 1, len = arg_u64(f, 1);
	int pid = arg_int(f, 0), err;

	if (len < sizeof(mask) || len % sizeof(mask))
		return -EINVAL;
	if (pid && !process_find(pid))
		return -ESRCH;
	err = put_user(arg_u64(f, 2), &mask, sizeof(mask));
	return err ? err : (int64_t)sizeof(mask);
}

int64_t sys_getcpu(struct trap_frame *f)
{
	uint32_t zero = 0;

	for (unsigned i = 0; i < 2; i++)
		if (arg_u64(f, i) && put_user(arg_u64(f, i), &zero, sizeof(zero)))
			return -EFAULT;
	return 0;
}

int64_t sys_arch_prctl(struct trap_frame *f)
{
	uint64_t addr = arg_u64(f, 1), base;

	switch (arg_int(f, 0)) {
	case ARCH_SET_FS:
		if (addr >= USER_END)
			return -EPERM;
		context_set_fs_base(addr);
		return 0;
	case ARCH_SET_GS:
		if (addr >= USER_END)
			return -EPERM;
		context_set_gs_base(addr);
		return 0;
	case ARCH_GET_FS:
		base = context_fs_base();
		return put_user(addr, &base, sizeof(base));
	case ARCH_GET_GS:
		base = context_gs_base();
		return put_user(addr, &base, sizeof(base));
	default:
		return -EINVAL;
	}
}

int64_t sys_set_tid_address(struct trap_frame *f)
{
	current()->clear_tid = arg_u64(f, 0);
	return current()->pid;
}

/* Restartable sequences are not offered; every libc does without. */
int64_t sys_rseq(struct trap_frame *f)
{
	(void)f;
	return -ENOSYS;
}

/* As a Linux without a network. C libraries try a socket when they look up users,
 * and go on without. */
int64_t sys_socket(struct trap_frame *f)
{
	(void)f;
	return -EAFNOSUPPORT;
}

/* So no number is one. Shells ask that of their standard input. */
int64_t sys_of_socket(struct trap_frame *f)
{
	return fd_get(arg_int(f, 0)) ? -ENOTSOCK : -EBADF;
}

int64_t sys_accept4(struct trap_frame *f)
{
	const int known = O_CLOEXEC | O_NONBLOCK; /* SOCK_* are the same */

	if (fd_get(arg_int(f, 0)) && arg_int(f, 3) & ~known)
		return -EINVAL;
	return sys_of_socket(f);
}

static struct rlimit64 limit_of(const struct process *p, int resource)
{
	struct rlimit_pair pair = rlimit_get(p, resource);

	if (resource == RLIMIT_NPROC)
		return (struct rlimit64){ p->processes_limit, process_max() };
	return (struct rlimit64){ pair.soft, pair.hard };
}

/* Everybody is root, and may raise what is not a limit of the kernel's own. */
static int set_limit(struct process *p, int resource, const struct rlimit64 *limit)
{
	struct rlimit_pair pair = { limit->rlim_cur, limit->rlim_max };
	int err;

	if (pair.soft > pair.hard)
		return -EINVAL;
	if (resource == RLIMIT_NPROC) {
		p->processes_limit = min_u64(pair.soft, process_max());
		return 0;
	}
	if (resource == RLIMIT_NOFILE && pair.hard > FD_MAX)
		return -EPERM;
	err = rlimit_set(p, resource, pair);
	if (!err && resource == RLIMIT_NOFILE && p->files)
		p->files->limit = pair.soft;
	return err;
}

/* prlimit(2), setrlimit(2) and getrlimit(2): new and old may be 0. */
static int64_t change_limit(uint32_t pid, int resource, vaddr_t new, vaddr_t old)
{
	struct rlimit64 limit, before;
	struct process *p;
	int err;

	if ((unsigned)resource >= RLIM_NLIMITS)
		return -EINVAL;
	if (new && get_user(&limit, new, sizeof(limit)))
		return -EFAULT;
	p = pid ? process_find(pid) : current(); /* not before: others may run while limit comes */
	if (!p)
		return -ESRCH;
	before = limit_of(p, resource);
	err = new ? set_limit(p, resource, &limit) : 0;
	if (err)
		return err;
	return old ? put_user(old, &before, sizeof(before)) : 0;
}

int64_t sys_prlimit64(struct trap_frame *f)
{
	return change_limit(arg_int(f, 0), arg_int(f, 1), arg_u64(f, 2), arg_u64(f, 3));
}

int64_t sys_setrlimit(struct trap_frame *f)
{
	return arg_u64(f, 1) ? change_limit(0, arg_int(f, 0), arg_u64(f, 1), 0) : -EFAULT;
}

int64_t sys_getrlimit(struct trap_frame *f)
{
	return arg_u64(f, 1) ? change_limit(0, arg_int(f, 0), 0, arg_u64(f, 1)) : -EFAULT;
}

int64_t sys_uname(struct trap_frame *f)
{
	static const struct new_utsname name = {
		.sysname = "Linux",
		.nodename = "lde",
		.release = "6.1.0-lde",
		.version = "#1 lde",
		.machine = "x86_64",
		.domainname = "(none)",
	};

	return put_user(arg_u64(f, 0), &name, sizeof(name));
}

int64_t sys_sysinfo(struct trap_frame *f)
{
	struct sysinfo info;

	memset(&info, 0, sizeof(info)); /* what lies between its members, too */
	info.uptime = clock_ticks_to_ns(clock_now() - ledger.entry_tsc) / 1000000000;
	info.totalram = ledger.pages_total;
	info.freeram = page_nr_free();
	info.procs = process_nr_live();
	info.mem_unit = PAGE_SIZE;
	return put_user(arg_u64(f, 0), &info, sizeof(info));
}

#define GRND_RANDOM   2
#define GRND_INSECURE 4
#define GRND_KNOWN    7 /* and NONBLOCK */

int64_t sys_getrandom(struct trap_frame *f)
{
	if (arg_u64(f, 2) & ~(uint64_t)GRND_KNOWN ||
	    (arg_u64(f, 2) & GRND_RANDOM && arg_u64(f, 2) & GRND_INSECURE))
		return -EINVAL;
	return device_random_read(arg_u64(f, 0), min_u64(arg_u64(f, 1), INT32_MAX));
}
