/* SPDX-License-Identifier: MIT */
/*
 * The scheduler's events. Every change of a process's state that matters to
 * others comes by its policy: who becomes READY is enqueued, and who gets the
 * CPU, while another leaves it, is picked. So a policy around the policy sees
 * them all, and a run that is not traced is not touched.
 */
#ifndef GUEST_CORE_EVENT_POLICY_H
#define GUEST_CORE_EVENT_POLICY_H

#include "guest/core/policy.h"

/* What is to be given to sched_init in the place of inner; inner itself if there
 * is no trace. */
const struct policy_ops *event_policy(const struct policy_ops *inner);

/* The running process has left the CPU; before it is known who is next, others are
 * woken. The switch to come is then one from nobody. */
void event_policy_leave(void);

#endif
