/* SPDX-License-Identifier: MIT */
/*
 * Each slot of the queue has its header, its status and its table of descriptors,
 * linked once and for all, and descriptor n of the ring leads to the table of
 * slot n. A request of one segment is then two stores for the header, two for
 * the segment and two for the ring: ring 0 may be slow.
 */
#include "guest/dev/virtio_blk.h"

#include <linux/virtio_blk.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_ring.h>

#include "guest/arch/insn.h"
#include "guest/arch/offload.h"
#include "guest/core/clock.h"
#include "guest/core/logical.h"
#include "guest/core/sched.h"
#include "guest/core/timer.h"
#include "guest/dev/block.h"
#include "guest/dev/virtio_mmio.h"
#include "guest/lib/errno.h"
#include "guest/mm/page.h"

#define QUEUE_SIZE 128
#define NO_SLOT    QUEUE_SIZE

/* Places in a slot's table; the data's descriptors come after these. */
enum { DESC_HEADER, DESC_STATUS, DESC_DATA, NR_DESCS = DESC_DATA + BLOCK_SEGS_MAX };

struct slot {
	struct virtio_blk_outhdr header;
	struct virtio_blk_discard_write_zeroes range;
	struct block_request *request;
	uint32_t next_free;
	uint8_t status;
	struct vring_desc table[NR_DESCS];
};

/* The ring's three parts, in one page, each aligned as 2.7 wants it. */
struct ring {
	struct vring_desc desc[QUEUE_SIZE];
	uint16_t avail_flags, avail_idx, avail_ring[QUEUE_SIZE];
	uint16_t used_event; /* up to where the device need not interrupt */
	uint16_t used_flags __attribute__((aligned(4)));
	uint16_t used_idx;
	struct vring_used_elem used_ring[QUEUE_SIZE];
	uint16_t avail_event; /* up to where we need not ring */
};
_Static_assert(sizeof(struct ring) <= PAGE_SIZE, "the ring is one page");

struct disk {
	struct block_device block;
	struct virtio_device virtio;
	uint32_t vector;
	volatile struct ring *ring;
	struct slot *slots;
	uint32_t free_slot;    /* the first, or NO_SLOT */
	uint16_t next_avail;   /* entries in the ring */
	uint16_t rung;         /* those that the device has been told of */
	uint16_t next_used;    /* entries of the device's that have been seen */
	bool has_idled;        /* the CPU, since the last doorbell */
	uint64_t last_kick;    /* TSC */
	struct timer keep_limit; /* when they are not kept any longer */
	uint16_t timed;        /* what was completed when this entry was... */
	uint64_t timed_since;  /* ...from then on, is the... */
	uint64_t latency;      /* ...ticks from a doorbell to the answer, about */
	bool is_timed;
	bool is_listening;     /* the next answer interrupts */
	int8_t patience;       /* so often it may be too slow; below 0: so long not tried */
	bool is_owed;          /* an interrupt that finds nothing may still come */
	bool is_broken;        /* the device has given up */
	struct list waiting;   /* requests for which there was no slot */
};

static struct disk disks[LDE_VIRTIO_MAX];
static uint32_t nr_disks;
static uint64_t poll_ticks;

static struct disk *disk_of(struct block_device *device)
{
	return container_of(device, struct disk, block);
}

/* ---- to the device --------------------------------------------------- */

static void fill_data(struct slot *slot, const struct block_request *request)
{
	const uint16_t flags = request->op == BLOCK_READ ? VRING_DESC_F_NEXT | VRING_DESC_F_WRITE
							 : VRING_DESC_F_NEXT;
	const struct block_seg *seg = request->segs;
	uint32_t last = DESC_DATA + request->nr_segs - 1, i;

	for (i = DESC_DATA; i < last; i++, seg++)
		virtio_set_desc(&slot->table[i], seg->pa, seg->len, flags, i + 1);
	virtio_set_desc(&slot->table[last], seg->pa, seg->len, flags, DESC_STATUS);
}

