/* SPDX-License-Identifier: MIT */
#include "tests/unit/fake/fake_block.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/fake/fake.h"

/* What a write has replaced, the latest first. */
struct fake_block_undo {
	struct fake_block_undo *next;
	uint64_t offset, len;
	uint8_t before[];
};

static struct fake_block *disk_of(struct block_device *device)
{
	return container_of(device, struct fake_block, device);
}

static void forget_undo(struct fake_block *disk)
{
	while (disk->undo) {
		struct fake_block_undo *next = disk->undo->next;

		free(disk->undo);
		disk->undo = next;
	}
}

static void note_undo(struct fake_block *disk, uint64_t offset, uint64_t len)
{
	struct fake_block_undo *undo = malloc(sizeof(*undo) + len);

	assert_non_null(undo);
	*undo = (struct fake_block_undo){ .next = disk->undo, .offset = offset, .len = len };
	memcpy(undo->before, disk->bytes + offset, len);
	disk->undo = undo;
}

static void move_segments(struct fake_block *disk, const struct block_request *r)
{
	uint8_t *at = disk->bytes + r->sector * BLOCK_SECTOR_SIZE;

	for (uint32_t i = 0; i < r->nr_segs; i++) {
		void *memory = direct_map(r->segs[i].pa);

		if (r->op == BLOCK_READ)
			memcpy(memory, at, r->segs[i].len);
		else
			memcpy(at, memory, r->segs[i].len);
		at += r->segs[i].len;
	}
}

static int failure(struct fake_block *disk, const struct block_request *r)
{
	if (disk->bad_sector - r->sector < r->nr_sectors)
		return -EIO;
	if (disk->fails_one_in && !fake_random_below(disk->fails_one_in))
		return -EIO;
	if (disk->fail_after > 0) {
		disk->fail_after--;
		return 0;
	}
	if (!disk->nr_fail)
		return 0;
	disk->nr_fail--;
	return disk->fail_errno;
}

static int perform(struct fake_block *disk, const struct block_request *r)
{
	uint64_t offset = r->sector * BLOCK_SECTOR_SIZE, len = r->nr_sectors * BLOCK_SECTOR_SIZE;
	int err = failure(disk, r);

	disk->nr_ops[r->op]++;
	if (err)
		return err;
	if (r->op == BLOCK_FLUSH)
		forget_undo(disk);
	else if (r->op != BLOCK_READ)
		note_undo(disk, offset, len);
	if (r->op == BLOCK_READ || r->op == BLOCK_WRITE)
		move_segments(disk, r);
	else if (r->op == BLOCK_WRITE_ZEROES)
		memset(disk->bytes + offset, 0, len);
	return 0;
}

static void finish(struct fake_block *disk, struct fake_block_flight *flight)
{
	struct block_request *request = flight->request;

	timer_stop(&flight->timer);
	flight->request = NULL;
	disk->nr_in_flight--;
	block_complete(&disk->device, request, perform(disk, request));
}

/* The flight that is due first; the last submitted of those, if it goes
 * backwards. NULL: none. */
static struct fake_block_flight *next_due(struct fake_block *disk)
{
	struct fake_block_flight *best = NULL;

	for (unsigned i = 0; i < FAKE_BLOCK_IN_FLIGHT_MAX; i++) {
		struct fake_block_flight *f = &disk->flights[i];

		if (!f->request)
			continue;
		if (!best || f->timer.node.key < best->timer.node.key ||
		    (f->timer.node.key == best->timer.node.key &&
		     (f->number < best->number) != disk->completes_backwards))
			best = f;
	}
	return best;
}

static void finish_due(struct fake_block *disk, uint64_t now)
{
	struct fake_block_flight *f;

	while ((f = next_due(disk)) && f->timer.node.key <= now)
		finish(disk, f);
}

static void expire(struct timer *timer)
{
	struct fake_block_flight *flight = container_of(timer, struct fake_block_flight, timer);

	/* It has been stopped: is_started says nothing any more. */
	finish_due(flight->disk, timer->node.key);
}

static void take_off(struct fake_block *disk, struct block_request *request)
{
	for (unsigned i = 0; i < FAKE_BLOCK_IN_FLIGHT_MAX; i++) {
		struct fake_block_flight *f = &disk->flights[i];

		if (f->request)
			continue;
		f->request = request;
		f->disk = disk;
		f->number = ++disk->last_number;
		f->timer.fire = expire;
		f->timer.node.key = fake.tsc;
		if (++disk->nr_in_flight > disk->max_in_flight)
			disk->max_in_flight = disk->nr_in_flight;
		if (disk->delay_ticks)
			timer_start(&f->timer, fake.tsc + disk->delay_ticks);
		return;
	}
	fail_msg("more than %d requests in flight", FAKE_BLOCK_IN_FLIGHT_MAX);
}

