/* SPDX-License-Identifier: MIT */
#include "guest/fs/blockdev.h"

#include <linux/fcntl.h>
#include <linux/fs.h>

#include "guest/core/process.h"
#include "guest/dev/block.h"
#include "guest/lib/errno.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"
#include "guest/mm/usercopy.h"

/* Of one request: what the device takes in one segment, if pages adjoin. */
#define REQUEST_BYTES_MAX (1u << 20)

/*
 * Who writes a part of a sector reads the rest of it first, and nobody may write
 * to it in between: parts have the device's gate alone, whole sectors share it. All
 * go in by their tickets, in the order in which they came: else whoever needs it
 * alone would wait for as long as others take turns.
 */
static struct gate {
	uint32_t nr_tickets; /* that were given, and... */
	uint32_t nr_called;  /* ...that have gone in */
	uint32_t nr_inside;
	bool is_exclusive;
	struct wait_queue queue;
} gates[BLOCK_DEVICES_MAX];

static void gate_enter(struct gate *gate, bool is_exclusive)
{
	uint32_t ticket = gate->nr_tickets++;

	if (!gate->queue.waiters.next)
		wait_queue_init(&gate->queue);
	while (ticket != gate->nr_called || gate->is_exclusive ||
	       (is_exclusive && gate->nr_inside))
		wait_uninterrupted(&gate->queue);
	gate->nr_called++;
	gate->is_exclusive = is_exclusive;
	gate->nr_inside++;
	if (!is_exclusive) /* perhaps the next one, too */
		wait_wake_all(&gate->queue);
}

static void gate_leave(struct gate *gate)
{
	gate->is_exclusive = false;
	gate->nr_inside--;
	wait_wake_all(&gate->queue);
}

/* ---- whole sectors ---------------------------------------------------- */

/* A transfer on its way: what is left of it. */
struct blockdev_transfer {
	struct block_device *device;
	enum block_op op;
	uint64_t pos;
	const struct user_piece *pieces; /* the first not done with... */
	unsigned nr_pieces;
	uint64_t skip;                   /* ...but for so many bytes */
	uint64_t left;                   /* bytes, up to the end of the device */
};

static void take_off(struct blockdev_transfer *t, uint64_t bytes)
{
	t->pos += bytes;
	t->left -= bytes;
	t->skip += bytes;
	while (t->nr_pieces && t->skip >= t->pieces->len) {
		t->skip -= t->pieces->len;
		t->pieces++;
		t->nr_pieces--;
	}
}

/*
 * The segments pin the pages that they are in, each once: another process may cut
 * them off a file that this one has mapped, and the device would write to what is
 * somebody else's by then.
 *
 * Adds the program's memory at va up to the end of its page; the bytes, 0 if that
 * is not possible. *is_bad: because of the address.
 */
static uint64_t add_page(const struct blockdev_transfer *t, struct block_request *request,
			 struct block_seg *segs, vaddr_t va, uint64_t len, bool *is_bad)
{
	const unsigned access = t->op == BLOCK_READ ? ACCESS_WRITE : ACCESS_READ;
	struct block_seg *last = &segs[request->nr_segs - 1];
	uint64_t n = min_u64(len, PAGE_SIZE - va % PAGE_SIZE);
	paddr_t pa = va < USER_END ? space_page(current()->space, va, access) : 0;

	*is_bad = !pa;
	if (!pa)
		return 0;
	pa += va % PAGE_SIZE;
	if (request->nr_segs && last->pa + last->len == pa) {
		if (pa % PAGE_SIZE == 0)
			page_pin(pa);
		last->len += n;
		return n;
	}
	if (request->nr_segs == BLOCK_SEGS_MAX)
		return 0;
	page_pin(pa);
	segs[request->nr_segs++] = (struct block_seg){ pa, n };
	return n;
}

