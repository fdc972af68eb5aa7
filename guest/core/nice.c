/* SPDX-License-Identifier: MIT */
#include "guest/core/nice.h"

#include "guest/core/process.h"

/* As the option --nice has them. */
static const uint32_t tickets_of[NICE_MAX - NICE_MIN + 1] = {
	8674, 6939, 5551, 4441, 3553, 2842, 2274, 1819, 1455, 1164, 931, 745, 596, 477,
	381, 305, 244, 195, 156, 125, LDE_TICKETS_DEFAULT, 80, 64, 51, 41, 33, 26, 21,
	17, 13, 11, 9, 7, 5, 4, 4, 3, 2, 2, 1,
};

static uint32_t at(int nice)
{
	return tickets_of[nice - NICE_MIN];
}

/* From 0 on, as most have that. Of equal tickets the first. */
int nice_of_tickets(uint32_t tickets)
{
	int nice = 0;

	while (nice > NICE_MIN && at(nice - 1) <= tickets)
		nice--;
	while (nice < NICE_MAX && at(nice) > tickets)
		nice++;
	if (nice > NICE_MIN && at(nice - 1) - tickets <= tickets - at(nice))
		nice--;
	return nice;
}

void nice_set(struct process *p, int nice)
{
	if (nice < NICE_MIN)
		nice = NICE_MIN;
	if (nice > NICE_MAX)
		nice = NICE_MAX;
	if (nice == p->share.nice)
		return;
	p->share.nice = nice;
	p->share.tickets = at(nice);
}
