/* SPDX-License-Identifier: MIT */
/* What cannot be: violations of what timeline.h says holds. Within the timeline. */
#ifndef VMM_OBSERVE_TIMELINE_CHECK_H
#define VMM_OBSERVE_TIMELINE_CHECK_H

#include "vmm/observe/timeline_types.h"

void timeline_violate(struct timeline *timeline, uint64_t ns, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* At the end. */
void timeline_check_sums(struct timeline *timeline, const struct timeline_process *p);
void timeline_check_one_running(struct timeline *timeline);

#endif
