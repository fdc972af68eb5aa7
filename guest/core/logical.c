/* SPDX-License-Identifier: MIT */
#include "guest/core/logical.h"

/* A moment is a tick and, below, how many looks there have been since the start. */
#define MOMENT_SHIFT 32
#define MOMENT_MAX   ((1ull << MOMENT_SHIFT) - 1)
/* Somebody may put a deadline one moment later than needed, to be sure. */
#define MOMENT_STEP  2

bool logical_is_on;

static struct {
	uint64_t now, turn_began;
	uint64_t tick_ns;
	uint64_t nr_looks;
} logical;

void logical_init(uint64_t tick_ns)
{
	logical_is_on = true;
	logical.tick_ns = tick_ns;
	logical.now = logical.turn_began = 0;
	logical.nr_looks = 0;
}

uint64_t logical_now(void)
{
	return logical.now;
}

void logical_advance(void)
{
	logical.now++;
}

uint64_t logical_turn(void)
{
	return logical.now - logical.turn_began;
}

void logical_begin_turn(void)
{
	logical.turn_began = logical.now;
}

uint64_t logical_ns_to_ticks(uint64_t ns)
{
	return ns / logical.tick_ns + !!(ns % logical.tick_ns);
}

uint64_t logical_ticks_to_ns(uint64_t ticks)
{
	return ticks * logical.tick_ns;
}

uint64_t logical_moment(void)
{
	if (logical.nr_looks < MOMENT_MAX - MOMENT_STEP)
		logical.nr_looks += MOMENT_STEP;
	return logical.now << MOMENT_SHIFT | logical.nr_looks;
}

uint64_t logical_ns_to_moments(uint64_t ns)
{
	uint64_t ticks = logical_ns_to_ticks(ns);

	return ticks >> (64 - MOMENT_SHIFT) ? UINT64_MAX : ticks << MOMENT_SHIFT;
}

uint64_t logical_moments_to_ns(uint64_t moments)
{
	return (moments >> MOMENT_SHIFT) * logical.tick_ns;
}

uint64_t logical_last_moment(void)
{
	return logical.now << MOMENT_SHIFT | MOMENT_MAX;
}

uint64_t logical_ns(void)
{
	return logical.now * logical.tick_ns;
}
