/* SPDX-License-Identifier: MIT */
#include "guest/core/clock.h"

#include "guest/arch/monitor.h"
#include "guest/core/logical.h"

#define NS_PER_SEC 1000000000ull
/* Fixed-point places of the two factors. With a TSC of up to 16 GHz both fit. */
#define TO_NS_SHIFT    32
#define TO_TICKS_SHIFT 30

static struct {
	uint64_t hz;
	uint64_t to_ns;    /* ns a tick */
	uint64_t to_ticks; /* ticks a ns */
	struct lde_clock host;
	bool is_stale;         /* what host says has to be asked for anew */
	bool tsc_stops;        /* while the CPU waits, the counter may stand still */
	uint64_t last_mono_ns; /* never go back */
} clock_state;

static inline uint64_t scale(uint64_t v, uint64_t factor, unsigned shift)
{
	unsigned __int128 product = (unsigned __int128)v * factor >> shift;

	return product >> 64 ? UINT64_MAX : (uint64_t)product;
}

/*
 * The VMM says which TSC it read with the clocks, but that is the host's: the
 * guest's differs where KVM could not be kept from offsetting it. Reading our
 * own is off by the way back from the exit, some tens of microseconds.
 */
static void read_host(void)
{
	monitor_read_clock(&clock_state.host);
	clock_state.host.tsc = clock_now();
	clock_state.is_stale = false;
}

uint64_t clock_start(void)
{
	read_host();
	return clock_state.host.real_ns;
}

/* Of a second: how much too early an interrupt may come and mean nothing. */
#define EARLY_FRACTION 1000

void clock_note_early(uint64_t ticks)
{
	if (ticks < clock_state.hz / EARLY_FRACTION)
		return;
	clock_state.tsc_stops = true;
	clock_state.is_stale = true;
}

void clock_note_idle(void)
{
	if (clock_state.tsc_stops)
		clock_state.is_stale = true;
}

void clock_init(uint64_t tsc_hz)
{
	clock_state.hz = tsc_hz;
	clock_state.to_ns = (NS_PER_SEC << TO_NS_SHIFT) / tsc_hz;
	clock_state.to_ticks = (tsc_hz << TO_TICKS_SHIFT) / NS_PER_SEC;
}

uint64_t clock_ns_to_ticks(uint64_t ns)
{
	return scale(ns, clock_state.to_ticks, TO_TICKS_SHIFT);
}

uint64_t clock_ticks_to_ns(uint64_t ticks)
{
	return scale(ticks, clock_state.to_ns, TO_NS_SHIFT);
}

/* Time since the host's clocks were read; reads them first if that is long ago. */
static uint64_t since_host_ns(void)
{
	uint64_t ticks;

	if (unlikely(logical_is_on))
		return logical_ns();
	ticks = clock_now() - clock_state.host.tsc;

	if (unlikely(ticks > clock_state.hz || clock_state.is_stale)) {
		read_host();
		ticks = clock_now() - clock_state.host.tsc;
	}
	return clock_ticks_to_ns(ticks);
}

uint64_t clock_mono_ns(void)
{
	uint64_t since = since_host_ns(); /* first: it may renew host */
	uint64_t ns = clock_state.host.mono_ns + since;

	if (ns < clock_state.last_mono_ns)
		ns = clock_state.last_mono_ns;
	clock_state.last_mono_ns = ns;
	return ns;
}

uint64_t clock_real_ns(void)
{
	uint64_t since = since_host_ns();

	return clock_state.host.real_ns + since;
}

uint64_t clock_boot_ns(void)
{
	uint64_t since = since_host_ns();

	return clock_state.host.boot_ns + since;
}

uint64_t clock_ns_to_slice(uint64_t ns)
{
	return logical_is_on ? logical_ns_to_ticks(ns) : clock_ns_to_ticks(ns);
}

uint64_t clock_slice_to_ns(uint64_t slice)
{
	return logical_is_on ? logical_ticks_to_ns(slice) : clock_ticks_to_ns(slice);
}

uint64_t clock_timer_now(void)
{
	return logical_is_on ? logical_moment() : clock_now();
}

uint64_t clock_ns_to_timer(uint64_t ns)
{
	return logical_is_on ? logical_ns_to_moments(ns) : clock_ns_to_ticks(ns);
}

uint64_t clock_timer_to_ns(uint64_t ticks)
{
	return logical_is_on ? logical_moments_to_ns(ticks) : clock_ticks_to_ns(ticks);
}

uint64_t clock_timer_at_mono(uint64_t ns)
{
	uint64_t now_ns = clock_mono_ns(), now = clock_timer_now(), wait;

	if (ns <= now_ns)
		return now;
	wait = clock_ns_to_timer(ns - now_ns);
	return wait > UINT64_MAX - now ? UINT64_MAX : now + wait;
}
