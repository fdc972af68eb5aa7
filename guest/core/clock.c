/* SPDX-License-Identifier: MIT */
#include "guest/core/clock.h"

#include "guest/arch/monitor.h"

#define NS_PER_SEC 1000000000ull
/* Fixed-point places of the two factors. With a TSC of up to 16 GHz both fit. */
#define TO_NS_SHIFT    32
#define TO_TICKS_SHIFT 30

static struct {
	uint64_t hz;
	uint64_t to_ns;    /* ns a tick */
	uint64_t to_ticks; /* ticks a ns */
	struct lde_clock host;
	uint64_t last_mono_ns; /* never go back */
} clock_state;

static inline uint64_t scale(uint64_t v, uint64_t factor, unsigned shift)
{
	unsigned __int128 product = (unsigned __int128)v * factor >> shift;

	return product >> 64 ? UINT64_MAX : (uint64_t)product;
}

uint64_t clock_start(void)
{
	monitor_read_clock(&clock_state.host);
	return clock_state.host.real_ns;
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
	uint64_t ticks = clock_now() - clock_state.host.tsc;

	if (unlikely(ticks > clock_state.hz)) {
		monitor_read_clock(&clock_state.host);
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

static uint64_t ticks_at(uint64_t ns, uint64_t now_ns)
{
	uint64_t now = clock_now(), wait;

	if (ns <= now_ns)
		return now;
	wait = clock_ns_to_ticks(ns - now_ns);
	return wait > UINT64_MAX - now ? UINT64_MAX : now + wait;
}

uint64_t clock_ticks_at_mono(uint64_t ns)
{
	return ticks_at(ns, clock_mono_ns());
}

uint64_t clock_ticks_at_real(uint64_t ns)
{
	return ticks_at(ns, clock_real_ns());
}
