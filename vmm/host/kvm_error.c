/* SPDX-License-Identifier: MIT */
/* What people are told when a step of vmm/host/kvm.c fails. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "vmm/host/kvm.h"

static const char *step_text(enum kvm_step step)
{
	switch (step) {
	case KVM_STEP_OPEN:
		return "cannot open " KVM_DEVICE_PATH;
	case KVM_STEP_VERSION:
		return "cannot use this KVM's interface";
	case KVM_STEP_CAPABILITY:
		return "cannot use this KVM";
	case KVM_STEP_CREATE_VM:
		return "cannot create a virtual machine";
	case KVM_STEP_IRQCHIP:
		return "cannot create the interrupt controller";
	case KVM_STEP_DOORBELL:
		return "cannot connect the disks' doorbells and interrupts";
	case KVM_STEP_MEMORY:
		return "cannot give the machine its memory";
	case KVM_STEP_CREATE_VCPU:
		return "cannot create a virtual CPU";
	case KVM_STEP_CPU_STATE:
		return "cannot set up the virtual CPU";
	}
	return "cannot use KVM";
}

const char *kvm_error_text(const struct kvm_error *error, char *buf, size_t size)
{
	const char *what = step_text(error->step);

	if (error->step == KVM_STEP_VERSION && error->detail >= 0)
		snprintf(buf, size, "%s: it has version %d, not %d", what, error->detail,
			 KVM_API_VERSION);
	else if (error->step == KVM_STEP_CAPABILITY)
		snprintf(buf, size, "%s: it does not have %s", what,
			 kvm_capability_name(error->detail));
	else
		snprintf(buf, size, "%s: %s", what, strerror(-error->error));
	return buf;
}

/* A folder, as docker run -v makes one where there is nothing, or a file. */
#define OTHER_REMEDY                                                                               \
	"what is at " KVM_DEVICE_PATH " is not KVM's device; in a container, start it "            \
	"with --device " KVM_DEVICE_PATH " and not with -v; else remove it, and make "             \
	"the device: 'sudo mknod " KVM_DEVICE_PATH " c 10 232'"

static const char *open_remedy(int error)
{
	switch (error) {
	case -ENOENT:
	case -ENODEV:
	case -ENXIO:
		return "load the module: 'sudo modprobe kvm_intel' or 'sudo modprobe kvm_amd'; if "
		       "that fails, switch on virtualization in the firmware, or nested "
		       "virtualization if this is a virtual machine; in a container, start it "
		       "with --device " KVM_DEVICE_PATH;
	case -EACCES:
	case -EPERM:
		return "add yourself to the group that owns it, 'sudo usermod -aG kvm $USER', and "
		       "log in again; in a container, start it with --device " KVM_DEVICE_PATH;
	case -EMFILE:
	case -ENFILE:
		return "raise the limit of open files: 'ulimit -n'";
	case -EISDIR:
		return OTHER_REMEDY;
	default:
		return "'lde doctor' looks closer";
	}
}

static const char *create_remedy(int error)
{
	switch (error) {
	case -EBUSY:
		return "another hypervisor (VirtualBox, VMware) holds the CPU's virtualization; "
		       "stop its machines";
	case -ENOMEM:
		return "free some memory, or give the machine less: --memory";
	case -EMFILE:
	case -ENFILE:
		return "raise the limit of open files: 'ulimit -n'";
	default:
		return "'lde doctor' looks closer";
	}
}

const char *kvm_error_remedy(const struct kvm_error *error)
{
	switch (error->step) {
	case KVM_STEP_OPEN:
		return open_remedy(error->error);
	case KVM_STEP_VERSION:
		if (error->error == -ENOTTY || error->error == -EINVAL)
			return OTHER_REMEDY;
		/* fall through */
	case KVM_STEP_CAPABILITY:
		return "a Linux kernel from 4.14 on has what is needed";
	default:
		return create_remedy(error->error);
	}
}
