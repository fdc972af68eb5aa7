/* SPDX-License-Identifier: MIT */
/*
 * What stands between lde and a virtual machine here, and the exact fix.
 *
 * Facts are gathered from the host by one function and judged by another, so
 * that the judgement can be tested for hosts that are not at hand.
 */
#ifndef VMM_CLI_DIAGNOSE_H
#define VMM_CLI_DIAGNOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "vmm/base/complaint.h"
#include "vmm/host/kvm.h"

enum cpu_vendor {
	CPU_VENDOR_OTHER,
	CPU_VENDOR_INTEL,
	CPU_VENDOR_AMD,
};

struct kvm_facts {
	bool usable;            /* a VM could be made */
	struct kvm_error error; /* if not: what failed */

	bool device_exists;
	mode_t device_mode;
	char device_group[32]; /* the group's name, or its number */
	bool in_device_group;  /* this process */

	enum cpu_vendor vendor;
	bool has_virtualization; /* the CPU's flags have vmx or svm */
	bool has_hypervisor;     /* this host is itself a virtual machine */
	bool in_container;
	bool is_wsl;
	char module[32]; /* the vendor's module, "kvm_intel"; empty: not loaded */
};

/* Looks at this host. Never fails: what cannot be found out stays 0. */
void diagnose_gather(struct kvm_facts *facts);

/* 0 if a machine can be made; else -errno, with the problem and its fix. */
int diagnose_judge(const struct kvm_facts *facts, struct complaint *complaint);

/*
 * The quick check before every run: 0 if /dev/kvm opens and has what lde
 * needs, else what diagnose_judge says of this host.
 */
int diagnose_refusal(struct complaint *complaint);

#endif
