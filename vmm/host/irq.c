/* SPDX-License-Identifier: MIT */
#include "vmm/host/irq.h"

#include <errno.h>
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
