/* SPDX-License-Identifier: MIT */
/*
 * Each stream has a queue of its own and at most one request in flight there, as
 * one chain that begins at descriptor 0: a request of one piece is two stores for
 * that, and one for the index.
 */
#include "guest/dev/virtio_console.h"

#include <linux/virtio_console.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_ring.h>

#include "guest/arch/direct.h"
#include "guest/dev/tty.h"
#include "guest/dev/virtio_mmio.h"
#include "guest/lib/errno.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"

#define QUEUE_SIZE LDE_CONSOLE_SEGS_MAX

/* The ring's three parts, each aligned as 2.7 wants it. */
struct ring {
	struct vring_desc desc[QUEUE_SIZE];
	uint16_t avail_flags, avail_idx, avail_ring[QUEUE_SIZE], used_event;
	uint16_t used_flags __attribute__((aligned(4)));
	uint16_t used_idx;
	struct vring_used_elem used_ring[QUEUE_SIZE];
	uint16_t avail_event;
} __attribute__((aligned(2048)));
_Static_assert(sizeof(struct ring) == PAGE_SIZE / 2, "two rings are a page");

struct queue {
	volatile struct ring *ring;
	uint16_t next_used; /* entries of the device's that have been seen */
	uint8_t number;
};

/* A stream's. */
struct line {
	struct queue queue;
	uint8_t port;
	bool is_input, has_result;
	int64_t result; /* which the device has told */
	struct lde_console_req *request; /* in flight, or NULL */
	uint64_t len;
};

/* Messages from the device. */
#define NR_MESSAGES 16
union message {
	struct virtio_console_control control;
	struct lde_virtio_console_result result;
	struct {
		struct virtio_console_control control;
		uint16_t columns, rows;
	} size;
	uint8_t bytes[32];
};

enum { QUEUE_TO_DRIVER = 2, QUEUE_FROM_DRIVER = 3 };

#define LINE(port_number, queue_number, is_in)                                                    \
	{                                                                                          \
		.queue.number = queue_number, .port = port_number, .is_input = is_in               \
	}

static struct {
	struct virtio_device virtio;
	uint32_t vector; /* 0: there is none */
	struct line lines[LDE_NR_STREAMS];
	uint32_t in_flight; /* bit n: line n has a request */
	struct queue to_driver, from_driver;
	union message *messages;                        /* of to_driver's descriptors */
	struct virtio_console_control *said;            /* of from_driver's */
	uint32_t nr_ports, added, opened; /* bit n: port n is */
	bool had_more;  /* an interrupt that finds nothing may still come */
	bool is_broken; /* the device has given up */
} console = {
	.lines = {
		[LDE_STREAM_STDIN] = LINE(LDE_VIRTIO_PORT_STDIO, 0, true),
		[LDE_STREAM_STDOUT] = LINE(LDE_VIRTIO_PORT_STDIO, 1, false),
		[LDE_STREAM_STDERR] = LINE(LDE_VIRTIO_PORT_STDERR, 5, false),
		[LDE_STREAM_TERMINAL_IN] = LINE(LDE_VIRTIO_PORT_TERMINAL, 6, true),
		[LDE_STREAM_TERMINAL_OUT] = LINE(LDE_VIRTIO_PORT_TERMINAL, 7, false),
	},
	.to_driver.number = QUEUE_TO_DRIVER,
	.from_driver.number = QUEUE_FROM_DRIVER,
};

/* ---- to the device --------------------------------------------------- */

/* The chain whose number is in the ring's next entry is the device's. */
static inline void offer(struct queue *q)
{
	/* x86 keeps stores in order, and the compiler those to what is volatile;
	 * those to the buffers must come before, too. */
	__asm__ volatile("" : : : "memory");
	q->ring->avail_idx++;
}

/* One chain of all segments; how many bytes. The ring's entries are all 0. */
static uint64_t offer_segments(struct line *line, const struct lde_console_req *request)
{
	volatile struct vring_desc *desc = line->queue.ring->desc;
	const struct lde_console_seg *seg = request->segs;
	const uint16_t flags = line->is_input ? VRING_DESC_F_WRITE : 0;
	uint32_t last = request->nr_segs - 1;
	uint64_t len = 0;

	for (uint32_t i = 0; i < last; i++, seg++) {
		virtio_set_desc(&desc[i], seg->gpa, seg->len, flags | VRING_DESC_F_NEXT, i + 1);
		len += seg->len;
	}
	virtio_set_desc(&desc[last], seg->gpa, seg->len, flags, 0);
	offer(&line->queue);
	return len + seg->len;
}

