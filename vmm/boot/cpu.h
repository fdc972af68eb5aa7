/* SPDX-License-Identifier: MIT */
/*
 * The state in which the boot CPU starts (include/lde/boot.h), and what it is
 * told about itself by CPUID.
 */
#ifndef VMM_BOOT_CPU_H
#define VMM_BOOT_CPU_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/host/kvm.h"

struct bootcpu {
	uint64_t tsc_hz;
	/* What ring 0 may switch on; LDE_FEATURE_* of the same names. */
	bool has_fsgsbase;
	bool has_xsave;
	uint32_t xstate_mask; /* components for XCR0, if has_xsave */
	bool has_umip;
	bool has_smep;
	bool has_pv_eoi; /* KVM_FEATURE_PV_EOI */
	bool has_host_fsgsbase;
};

/*
 * CPUID and the time-stamp counter of one vCPU. Before the device tree, which
 * hands on what *info then holds. 0 or -errno with *error filled.
 */
int bootcpu_identify(const struct kvm_host *host, const struct kvm_vcpu *vcpu,
		     struct bootcpu *info, struct kvm_error *error);

/* What KVM adds to the host's counter for the guest's; it may be another one after
 * each entry into the guest. 0 where KVM cannot be asked. */
uint64_t bootcpu_tsc_offset(const struct kvm_vcpu *vcpu);

/* Long mode, at the kernel's entry, with the device tree at fdt_gpa. */
int bootcpu_set_state(const struct kvm_vcpu *vcpu, uint64_t entry, gpa_t fdt_gpa,
		      struct kvm_error *error);

#endif
