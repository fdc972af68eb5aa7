/* SPDX-License-Identifier: MIT */
#include "guest/fs/wanted.h"

#include "guest/lib/errno.h"

static struct {
	int (*bring)(void *arg);
	void *arg;
} wanted;

void wanted_set(int (*bring)(void *arg), void *arg)
{
	wanted.bring = bring;
	wanted.arg = arg;
}

int wanted_bring(void)
{
	return wanted.bring(wanted.arg);
}

bool wanted_bring_for(int *err)
{
	if (*err != -EABSENT)
		return false;
	*err = wanted_bring();
	return !*err;
}
