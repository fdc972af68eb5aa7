/* SPDX-License-Identifier: MIT */
/*
 * Events: the kernel's side of the trace (include/lde/event.h).
 *
 * A run that is not traced does not come here: what records the events of hot
 * paths is put in the place of what it wraps, once, at boot (event_traps.h,
 * event_policy.h), and the few other places ask event_is_on.
 *
 * Recording is a store or two for each field and works wherever the kernel's
 * half of memory can be written, in offloaded code as well. Interrupts are off,
 * and recording never traps, so one event is complete before the next begins.
 */
#ifndef GUEST_ARCH_EVENT_H
#define GUEST_ARCH_EVENT_H

#include <lde/event.h>

#include "guest/arch/insn.h"
#include "guest/arch/order.h"
#include "guest/lib/compiler.h"

struct event_state {
	struct lde_trace_record *next;  /* the record to be filled */
	struct lde_trace_record *limit; /* next may not reach it without a look */
	uint64_t *head;                 /* in the ring */
	uint32_t interrupt;             /* vector that is being served, 0: none */
	uint32_t classes;               /* LDE_TRACE_C_*; 0: no trace */
	struct lde_trace_ring *ring;
	uint64_t nr_records;
	uint16_t port;
};
extern struct event_state event_state;

/* What the device tree says of the ring; bytes 0: there is none. */
struct event_source {
	uint64_t ring;  /* guest-physical: the header */
	uint64_t bytes; /* of header and records */
	uint32_t port;  /* the doorbell */
	uint32_t classes;
};

/* False if the ring makes no sense. */
bool event_init(const struct event_source *source);

static inline bool event_is_on(uint32_t class)
{
	return unlikely(event_state.classes & class);
}

/* Once next has come to limit: finds out how far it may go now, and waits for
 * the reader if that is nowhere. Returns next. */
struct lde_trace_record *event_make_room(void);

/* A record with all but its code and arguments, which are to be stored before... */
static inline struct lde_trace_record *event_begin(uint32_t kind)
{
	struct lde_trace_record *record = event_state.next;

	if (unlikely(record == event_state.limit))
		record = event_make_room();
	insn_rdtsc_store(&record->tsc);
	*(uint32_t *)&record->kind = kind; /* and no pid: the reader knows it */
	return record;
}

/* ...the reader may see it: record, which is the next one. One instruction moves on to the
 * one behind it, of which a compiler makes two. */
static inline void event_end(struct lde_trace_record *record)
{
	__asm__("addq %1, %0"
		: "+m"(event_state.next)
		: "i"(sizeof(*record)), "m"(*record));
	order_publish(event_state.head);
}

/* Whether event_begin would have to look for room. */
static inline bool event_is_at_limit(void)
{
	return unlikely(event_state.next == event_state.limit);
}

static inline void event_add(uint32_t kind, uint32_t code)
{
	struct lde_trace_record *record = event_begin(kind);

	record->code = code;
	event_end(record);
}

static inline void event_add_1(uint32_t kind, uint32_t code, uint64_t arg0)
{
	struct lde_trace_record *record = event_begin(kind);

	record->code = code;
	record->args[0] = arg0;
	event_end(record);
}

static inline void event_add_2(uint32_t kind, uint32_t code, uint64_t arg0, uint64_t arg1)
{
	struct lde_trace_record *record = event_begin(kind);

	record->code = code;
	record->args[0] = arg0;
	record->args[1] = arg1;
	event_end(record);
}

/* With a name of LDE_TRACE_NAME_SIZE bytes. */
void event_add_name(uint32_t kind, uint32_t code, uint64_t arg0, const char *name,
		    uint64_t arg5);

/* Records that the interrupt is over, unless that has been done. */
void event_interrupt_over(void);

#endif
