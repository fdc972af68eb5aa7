/* SPDX-License-Identifier: MIT */
#include "guest/arch/event.h"

#include "guest/arch/direct.h"
#include "guest/arch/event_offsets.h"
#include "guest/arch/frame.h"
#include "guest/arch/offload.h"
#include "guest/lib/ledger.h"
#include "guest/lib/string.h"

#define ASSERT_OFFSET(type, member, offset)                                                        \
	_Static_assert(offsetof(type, member) == (offset), "event_entry.S")
ASSERT_OFFSET(struct event_state, next, EVENT_NEXT);
ASSERT_OFFSET(struct event_state, limit, EVENT_LIMIT);
ASSERT_OFFSET(struct event_state, head, EVENT_HEAD);
ASSERT_OFFSET(struct event_state, interrupt, EVENT_INTERRUPT);
ASSERT_OFFSET(struct trap_frame, r10, EVENT_FRAME_R10);
ASSERT_OFFSET(struct trap_frame, r9, EVENT_FRAME_R9);
ASSERT_OFFSET(struct trap_frame, r8, EVENT_FRAME_R8);
ASSERT_OFFSET(struct trap_frame, rax, EVENT_FRAME_RAX);
ASSERT_OFFSET(struct trap_frame, rdx, EVENT_FRAME_RDX);
ASSERT_OFFSET(struct trap_frame, rsi, EVENT_FRAME_RSI);
ASSERT_OFFSET(struct trap_frame, rdi, EVENT_FRAME_RDI);
ASSERT_OFFSET(struct trap_frame, error, EVENT_FRAME_ERROR);
ASSERT_OFFSET(struct trap_frame, vector, EVENT_FRAME_VECTOR);
ASSERT_OFFSET(struct trap_frame, rip, EVENT_FRAME_RIP);
ASSERT_OFFSET(struct lde_ledger, faults_zero, EVENT_FAULTS_ZERO);
ASSERT_OFFSET(struct lde_ledger, faults_file, EVENT_FAULTS_FILE);
ASSERT_OFFSET(struct lde_ledger, faults_copy, EVENT_FAULTS_COPY);

struct event_state event_state;

static struct lde_trace_record *records(void)
{
	return (void *)((char *)event_state.ring + LDE_TRACE_RING_OFFSET);
}

bool event_init(const struct event_source *source)
{
	struct lde_trace_ring *ring = direct_map(source->ring);
	uint64_t nr = ring->nr_records;

	if (ring->magic != LDE_TRACE_MAGIC || ring->version != LDE_TRACE_VERSION ||
	    ring->record_size != LDE_RECORD_SIZE || !nr || nr & (nr - 1) ||
	    LDE_TRACE_RING_OFFSET + nr * LDE_RECORD_SIZE > source->bytes)
		return false;
	event_state.ring = ring;
	event_state.head = &ring->head;
	event_state.nr_records = nr;
	event_state.port = (uint16_t)source->port;
	event_state.next = event_state.limit = records();
	event_state.classes = source->classes | LDE_TRACE_C_PROCESS;
	return true;
}

/* Where code may not exit it is offloaded, and the reader looks from time to
 * time by itself. */
static void wait_for_room(struct lde_trace_ring *ring)
{
	ring->stalls++;
	do {
		if (!offload_is_running)
			insn_outl(event_state.port, 0);
	} while (ring->head - order_observe(&ring->tail) >= event_state.nr_records);
}

struct lde_trace_record *event_make_room(void)
{
	struct lde_trace_ring *ring = event_state.ring;
	uint64_t nr = event_state.nr_records, place = ring->head & (nr - 1), room;

	if (ring->head - order_observe(&ring->tail) >= nr)
		wait_for_room(ring);
	room = min_u64(nr - (ring->head - order_observe(&ring->tail)), nr - place);
	event_state.next = records() + place;
	event_state.limit = event_state.next + room;
	return event_state.next;
}

void event_add_name(uint32_t kind, uint32_t code, uint64_t arg0, const char *name, uint64_t arg5)
{
	struct lde_trace_record *record = event_begin(kind);

	record->code = code;
	record->args[0] = arg0;
	memcpy(&record->args[1], name, LDE_TRACE_NAME_SIZE);
	record->args[5] = arg5;
	event_end(record);
}

void event_interrupt_over(void)
{
	if (event_state.interrupt)
		event_add(LDE_TRACE_IRQ_EXIT, event_state.interrupt);
	event_state.interrupt = 0;
}
