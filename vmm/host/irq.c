/* SPDX-License-Identifier: MIT */
#include "vmm/host/irq.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#define MSI_ADDRESS          0xfee00000u
#define MSI_ADDRESS_ID_SHIFT 12

int irq_raise_msi(const struct kvm_vm *vm, uint8_t apic_id, uint8_t vector)
{
	/* Data 0..7 is the vector; all other bits 0: fixed delivery, edge. */
	struct kvm_msi msi = {
		.address_lo = MSI_ADDRESS | (uint32_t)apic_id << MSI_ADDRESS_ID_SHIFT,
		.data = vector,
	};

	return ioctl(vm->fd, KVM_SIGNAL_MSI, &msi) < 0 ? -errno : 0;
}

/* The first numbers would be those of an IOAPIC (KVM_CAP_SPLIT_IRQCHIP). */
#define GSI_FIRST 24

static int set_routing(const struct kvm_vm *vm, const struct irq_line *lines,
		       unsigned int nr_lines)
{
	struct kvm_irq_routing *routing =
		calloc(1, sizeof(*routing) + nr_lines * sizeof(routing->entries[0]));
	int err;

	if (!routing)
		return -ENOMEM;
	routing->nr = nr_lines;
	for (unsigned int i = 0; i < nr_lines; i++)
		routing->entries[i] = (struct kvm_irq_routing_entry){
			.gsi = GSI_FIRST + i,
			.type = KVM_IRQ_ROUTING_MSI,
			.u.msi = {.address_lo = MSI_ADDRESS, .data = lines[i].vector},
		};
	err = ioctl(vm->fd, KVM_SET_GSI_ROUTING, routing) < 0 ? -errno : 0;
	free(routing);
	return err;
}

int irq_connect(const struct kvm_vm *vm, const struct irq_line *lines, unsigned int nr_lines)
{
	int err = nr_lines > IRQ_LINES_MAX ? -EINVAL : set_routing(vm, lines, nr_lines);

	if (err)
		return err;
	for (unsigned int i = 0; i < nr_lines; i++) {
		struct kvm_irqfd irqfd = {.fd = (uint32_t)lines[i].event_fd, .gsi = GSI_FIRST + i};
		if (ioctl(vm->fd, KVM_IRQFD, &irqfd) < 0)
			return -errno;
	}
	return 0;
}