static void fill_range(struct slot *slot, const struct block_request *request)
{
	slot->range = (struct virtio_blk_discard_write_zeroes){
		.sector = request->sector,
		.num_sectors = request->nr_sectors,
	};
	virtio_set_desc(&slot->table[DESC_DATA], direct_paddr(&slot->range), sizeof(slot->range),
			VRING_DESC_F_NEXT, DESC_STATUS);
}

static void fill(struct slot *slot, const struct block_request *request)
{
	static const uint8_t types[] = {
		[BLOCK_READ] = VIRTIO_BLK_T_IN,
		[BLOCK_WRITE] = VIRTIO_BLK_T_OUT,
		[BLOCK_FLUSH] = VIRTIO_BLK_T_FLUSH,
		[BLOCK_DISCARD] = VIRTIO_BLK_T_DISCARD,
		[BLOCK_WRITE_ZEROES] = VIRTIO_BLK_T_WRITE_ZEROES,
	};

	slot->header.type = types[request->op];
	slot->header.sector = request->sector;
	slot->table[DESC_HEADER].next = DESC_DATA;
	if (likely(request->op <= BLOCK_WRITE)) {
		fill_data(slot, request);
	} else if (request->op == BLOCK_FLUSH) {
		slot->header.sector = 0;
		slot->table[DESC_HEADER].next = DESC_STATUS;
	} else {
		slot->header.sector = 0;
		fill_range(slot, request);
	}
}

static void disk_submit(struct block_device *device, struct block_request *request)
{
	struct disk *d = disk_of(device);
	uint32_t index = d->free_slot;
	struct slot *slot = &d->slots[index];

	if (unlikely(d->is_broken)) {
		block_complete(device, request, -EIO);
		return;
	}
	if (unlikely(index == NO_SLOT)) {
		list_add_tail(&d->waiting, &request->link);
		return;
	}
	d->free_slot = slot->next_free;
	slot->request = request;
	fill(slot, request);
	d->ring->avail_ring[d->next_avail % QUEUE_SIZE] = index;
	/* x86 keeps stores in order, and the compiler those to what is volatile;
	 * those of fill must come before, too. */
	__asm__ volatile("" : : : "memory");
	d->ring->avail_idx = ++d->next_avail;
}

static void ring(struct disk *d)
{
	uint16_t before = d->rung;

	if (d->next_avail == before)
		return;
	d->rung = d->next_avail;
	d->has_idled = false;
	timer_stop(&d->keep_limit);
	if (!d->is_timed) {
		d->is_timed = true;
		d->timed = d->next_used + 1;
		d->timed_since = clock_now();
	}
	insn_barrier();
	if (vring_need_event(d->ring->avail_event, d->next_avail, before))
		virtio_ring_doorbell(&d->virtio, 0);
}

/* ---- from the device ------------------------------------------------- */

static int errno_of(uint8_t status)
{
	switch (status) {
	case VIRTIO_BLK_S_OK:
		return 0;
	case VIRTIO_BLK_S_UNSUPP:
		return -EOPNOTSUPP;
	default:
		return -EIO;
	}
}

static void complete(struct disk *d, uint32_t index)
{
	struct slot *slot = &d->slots[index];
	struct block_request *request = slot->request;
	int result = errno_of(slot->status);

	slot->request = NULL;
	slot->next_free = d->free_slot;
	d->free_slot = index;
	if (unlikely(!list_is_empty(&d->waiting))) {
		struct list *l = d->waiting.next;

		list_remove(l);
		disk_submit(&d->block, list_entry(l, struct block_request, link));
	}
	block_complete(&d->block, request, result);
}

/* The device has broken off: everybody gets an error, and whoever comes. */
static void fail_all(struct disk *d)
{
	d->is_broken = true;
	for (uint32_t i = 0; i < QUEUE_SIZE; i++) {
		struct block_request *request = d->slots[i].request;

		d->slots[i].request = NULL;
		if (request)
			block_complete(&d->block, request, -EIO);
	}
	while (!list_is_empty(&d->waiting)) {
		struct list *l = d->waiting.next;

		list_remove(l);
		block_complete(&d->block, list_entry(l, struct block_request, link), -EIO);
	}
}

