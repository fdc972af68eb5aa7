/* SPDX-License-Identifier: MIT */
#include "vmm/dev/virtio_queue.h"

#include <errno.h>
#include <stddef.h>

#define DESC_ALIGN  16
#define AVAIL_ALIGN 2
#define USED_ALIGN  4

/* x86 is little endian, as the rings are; a plain load or store of an aligned
 * field is atomic. */

void virtq_init(struct virtq *queue, const struct guestmem *mem)
{
	*queue = (struct virtq){.mem = mem};
}

/* size bytes at gpa, aligned, or NULL. */
static void *place(const struct virtq *queue, uint64_t gpa, uint64_t align, uint64_t size)
{
	return gpa % align ? NULL : guestmem_at(queue->mem, gpa_of(gpa), size);
}

int virtq_start(struct virtq *queue)
{
	const uint64_t n = queue->size;

	if (!n || n > VIRTQ_SIZE_MAX || n & (n - 1))
		return -EINVAL;
	/* The last two bytes of each ring are the other side's event index. */
	queue->desc = place(queue, queue->desc_gpa, DESC_ALIGN, n * sizeof(struct vring_desc));
	queue->avail = place(queue, queue->avail_gpa, AVAIL_ALIGN,
			     sizeof(struct vring_avail) + n * sizeof(uint16_t) + sizeof(uint16_t));
	queue->used = place(queue, queue->used_gpa, USED_ALIGN,
			    sizeof(struct vring_used) + n * sizeof(struct vring_used_elem) +
				    sizeof(uint16_t));
	if (!queue->desc || !queue->avail || !queue->used)
		return -EINVAL;
	queue->next_avail = queue->next_used = queue->published = 0;
	queue->is_ready = true;
	return 0;
}

/* ---- taking ---------------------------------------------------------- */

/* A table of descriptors: the ring's own, or an indirect one. */
struct table {
	volatile struct vring_desc *desc;
	uint32_t size;
	bool is_indirect;
};

static struct vring_desc read_desc(const struct table *table, uint32_t idx)
{
	volatile struct vring_desc *desc = &table->desc[idx];

	return (struct vring_desc){
		.addr = desc->addr, .len = desc->len, .flags = desc->flags, .next = desc->next};
}

/* Adds the buffer; a device-readable one after a writable one is an error. */
static int add_buffer(const struct virtq *queue, struct virtq_chain *chain,
		      const struct vring_desc *desc)
{
	unsigned int nr = chain->nr_readable + chain->nr_writable;
	bool is_writable = desc->flags & VRING_DESC_F_WRITE;
	void *base = guestmem_at(queue->mem, gpa_of(desc->addr), desc->len);

	if (!base || nr == VIRTQ_CHAIN_MAX || (chain->nr_writable && !is_writable))
		return -EINVAL;
	chain->iov[nr] = (struct iovec){.iov_base = base, .iov_len = desc->len};
	if (is_writable)
		chain->nr_writable++;
	else
		chain->nr_readable++;
	return 0;
}

/* The table that an indirect descriptor names. */
static int enter_indirect(const struct virtq *queue, const struct vring_desc *desc,
			  struct table *table)
{
	if (!queue->has_indirect || table->is_indirect || desc->flags & VRING_DESC_F_NEXT)
		return -EINVAL;
	if (!desc->len || desc->len % sizeof(struct vring_desc) ||
	    desc->len / sizeof(struct vring_desc) > VIRTQ_CHAIN_MAX)
		return -EINVAL;
	table->desc = guestmem_at(queue->mem, gpa_of(desc->addr), desc->len);
	table->size = desc->len / sizeof(struct vring_desc);
	table->is_indirect = true;
	return table->desc ? 0 : -EINVAL;
}

/* Follows the chain. No more steps than a chain may have buffers, and one for
 * the way into an indirect table: a ring of descriptors ends here. */
static int walk(const struct virtq *queue, struct virtq_chain *chain)
{
	struct table table = {.desc = queue->desc, .size = queue->size};
	uint32_t idx = chain->head;

	for (unsigned int steps = 0; steps <= VIRTQ_CHAIN_MAX; steps++) {
		if (idx >= table.size)
			return -EINVAL;
		struct vring_desc desc = read_desc(&table, idx);
		int err;
		if (desc.flags & VRING_DESC_F_INDIRECT) {
			err = enter_indirect(queue, &desc, &table);
			idx = 0;
		} else {
			err = add_buffer(queue, chain, &desc);
			if (!err && !(desc.flags & VRING_DESC_F_NEXT))
				return 0;
			idx = desc.next;
		}
		if (err)
			return err;
	}
	return -EINVAL;
}

int virtq_pop(struct virtq *queue, struct virtq_chain *chain)
{
	if (!queue->is_ready)
		return 0;
	uint16_t waiting = (uint16_t)(__atomic_load_n(&queue->avail->idx, __ATOMIC_ACQUIRE) -
				      queue->next_avail);
	if (!waiting)
		return 0;
	if (waiting > queue->size)
		return -EINVAL;
	chain->nr_readable = chain->nr_writable = 0;
	chain->head = queue->avail->ring[queue->next_avail % queue->size];
	int err = walk(queue, chain);
	if (err)
		return err;
	queue->next_avail++;
	return 1;
}

/* ---- giving back ----------------------------------------------------- */

void virtq_push(struct virtq *queue, uint16_t head, uint32_t len)
{
	volatile struct vring_used_elem *elem =
		&queue->used->ring[queue->next_used++ % queue->size];

	elem->id = head;
	elem->len = len;
}

static volatile uint16_t *used_event(const struct virtq *queue)
{
	return &queue->avail->ring[queue->size];
}

static volatile uint16_t *avail_event(const struct virtq *queue)
{
	return (volatile uint16_t *)&queue->used->ring[queue->size];
}

bool virtq_publish(struct virtq *queue)
{
	uint16_t before = queue->published;

	if (before == queue->next_used)
		return false;
	queue->published = queue->next_used;
	__atomic_store_n(&queue->used->idx, queue->next_used, __ATOMIC_RELEASE);
	/* The driver says what it wants, and looks whether that has come: one of
	 * the two of us must see the other's store. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (queue->has_event_idx)
		return vring_need_event(*used_event(queue), queue->next_used, before);
	return !(queue->avail->flags & VRING_AVAIL_F_NO_INTERRUPT);
}

bool virtq_want_doorbell(struct virtq *queue)
{
	if (!queue->is_ready)
		return false;
	if (queue->has_event_idx)
		*avail_event(queue) = queue->next_avail;
	else
		queue->used->flags = 0;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return queue->avail->idx != queue->next_avail;
}

void virtq_spare_doorbell(struct virtq *queue)
{
	/* With event indices the one of before has passed, which says the same. */
	if (queue->is_ready && !queue->has_event_idx)
		queue->used->flags = VRING_USED_F_NO_NOTIFY;
}
