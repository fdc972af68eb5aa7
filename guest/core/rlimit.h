/* SPDX-License-Identifier: MIT */
/*
 * Limits of resources (getrlimit(2)): kept for each process, inherited by its
 * children. What enforces one asks for it. That of processes is process.h's, that
 * of open files is also in the table of open files.
 */
#ifndef GUEST_CORE_RLIMIT_H
#define GUEST_CORE_RLIMIT_H

#include "guest/core/process.h"

#define NR_RLIMITS        16
#define RLIMIT_UNLIMITED (~0ull)

struct rlimit_pair {
	uint64_t soft, hard;
};

/* Shared by a process and its children until one of them changes something. */
struct rlimits {
	uint32_t users;
	struct rlimit_pair of[NR_RLIMITS];
};

/* As it is: p's own, or what all begin with. */
struct rlimit_pair rlimit_get(const struct process *p, unsigned resource);

/* 0 or -ENOMEM. */
int rlimit_set(struct process *p, unsigned resource, struct rlimit_pair pair);

void rlimit_inherit(struct process *child, const struct process *parent);
void rlimit_release(struct process *p);

/* Whether p has limits of its own at all: few have. */
static inline bool rlimit_has_any(const struct process *p)
{
	return p->rlimits;
}

#endif
