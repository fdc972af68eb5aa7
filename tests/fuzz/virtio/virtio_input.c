/* SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memfd_create(2) */
#endif

#include "tests/fuzz/virtio/virtio_input.h"

#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm/dev/virtio_blk.h"

#define MEMORY_BYTES (1u << 20)
#define DISK_BYTES   (64u << 10)

/* Where an honest driver would put its rings; input may use other places. */
#define QUEUE_SIZE 8
#define DESC_GPA   0x1000
#define AVAIL_GPA  0x2000
#define USED_GPA   0x3000

/* What one byte of input stands for. */
enum op { OP_REGISTER, OP_MEMORY, OP_SERVE, OP_READ, OP_ACCESS, OP_START, OP_OFFER, NR_OPS };

static struct guestmem mem;
static struct disk image;
static struct vblk blk;
static int image_fd = -1;

struct input {
	const uint8_t *bytes;
	size_t len;
};

static void check(int holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

/* What is left when the input is at its end are zeroes. */
static uint64_t take(struct input *in, size_t size)
{
	uint64_t value = 0;
	size_t n = size < in->len ? size : in->len;

	memcpy(&value, in->bytes, n);
	in->bytes += n;
	in->len -= n;
	return value;
}

static void on_interrupt(void *ctx)
{
	(void)ctx;
}

static void create(void)
{
	char path[40], why[DISK_WHY_SIZE];
	struct disk_spec spec = {.path = path};

	image_fd = memfd_create("disk", MFD_CLOEXEC);
	check(image_fd >= 0 && !ftruncate(image_fd, DISK_BYTES), "there is memory for the image");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", image_fd);
	check(!disk_open(&image, &spec, 0, why), "the image can be opened");
	check(!guestmem_init(&mem, MEMORY_BYTES), "there is memory for the guest");
	check(!vblk_init(&blk, &image, &mem, on_interrupt, NULL), "the device can be made");
	blk.is_served_by_caller = true;
}

static void set(uint32_t reg, uint32_t value)
{
	vmmio_write(&blk.mmio, reg, sizeof(value), value);
}

/* As an honest driver would; with all features but those of the mask. */
static void start(uint8_t without)
{
	set(VIRTIO_MMIO_STATUS, 0);
	set(VIRTIO_MMIO_STATUS, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
	for (uint32_t half = 0; half < 2; half++) {
		set(VIRTIO_MMIO_DEVICE_FEATURES_SEL, half);
		set(VIRTIO_MMIO_DRIVER_FEATURES_SEL, half);
		uint32_t features = (uint32_t)vmmio_read(&blk.mmio, VIRTIO_MMIO_DEVICE_FEATURES, 4);
		/* Bits 28 and 29 are indirect descriptors and event indices. */
		if (!half)
			features &= ~((uint32_t)without << 28 & 0x30000000);
		set(VIRTIO_MMIO_DRIVER_FEATURES, features);
	}
	set(VIRTIO_MMIO_STATUS, 0xb);
	set(VIRTIO_MMIO_QUEUE_NUM, QUEUE_SIZE);
	set(VIRTIO_MMIO_QUEUE_DESC_LOW, DESC_GPA);
	set(VIRTIO_MMIO_QUEUE_AVAIL_LOW, AVAIL_GPA);
	set(VIRTIO_MMIO_QUEUE_USED_LOW, USED_GPA);
	set(VIRTIO_MMIO_QUEUE_READY, 1);
	set(VIRTIO_MMIO_STATUS, 0xf);
}

static void offer(uint16_t head)
{
	uint16_t *avail = guestmem_at(&mem, gpa_of(AVAIL_GPA), 4 + 2 * QUEUE_SIZE);

	avail[2 + avail[1] % QUEUE_SIZE] = head;
	avail[1]++;
}

static void write_memory(struct input *in)
{
	uint32_t gpa = (uint32_t)take(in, 2);
	size_t len = (size_t)take(in, 1);

	if (len > in->len)
		len = in->len;
	memcpy(mem.base + gpa, in->bytes, len);
	in->bytes += len;
	in->len -= len;
}

static void perform(struct input *in)
{
	uint32_t offset;
	uint8_t size;

	switch ((enum op)(take(in, 1) % NR_OPS)) {
	case OP_REGISTER:
		offset = (uint32_t)take(in, 1) * 4;
		set(offset, (uint32_t)take(in, 4));
		break;
	case OP_MEMORY:
		write_memory(in);
		break;
	case OP_READ:
		offset = (uint32_t)take(in, 2) % 0x200;
		size = 1u << take(in, 1) % 4;
		vmmio_read(&blk.mmio, offset, size);
		break;
	case OP_ACCESS:
		offset = (uint32_t)take(in, 2) % 0x200;
		size = 1u << take(in, 1) % 4;
		vmmio_write(&blk.mmio, offset, size, take(in, 8));
		break;
	case OP_START:
		start((uint8_t)take(in, 1));
		break;
	case OP_OFFER:
		offer((uint16_t)take(in, 2));
		break;
	default:
		vblk_serve(&blk);
	}
}

void virtio_input_run(const uint8_t *bytes, size_t len)
{
	struct input in = {bytes, len};

	if (!mem.base)
		create();
	memset(mem.base, 0, 1 << 16);
	set(VIRTIO_MMIO_STATUS, 0);
	while (in.len)
		perform(&in);
	vblk_serve(&blk);
	check(blk.nr_in_flight <= VBLK_REQUESTS_MAX, "no more requests than there are places");
	set(VIRTIO_MMIO_STATUS, 0);
	check(!blk.nr_in_flight && !blk.held, "a reset leaves no request");
	check(!vmmio_read(&blk.mmio, VIRTIO_MMIO_STATUS, 4), "a reset clears the status");
	/* And after all that an honest driver gets what it wants. */
	start(0);
	check(vmmio_read(&blk.mmio, VIRTIO_MMIO_STATUS, 4) == 0xf, "an honest driver can start");
}

void virtio_input_end(void)
{
	if (!mem.base)
		return;
	vblk_fini(&blk);
	disk_close(&image);
	guestmem_fini(&mem);
	close(image_fd);
}
