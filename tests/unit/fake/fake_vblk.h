/* SPDX-License-Identifier: MIT */
/*
 * A disk of the VMM at the registers at LDE_VIRTIO_GPA, which the kernel's driver has
 * found as vda: memory is the fake machine's, an access to a register is a call, and
 * the device is served while the CPU waits.
 */
#ifndef FAKE_FAKE_VBLK_H
#define FAKE_FAKE_VBLK_H

#include "guest/dev/block.h"
#include "vmm/dev/virtio_blk.h"

#define FAKE_VBLK_VECTOR   0x38
#define FAKE_VBLK_SECTORS  2048
#define FAKE_VBLK_MEMORY   (16 * MIB) /* nobody's: below what is managed */
#define FAKE_VBLK_REQUESTS 400

extern struct fake_vblk {
	char path[32]; /* of the image */
	struct disk image;
	struct vblk blk;
	struct block_device *device;
	unsigned nr_raised;  /* interrupts */
	bool is_raised;      /* one has not been taken yet */
	unsigned nr_results; /* processes of fake_vblk_run that are through: they count */
	unsigned nr_done;    /* of fake_vblk_submit */
	struct block_request requests[FAKE_VBLK_REQUESTS];
	struct block_seg segs[FAKE_VBLK_REQUESTS][BLOCK_SEGS_MAX];
	int results[FAKE_VBLK_REQUESTS];
} fake_vblk;

/* For cmocka: each test has a machine and an image of its own. */
int fake_vblk_set_up(void **state);
int fake_vblk_tear_down(void **state);

/* Another machine, with a disk as spec has it; its path is ours. */
void fake_vblk_start_again(struct disk_spec spec);

/* While the CPU waits (fake.idle): serves the disk, as long as there is something to
 * wait for. */
void fake_vblk_idle(void);

/* Serves the device until it interrupts, and takes that. */
void fake_vblk_wait(void);

/* Time passes while the kernel looks for an answer (fake.time). */
void fake_vblk_let_time_pass(void);

/* Processes 0 to nr - 1 until nobody has anything to do. */
void fake_vblk_run(void (*body)(void *number), unsigned nr);

/* A process that reads 4 KiB of its own, 20 times. */
void fake_vblk_read_often(void *number);

/* Request n, of nr_segs segments of len bytes each; its result comes to results[n]. */
void fake_vblk_submit(unsigned n, enum block_op op, uint64_t sector, unsigned nr_segs,
		      uint32_t len);

/* Has the device begin, and waits until nr requests are done. */
void fake_vblk_finish(unsigned nr);

#endif
