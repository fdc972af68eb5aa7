/* SPDX-License-Identifier: MIT */
#include "guest/core/rlimit.h"

#include <asm/resource.h>

#include "guest/lib/errno.h"
#include "guest/lib/string.h"
#include "guest/mm/pool.h"
#include "guest/mm/space.h"

_Static_assert(NR_RLIMITS == RLIM_NLIMITS, "the number of limits");

static struct pool rlimit_pool = POOL_INIT(rlimit_pool, struct rlimits);

static struct rlimit_pair standard(unsigned resource)
{
	switch (resource) {
	case RLIMIT_STACK:
		return (struct rlimit_pair){ STACK_BYTES, RLIMIT_UNLIMITED };
	case RLIMIT_NOFILE:
		return (struct rlimit_pair){ PROCESS_FILES_MAX, PROCESS_FILES_MAX };
	case RLIMIT_SIGPENDING:
		return (struct rlimit_pair){ PROCESS_QUEUED_SIGNALS_MAX,
					      PROCESS_QUEUED_SIGNALS_MAX };
	case RLIMIT_CORE:
		return (struct rlimit_pair){ 0, RLIMIT_UNLIMITED };
	default:
		return (struct rlimit_pair){ RLIMIT_UNLIMITED, RLIMIT_UNLIMITED };
	}
}

struct rlimit_pair rlimit_get(const struct process *p, unsigned resource)
{
	return p->rlimits ? p->rlimits->of[resource] : standard(resource);
}

/* Limits that nobody else uses. */
static bool make_own(struct process *p)
{
	struct rlimits *own;

	if (p->rlimits && p->rlimits->users == 1)
		return true;
	own = pool_alloc(&rlimit_pool);
	if (!own)
		return false;
	for (unsigned i = 0; i < NR_RLIMITS; i++)
		own->of[i] = rlimit_get(p, i);
	own->users = 1;
	rlimit_release(p);
	p->rlimits = own;
	return true;
}

int rlimit_set(struct process *p, unsigned resource, struct rlimit_pair pair)
{
	if (p->state == LDE_STATE_ZOMBIE)
		return 0; /* it has given its limits back, and nothing is left to limit */
	if (!make_own(p))
		return -ENOMEM;
	p->rlimits->of[resource] = pair;
	return 0;
}

void rlimit_inherit(struct process *child, const struct process *parent)
{
	child->rlimits = parent->rlimits;
	if (child->rlimits)
		child->rlimits->users++;
}

void rlimit_release(struct process *p)
{
	if (p->rlimits && !--p->rlimits->users)
		pool_free(&rlimit_pool, p->rlimits);
	p->rlimits = NULL;
}
