/* SPDX-License-Identifier: MIT */
/* The MMIO transport, the queue and the block device, against drivers that do
 * not keep to the rules. What an honest one sees: kernel_virtio_blk_test. */
#include <errno.h>
#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/fuzz/virtio/virtio_input.h"
#include "vmm/dev/virtio_blk.h"

#define MEMORY_BYTES (1u << 20)
#define NR_SECTORS   128
#define QUEUE_SIZE   16
#define DESC_GPA     0x1000
#define AVAIL_GPA    0x2000
#define USED_GPA     0x3000
#define HEADER_GPA   0x4000
#define STATUS_GPA   0x4100
#define TABLE_GPA    0x5000
#define DATA_GPA     0x8000

#define NEXT     VRING_DESC_F_NEXT
#define WRITE    VRING_DESC_F_WRITE
#define INDIRECT VRING_DESC_F_INDIRECT

static char path[] = "/tmp/lde-virtio.XXXXXX";
static struct guestmem mem;
static struct disk image;
static struct vblk blk;
static unsigned int nr_interrupts;

static void on_interrupt(void *ctx)
{
	(void)ctx;
	nr_interrupts++;
}

static uint32_t get(uint32_t reg)
{
	return (uint32_t)vmmio_read(&blk.mmio, reg, 4);
}

static void set(uint32_t reg, uint32_t value)
{
	vmmio_write(&blk.mmio, reg, 4, value);
}

static void open_device(bool is_read_only)
{
	const struct disk_spec spec = {.path = path, .is_read_only = is_read_only};
	char why[DISK_WHY_SIZE];

	assert_int_equal(disk_open(&image, &spec, 0, why), 0);
	assert_int_equal(guestmem_init(&mem, MEMORY_BYTES), 0);
	assert_int_equal(vblk_init(&blk, &image, &mem, on_interrupt, NULL), 0);
	blk.is_served_by_caller = true;
	nr_interrupts = 0;
}

static void close_device(void)
{
	vblk_fini(&blk);
	disk_close(&image);
	guestmem_fini(&mem);
}

static int set_up(void **state)
{
	(void)state;
	memcpy(path + strlen(path) - 6, "XXXXXX", 6);
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, NR_SECTORS * 512), 0);
	close(fd);
	open_device(false);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	close_device();
	unlink(path);
	return 0;
}

static uint64_t all_features(void)
{
	set(VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
	uint64_t high = get(VIRTIO_MMIO_DEVICE_FEATURES);
	set(VIRTIO_MMIO_DEVICE_FEATURES_SEL, 0);
	return high << 32 | get(VIRTIO_MMIO_DEVICE_FEATURES);
}

static void set_features(uint64_t features)
{
	set(VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0);
	set(VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)features);
	set(VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
	set(VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)(features >> 32));
}

