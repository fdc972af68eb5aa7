/* SPDX-License-Identifier: MIT */
#include "vmm/host/irq.h"

#include <errno.h>
#include <stddef.h>
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

int irq_connect(const struct kvm_vm *vm, const struct irq_line *lines, unsigned int nr_lines)
{
	/* As the kernel's struct kvm_irq_routing, which has no fixed size. */
	struct {
		struct kvm_irq_routing head;
		struct kvm_irq_routing_entry entries[IRQ_LINES_MAX];
	} routing = {.head = {.nr = nr_lines}};

	if (nr_lines > IRQ_LINES_MAX)
		return -EINVAL;
	for (unsigned int i = 0; i < nr_lines; i++)
		routing.entries[i] = (struct kvm_irq_routing_entry){
			.gsi = GSI_FIRST + i,
			.type = KVM_IRQ_ROUTING_MSI,
			.u.msi = {.address_lo = MSI_ADDRESS, .data = lines[i].vector},
		};
	if (ioctl(vm->fd, KVM_SET_GSI_ROUTING, &routing) < 0)
		return -errno;
	for (unsigned int i = 0; i < nr_lines; i++) {
		struct kvm_irqfd irqfd = {.fd = (uint32_t)lines[i].event_fd, .gsi = GSI_FIRST + i};
		if (ioctl(vm->fd, KVM_IRQFD, &irqfd) < 0)
			return -errno;
	}
	return 0;
}
