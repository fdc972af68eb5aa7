/* SPDX-License-Identifier: MIT */
/*
 * Records a run: takes the guest's events out of their ring, adds the VMM's own,
 * and writes both to disk while the guest runs (vmm/observe/trace_writer.h).
 *
 * A thread of its own looks into the ring every few milliseconds, and writes out
 * what there is several times a second, so that little is lost if this process
 * is killed. If the disk cannot take more, the trace ends there, and the guest
 * goes on: the ring is emptied, what was in it is counted as lost.
 */
#ifndef VMM_RUN_RECORDER_H
#define VMM_RUN_RECORDER_H

#include "vmm/observe/trace_file.h"
#include "vmm/observe/trace_ring.h"

struct recorder;

/*
 * Creates the trace in dir. ring is copied; its memory must outlive the recorder.
 * info has all but uuid; origin_* are filled in here. 0 or -errno.
 */
int recorder_start(struct recorder **recorder, const char *dir, struct trace_info *info,
		   const struct trace_ring *ring, uint64_t tsc_offset);

/* An event of the VMM. Its tsc is the host's: the offset is added here. */
void recorder_add(struct recorder *recorder, struct lde_trace_record *record);

/* KVM has another offset for the guest's counter from now on. */
void recorder_set_offset(struct recorder *recorder, uint64_t tsc_offset);

/* The guest waits until there is room in its ring. */
void recorder_make_room(struct recorder *recorder);

/* Takes what is left, closes the trace and frees the recorder. The guest must
 * not run any more; end says why (enum machine_end). NULL is nothing. */
void recorder_stop(struct recorder *recorder, uint32_t end, struct trace_totals *totals);

#endif