static void negotiate(uint64_t features)
{
	set(VIRTIO_MMIO_STATUS, 0);
	set(VIRTIO_MMIO_STATUS, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	set(VIRTIO_MMIO_STATUS, 3);
	set_features(features);
	set(VIRTIO_MMIO_STATUS, 0xb);
}

static void set_queue(uint32_t size, uint64_t desc, uint64_t avail, uint64_t used)
{
	set(VIRTIO_MMIO_QUEUE_NUM, size);
	set(VIRTIO_MMIO_QUEUE_DESC_LOW, (uint32_t)desc);
	set(VIRTIO_MMIO_QUEUE_DESC_HIGH, (uint32_t)(desc >> 32));
	set(VIRTIO_MMIO_QUEUE_AVAIL_LOW, (uint32_t)avail);
	set(VIRTIO_MMIO_QUEUE_AVAIL_HIGH, (uint32_t)(avail >> 32));
	set(VIRTIO_MMIO_QUEUE_USED_LOW, (uint32_t)used);
	set(VIRTIO_MMIO_QUEUE_USED_HIGH, (uint32_t)(used >> 32));
	set(VIRTIO_MMIO_QUEUE_READY, 1);
}

static void start_with(uint64_t features)
{
	memset(mem.base, 0, 1 << 16);
	negotiate(features);
	assert_int_equal(get(VIRTIO_MMIO_STATUS), 0xb);
	set_queue(QUEUE_SIZE, DESC_GPA, AVAIL_GPA, USED_GPA);
	set(VIRTIO_MMIO_STATUS, 0xf);
	assert_int_equal(get(VIRTIO_MMIO_STATUS), 0xf);
	nr_interrupts = 0;
}

static void start(void)
{
	start_with(all_features());
}

static void *at(uint64_t gpa)
{
	return mem.base + gpa;
}

static void set_desc_in(uint64_t table, unsigned int i, uint64_t addr, uint32_t len,
			uint16_t flags, uint16_t next)
{
	((struct vring_desc *)at(table))[i] = (struct vring_desc){addr, len, flags, next};
}

static void set_desc(unsigned int i, uint64_t addr, uint32_t len, uint16_t flags, uint16_t next)
{
	set_desc_in(DESC_GPA, i, addr, len, flags, next);
}

static void offer(uint16_t head)
{
	struct vring_avail *avail = at(AVAIL_GPA);

	avail->ring[avail->idx++ % QUEUE_SIZE] = head;
}

static uint16_t nr_used(void)
{
	return ((struct vring_used *)at(USED_GPA))->idx;
}

static const struct vring_used_elem *used(unsigned int i)
{
	return &((struct vring_used *)at(USED_GPA))->ring[i % QUEUE_SIZE];
}

static void set_header(uint32_t type, uint64_t sector)
{
	*(struct virtio_blk_outhdr *)at(HEADER_GPA) =
		(struct virtio_blk_outhdr){.type = type, .sector = sector};
	*(uint8_t *)at(STATUS_GPA) = 0xee;
}

/* Header, one buffer, status; buffer_flags: WRITE for what the device writes. */
static void set_request(uint32_t type, uint64_t sector, uint32_t len, uint16_t buffer_flags)
{
	set_header(type, sector);
	set_desc(0, HEADER_GPA, sizeof(struct virtio_blk_outhdr), NEXT, len ? 1 : 2);
	set_desc(1, DATA_GPA, len, NEXT | buffer_flags, 2);
	set_desc(2, STATUS_GPA, 1, WRITE, 0);
}

/* Until the device has used nr chains. */
static void serve_until(uint16_t nr)
{
	for (int i = 0; nr_used() != nr; i++) {
		assert_true(i < 10000);
		vblk_serve(&blk);
		if (nr_used() != nr)
			nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
	}
}

/* Offers the request at descriptor 0; the status that the device gives it. */
static uint8_t status_of_request(void)
{
	uint16_t before = nr_used();

	offer(0);
	serve_until((uint16_t)(before + 1));
	assert_int_equal(get(VIRTIO_MMIO_STATUS), 0xf);
	assert_int_equal(used(before)->id, 0);
	return *(uint8_t *)at(STATUS_GPA);
}

static uint8_t try(uint32_t type, uint64_t sector, uint32_t len, uint16_t buffer_flags)
{
	set_request(type, sector, len, buffer_flags);
	return status_of_request();
}

/* ---- registers ------------------------------------------------------- */

static void the_device_says_what_it_is(void **state)
{
	(void)state;
	assert_int_equal(get(VIRTIO_MMIO_MAGIC_VALUE), 0x74726976);
	assert_int_equal(get(VIRTIO_MMIO_VERSION), 2);
	assert_int_equal(get(VIRTIO_MMIO_DEVICE_ID), 2);
	assert_int_equal(get(VIRTIO_MMIO_QUEUE_NUM_MAX), VIRTQ_SIZE_MAX);
	set(VIRTIO_MMIO_QUEUE_SEL, 1);
	assert_int_equal(get(VIRTIO_MMIO_QUEUE_NUM_MAX), 0);
	assert_int_equal(get(VIRTIO_MMIO_CONFIG), NR_SECTORS);
	assert_int_equal(vmmio_read(&blk.mmio, VIRTIO_MMIO_CONFIG, 8), NR_SECTORS);
	assert_int_equal(vmmio_read(&blk.mmio, VIRTIO_MMIO_CONFIG, 1), NR_SECTORS % 256);
	assert_int_equal(vmmio_read(&blk.mmio, VIRTIO_MMIO_CONFIG + 0xfe, 4), 0);
	assert_int_equal(get(VIRTIO_MMIO_SHM_LEN_LOW), UINT32_MAX);
}

static void accesses_of_other_sizes_do_nothing(void **state)
{
	(void)state;
	assert_int_equal(vmmio_read(&blk.mmio, VIRTIO_MMIO_MAGIC_VALUE, 1), 0);
	assert_int_equal(vmmio_read(&blk.mmio, VIRTIO_MMIO_MAGIC_VALUE, 8), 0);
	assert_int_equal(vmmio_read(&blk.mmio, 2, 4), 0);
	vmmio_write(&blk.mmio, VIRTIO_MMIO_STATUS, 1, 1);
	vmmio_write(&blk.mmio, VIRTIO_MMIO_CONFIG, 4, 7);
	set(0x1fc, 1);
	set(0x48, 1);
	assert_int_equal(get(VIRTIO_MMIO_STATUS), 0);
	assert_int_equal(get(VIRTIO_MMIO_CONFIG), NR_SECTORS);
	assert_int_equal(blk.mmio.nr_refused, 7);
}

static void features_that_were_not_offered_are_not_taken(void **state)
{
	const uint64_t offered = all_features();

	(void)state;
	for (unsigned int bit = 0; bit < 64; bit++) {
		bool is_offered = offered >> bit & 1;
		negotiate(1ull << VIRTIO_F_VERSION_1 | 1ull << bit);
		assert_int_equal(get(VIRTIO_MMIO_STATUS), is_offered ? 0xb : 3);
	}
	negotiate(offered & ~(1ull << VIRTIO_F_VERSION_1));
	assert_int_equal(get(VIRTIO_MMIO_STATUS), 3);
	negotiate(offered);
	set_features(0); /* too late */
	assert_int_equal(blk.mmio.driver_features, offered);
}

static void status_bits_are_cleared_by_a_reset_only(void **state)
{
	(void)state;
	negotiate(all_features());
	set(VIRTIO_MMIO_STATUS, 1);
	assert_int_equal(get(VIRTIO_MMIO_STATUS), 0xb);
	set(VIRTIO_MMIO_STATUS, 0xff);
	assert_int_equal(get(VIRTIO_MMIO_STATUS), 0xbf);
	set(VIRTIO_MMIO_STATUS, 0);
	assert_int_equal(get(VIRTIO_MMIO_STATUS), 0);
	set(VIRTIO_MMIO_STATUS, 7); /* the driver before the features */
	assert_int_equal(get(VIRTIO_MMIO_STATUS), 3);
}

static void queues_that_make_no_sense_need_a_reset(void **state)
{
	static const struct {
		uint32_t size;
		uint64_t desc, avail, used;
	} queues[] = {
		{0, DESC_GPA, AVAIL_GPA, USED_GPA},
		{15, DESC_GPA, AVAIL_GPA, USED_GPA},
		{512, DESC_GPA, AVAIL_GPA, USED_GPA},
		{0x10010, DESC_GPA, AVAIL_GPA, USED_GPA},
		{16, DESC_GPA + 8, AVAIL_GPA, USED_GPA},
		{16, DESC_GPA, AVAIL_GPA + 1, USED_GPA},
		{16, DESC_GPA, AVAIL_GPA, USED_GPA + 2},
		{16, MEMORY_BYTES - 240, AVAIL_GPA, USED_GPA},
		{16, DESC_GPA, MEMORY_BYTES - 34, USED_GPA},
		{16, DESC_GPA, AVAIL_GPA, MEMORY_BYTES - 132},
		{16, UINT64_MAX - 15, AVAIL_GPA, USED_GPA},
		{16, DESC_GPA, 1ull << 63, USED_GPA},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(queues) / sizeof(queues[0]); i++) {
		negotiate(all_features());
		set_queue(queues[i].size, queues[i].desc, queues[i].avail, queues[i].used);
		assert_int_equal(get(VIRTIO_MMIO_STATUS), 0x4b);
		set(VIRTIO_MMIO_STATUS, 0x4f);
		vblk_serve(&blk);
		assert_int_equal(get(VIRTIO_MMIO_QUEUE_READY), 0);
	}
	/* The largest that there may be, at the very end. */
	negotiate(all_features());
	set_queue(256, DESC_GPA, AVAIL_GPA, MEMORY_BYTES - 2056);
	assert_int_equal(get(VIRTIO_MMIO_QUEUE_READY), 1);
	set_queue(8, 0, 0, 0); /* too late */
	assert_int_equal(blk.mmio.queues[0].size, 256);
}

static void a_queue_before_its_time_is_not_taken(void **state)
{
	(void)state;
	set_queue(QUEUE_SIZE, DESC_GPA, AVAIL_GPA, USED_GPA);
	assert_int_equal(get(VIRTIO_MMIO_QUEUE_READY), 0);
	offer(0);
	set(VIRTIO_MMIO_QUEUE_NOTIFY, 0);
	assert_int_equal(vblk_serve(&blk), UINT64_MAX);
	assert_int_equal(nr_used(), 0);
}

/* ---- chains ---------------------------------------------------------- */

/* The ring is beyond repair: NEEDS_RESET, an interrupt, nothing used; and after a
 * reset all is well. */
static void assert_breaks(void)
{
	vblk_serve(&blk);
	assert_int_equal(get(VIRTIO_MMIO_STATUS), 0x4f);
	assert_int_equal(get(VIRTIO_MMIO_INTERRUPT_STATUS), VIRTIO_MMIO_INT_CONFIG);
	assert_int_equal(nr_interrupts, 1);
	assert_int_equal(nr_used(), 0);
	start();
	assert_int_equal(try(VIRTIO_BLK_T_IN, 0, 512, WRITE), VIRTIO_BLK_S_OK);
	start();
}

static void broken_chains_need_a_reset(void **state)
{
	(void)state;
	start();
	offer(QUEUE_SIZE); /* no such descriptor */
	assert_breaks();
	set_desc(0, HEADER_GPA, 16, NEXT, QUEUE_SIZE);
	offer(0);
	assert_breaks();
	set_desc(0, HEADER_GPA, 16, NEXT, 0); /* for ever */
	offer(0);
	assert_breaks();
	set_desc(0, MEMORY_BYTES - 8, 16, 0, 0);
	offer(0);
	assert_breaks();
	set_desc(0, UINT64_MAX - 8, 16, 0, 0);
	offer(0);
	assert_breaks();
	set_desc(0, HEADER_GPA, UINT32_MAX, WRITE, 0);
	offer(0);
	assert_breaks();
	set_desc(0, DATA_GPA, 512, NEXT | WRITE, 1); /* readable behind writable */
	set_desc(1, HEADER_GPA, 16, 0, 0);
	offer(0);
	assert_breaks();
	((struct vring_avail *)at(AVAIL_GPA))->idx = QUEUE_SIZE + 1;
	assert_breaks();
}

static void broken_indirect_tables_need_a_reset(void **state)
{
	(void)state;
	start();
	set_desc(0, TABLE_GPA, 0, INDIRECT, 0);
	offer(0);
	assert_breaks();
	set_desc(0, TABLE_GPA, 17, INDIRECT, 0);
	offer(0);
	assert_breaks();
	set_desc(0, TABLE_GPA, 16 * (VIRTQ_CHAIN_MAX + 1), INDIRECT, 0);
	offer(0);
	assert_breaks();
	set_desc(0, MEMORY_BYTES - 16, 32, INDIRECT, 0);
	offer(0);
	assert_breaks();
	set_desc(0, TABLE_GPA, 16, INDIRECT | NEXT, 1);
	offer(0);
	assert_breaks();
	set_desc(0, TABLE_GPA, 16, INDIRECT, 0); /* a table in a table */
	set_desc_in(TABLE_GPA, 0, TABLE_GPA, 16, INDIRECT, 0);
	offer(0);
	assert_breaks();
	set_desc(0, TABLE_GPA, 32, INDIRECT, 0);
	set_desc_in(TABLE_GPA, 0, HEADER_GPA, 16, NEXT, 2);
	offer(0);
	assert_breaks();
	start_with(all_features() & ~(1ull << VIRTIO_RING_F_INDIRECT_DESC));
	set_desc(0, TABLE_GPA, 16, INDIRECT, 0);
	offer(0);
	assert_breaks();
}

/* ---- requests -------------------------------------------------------- */

static void requests_that_make_no_sense_are_answered(void **state)
{
	(void)state;
	start();
	assert_int_equal(try(VIRTIO_BLK_T_IN, NR_SECTORS, 512, WRITE), VIRTIO_BLK_S_IOERR);
	assert_int_equal(try(VIRTIO_BLK_T_IN, NR_SECTORS - 1, 1024, WRITE), VIRTIO_BLK_S_IOERR);
	assert_int_equal(try(VIRTIO_BLK_T_IN, UINT64_MAX, 512, WRITE), VIRTIO_BLK_S_IOERR);
	assert_int_equal(try(VIRTIO_BLK_T_IN, 0, 511, WRITE), VIRTIO_BLK_S_IOERR);
	assert_int_equal(try(VIRTIO_BLK_T_IN, 0, 0, 0), VIRTIO_BLK_S_IOERR);
	assert_int_equal(try(VIRTIO_BLK_T_IN, 0, 512, 0), VIRTIO_BLK_S_IOERR);
	assert_int_equal(try(VIRTIO_BLK_T_OUT, 0, 512, WRITE), VIRTIO_BLK_S_IOERR);
	assert_int_equal(try(VIRTIO_BLK_T_OUT, NR_SECTORS, 512, 0), VIRTIO_BLK_S_IOERR);
	assert_int_equal(try(3, 0, 512, WRITE), VIRTIO_BLK_S_UNSUPP);
	assert_int_equal(try(VIRTIO_BLK_T_SECURE_ERASE, 0, 16, 0), VIRTIO_BLK_S_UNSUPP);
	assert_int_equal(try(VIRTIO_BLK_T_DISCARD, 0, 15, 0), VIRTIO_BLK_S_IOERR);
	assert_int_equal(try(VIRTIO_BLK_T_DISCARD, 0, 32, 0), VIRTIO_BLK_S_IOERR);
}

static uint8_t try_range(uint32_t type, uint64_t sector, uint32_t nr_sectors, uint32_t flags)
{
	set_request(type, 0, sizeof(struct virtio_blk_discard_write_zeroes), 0);
	*(struct virtio_blk_discard_write_zeroes *)at(DATA_GPA) =
		(struct virtio_blk_discard_write_zeroes){sector, nr_sectors, flags};
	return status_of_request();
}

static void ranges_are_checked(void **state)
{
	(void)state;
	start();
	assert_int_equal(try_range(VIRTIO_BLK_T_DISCARD, 0, 8, 0), VIRTIO_BLK_S_OK);
	assert_int_equal(try_range(VIRTIO_BLK_T_DISCARD, 0, 8, 1), VIRTIO_BLK_S_UNSUPP);
	assert_int_equal(try_range(VIRTIO_BLK_T_WRITE_ZEROES, 0, 8, 1), VIRTIO_BLK_S_OK);
	assert_int_equal(try_range(VIRTIO_BLK_T_WRITE_ZEROES, 0, 8, 2), VIRTIO_BLK_S_UNSUPP);
	assert_int_equal(try_range(VIRTIO_BLK_T_WRITE_ZEROES, 0, 0, 0), VIRTIO_BLK_S_IOERR);
	assert_int_equal(try_range(VIRTIO_BLK_T_WRITE_ZEROES, NR_SECTORS, 1, 0),
			 VIRTIO_BLK_S_IOERR);
	assert_int_equal(try_range(VIRTIO_BLK_T_WRITE_ZEROES, 1, UINT32_MAX, 0),
			 VIRTIO_BLK_S_IOERR);
}

static void requests_without_header_or_status_are_used_up(void **state)
{
	(void)state;
	start();
	set_header(VIRTIO_BLK_T_IN, 0);
	set_desc(0, HEADER_GPA, 15, NEXT, 1); /* a header that is too short */
	set_desc(1, STATUS_GPA, 1, WRITE, 0);
	assert_int_equal(status_of_request(), VIRTIO_BLK_S_IOERR);
	assert_int_equal(used(0)->len, 1);
	set_desc(0, HEADER_GPA, 16, 0, 0); /* no place for a status */
	offer(0);
	serve_until(2);
	assert_int_equal(used(1)->len, 0);
	set_desc(0, HEADER_GPA, 0, WRITE, 0); /* nothing at all */
	offer(0);
	serve_until(3);
	assert_int_equal(get(VIRTIO_MMIO_STATUS), 0xf);
}

/* The specification leaves it to the driver how it cuts a request. */
static void buffers_may_be_cut_anywhere(void **state)
{
	uint8_t *data = at(DATA_GPA);

	(void)state;
	start();
	for (unsigned int i = 0; i < 1024; i++)
		data[i] = (uint8_t)(i * 3);
	set_header(VIRTIO_BLK_T_OUT, 2);
	set_desc(0, HEADER_GPA, 5, NEXT, 1);
	set_desc(1, HEADER_GPA + 5, 11, NEXT, 2);
	set_desc(2, DATA_GPA, 1, NEXT, 3);
	set_desc(3, DATA_GPA + 1, 1023, NEXT, 4);
	set_desc(4, STATUS_GPA, 1, WRITE, 0);
	assert_int_equal(status_of_request(), VIRTIO_BLK_S_OK);
	memset(data, 0, 1024);
	/* The status behind the data, in one buffer. */
	set_header(VIRTIO_BLK_T_IN, 2);
	set_desc(1, HEADER_GPA + 5, 11, NEXT, 2);
	set_desc(2, DATA_GPA, 1025, WRITE, 0);
	offer(0);
	serve_until(2);
	assert_int_equal(used(1)->len, 1025);
	assert_int_equal(data[1024], VIRTIO_BLK_S_OK);
	for (unsigned int i = 0; i < 1024; i++)
		assert_int_equal(data[i], (uint8_t)(i * 3));
}

static void the_id_is_the_disks_name(void **state)
{
	(void)state;
	start();
	assert_int_equal(try(VIRTIO_BLK_T_GET_ID, 0, 20, WRITE), VIRTIO_BLK_S_OK);
	assert_string_equal(at(DATA_GPA), "lde-vda");
	assert_int_equal(used(0)->len, 21);
	assert_int_equal(try(VIRTIO_BLK_T_GET_ID, 0, 3, WRITE), VIRTIO_BLK_S_OK);
	assert_int_equal(used(1)->len, 4);
}

static void a_read_only_disk_is_not_written(void **state)
{
	(void)state;
	close_device();
	open_device(true);
	assert_true(all_features() >> VIRTIO_BLK_F_RO & 1);
	start();
	assert_int_equal(try(VIRTIO_BLK_T_OUT, 0, 512, 0), VIRTIO_BLK_S_IOERR);
	assert_int_equal(try_range(VIRTIO_BLK_T_WRITE_ZEROES, 0, 8, 0), VIRTIO_BLK_S_UNSUPP);
	assert_int_equal(try(VIRTIO_BLK_T_IN, 0, 512, WRITE), VIRTIO_BLK_S_OK);
}

static void interrupts_and_doorbells_without_event_indices(void **state)
{
	struct vring_avail *avail;

	(void)state;
	start_with(all_features() & ~(1ull << VIRTIO_RING_F_EVENT_IDX));
	avail = at(AVAIL_GPA);
	assert_int_equal(try(VIRTIO_BLK_T_IN, 0, 512, WRITE), VIRTIO_BLK_S_OK);
	assert_int_equal(nr_interrupts, 1);
	assert_int_equal(((struct vring_used *)at(USED_GPA))->flags, 0);
	avail->flags = VRING_AVAIL_F_NO_INTERRUPT;
	assert_int_equal(try(VIRTIO_BLK_T_IN, 0, 512, WRITE), VIRTIO_BLK_S_OK);
	assert_int_equal(nr_interrupts, 1);
	set(VIRTIO_MMIO_INTERRUPT_ACK, 1);
	assert_int_equal(get(VIRTIO_MMIO_INTERRUPT_STATUS), 0);
}

static void a_reset_ends_what_is_in_flight(void **state)
{
	(void)state;
	start();
	image.spec.latency_ns = 3600000000000ull;
	for (uint16_t i = 0; i < QUEUE_SIZE; i++) {
		set_request(i % 2 ? VIRTIO_BLK_T_IN : VIRTIO_BLK_T_OUT, i, 512, i % 2 ? WRITE : 0);
		offer(0);
		vblk_serve(&blk);
	}
	assert_int_equal(blk.nr_in_flight, QUEUE_SIZE);
	image.spec.latency_ns = 0;
	start();
	assert_int_equal(blk.nr_in_flight, 0);
	assert_int_equal(nr_used(), 0);
	assert_int_equal(try(VIRTIO_BLK_T_IN, 0, 512, WRITE), VIRTIO_BLK_S_OK);
}

/* Once it is due nobody could answer it: who waited for that time would not wait. */
static void a_broken_queue_has_nothing_due(void **state)
{
	(void)state;
	start();
	image.spec.latency_ns = 3600000000000ull;
	set_request(VIRTIO_BLK_T_IN, 0, 512, WRITE);
	offer(0);
	assert_true(vblk_serve(&blk) < UINT64_MAX);
	offer(QUEUE_SIZE); /* no such descriptor */
	assert_int_equal(vblk_serve(&blk), UINT64_MAX);
	assert_int_equal(get(VIRTIO_MMIO_STATUS), 0x4f);
	assert_int_equal(vblk_serve(&blk), UINT64_MAX);
	assert_int_equal(nr_used(), 0);
	image.spec.latency_ns = 0;
	start();
	assert_int_equal(blk.nr_in_flight, 0);
	assert_int_equal(try(VIRTIO_BLK_T_IN, 0, 512, WRITE), VIRTIO_BLK_S_OK);
}

/* ---- all sorts of it -------------------------------------------------- */

static void what_the_fuzzer_has_found_does_no_harm(void **state)
{
	(void)state;
	assert_true(virtio_input_run_folder(&virtio_target_disk, "tests/fuzz/virtio/corpus-disk") >
		    20);
}

static void garbage_does_no_harm(void **state)
{
	(void)state;
	virtio_input_run_garbage(&virtio_target_disk, 3000);
	virtio_input_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
		T(the_device_says_what_it_is),
		T(accesses_of_other_sizes_do_nothing),
		T(features_that_were_not_offered_are_not_taken),
		T(status_bits_are_cleared_by_a_reset_only),
		T(queues_that_make_no_sense_need_a_reset),
		T(a_queue_before_its_time_is_not_taken),
		T(broken_chains_need_a_reset),
		T(broken_indirect_tables_need_a_reset),
		T(requests_that_make_no_sense_are_answered),
		T(ranges_are_checked),
		T(requests_without_header_or_status_are_used_up),
		T(buffers_may_be_cut_anywhere),
		T(the_id_is_the_disks_name),
		T(a_read_only_disk_is_not_written),
		T(interrupts_and_doorbells_without_event_indices),
		T(a_reset_ends_what_is_in_flight),
		T(a_broken_queue_has_nothing_due),
		cmocka_unit_test(what_the_fuzzer_has_found_does_no_harm),
		cmocka_unit_test(garbage_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