static void fake_submit(struct block_device *device, struct block_request *request)
{
	list_add_tail(&disk_of(device)->submitted, &request->link);
}

static void fake_kick(struct block_device *device, const struct block_request *awaited)
{
	struct fake_block *disk = disk_of(device);

	(void)awaited;
	disk->nr_kicks++;
	while (!list_is_empty(&disk->submitted)) {
		struct list *l = list_take_first(&disk->submitted);

		list_init(l);
		take_off(disk, list_entry(l, struct block_request, link));
	}
	if (!disk->delay_ticks)
		finish_due(disk, fake.tsc);
}

/* Whoever polls lets time go by. */
static void fake_poll(struct block_device *device)
{
	struct fake_block *disk = disk_of(device);
	struct fake_block_flight *next = next_due(disk);

	disk->nr_polls++;
	assert_non_null(next); /* or it would be polled for ever */
	if (fake.tsc < next->timer.node.key)
		fake.tsc = next->timer.node.key;
	finish_due(disk, fake.tsc);
}

static const struct block_ops fake_block_ops = {
	.submit = fake_submit,
	.kick = fake_kick,
	.poll = fake_poll,
};

void fake_block_attach(struct fake_block *disk)
{
	uint64_t nr_sectors = disk->device.nr_sectors;
	bool is_read_only = disk->device.is_read_only;

	memset(disk->flights, 0, sizeof(disk->flights));
	list_init(&disk->submitted);
	disk->nr_in_flight = 0;
	disk->device = (struct block_device){
		.nr_sectors = nr_sectors,
		.is_read_only = is_read_only,
		.has_discard = true,
		.has_write_zeroes = true,
		.ops = &fake_block_ops,
	};
	assert_true(block_register(&disk->device));
}

void fake_block_create(struct fake_block *disk, uint64_t nr_sectors)
{
	memset(disk, 0, sizeof(*disk));
	disk->bytes = calloc(nr_sectors, BLOCK_SECTOR_SIZE);
	assert_non_null(disk->bytes);
	disk->bad_sector = UINT64_MAX;
	disk->fail_errno = -EIO;
	disk->device.nr_sectors = nr_sectors;
	fake_block_attach(disk);
}

void fake_block_load(struct fake_block *disk, const char *path)
{
	FILE *file = fopen(path, "rb");
	long len = 0;

	if (!file || fseek(file, 0, SEEK_END) || (len = ftell(file)) < 0)
		fail_msg("cannot read %s", path);
	rewind(file);
	fake_block_create(disk, (uint64_t)len / BLOCK_SECTOR_SIZE);
	assert_int_equal(fread(disk->bytes, BLOCK_SECTOR_SIZE, disk->device.nr_sectors, file),
			 disk->device.nr_sectors);
	fclose(file);
}

void fake_block_save(const struct fake_block *disk, const char *path)
{
	FILE *file = fopen(path, "wb");

	if (!file)
		fail_msg("cannot write %s", path);
	assert_int_equal(fwrite(disk->bytes, BLOCK_SECTOR_SIZE, disk->device.nr_sectors, file),
			 disk->device.nr_sectors);
	assert_int_equal(fclose(file), 0);
}

void fake_block_destroy(struct fake_block *disk)
{
	forget_undo(disk);
	free(disk->bytes);
	disk->bytes = NULL;
}

void fake_block_cut_power(struct fake_block *disk)
{
	struct fake_block_undo **writes, *undo;
	uint64_t nr = 0;
	uint8_t *content;

	for (undo = disk->undo; undo; undo = undo->next)
		nr++;
	/* Back to the last flush; on the way, what each write had written. */
	writes = calloc(nr + 1, sizeof(struct fake_block_undo *));
	assert_non_null(writes);
	nr = 0;
	for (undo = disk->undo; undo; undo = undo->next) {
		content = malloc(undo->len);
		assert_non_null(content);
		memcpy(content, disk->bytes + undo->offset, undo->len);
		memcpy(disk->bytes + undo->offset, undo->before, undo->len);
		memcpy(undo->before, content, undo->len);
		free(content);
		writes[nr++] = undo;
	}
	while (nr--)
		if (fake_random_below(2))
			memcpy(disk->bytes + writes[nr]->offset, writes[nr]->before, writes[nr]->len);
	free(writes);
	forget_undo(disk);
}
