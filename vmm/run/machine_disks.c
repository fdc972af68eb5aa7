/* SPDX-License-Identifier: MIT */
/* The machine's disks: images, virtio devices, doorbells and interrupts. */
#include <errno.h>
#include <linux/virtio_mmio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <lde/device.h>
#include <lde/layout.h>

#include "vmm/base/log.h"
#include "vmm/host/irq.h"
#include "vmm/run/machine_parts.h"

_Static_assert(DISK_DISKS_MAX <= LDE_VIRTIO_MAX && DISK_DISKS_MAX <= IRQ_LINES_MAX,
	       "each disk has a device and a line");

/* From any thread. */
static void on_interrupt(void *ctx)
{
	const struct machine_disk *disk = ctx;
	ssize_t ignored = write(disk->interrupt_fd, &(uint64_t){1}, sizeof(uint64_t));

	/* Cannot fail: KVM takes the count away at once. */
	(void)ignored;
}

static int open_device(struct machine *machine, struct machine_disk *disk)
{
	disk->machine = machine;
	disk->interrupt_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int err = disk->interrupt_fd < 0 ? -errno : 0;
	if (!err)
		err = vblk_init(&disk->blk, &disk->disk, &machine->mem, on_interrupt, disk);
	if (!err)
		return 0;
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

static uint64_t registers_gpa(unsigned int idx)
{
	return LDE_VIRTIO_GPA + (uint64_t)idx * LDE_VIRTIO_STRIDE;
}

int machine_connect_disks(struct machine *machine, struct kvm_error *error)
{
	struct irq_line lines[DISK_DISKS_MAX];
	int err = 0;

	if (!machine->nr_disks)
		return 0;
	for (unsigned int i = 0; i < machine->nr_disks && !err; i++) {
		lines[i] = (struct irq_line){
			.event_fd = machine->disks[i].interrupt_fd,
			.vector = (uint8_t)(LDE_VIRTIO_VECTOR + i),
		};
		err = kvm_vm_add_doorbell(&machine->vm,
					  gpa_of(registers_gpa(i) + VIRTIO_MMIO_QUEUE_NOTIFY),
					  machine->disks[i].blk.doorbell_fd, error);
	}
	if (err)
		return err;
	err = irq_connect(&machine->vm, lines, machine->nr_disks);
	if (err)
		*error = (struct kvm_error){.step = KVM_STEP_DOORBELL, .error = err};
	return err;
}

bool machine_access_disk(void *ctx, uint64_t gpa, bool is_write, void *data, uint32_t len)
{
	struct machine *machine = ctx;
	uint64_t idx = (gpa - LDE_VIRTIO_GPA) / LDE_VIRTIO_STRIDE;
	uint64_t offset = gpa % LDE_VIRTIO_STRIDE, value = 0;

	if (gpa < LDE_VIRTIO_GPA || idx >= machine->nr_disks || offset + len > LDE_VIRTIO_SIZE ||
	    len > sizeof(value))
		return false;
	struct vmmio *device = &machine->disks[idx].blk.mmio;
	if (is_write) {
		memcpy(&value, data, len);
		vmmio_write(device, offset, len, value);
	} else {
		value = vmmio_read(device, offset, len);
		memcpy(data, &value, len);
	}
	return true;
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
