/* SPDX-License-Identifier: MIT */
/* System calls about time. */
#include "guest/sys/time.h"

#include <linux/resource.h>
#include <linux/time.h>
#include <linux/times.h>

#include "guest/core/clock.h"
#include "guest/core/wait.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"
#include "guest/mm/space.h"
#include "guest/sys/syscall.h"

#define NS_PER_SEC     1000000000ull
#define NS_PER_USEC    1000ull
#define USER_HZ        100 /* what times(2) counts in */

struct timespec_user {
	int64_t sec, nsec;
};

static uint64_t cpu_time_ns(const struct process *p)
{
	uint64_t ticks = p->record->state_tsc[LDE_STATE_RUNNING];

	if (p->state == LDE_STATE_RUNNING)
		ticks += clock_now() - p->state_since;
	return clock_ticks_to_ns(ticks);
}

static int read_clock(int clock, uint64_t *ns)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_TAI: /* apart by nothing, as long as nobody has told Linux better */
		*ns = clock_real_ns();
		return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
		*ns = clock_mono_ns();
		return 0;
	case CLOCK_BOOTTIME:
		*ns = clock_boot_ns();
		return 0;
	case CLOCK_PROCESS_CPUTIME_ID:
	case CLOCK_THREAD_CPUTIME_ID:
		*ns = cpu_time_ns(current());
		return 0;
	default:
		return -EINVAL;
	}
}

int time_put_timespec(vaddr_t dst, uint64_t ns)
{
	struct timespec_user t = { ns / NS_PER_SEC, ns % NS_PER_SEC };

	return put_user(dst, &t, sizeof(t));
}

int64_t sys_clock_gettime(struct trap_frame *f)
{
	uint64_t ns;
	int err = read_clock(arg_int(f, 0), &ns);

	return err ? err : time_put_timespec(arg_u64(f, 1), ns);
}

int64_t sys_clock_getres(struct trap_frame *f)
{
	uint64_t ns;
	int err = read_clock(arg_int(f, 0), &ns);

	if (err || !arg_u64(f, 1))
		return err;
	return time_put_timespec(arg_u64(f, 1), 1);
}

int64_t sys_gettimeofday(struct trap_frame *f)
{
	uint64_t ns = clock_real_ns();
	struct timespec_user tv = { ns / NS_PER_SEC, ns % NS_PER_SEC / NS_PER_USEC };
	uint64_t zone = 0;

	if (arg_u64(f, 0) && put_user(arg_u64(f, 0), &tv, sizeof(tv)))
		return -EFAULT;
	if (arg_u64(f, 1) && put_user(arg_u64(f, 1), &zone, sizeof(zone)))
		return -EFAULT;
	return 0;
}

int64_t sys_time(struct trap_frame *f)
{
	int64_t sec = clock_real_ns() / NS_PER_SEC;

	if (arg_u64(f, 0) && put_user(arg_u64(f, 0), &sec, sizeof(sec)))
		return -EFAULT;
	return sec;
}

int time_get_timespec(vaddr_t src, uint64_t *ns)
{
	struct timespec_user t;

	if (get_user(&t, src, sizeof(t)))
		return -EFAULT;
	if (t.sec < 0 || (uint64_t)t.nsec >= NS_PER_SEC)
		return -EINVAL;
	if ((uint64_t)t.sec > INT64_MAX / NS_PER_SEC - 1)
		*ns = INT64_MAX;
	else
		*ns = t.sec * NS_PER_SEC + t.nsec;
	return 0;
}

static int64_t sleep_until(uint64_t deadline, vaddr_t remaining)
{
	uint64_t now;
	int err;

	do
		err = wait_on(NULL, deadline);
	while (!err);
	now = clock_timer_now();

	if (err == -ETIMEDOUT)
		return 0;
	if (remaining &&
	    time_put_timespec(remaining, deadline > now ? clock_timer_to_ns(deadline - now) : 0))
		return -EFAULT;
	return -EINTR;
}

/* One tick more: never short of what was asked. */
uint64_t time_deadline(uint64_t ns)
{
	uint64_t now = clock_timer_now(), ticks = clock_ns_to_timer(ns);

	return ticks < UINT64_MAX - 1 - now ? now + ticks + 1 : WAIT_FOREVER - 1;
}

static int64_t sleep_for(uint64_t ns, vaddr_t remaining)
{
	return ns ? sleep_until(time_deadline(ns), remaining) : 0;
}

int64_t sys_nanosleep(struct trap_frame *f)
{
	uint64_t ns;
	int err = time_get_timespec(arg_u64(f, 0), &ns);

	return err ? err : sleep_for(ns, arg_u64(f, 1));
}

int64_t sys_clock_nanosleep(struct trap_frame *f)
{
	int clock = arg_int(f, 0), flags = arg_int(f, 1), err;
	uint64_t ns, now;

	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME)
		return -EINVAL;
	err = time_get_timespec(arg_u64(f, 2), &ns);
	if (err)
		return err;
	if (!(flags & TIMER_ABSTIME))
		return sleep_for(ns, arg_u64(f, 3));
	read_clock(clock, &now);
	return ns <= now ? 0 : sleep_for(ns - now, 0);
}

int64_t sys_times(struct trap_frame *f)
{
	struct tms tms = {
		.tms_utime = cpu_time_ns(current()) / (NS_PER_SEC / USER_HZ),
		.tms_cutime = clock_ticks_to_ns(current()->children_ticks) / (NS_PER_SEC / USER_HZ),
	};

	if (arg_u64(f, 0) && put_user(arg_u64(f, 0), &tms, sizeof(tms)))
		return -EFAULT;
	return clock_boot_ns() / (NS_PER_SEC / USER_HZ);
}

int64_t sys_getrusage(struct trap_frame *f)
{
	const struct process *p = current();
	struct rusage usage;
	uint64_t ns;

	if (arg_int(f, 0) < RUSAGE_CHILDREN || arg_int(f, 0) > RUSAGE_THREAD)
		return -EINVAL;
	memset(&usage, 0, sizeof(usage));
	ns = arg_int(f, 0) == RUSAGE_CHILDREN ? clock_ticks_to_ns(p->children_ticks) :
						cpu_time_ns(p);
	usage.ru_utime.tv_sec = ns / NS_PER_SEC;
	usage.ru_utime.tv_usec = ns % NS_PER_SEC / NS_PER_USEC;
	if (arg_int(f, 0) != RUSAGE_CHILDREN) {
		usage.ru_maxrss = p->space->peak_pages * (PAGE_SIZE / 1024);
		usage.ru_minflt = p->record->page_faults;
		usage.ru_nvcsw = p->record->switches_voluntary;
		usage.ru_nivcsw = p->record->switches_preempted;
	}
	return put_user(arg_u64(f, 1), &usage, sizeof(usage));
}
