/* SPDX-License-Identifier: MIT */
#include "vmm/dev/monitor.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <x86intrin.h>

#include "vmm/base/log.h"

/* Of a few tries the quickest is taken; more do not get better. */
#define CLOCK_TRIES 4

/* Only the first is told, or a broken guest would fill the terminal. */
static void refuse(struct vmonitor *monitor, const char *what, uint32_t value)
{
	if (!monitor->nr_refused++)
		log_line("the guest's kernel made a bad request of the monitor: %s %#x", what,
			 value);
}

/* Terminates a string of the guest and replaces what a terminal would obey. */
static void sanitise(char *text, size_t size)
{
	text[size - 1] = '\0';
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
}

static void take_notice(struct vmonitor *monitor, uint32_t gpa)
{
	struct lde_notice notice;

	if (guestmem_read(monitor->mem, gpa_of(gpa), &notice, sizeof(notice))) {
		refuse(monitor, "notice at", gpa);
		return;
	}
	sanitise(notice.name, sizeof(notice.name));
	sanitise(notice.text, sizeof(notice.text));
	if (notice.insn_len > LDE_NOTICE_INSN_MAX)
		notice.insn_len = LDE_NOTICE_INSN_MAX;
	if (monitor->notice)
		monitor->notice(monitor->ctx, &notice);
}

static uint64_t read_clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/*
 * The three clocks between two readings of the counter; the shorter the time
 * between them, the better they belong together. The guest's counter is the
 * host's (bootcpu_identify).
 */
static uint64_t sample_clocks(struct lde_clock *clock)
{
	uint64_t before = __rdtsc();

	clock->mono_ns = read_clock_ns(CLOCK_MONOTONIC);
	clock->real_ns = read_clock_ns(CLOCK_REALTIME);
	clock->boot_ns = read_clock_ns(CLOCK_BOOTTIME);
	uint64_t ticks = __rdtsc() - before;
	clock->tsc = before + ticks / 2;
	return ticks;
}

static void fill_clock(struct vmonitor *monitor, uint32_t gpa)
{
	struct lde_clock best = {0};
	uint64_t best_ticks = UINT64_MAX;

	for (int i = 0; i < CLOCK_TRIES; i++) {
		struct lde_clock clock;
		uint64_t ticks = sample_clocks(&clock);
		if (ticks < best_ticks) {
			best_ticks = ticks;
			best = clock;
		}
	}
	if (guestmem_write(monitor->mem, gpa_of(gpa), &best, sizeof(best)))
		refuse(monitor, "clock at", gpa);
}

static bool get_random(uint8_t *bytes, size_t len)
{
	while (len) {
		ssize_t got = getrandom(bytes, len, 0);
		if (got < 0 && errno != EINTR)
			return false;
		if (got < 0)
			continue;
		bytes += got;
		len -= (size_t)got;
	}
	return true;
}

static void fill_entropy(struct vmonitor *monitor, uint32_t gpa)
{
	struct lde_entropy entropy;

	if (!get_random(entropy.bytes, sizeof(entropy))) {
		log_line("cannot get random bytes for the guest: %s", strerror(errno));
		return;
	}
	if (guestmem_write(monitor->mem, gpa_of(gpa), &entropy, sizeof(entropy)))
		refuse(monitor, "entropy at", gpa);
	explicit_bzero(&entropy, sizeof(entropy));
}

static void power_off(struct vmonitor *monitor, uint32_t how)
{
	if (how > LDE_POWEROFF_REFUSED) {
		refuse(monitor, "power-off", how);
		how = LDE_POWEROFF_PANIC;
	}
	monitor->poweroff(monitor->ctx, how);
}

void vmonitor_access(void *opaque, struct portbus_access *access)
{
	struct vmonitor *monitor = opaque;

	if (!access->is_write || access->size != sizeof(uint32_t)) {
		refuse(monitor, "access of size", access->size);
		return;
	}
	switch (access->offset) {
	case LDE_MONITOR_NOTICE:
		take_notice(monitor, access->value);
		break;
	case LDE_MONITOR_CLOCK:
		fill_clock(monitor, access->value);
		break;
	case LDE_MONITOR_ENTROPY:
		fill_entropy(monitor, access->value);
		break;
	case LDE_MONITOR_POWEROFF:
		power_off(monitor, access->value);
		break;
	default:
		refuse(monitor, "register", access->offset);
	}
}
