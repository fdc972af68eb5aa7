/* SPDX-License-Identifier: MIT */
/*
 * Interrupts from the VMM to the guest: message-signalled, edge, to the local
 * APIC of one CPU (KVM API documentation, 4.70; message format SDM vol. 3,
 * 11.11). No line and no route has to be set up before.
 */
#ifndef VMM_HOST_IRQ_H
#define VMM_HOST_IRQ_H

#include <stdint.h>

#include "vmm/host/kvm.h"

/* May be called from any thread. 0, or -errno: the message was not taken. */
int irq_raise_msi(const struct kvm_vm *vm, uint8_t apic_id, uint8_t vector);

#endif