/* Takes bytes off the end of the segments. */
static void cut_segments(struct block_request *request, struct block_seg *segs, uint64_t bytes)
{
	while (bytes) {
		struct block_seg *last = &segs[request->nr_segs - 1];
		paddr_t end = last->pa + last->len;
		uint64_t in_page = min_u64((end - 1) % PAGE_SIZE + 1, last->len);
		uint32_t n = min_u64(bytes, in_page);

		if (n == in_page)
			page_unpin(end - 1);
		last->len -= n;
		bytes -= n;
		request->nr_segs -= !last->len;
	}
}

/* As many whole sectors of the transfer as one request can have; in bytes, or
 * -EFAULT if the memory for the first is not there, or 0 if it is not whole. */
static int64_t gather(const struct blockdev_transfer *t, struct block_request *request,
		      struct block_seg *segs)
{
	uint64_t limit = min_u64(t->left, REQUEST_BYTES_MAX), bytes = 0, n = 1, cut;
	uint64_t skip = t->skip;
	bool is_bad = false;

	for (unsigned i = 0; i < t->nr_pieces && bytes < limit && n; i++, skip = 0) {
		const struct user_piece *piece = &t->pieces[i];

		for (n = 1; skip < piece->len && bytes < limit && n; skip += n, bytes += n)
			n = add_page(t, request, segs, piece->start + skip,
				     min_u64(piece->len - skip, limit - bytes), &is_bad);
	}
	cut = bytes % BLOCK_SECTOR_SIZE;
	cut_segments(request, segs, cut);
	if (bytes == cut)
		return is_bad ? -EFAULT : 0;
	return bytes - cut;
}

/* One request; bytes moved, 0 if the transfer does not go on with a whole
 * sector, or an error. */
static int64_t move_sectors(struct blockdev_transfer *t)
{
	struct block_seg segs[BLOCK_SEGS_MAX];
	struct block_request request = {
		.op = t->op,
		.segs = segs,
		.sector = t->pos / BLOCK_SECTOR_SIZE,
	};
	int64_t bytes;
	int err;

	if (t->pos % BLOCK_SECTOR_SIZE || t->left < BLOCK_SECTOR_SIZE)
		return 0;
	bytes = gather(t, &request, segs);
	if (bytes <= 0)
		return bytes;
	request.nr_sectors = bytes / BLOCK_SECTOR_SIZE;
	if (t->op == BLOCK_WRITE)
		gate_enter(&gates[t->device->index], false);
	err = block_execute(t->device, &request);
	if (t->op == BLOCK_WRITE)
		gate_leave(&gates[t->device->index]);
	cut_segments(&request, segs, bytes);
	return err ? err : bytes;
}

/* ---- parts of sectors -------------------------------------------------- */

/* Between the program's memory, from where the transfer is, and kernel memory. */
static int copy_part(const struct blockdev_transfer *t, char *kernel, uint64_t len)
{
	struct blockdev_transfer rest = *t;

	while (len) {
		vaddr_t va = rest.pieces->start + rest.skip;
		uint64_t n = min_u64(len, rest.pieces->len - rest.skip);
		int err = t->op == BLOCK_READ ? user_write(current()->space, va, kernel, n)
					      : user_read(current()->space, kernel, va, n);

		if (err)
			return err;
		kernel += n;
		len -= n;
		take_off(&rest, n);
	}
	return 0;
}

/* The rest of the sector that the transfer is in, by way of a page. */
static int64_t move_part(struct blockdev_transfer *t)
{
	uint64_t sector = t->pos / BLOCK_SECTOR_SIZE, into = t->pos % BLOCK_SECTOR_SIZE;
	uint64_t len = min_u64(t->left, BLOCK_SECTOR_SIZE - into);
	paddr_t page = page_alloc();
	int err;

	if (!page)
		return -ENOMEM;
	if (t->op == BLOCK_WRITE)
		gate_enter(&gates[t->device->index], true);
	err = block_read(t->device, sector, page, BLOCK_SECTOR_SIZE);
	if (!err)
		err = copy_part(t, (char *)direct_map(page) + into, len);
	if (!err && t->op == BLOCK_WRITE)
		err = block_write(t->device, sector, page, BLOCK_SECTOR_SIZE);
	if (t->op == BLOCK_WRITE)
		gate_leave(&gates[t->device->index]);
	page_put(page);
	return err ? err : (int64_t)len;
}

