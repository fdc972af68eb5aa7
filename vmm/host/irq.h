/* SPDX-License-Identifier: MIT */
/*
 * Interrupts from the VMM to the guest: message-signalled, edge, to the local
 * APIC of one CPU (KVM API documentation, 4.70; message format SDM vol. 3,
 * 11.11). A message needs no preparation; a line that anybody with an eventfd(2)
 * can pull has to be connected.
 */
#ifndef VMM_HOST_IRQ_H
#define VMM_HOST_IRQ_H

#include <stdint.h>

#include "vmm/host/kvm.h"

/* One interrupt of a device: a write to event_fd, an eventfd(2), raises it. */
struct irq_line {
	int event_fd;
	uint8_t vector; /* at the APIC with number 0 */
};

#define IRQ_LINES_MAX 16

/* Connects all lines of the machine (irqfd; 4.26, 4.52). Once. 0 or -errno. */
int irq_connect(const struct kvm_vm *vm, const struct irq_line *lines, unsigned int nr_lines);

/* May be called from any thread. 0, or -errno: the message was not taken. */
int irq_raise_msi(const struct kvm_vm *vm, uint8_t apic_id, uint8_t vector);

#endif
