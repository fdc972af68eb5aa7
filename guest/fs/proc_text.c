/* SPDX-License-Identifier: MIT */
#include "guest/fs/proc_text.h"

#include "guest/arch/insn.h"
#include "guest/core/clock.h"
#include "guest/dev/tty.h"
#include "guest/fs/device.h"
#include "guest/fs/mount.h"
#include "guest/lib/ledger.h"
#include "guest/mm/page.h"
#include "guest/mm/space.h"

#define NS_PER_SEC   1000000000ull
#define NS_PER_CLOCK (NS_PER_SEC / 100) /* what times are counted in: AT_CLKTCK */

static uint64_t ticks_to_clocks(uint64_t ticks)
{
	return clock_ticks_to_ns(ticks) / NS_PER_CLOCK;
}

/* One line of meminfo. */
static void put_kib(struct fmt *f, const char *name, uint64_t pages)
{
	fmt_text(f, name);
	fmt_number(f, pages * PAGE_SIZE / 1024);
	fmt_text(f, " kB\n");
}

void proc_text_meminfo(struct fmt *f, struct process *p, const struct proc_clock *clock)
{
	(void)p;
	(void)clock;
	put_kib(f, "MemTotal:       ", ledger.pages_total);
	put_kib(f, "MemFree:        ", page_nr_free());
	put_kib(f, "MemAvailable:   ", page_nr_free());
	put_kib(f, "Buffers:        ", 0);
	put_kib(f, "Cached:         ", 0);
	put_kib(f, "SwapCached:     ", 0);
	put_kib(f, "Active:         ", 0);
	put_kib(f, "Inactive:       ", 0);
	put_kib(f, "SwapTotal:      ", 0);
	put_kib(f, "SwapFree:       ", 0);
	put_kib(f, "Dirty:          ", 0);
	put_kib(f, "Shmem:          ", 0);
	put_kib(f, "Slab:           ", 0);
}

/* Seconds with two places. */
static void put_seconds(struct fmt *f, uint64_t ticks)
{
	uint64_t clocks = ticks_to_clocks(ticks);

	fmt_number(f, clocks / 100);
	fmt_text(f, ".");
	fmt_padded(f, clocks % 100, 2);
}

void proc_text_uptime(struct fmt *f, struct process *p, const struct proc_clock *clock)
{
	(void)p;
	put_seconds(f, clock->now_tsc - ledger.entry_tsc);
	fmt_text(f, " ");
	put_seconds(f, ledger.idle_tsc);
	fmt_text(f, "\n");
}

static uint32_t count_runnable(uint32_t *last)
{
	uint32_t nr = 0;

	for (struct process *p = process_find_from(1); p; p = process_find_from(p->pid + 1)) {
		nr += p->state == LDE_STATE_RUNNING || p->state == LDE_STATE_READY;
		*last = p->pid;
	}
	return nr;
}

/* The averages are not kept: the number of this moment stands for them. */
void proc_text_loadavg(struct fmt *f, struct process *p, const struct proc_clock *clock)
{
	uint32_t last = 0, runnable = count_runnable(&last);

	(void)p;
	(void)clock;
	for (unsigned i = 0; i < 3; i++) {
		fmt_number(f, runnable);
		fmt_text(f, ".00 ");
	}
	fmt_number(f, runnable);
	fmt_text(f, "/");
	fmt_number(f, process_nr_live());
	fmt_text(f, " ");
	fmt_number(f, last);
	fmt_text(f, "\n");
}

static void put_cpu_line(struct fmt *f, const char *name, const struct proc_clock *clock)
{
	uint64_t up = clock->now_tsc - ledger.entry_tsc;

	fmt_text(f, name);
	fmt_number(f, ticks_to_clocks(up > ledger.idle_tsc ? up - ledger.idle_tsc : 0));
	fmt_text(f, " 0 0 ");
	fmt_number(f, ticks_to_clocks(ledger.idle_tsc));
	fmt_text(f, " 0 0 0 0 0 0\n");
}