static uint32_t settle(void);

static void submit(struct lde_console_req *request, bool settles)
{
	struct line *line = &console.lines[request->stream];

	if (unlikely(console.is_broken || !(console.opened >> line->port & 1))) {
		request->result = -EIO;
		return;
	}
	line->request = request;
	line->has_result = false;
	console.in_flight |= 1u << request->stream;
	line->len = offer_segments(line, request);
	if (settles)
		settle();
	else
		virtio_ring_doorbell(&console.virtio, line->queue.number);
}

/* Nobody waits for the buffer to come back: there are as many as messages. */
static void say(uint32_t port, uint16_t event)
{
	struct queue *q = &console.from_driver;
	uint16_t i = q->ring->avail_idx % QUEUE_SIZE;

	console.said[i] = (struct virtio_console_control){ port, event, 1 };
	virtio_set_desc(&q->ring->desc[i], direct_paddr(&console.said[i]),
			sizeof(console.said[i]), 0, 0);
	q->ring->avail_ring[i] = i;
	offer(q);
}

/* ---- from the device ------------------------------------------------- */

static inline bool has_used(const struct queue *q)
{
	return q->next_used != q->ring->used_idx;
}

static void take_result(const struct lde_virtio_console_result *message)
{
	for (uint32_t i = 0; i < LDE_NR_STREAMS; i++) {
		struct line *line = &console.lines[i];

		if (line->port != message->port || line->is_input != !!message->is_input)
			continue;
		line->has_result = true;
		line->result = message->result;
	}
}

static void take_message(const union message *message)
{
	const struct virtio_console_control *control = &message->control;

	if (control->id >= console.nr_ports)
		return;
	switch (control->event) {
	case VIRTIO_CONSOLE_PORT_ADD:
		console.added |= 1u << control->id;
		say(control->id, VIRTIO_CONSOLE_PORT_READY);
		break;
	case VIRTIO_CONSOLE_PORT_OPEN:
		console.opened |= 1u << control->id;
		break;
	case VIRTIO_CONSOLE_RESIZE:
		if (control->id == LDE_VIRTIO_PORT_TERMINAL && tty_exists())
			tty_set_size(&(struct winsize){ .ws_row = message->size.rows,
							.ws_col = message->size.columns });
		break;
	case LDE_VIRTIO_CONSOLE_RESULT:
		take_result(&message->result);
		break;
	default:
		break; /* names, and which of them is a console */
	}
}

static void take_messages(void)
{
	struct queue *q = &console.to_driver;

	while (has_used(q)) {
		uint32_t i = q->ring->used_ring[q->next_used++ % QUEUE_SIZE].id;

		take_message(&console.messages[i]);
		q->ring->avail_ring[q->ring->avail_idx % QUEUE_SIZE] = i;
		offer(q);
	}
	/* The device may have more to say than there were buffers. */
	virtio_ring_doorbell(&console.virtio, q->number);
}

static void complete(struct line *line)
{
	struct queue *q = &line->queue;
	struct lde_console_req *request = line->request;
	uint32_t len = q->ring->used_ring[q->next_used++ % QUEUE_SIZE].len;

	/* What is to be said of the buffer was said before it was used. */
	if (unlikely(has_used(&console.to_driver)))
		take_messages();
	line->request = NULL;
	request->result = unlikely(line->has_result) ? line->result :
			  line->is_input ? (int64_t)len : (int64_t)line->len;
}

/* Completes what the device has finished; how much that is. */
static uint32_t collect(void)
{
	uint32_t nr = 0, left = console.in_flight;

	for (struct line *line = console.lines; left; line++, left >>= 1) {
		if (!(left & 1) || !has_used(&line->queue))
			continue;
		console.in_flight &= ~(1u << (line - console.lines));
		complete(line);
		nr++;
	}
	if (unlikely(has_used(&console.to_driver))) {
		take_messages();
		nr++;
	}
	return nr;
}

