/* SPDX-License-Identifier: MIT */
/* The vCPU: one loop that enters the guest and serves its exits. */
#ifndef VMM_RUN_VCPU_H
#define VMM_RUN_VCPU_H

#include <pthread.h>
#include <stdbool.h>

#include "vmm/dev/bus.h"
#include "vmm/host/kvm.h"
#include "vmm/host/memory.h"
#include "vmm/observe/counters.h"
#include "vmm/observe/exit_ledger.h"
#include "vmm/run/recorder.h"

enum vcpu_end {
	VCPU_END_NONE = 0,
	VCPU_END_STOPPED, /* by a device */
	VCPU_END_KICKED,  /* see kick_reason() */
	VCPU_END_FAILED,  /* an exit that should not be; it has been logged */
	VCPU_END_DIED, /* the guest did something that no CPU goes on after */
};

struct vcpu {
	const struct kvm_vcpu *kvm;
	const struct guestmem *mem;
	struct portbus *bus; /* its devices' tags are enum exit_cause */
	/* An access outside of memory: whether a device has answered. */
	bool (*mmio)(void *ctx, uint64_t gpa, bool is_write, void *data, uint32_t len);
	void *mmio_ctx;
	struct exit_counters *exits;
	struct exit_ledger *ledger;
	pthread_mutex_t *ledger_lock; /* NULL: nobody else looks at it before the end */
	/* Who runs in the guest, which stands still; see machine_parts.h. */
	void (*find_place)(void *ctx, bool in_kernel, struct exit_place *place);
	struct recorder *recorder; /* has exits recorded as well; or NULL */
	void (*host_events)(void *ctx, uint32_t events); /* KICK_F_* */
	void *ctx;
	enum vcpu_end end; /* a device may set it, in an exit, to end the loop */
};

/* Runs until the guest ends, is stopped, or cannot go on. */
enum vcpu_end vcpu_loop(struct vcpu *vcpu);

#endif