static void note_latency(struct disk *d)
{
	if (!d->is_timed || (int16_t)(d->next_used - d->timed) < 0)
		return;
	d->is_timed = false;
	d->latency = clock_now() - d->timed_since;
}

/* Completes what the device has finished. */
static void collect(struct disk *d)
{
	while (d->next_used != d->ring->used_idx) {
		uint32_t index = d->ring->used_ring[d->next_used % QUEUE_SIZE].id;

		if (unlikely(index >= QUEUE_SIZE || !d->slots[index].request)) {
			fail_all(d); /* what else it says is not worth more */
			return;
		}
		d->next_used++;
		complete(d, index);
	}
}

/* ---- when to look ------------------------------------------------------ */

/*
 * Usually the device is asked for an interrupt with the next answer: is_listening.
 * If nobody else wants the CPU, and nothing else is asked of the disk, the answer is
 * looked for instead, for a disk that is quick has it before the CPU has gone to
 * sleep: once as soon as the doorbell is done with, since the host may have let the
 * disk's thread run there, and then nobody has been BLOCKED; and before the CPU idles
 * for POLL_NS. Then the device is asked. A disk that was too slow for that several
 * times is looked for again after many requests only (patience). If others are READY,
 * whoever waits is BLOCKED however quick the disk is: they run, and soon there are more
 * requests for a doorbell.
 *
 * None is lost. While the device has a request and is not asked for an interrupt,
 * interrupts are off, and the only process that runs is on its way from disk_kick by
 * being BLOCKED to before_idle, which asks. Who asks stores the index, and then looks;
 * the device stores its answer, and then looks at the index (virtq_publish), with a
 * barrier in between on either side. So the device sees the wish and interrupts, or
 * the look sees the answer. If both see, an interrupt comes later that finds nothing:
 * is_owed. One that is not owed and finds nothing says that the device has given up.
 *
 * To take the wish back is to name an answer that has been seen. Then nothing is
 * asked for until the ring's 16 bits come round to that, and then once too often.
 *
 * On the logical clock the schedule must not depend on how quick the disk is: only its
 * interrupt is looked for.
 */
#define POLL_NS        (100 * 1000)
#define PATIENCE_MAX   8   /* so often it may be too slow */
#define PATIENCE_RESTS 64  /* so many requests are not looked for then */

static bool is_at_work(const struct disk *d)
{
	return d->next_avail != d->next_used;
}

static void take_answers(struct disk *d)
{
	uint16_t next_avail = d->next_avail;

	collect(d);
	d->is_owed |= d->is_listening;
	note_latency(d);
	if (unlikely(d->next_avail != next_avail))
		ring(d); /* for those that had waited for a slot */
}

/* Whether there was something. */
static inline bool look(struct disk *d)
{
	if (d->next_used == d->ring->used_idx || unlikely(d->is_broken))
		return false;
	take_answers(d);
	return true;
}

/* The same. */
static bool listen(struct disk *d)
{
	uint16_t next_used = d->next_used;

	d->is_listening = true;
	do {
		d->ring->used_event = d->next_used;
		insn_barrier();
	} while (look(d)); /* it has come before the device could see that */
	return d->next_used != next_used;
}

/* The same. */
static bool ring_and_look(struct disk *d)
{
	if (d->is_listening) {
		d->is_listening = false;
		d->ring->used_event = d->next_used - 1;
	}
	ring(d);
	return look(d);
}

static void serve(struct disk *d)
{
	bool was_owed = d->is_owed;

	d->is_owed = d->is_listening = false;
	if (unlikely(!look(d) && !was_owed && virtio_is_broken(&d->virtio)))
		fail_all(d);
	listen(d);
}

/* Nobody is READY, and the running process is BLOCKED next if it is not there at once. */
static bool is_looked_for(struct disk *d)
{
	if (unlikely(d->patience < 0)) {
		d->patience++;
		return false;
	}
	return (uint16_t)(d->next_avail - d->next_used) == 1 && d->rung != d->next_avail &&
	       !logical_is_on;
}