/* The device does what it can without waiting before it answers: one exit. */
static uint32_t settle(void)
{
	mmio_read32(console.virtio.regs + VIRTIO_MMIO_INTERRUPT_STATUS);
	console.had_more = true;
	return collect();
}

/* The device has broken off: an error for everybody, now and later. */
static void fail_all(void)
{
	console.is_broken = true;
	console.in_flight = 0;
	for (uint32_t i = 0; i < LDE_NR_STREAMS; i++) {
		if (console.lines[i].request)
			console.lines[i].request->result = -EIO;
		console.lines[i].request = NULL;
	}
}

bool virtio_console_interrupt(unsigned vector)
{
	if (vector != console.vector)
		return false;
	if (!collect() && !console.had_more && virtio_is_broken(&console.virtio))
		fail_all();
	console.had_more = false;
	return true;
}

/* ---- start ----------------------------------------------------------- */

static bool set_queue(struct queue *q, struct ring *ring)
{
	const paddr_t pa = direct_paddr(ring);
	const struct virtio_queue_parts parts = {
		.size = QUEUE_SIZE,
		.desc = pa,
		.avail = pa + offsetof(struct ring, avail_flags),
		.used = pa + offsetof(struct ring, used_flags),
	};

	q->ring = ring;
	return virtio_set_queue(&console.virtio, q->number, &parts);
}

/* Queues of those ports that there are; the others are left alone. */
static bool set_queues(struct ring *rings)
{
	bool is_taken = set_queue(&console.to_driver, rings++) &&
			set_queue(&console.from_driver, rings++);

	for (uint32_t i = 0; i < LDE_NR_STREAMS && is_taken; i++)
		if (console.lines[i].port < console.nr_ports)
			is_taken = set_queue(&console.lines[i].queue, rings++);
	return is_taken;
}

static void offer_messages(void)
{
	struct queue *q = &console.to_driver;

	for (uint16_t i = 0; i < NR_MESSAGES; i++) {
		virtio_set_desc(&q->ring->desc[i], direct_paddr(&console.messages[i]),
				sizeof(console.messages[i]), VRING_DESC_F_WRITE, 0);
		q->ring->avail_ring[i] = i;
		offer(q);
	}
}

/* Who are you? These ports. I am ready for them. They are open. */
static bool open_ports(void)
{
	const uint32_t all = (1u << console.nr_ports) - 1;

	offer_messages();
	say(0, VIRTIO_CONSOLE_DEVICE_READY);
	while (console.opened != all)
		if (!settle())
			return false;
	return true;
}

static const struct console_transport transport = { .submit = submit };

static const char *start(struct ring *rings)
{
	console.nr_ports = tty_exists() ? LDE_NR_VIRTIO_PORTS : LDE_VIRTIO_PORT_TERMINAL;
	if (virtio_config32(&console.virtio, offsetof(struct virtio_console_config, max_nr_ports)) <
	    console.nr_ports)
		return "it has too few ports";
	if (!set_queues(rings) || !virtio_start(&console.virtio))
		return "it does not take its queues";
	if (!open_ports())
		return "it does not open its ports";
	console_set_transport(&transport);
	return NULL;
}

/* All of this is the kernel's for good. */
static paddr_t reserve_page(void)
{
	return page_reserve(PAGE_SIZE);
}

const char *virtio_console_init(const struct virtio_node *node)
{
	const uint64_t wanted = 1ull << VIRTIO_CONSOLE_F_MULTIPORT;
	const paddr_t rings = page_reserve((2 + LDE_NR_STREAMS) * sizeof(struct ring));
	const paddr_t messages = reserve_page();
	const char *error;

	if (!rings || !messages || !mmio_map(node->regs, reserve_page))
		return "memory is too small for it";
	console.vector = node->vector;
	console.messages = direct_map(messages);
	console.said = (struct virtio_console_control *)(console.messages + NR_MESSAGES);
	error = virtio_begin(&console.virtio, node->regs, VIRTIO_ID_CONSOLE, wanted);
	if (error)
		return error;
	if (!virtio_has(&console.virtio, VIRTIO_CONSOLE_F_MULTIPORT))
		return "it has one port only";
	return start(direct_map(rings));
}
