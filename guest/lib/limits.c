/* SPDX-License-Identifier: MIT */
#include "guest/lib/limits.h"

struct limits limits = {
	.preemption = true,
	.blocking = true,
	.user_mode = true,
	.private_memory = true,
	.hidden_trap_table = true,
	.pointer_checks = true,
};
