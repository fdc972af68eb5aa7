/* SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memfd_create(2) */
#endif

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/virtio/virtio_input.h"
#include "vmm/dev/virtio_blk.h"

#define DISK_BYTES (64u << 10)

static struct disk image;
static struct vblk blk;
static int image_fd = -1;

static void on_interrupt(void *ctx)
{
	(void)ctx;
}

static void create(const struct guestmem *mem)
{
	char path[40], why[DISK_WHY_SIZE];
	struct disk_spec spec = {.path = path};

	image_fd = memfd_create("disk", MFD_CLOEXEC);
	virtio_input_check(image_fd >= 0 && !ftruncate(image_fd, DISK_BYTES),
			   "there is memory for the image");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", image_fd);
	virtio_input_check(!disk_open(&image, &spec, 0, why), "the image can be opened");
	virtio_input_check(!vblk_init(&blk, &image, mem, on_interrupt, NULL),
			   "the device can be made");
	blk.is_served_by_caller = true;
}

static void serve(void)
{
	vblk_serve(&blk);
}

static void check(int is_reset)
{
	virtio_input_check(blk.nr_in_flight <= VBLK_REQUESTS_MAX,
			   "no more requests than there are places");
	if (is_reset)
		virtio_input_check(!blk.nr_in_flight && !blk.held, "a reset leaves no request");
}

static void end(void)
{
	vblk_fini(&blk);
	disk_close(&image);
	close(image_fd);
}

const struct virtio_target virtio_target_disk = {
	.mmio = &blk.mmio,
	.nr_queues = 1,
	.create = create,
	.serve = serve,
	.check = check,
	.end = end,
};