static void put_count(struct fmt *f, const char *name, uint64_t n)
{
	fmt_text(f, name);
	fmt_number(f, n);
	fmt_text(f, "\n");
}

void proc_text_stat(struct fmt *f, struct process *p, const struct proc_clock *clock)
{
	uint64_t up_ns = clock_ticks_to_ns(clock->now_tsc - ledger.entry_tsc);
	uint32_t last, runnable = count_runnable(&last);

	(void)p;
	put_cpu_line(f, "cpu  ", clock);
	put_cpu_line(f, "cpu0 ", clock);
	put_count(f, "intr ", 0);
	put_count(f, "ctxt ", ledger.switches_voluntary + ledger.switches_preempted);
	put_count(f, "btime ", (clock->real_ns - up_ns) / NS_PER_SEC);
	put_count(f, "processes ", ledger.processes_created);
	put_count(f, "procs_running ", runnable);
	put_count(f, "procs_blocked ", 0);
}

void proc_text_version(struct fmt *f, struct process *p, const struct proc_clock *clock)
{
	(void)p;
	(void)clock;
	fmt_text(f, "Linux version 6.1.0-lde (lde@lde) #1 lde\n"); /* as uname(2) */
}

void proc_text_cpuinfo(struct fmt *f, struct process *p, const struct proc_clock *clock)
{
	uint64_t khz = clock_ns_to_ticks(NS_PER_SEC) / 1000;

	(void)p;
	(void)clock;
	fmt_text(f, "processor\t: 0\nvendor_id\t: lde\nmodel name\t: virtual CPU of lde\ncpu MHz\t\t: ");
	fmt_number(f, khz / 1000);
	fmt_text(f, ".");
	fmt_padded(f, khz % 1000, 3);
	fmt_text(f, "\nphysical id\t: 0\nsiblings\t: 1\ncore id\t\t: 0\ncpu cores\t: 1\n\n");
}

void proc_text_mounts(struct fmt *f, struct process *p, const struct proc_clock *clock)
{
	(void)p;
	(void)clock;
	fmt_text(f, "tmpfs / tmpfs rw,relatime 0 0\nproc /proc proc rw,relatime 0 0\n");
	mount_text(f);
}

void proc_text_filesystems(struct fmt *f, struct process *p, const struct proc_clock *clock)
{
	(void)p;
	(void)clock;
	fmt_text(f, "nodev\ttmpfs\nnodev\tproc\n\text2\n");
}

/* ---- one process ----------------------------------------------------- */

static char state_letter(const struct process *p)
{
	switch (p->state) {
	case LDE_STATE_BLOCKED:
		return 'S';
	case LDE_STATE_ZOMBIE:
		return 'Z';
	case LDE_STATE_STOPPED:
		return 'T';
	default:
		return 'R';
	}
}

static uint64_t space_bytes(const struct process *p)
{
	uint64_t bytes = 0;

	if (!p->space)
		return 0;
	list_for_each(l, &p->space->regions) {
		const struct region *r = list_entry(l, struct region, link);

		bytes += r->end - r->start;
	}
	return bytes;
}

static uint64_t space_pages(const struct process *p)
{
	return p->space ? p->space->nr_pages : 0;
}

static uint64_t running_ticks(const struct process *p, const struct proc_clock *clock)
{
	uint64_t ticks = p->record->state_tsc[LDE_STATE_RUNNING];

	if (p->state == LDE_STATE_RUNNING)
		ticks += clock->now_tsc - p->state_since;
	return ticks;
}

static uint32_t parent_pid(const struct process *p)
{
	return p->parent ? p->parent->pid : 0;
}

static void put_numbers(struct fmt *f, const int64_t *numbers, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++) {
		fmt_text(f, " ");
		fmt_signed(f, numbers[i]);
	}
}

