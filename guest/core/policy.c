/* SPDX-License-Identifier: MIT */
#include "guest/core/policy.h"

#include "guest/lib/string.h"

const struct policy_ops *policy_create(const struct policy_config *config)
{
	static const struct {
		const char *name;
		const struct policy_ops *(*create)(const struct policy_config *config);
	} policies[] = {
		{ LDE_SCHED_RR, policy_rr },           { LDE_SCHED_FIFO, policy_fifo },
		{ LDE_SCHED_SJF, policy_sjf },         { LDE_SCHED_STCF, policy_stcf },
		{ LDE_SCHED_MLFQ, policy_mlfq },       { LDE_SCHED_LOTTERY, policy_lottery },
		{ LDE_SCHED_STRIDE, policy_stride },	     { LDE_SCHED_SCAN, policy_scan },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(policies); i++)
		if (!strcmp(policies[i].name, config->name))
			return policies[i].create(config);
	return NULL;
}