static void look_at_once(struct disk *d)
{
	if (ring_and_look(d))
		d->patience = PATIENCE_MAX;
}

/* Without PAUSE: for KVM a loop of these is somebody who waits for a lock, and an exit. */
static bool look_before_idle(struct disk *d)
{
	uint64_t timer = this_cpu()->deadline_tsc, now = clock_now(), end = now + poll_ticks;

	for (; now < end && (!timer || now < timer); now = clock_now()) {
		if (look(d)) {
			d->patience = PATIENCE_MAX;
			return true;
		}
	}
	if (now >= end && --d->patience < 0)
		d->patience = -PATIENCE_RESTS;
	return false;
}

static void keep_limit_reached(struct timer *timer)
{
	ring(container_of(timer, struct disk, keep_limit));
}

/* For how long a request may be kept back: while others have used the CPU without
 * a pause anyway, else a part of what the disk takes. */
#define KEEP_BUSY_NS (10 * 1000 * 1000)
#define KEEP_SHARE   16

/*
 * Whether the doorbell can wait for more requests. Processes that a disk has made
 * READY come back one after the other; if nobody else is READY, the doorbell is
 * rung when half of them have, so that the disk works while the rest computes. It
 * is rung in any case before the CPU idles, and after a time. On the logical clock,
 * where that would be another time in each run, none is kept back.
 */
static bool is_kept_back(struct disk *d, uint32_t nr_ready)
{
	uint32_t nr = (uint16_t)(d->next_avail - d->rung);
	uint64_t now, gap, limit;

	if (nr >= nr_ready || nr_ready > block_nr_returning() || logical_is_on)
		return false;
	now = clock_now();
	gap = now - d->last_kick;
	d->last_kick = now;
	limit = d->has_idled ? d->latency / KEEP_SHARE : clock_ns_to_ticks(KEEP_BUSY_NS);
	if (gap >= limit)
		return false;
	if (!d->keep_limit.is_started)
		timer_start(&d->keep_limit, now + limit);
	return true;
}

static void disk_kick(struct block_device *device, const struct block_request *awaited)
{
	struct disk *d = disk_of(device);
	uint32_t nr_ready = sched_nr_ready();

	if (!nr_ready && awaited && is_looked_for(d)) {
		look_at_once(d);
		/* If it is not there, before_idle is next; its done() may have asked for more. */
		if (likely(!is_at_work(d)) || block_is_pending(awaited))
			return;
	}
	if (unlikely(!d->is_listening))
		listen(d);
	if (!is_kept_back(d, nr_ready))
		ring(d);
}

/* Who polls wants no interrupts; the next one who kicks asks for them again. */
static void disk_poll(struct block_device *device)
{
	ring_and_look(disk_of(device));
}

/* Whether somebody may be READY now. */
static bool before_idle(void)
{
	bool found = false;

	block_forget_returning();
	for (uint32_t i = 0; i < nr_disks; i++) {
		struct disk *d = &disks[i];

		ring(d);
		d->has_idled = true;
		if (d->is_listening || !is_at_work(d))
			continue;
		if (d->patience >= 0)
			found |= look_before_idle(d);
		if (is_at_work(d))
			found |= listen(d);
	}
	return found;
}

bool virtio_blk_interrupt(unsigned vector)
{
	for (struct disk *d = disks; d < disks + nr_disks; d++) {
		if (d->vector == vector) {
			serve(d);
			return true;
		}
	}
	return false;
}

/* ---- start ----------------------------------------------------------- */

static const struct block_ops virtio_block_ops = {
	.submit = disk_submit,
	.kick = disk_kick,
	.poll = disk_poll,
};

