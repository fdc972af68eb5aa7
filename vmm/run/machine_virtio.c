/* SPDX-License-Identifier: MIT */
/* What the machine's virtio devices have in common: where their registers are,
 * doorbells and interrupts. */
#include <errno.h>
#include <linux/virtio_mmio.h>
#include <string.h>
#include <sys/eventfd.h>

#include <lde/device.h>
#include <lde/layout.h>

#include "vmm/base/event.h"
#include "vmm/host/irq.h"
#include "vmm/run/machine_parts.h"

_Static_assert(MACHINE_VIRTIO_MAX <= IRQ_LINES_MAX, "each device has a line");

int machine_create_interrupt(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

void machine_raise_interrupt(void *ctx)
{
	event_signal(*(const int *)ctx); /* KVM takes the count away at once */
}

void machine_add_virtio(struct machine *machine, const struct machine_virtio *device)
{
	machine->virtio[machine->nr_virtio++] = *device;
}

static uint64_t registers_gpa(unsigned int idx)
{
	return LDE_VIRTIO_GPA + (uint64_t)idx * LDE_VIRTIO_STRIDE;
}

int machine_connect_virtio(struct machine *machine, struct kvm_error *error)
{
	struct irq_line lines[MACHINE_VIRTIO_MAX];
	int err = 0;

	if (!machine->nr_virtio)
		return 0;
	for (unsigned int i = 0; i < machine->nr_virtio && !err; i++) {
		lines[i] = (struct irq_line){
			.event_fd = machine->virtio[i].interrupt_fd,
			.vector = machine->virtio[i].vector,
		};
		err = kvm_vm_add_doorbell(&machine->vm,
					  gpa_of(registers_gpa(i) + VIRTIO_MMIO_QUEUE_NOTIFY),
					  machine->virtio[i].doorbell_fd, error);
	}
	if (err)
		return err;
	err = irq_connect(&machine->vm, lines, machine->nr_virtio);
	if (err)
		*error = (struct kvm_error){.step = KVM_STEP_DOORBELL, .error = err};
	return err;
}

bool machine_access_virtio(void *ctx, uint64_t gpa, bool is_write, void *data, uint32_t len)
{
	struct machine *machine = ctx;
	uint64_t idx = (gpa - LDE_VIRTIO_GPA) / LDE_VIRTIO_STRIDE;
	uint64_t offset = gpa % LDE_VIRTIO_STRIDE, value = 0;

	if (gpa < LDE_VIRTIO_GPA || idx >= machine->nr_virtio || offset + len > LDE_VIRTIO_SIZE ||
	    len > sizeof(value))
		return false;
	struct vmmio *device = machine->virtio[idx].mmio;
	if (is_write) {
		memcpy(&value, data, len);
		vmmio_write(device, offset, len, value);
	} else {
		value = vmmio_read(device, offset, len);
		memcpy(data, &value, len);
	}
	return true;
}