void proc_text_process_stat(struct fmt *f, struct process *p, const struct proc_clock *clock)
{
	bool has_tty = tty_is_controlling(p);
	const int64_t numbers[] = {
		parent_pid(p), p->group, p->session,
		has_tty ? DEVICE_CONSOLE : 0, has_tty ? (int64_t)tty_foreground() : -1,
		0, /* flags */
		p->record->page_faults, 0, 0, 0,
		ticks_to_clocks(running_ticks(p, clock)), 0, /* user, and system: not told apart */
		ticks_to_clocks(p->children_ticks), 0,
		20 + p->share.nice, p->share.nice, 1, 0, /* priority; threads, a timer of old */
		ticks_to_clocks(p->record->start_tsc - ledger.entry_tsc),
		space_bytes(p), space_pages(p), -1, /* no limit */
		0, 0, 0, 0, 0, /* addresses */
		p->signals_pending & INT32_MAX, p->signal_mask & INT32_MAX, 0, 0,
		0, 0, 0, /* where it waits, pages swapped */
		17, 0, 0, 0, 0, 0, 0, /* SIGCHLD at its end; CPU, priority, delays */
		0, 0, 0, 0, 0, 0, 0, p->record->status,
	};
	char state[] = { ' ', state_letter(p), '\0' };

	fmt_number(f, p->pid);
	fmt_text(f, " (");
	fmt_text(f, p->record->name);
	fmt_text(f, ")");
	fmt_text(f, state);
	put_numbers(f, numbers, ARRAY_SIZE(numbers));
	fmt_text(f, "\n");
}

void proc_text_process_statm(struct fmt *f, struct process *p, const struct proc_clock *clock)
{
	(void)clock;
	fmt_number(f, space_bytes(p) / PAGE_SIZE);
	fmt_text(f, " ");
	fmt_number(f, space_pages(p));
	fmt_text(f, " 0 0 0 0 0\n");
}

static void put_mask(struct fmt *f, const char *name, uint64_t mask)
{
	fmt_text(f, name);
	fmt_hex(f, mask, 16);
	fmt_text(f, "\n");
}

/* Of the supplementary groups, so that what comes behind them has room. */
#define GROUPS_SHOWN 1000

void proc_text_process_status(struct fmt *f, struct process *p, const struct proc_clock *clock)
{
	char state[] = { state_letter(p), '\0' };

	(void)clock;
	fmt_text(f, "Name:\t");
	fmt_text(f, p->record->name);
	fmt_text(f, "\nUmask:\t");
	fmt_padded(f, (p->umask >> 6 & 7) * 100 + (p->umask >> 3 & 7) * 10 + (p->umask & 7), 4);
	fmt_text(f, "\nState:\t");
	fmt_text(f, state);
	fmt_text(f, *state == 'S' ? " (sleeping)" : *state == 'Z' ? " (zombie)" : " (running)");
	put_count(f, "\nTgid:\t", p->pid);
	put_count(f, "Pid:\t", p->pid);
	put_count(f, "PPid:\t", parent_pid(p));
	fmt_text(f, "TracerPid:\t0\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nFDSize:\t64\nGroups:\t");
	for (uint32_t i = 0; i < min_u64(p->nr_groups, GROUPS_SHOWN); i++)
		fmt_text(f, "0 ");
	fmt_text(f, "\n");
	put_kib(f, "VmSize:\t", space_bytes(p) / PAGE_SIZE);
	put_kib(f, "VmHWM:\t", p->space ? p->space->peak_pages : p->record->peak_pages);
	put_kib(f, "VmRSS:\t", space_pages(p));
	put_count(f, "Threads:\t", 1);
	put_mask(f, "ShdPnd:\t", p->signals_pending);
	put_mask(f, "SigBlk:\t", p->signal_mask);
	fmt_text(f, "Cpus_allowed:\t1\nCpus_allowed_list:\t0\n");
	put_count(f, "voluntary_ctxt_switches:\t", p->record->switches_voluntary);
	put_count(f, "nonvoluntary_ctxt_switches:\t", p->record->switches_preempted);
}

void proc_text_process_comm(struct fmt *f, struct process *p, const struct proc_clock *clock)
{
	(void)clock;
	fmt_text(f, p->record->name);
	fmt_text(f, "\n");
}
