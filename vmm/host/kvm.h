/* SPDX-License-Identifier: MIT */
/*
 * The ioctls of /dev/kvm that a machine needs, each with an error that says
 * which step failed, so that the command line can name the exact fix.
 * Section numbers are those of the kernel's Documentation/virt/kvm/api.rst.
 */
#ifndef VMM_HOST_KVM_H
#define VMM_HOST_KVM_H

#include <linux/kvm.h>
#include <stddef.h>
#include <stdint.h>

#include "vmm/host/memory.h"

#define KVM_DEVICE_PATH "/dev/kvm"

enum kvm_step {
	KVM_STEP_OPEN,       /* open(2) of the device */
	KVM_STEP_VERSION,    /* detail: the version that it has, not 12 */
	KVM_STEP_CAPABILITY, /* detail: the KVM_CAP_* that is missing */
	KVM_STEP_CREATE_VM,
	KVM_STEP_IRQCHIP,
	KVM_STEP_DOORBELL,
	KVM_STEP_MEMORY,
	KVM_STEP_CREATE_VCPU,
	KVM_STEP_CPU_STATE,
};

struct kvm_error {
	enum kvm_step step;
	int error; /* -errno */
	int detail;
};

struct kvm_host {
	int fd;
	size_t run_size; /* of a vCPU's shared structure */
};

struct kvm_vm {
	int fd;
};

struct kvm_vcpu {
	int fd;
	struct kvm_run *run; /* shared with the kernel, 5. */
	size_t run_size;
};

/* Each returns 0, or -errno with *error filled. What is closed or was never
 * opened has fd -1, and closing that is harmless. */
int kvm_open(struct kvm_host *host, struct kvm_error *error);
void kvm_close(struct kvm_host *host);

/* A VM with its interrupt controller (the LAPIC alone, see
 * docs/decisions/0002-launch-order.md) and without memory. */
int kvm_vm_create(const struct kvm_host *host, struct kvm_vm *vm, struct kvm_error *error);
void kvm_vm_close(struct kvm_vm *vm);

/* Makes mem the VM's RAM, in one slot from guest-physical 0. */
int kvm_vm_set_memory(const struct kvm_vm *vm, const struct guestmem *mem,
		      struct kvm_error *error);

/* A 32-bit write to guest-physical gpa adds 1 to the eventfd(2) and causes no exit
 * to user space (4.59). Before the slot: afterwards closing the VM takes longer. */
int kvm_vm_add_doorbell(const struct kvm_vm *vm, gpa_t gpa, int event_fd,
			struct kvm_error *error);

int kvm_vcpu_create(const struct kvm_host *host, const struct kvm_vm *vm, uint32_t id,
		    struct kvm_vcpu *vcpu, struct kvm_error *error);
void kvm_vcpu_close(struct kvm_vcpu *vcpu);

/* What failed, "cannot open /dev/kvm: Permission denied", and what would help,
 * "add yourself to the group kvm: ...". Texts go to buf. */
const char *kvm_error_text(const struct kvm_error *error, char *buf, size_t size);
const char *kvm_error_remedy(const struct kvm_error *error);

/* The name of a capability that kvm_open() asks for, or "?". */
const char *kvm_capability_name(int capability);

#endif