static void init_slot(struct disk *d, uint32_t index)
{
	struct slot *slot = &d->slots[index];

	slot->next_free = index + 1; /* the last one's is NO_SLOT */
	virtio_set_desc(&slot->table[DESC_HEADER], direct_paddr(&slot->header),
			sizeof(slot->header), VRING_DESC_F_NEXT, DESC_DATA);
	virtio_set_desc(&slot->table[DESC_STATUS], direct_paddr(&slot->status),
			sizeof(slot->status), VRING_DESC_F_WRITE, 0);
	d->ring->desc[index] = (struct vring_desc){
		.addr = direct_paddr(slot->table),
		.len = sizeof(slot->table),
		.flags = VRING_DESC_F_INDIRECT,
	};
}

static uint64_t init_slots(void *arg)
{
	for (uint32_t i = 0; i < QUEUE_SIZE; i++)
		init_slot(arg, i);
	return 0;
}

static paddr_t ring_paddr(const struct disk *d, uint64_t offset)
{
	return direct_paddr((const void *)d->ring) + offset;
}

static const char *start(struct disk *d, const struct virtio_node *node)
{
	const uint64_t wanted = 1ull << VIRTIO_BLK_F_RO | 1ull << VIRTIO_BLK_F_FLUSH |
				1ull << VIRTIO_BLK_F_DISCARD | 1ull << VIRTIO_BLK_F_WRITE_ZEROES |
				1ull << VIRTIO_RING_F_INDIRECT_DESC | 1ull << VIRTIO_RING_F_EVENT_IDX;
	const struct virtio_queue_parts parts = {
		.size = QUEUE_SIZE,
		.desc = ring_paddr(d, 0),
		.avail = ring_paddr(d, offsetof(struct ring, avail_flags)),
		.used = ring_paddr(d, offsetof(struct ring, used_flags)),
	};
	const char *error = virtio_begin(&d->virtio, node->regs, VIRTIO_ID_BLOCK, wanted);

	if (error)
		return error;
	if (!virtio_has(&d->virtio, VIRTIO_RING_F_INDIRECT_DESC) ||
	    !virtio_has(&d->virtio, VIRTIO_RING_F_EVENT_IDX))
		return "it has no indirect descriptors or no event indices";
	if (!virtio_set_queue(&d->virtio, 0, &parts) || !virtio_start(&d->virtio))
		return "it does not take its queue";
	d->block.nr_sectors =
		virtio_config64(&d->virtio, offsetof(struct virtio_blk_config, capacity));
	d->block.is_read_only = virtio_has(&d->virtio, VIRTIO_BLK_F_RO);
	d->block.has_discard = virtio_has(&d->virtio, VIRTIO_BLK_F_DISCARD);
	d->block.has_write_zeroes = virtio_has(&d->virtio, VIRTIO_BLK_F_WRITE_ZEROES);
	return NULL;
}

/* All of this is the kernel's for good. */
static paddr_t reserve_page(void)
{
	return page_reserve(PAGE_SIZE);
}

static const char *init(struct disk *d, const struct virtio_node *node)
{
	paddr_t ring_page = reserve_page();
	paddr_t slots = page_reserve(QUEUE_SIZE * sizeof(struct slot));
	const char *error;

	if (!ring_page || !slots || !mmio_map(node->regs, reserve_page))
		return "memory is too small for it";
	d->ring = direct_map(ring_page);
	d->slots = direct_map(slots);
	d->vector = node->vector;
	d->block.ops = &virtio_block_ops;
	d->keep_limit.fire = keep_limit_reached;
	d->is_listening = true; /* the ring is zero: for the first answer */
	d->patience = PATIENCE_MAX;
	list_init(&d->waiting);
	offload_call(init_slots, d);
	error = start(d, node);
	if (!error && !block_register(&d->block))
		error = "there are too many";
	return error;
}

const char *virtio_blk_init(const struct virtio_node *nodes, uint32_t nr_nodes)
{
	for (uint32_t i = 0; i < nr_nodes; i++) {
		const char *error = init(&disks[nr_disks], &nodes[i]);

		if (error)
			return error;
		nr_disks++;
	}
	if (nr_disks)
		sched_set_before_idle(before_idle);
	poll_ticks = clock_ns_to_ticks(POLL_NS);
	return NULL;
}
