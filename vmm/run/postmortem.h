/* SPDX-License-Identifier: MIT */
/* What is said when the guest cannot go on: exit reason, registers, code. */
#ifndef VMM_RUN_POSTMORTEM_H
#define VMM_RUN_POSTMORTEM_H

#include "vmm/host/kvm.h"
#include "vmm/host/memory.h"

/* KVM_RUN returned an exit that no kernel of ours should cause. */
void postmortem_log_exit(const struct kvm_vcpu *vcpu, const struct guestmem *mem);

/* KVM_RUN failed with -errno. */
void postmortem_log_error(const struct kvm_vcpu *vcpu, const struct guestmem *mem, int error);

#endif
