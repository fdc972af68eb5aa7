/* SPDX-License-Identifier: MIT */
/*
 * KVM's own counters, by KVM_GET_STATS_FD (KVM API documentation, 4.133).
 *
 * What a counter means depends on the kernel and on the kind of KVM; they are
 * handed on by name and not interpreted here.
 */
#ifndef VMM_HOST_KVM_STATS_H
#define VMM_HOST_KVM_STATS_H

#include <stddef.h>
#include <stdint.h>

struct kvm_stat {
	const char *scope; /* "vm" or "vcpu"; static */
	char name[48];
	uint64_t value;
};

/*
 * Appends the single-valued counters of fd (a VM or a vCPU) to the array
 * *stats of *nr_stats, which grows with realloc(3); the caller frees it.
 * Returns 0 or -errno; -ENOTTY or -EINVAL where the kernel is too old.
 */
int kvm_stats_append(int fd, const char *scope, struct kvm_stat **stats, size_t *nr_stats);

#endif
