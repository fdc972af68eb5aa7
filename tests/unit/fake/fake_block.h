/* SPDX-License-Identifier: MIT */
/*
 * A disk for the kernel's portable part: its sectors are a buffer, it takes as
 * long as it is told, fails when it is told, and forgets what was not flushed
 * when its power is cut.
 */
#ifndef FAKE_FAKE_BLOCK_H
#define FAKE_FAKE_BLOCK_H

#include "guest/core/timer.h"
#include "guest/dev/block.h"

#define FAKE_BLOCK_IN_FLIGHT_MAX 256

struct fake_block {
	struct block_device device;
	uint8_t *bytes;

	/* To be set at any time. */
	uint64_t delay_ticks; /* 0: done when it is kicked; else so much later */
	int64_t fail_after;   /* so many succeed, then... */
	uint64_t nr_fail;     /* ...so many fail with... */
	int fail_errno;       /* ...this, negative */
	uint64_t fails_one_in; /* at random, one of so many; 0: none */
	uint64_t bad_sector;  /* whoever touches it gets -EIO; UINT64_MAX: none */
	bool completes_backwards; /* the last one first, where several are due */

	uint64_t nr_kicks, nr_polls;
	uint64_t nr_ops[BLOCK_WRITE_ZEROES + 1]; /* by op */
	uint32_t nr_in_flight, max_in_flight;

	struct list submitted; /* not kicked yet */
	struct fake_block_flight {
		struct timer timer;
		struct fake_block *disk;
		struct block_request *request; /* NULL: free */
		uint64_t number;
	} flights[FAKE_BLOCK_IN_FLIGHT_MAX];
	uint64_t last_number;
	struct fake_block_undo *undo; /* of what was written since the last flush */
};

/* Registers a disk of zeroes. After fake_boot, which forgets all devices;
 * fake_block_destroy afterwards. */
void fake_block_create(struct fake_block *disk, uint64_t nr_sectors);
/* One with the content of a file; writes go to memory. */
void fake_block_load(struct fake_block *disk, const char *path);
/* Writes the content to a file, for tools of the host to look at. */
void fake_block_save(const struct fake_block *disk, const char *path);
void fake_block_destroy(struct fake_block *disk);

/*
 * The power fails: each write since the last flush is kept or lost, as
 * fake_random has it, and what is in flight never happened. No process may run
 * after that: boot anew, and fake_block_attach.
 */
void fake_block_cut_power(struct fake_block *disk);
/* Registers the same disk again, after another fake_boot. */
void fake_block_attach(struct fake_block *disk);

#endif