/* ---- files ------------------------------------------------------------- */

static struct block_device *device_of(const struct file *file)
{
	return block_at((file->inode->rdev & 0xff) / BLOCK_MINORS_PER_DEVICE);
}

static uint64_t size_of(const struct block_device *device)
{
	return device->nr_sectors * BLOCK_SECTOR_SIZE;
}

/*
 * The usual transfer, and the shortest way for it: whole sectors from or to one
 * page. Bytes moved or an error; 0: it is not of that kind.
 */
static inline int64_t move_page(struct file *file, enum block_op op, vaddr_t va, uint64_t len,
				uint64_t *pos)
{
	const unsigned access = op == BLOCK_READ ? ACCESS_WRITE : ACCESS_READ;
	struct block_device *device = device_of(file);
	struct block_seg seg;
	struct block_request request;
	paddr_t pa;
	int err;

	if ((*pos | len) % BLOCK_SECTOR_SIZE || va % PAGE_SIZE + len > PAGE_SIZE ||
	    va % BLOCK_SECTOR_SIZE || len > size_of(device) - *pos || va >= USER_END)
		return 0;
	pa = space_page(current()->space, va, access);
	if (!pa)
		return -EFAULT;
	page_pin(pa); /* as in add_page */
	seg = (struct block_seg){ pa + va % PAGE_SIZE, len };
	request.op = op;
	request.nr_segs = 1;
	request.segs = &seg;
	request.sector = *pos / BLOCK_SECTOR_SIZE;
	request.nr_sectors = len / BLOCK_SECTOR_SIZE;
	request.done = NULL;
	if (op == BLOCK_WRITE)
		gate_enter(&gates[device->index], false);
	err = block_execute(device, &request);
	if (op == BLOCK_WRITE)
		gate_leave(&gates[device->index]);
	page_unpin(pa);
	if (err)
		return err;
	*pos += len;
	return len;
}

/* O_DIRECT wants whole sectors, in memory and on the disk (open(2), NOTES). */
static bool is_aligned(const struct user_piece *pieces, unsigned nr, uint64_t pos)
{
	uint64_t bits = pos;

	for (unsigned i = 0; i < nr; i++)
		bits |= pieces[i].start | pieces[i].len;
	return bits % BLOCK_SECTOR_SIZE == 0;
}

static int64_t transfer(struct file *file, enum block_op op, const struct user_piece *pieces,
			unsigned nr, uint64_t *pos)
{
	struct blockdev_transfer t = {
		.device = device_of(file), .op = op, .pos = *pos,
		.pieces = pieces, .nr_pieces = nr,
	};
	int64_t n = 0;

	if (file->flags & O_DIRECT && !is_aligned(pieces, nr, *pos))
		return -EINVAL;
	for (unsigned i = 0; i < nr; i++)
		t.left += pieces[i].len;
	t.left = min_u64(t.left, size_of(t.device) - *pos);
	take_off(&t, 0); /* pieces without a byte */
	while (t.left) {
		n = move_sectors(&t);
		if (!n)
			n = move_part(&t);
		if (n < 0)
			break;
		take_off(&t, n);
	}
	if (t.pos == *pos)
		return n;
	n = t.pos - *pos;
	*pos = t.pos;
	return n;
}

static int64_t blockdev_read(struct file *file, vaddr_t buf, uint64_t len, uint64_t *pos)
{
	const struct user_piece piece = { buf, len };
	int64_t n;

	if (!len || *pos >= size_of(device_of(file)))
		return 0;
	n = move_page(file, BLOCK_READ, buf, len, pos);
	if (likely(n))
		return n;
	return transfer(file, BLOCK_READ, &piece, 1, pos);
}

static int blockdev_sync(struct file *file)
{
	return block_flush(device_of(file));
}

