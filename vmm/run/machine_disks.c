/* SPDX-License-Identifier: MIT */
/* The machine's disks: images and virtio devices. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lde/device.h>
#include <lde/layout.h>

#include "vmm/base/log.h"
#include "vmm/run/machine_parts.h"

_Static_assert(DISK_DISKS_MAX <= LDE_VIRTIO_MAX, "each disk has a device");

static int open_device(struct machine *machine, struct machine_disk *disk)
{
	const uint8_t vector = (uint8_t)(LDE_VIRTIO_VECTOR + machine->nr_virtio);

	disk->interrupt_fd = machine_create_interrupt();
	int err = disk->interrupt_fd < 0 ? disk->interrupt_fd : 0;
	if (!err)
		err = vblk_init(&disk->blk, &disk->disk, &machine->mem, machine_raise_interrupt,
				&disk->interrupt_fd);
	if (!err) {
		machine_add_virtio(machine, &(struct machine_virtio){.mmio = &disk->blk.mmio,
								     .doorbell_fd = disk->blk.doorbell_fd,
								     .interrupt_fd = disk->interrupt_fd,
								     .vector = vector});
		return 0;
	}
	log_line("cannot set up a disk: %s", strerror(-err));
	if (disk->interrupt_fd >= 0)
		close(disk->interrupt_fd);
	disk_close(&disk->disk);
	return err;
}

int machine_open_disks(struct machine *machine)
{
	const struct machine_config *config = machine->config;
	char why[DISK_WHY_SIZE];

	if (!config->nr_disks)
		return 0;
	machine->disks = calloc(config->nr_disks, sizeof(*machine->disks));
	if (!machine->disks) {
		log_line("cannot set up a disk: out of memory");
		return -ENOMEM;
	}
	for (size_t i = 0; i < config->nr_disks; i++) {
		struct machine_disk *disk = &machine->disks[i];
		int err = disk_open(&disk->disk, &config->disks[i], (unsigned int)i, why);
		if (err)
			log_line("--disk %s: %s", config->disks[i].path, why);
		else
			err = open_device(machine, disk);
		if (err)
			return err;
		machine->nr_disks++;
	}
	return 0;
}

void machine_close_disks(struct machine *machine)
{
	for (unsigned int i = 0; i < machine->nr_disks; i++) {
		vblk_fini(&machine->disks[i].blk);
		machine->report->disks[i] = machine->disks[i].blk.counters;
		close(machine->disks[i].interrupt_fd);
		disk_close(&machine->disks[i].disk);
	}
	machine->report->nr_disks = machine->nr_disks;
	free(machine->disks);
	machine->disks = NULL;
	machine->nr_disks = 0;
}