/* While it is mounted its content is what the file system knows of it. */
static int check_writable(const struct block_device *device)
{
	if (device->is_read_only)
		return -EPERM;
	return device->is_mounted ? -EBUSY : 0;
}

static int64_t blockdev_write(struct file *file, const struct user_piece *pieces, unsigned nr,
			      uint64_t *pos)
{
	int err = check_writable(device_of(file));
	int64_t n;

	if (err)
		return err;
	if (*pos >= size_of(device_of(file)))
		return -ENOSPC;
	n = nr == 1 && pieces->len ?
		    move_page(file, BLOCK_WRITE, pieces->start, pieces->len, pos) : 0;
	if (!n)
		n = transfer(file, BLOCK_WRITE, pieces, nr, pos);
	if (n <= 0 || !(file->flags & O_DSYNC))
		return n;
	err = blockdev_sync(file);
	return err ? err : n;
}

static int blockdev_open(struct file *file)
{
	return file->inode->rdev >> 8 == BLOCK_MAJOR &&
			       file->inode->rdev % BLOCK_MINORS_PER_DEVICE == 0 && device_of(file)
		       ? 0 : -ENXIO;
}

static int64_t put(vaddr_t dst, const void *value, uint64_t size)
{
	return user_write(current()->space, dst, value, size);
}

static int64_t put_size(const struct block_device *device, uint32_t request, vaddr_t arg)
{
	uint64_t value = request == BLKGETSIZE64 ? size_of(device) : device->nr_sectors;

	return put(arg, &value, sizeof(value));
}

static int64_t put_int(vaddr_t arg, int value)
{
	return put(arg, &value, sizeof(value));
}

/* BLKDISCARD and BLKZEROOUT: bytes from, bytes how many. */
static int64_t clear_range(struct file *file, enum block_op op, vaddr_t arg)
{
	struct block_device *device = device_of(file);
	uint64_t range[2];
	struct block_request request = { .op = op };
	int err = check_writable(device);

	if ((file->flags & O_ACCMODE) == O_RDONLY)
		return -EBADF;
	if (err)
		return err;
	if (user_read(current()->space, range, arg, sizeof(range)))
		return -EFAULT;
	if ((range[0] | range[1]) % BLOCK_SECTOR_SIZE || range[0] > size_of(device) ||
	    range[1] > size_of(device) - range[0])
		return -EINVAL;
	while (range[1]) {
		/* What the device takes at once: 2 GiB. */
		uint64_t n = min_u64(range[1], 1ull << 31);

		request.sector = range[0] / BLOCK_SECTOR_SIZE;
		request.nr_sectors = n / BLOCK_SECTOR_SIZE;
		gate_enter(&gates[device->index], false);
		err = block_execute(device, &request);
		gate_leave(&gates[device->index]);
		if (err)
			return err;
		range[0] += n;
		range[1] -= n;
	}
	return 0;
}

static int64_t blockdev_ioctl(struct file *file, uint32_t request, vaddr_t arg)
{
	const struct block_device *device = device_of(file);

	switch (request) {
	case BLKGETSIZE64:
	case BLKGETSIZE:
		return put_size(device, request, arg);
	case BLKSSZGET:
	case BLKPBSZGET:
	case BLKBSZGET:
		return put_int(arg, request == BLKBSZGET ? PAGE_SIZE : BLOCK_SECTOR_SIZE);
	case BLKROGET:
		return put_int(arg, device->is_read_only);
	case BLKFLSBUF:
		return blockdev_sync(file);
	case BLKDISCARD:
		return clear_range(file, BLOCK_DISCARD, arg);
	case BLKZEROOUT:
		return clear_range(file, BLOCK_WRITE_ZEROES, arg);
	default:
		return -ENOTTY;
	}
}

static uint64_t blockdev_size(struct file *file)
{
	return size_of(device_of(file));
}

const struct file_ops blockdev_file_ops = {
	.open = blockdev_open,
	.read = blockdev_read,
	.write = blockdev_write,
	.sync = blockdev_sync,
	.ioctl = blockdev_ioctl,
	.size = blockdev_size,
	.can_seek = true,
};
