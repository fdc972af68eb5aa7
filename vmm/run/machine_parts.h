/* SPDX-License-Identifier: MIT */
/* Between the files of the machine, machine*.c. */
#ifndef VMM_RUN_MACHINE_PARTS_H
#define VMM_RUN_MACHINE_PARTS_H

#include <pthread.h>

#include "vmm/boot/cpu.h"
#include "vmm/boot/elf.h"
#include "vmm/dev/bus.h"
#include "vmm/dev/console.h"
#include "vmm/dev/export.h"
#include "vmm/dev/monitor.h"
#include "vmm/dev/virtio_blk.h"
#include "vmm/dev/virtio_console.h"
#include "vmm/host/disk.h"
#include "vmm/dev/vtty.h"
#include "vmm/host/kvm.h"
#include "vmm/host/memory.h"
#include "vmm/run/machine_config.h"
#include "vmm/run/progress.h"
#include "vmm/run/recorder.h"
#include "vmm/run/vcpu.h"
#include "vmm/run/sampler.h"

/* Disks, and perhaps the console. */
#define MACHINE_VIRTIO_MAX (DISK_DISKS_MAX + 1)

/* A device with its registers in memory; the first one has the first place. */
struct machine_virtio {
	struct vmmio *mmio;
	int doorbell_fd;
	int interrupt_fd;
	uint8_t vector;
};

struct machine_disk {
	struct disk disk;
	struct vblk blk;
	int interrupt_fd; /* eventfd(2): a write raises its interrupt; -1: none */
};

struct machine {
	const struct machine_config *config;
	struct machine_report *report;

	struct guestmem mem;
	struct kimage image;
	gpa_t fdt_gpa;
	unsigned int closed_stdio; /* bit n: fd n was closed when we started */

	struct kvm_host host;
	struct kvm_vm vm;
	struct kvm_vcpu vcpu_fd;
	struct bootcpu cpu;

	struct portbus bus;
	struct vconsole console;
	struct vcon *vcon;     /* NULL: the console is at its port */
	int vcon_interrupt_fd;
	struct vtty vtty;
	struct vmonitor monitor;
	struct vexport *export; /* large; NULL: none is wanted */
	bool is_hurrying;       /* the run is over but for the export */
	struct machine_disk *disks;
	unsigned int nr_disks; /* open */
	struct machine_virtio virtio[MACHINE_VIRTIO_MAX];
	unsigned int nr_virtio;
	struct vcpu vcpu;
	struct recorder *recorder; /* NULL: nothing is */
	struct progress *progress; /* NULL: none is shown */
	struct sampler *sampler; /* NULL: nobody does */
	pthread_mutex_t exits_lock; /* report->exit_ledger, while somebody watches */
	uint64_t sample_tsc_offset; /* read before the guest runs: then it would wait */
	uint64_t start_ns; /* CLOCK_MONOTONIC at the guest's beginning */
	gpa_t trace_gpa;
	uint64_t trace_bytes; /* of the ring, at trace_gpa */
	enum lde_poweroff poweroff;
};

/* Fills guest memory: kernel, page tables, device tree, initrd. Needs mem and
 * cpu. 0 or -errno, and then a message has been logged. */
int machine_fill_memory(struct machine *machine);

/* Checks the embedded kernel; 0 or -errno, logged. */
int machine_parse_kernel(struct machine *machine);

/* Lays out the ring for events, if there is to be a trace; after mem. */
void machine_place_ring(struct machine *machine);
/* Begins the trace, just before the guest runs; 0 or -errno, logged. */
int machine_start_trace(struct machine *machine);
void machine_stop_trace(struct machine *machine);
/* An eventfd(2) for a device's interrupt, or -errno; and what raises it, on any
 * thread: ctx is where the descriptor is kept. */
int machine_create_interrupt(void);
void machine_raise_interrupt(void *ctx);
/* Gives the device the next place. */
void machine_add_virtio(struct machine *machine, const struct machine_virtio *device);
/* Makes their doorbells and interrupts known to KVM. Between the VM's creation
 * and its memory slot. 0 or -errno with *error. */
int machine_connect_virtio(struct machine *machine, struct kvm_error *error);
/* ctx is the machine. */
bool machine_access_virtio(void *ctx, uint64_t gpa, bool is_write, void *data, uint32_t len);

/* Makes the virtio console, if it is wanted, after the disks. 0 or -errno, logged. */
int machine_open_console(struct machine *machine);
/* The console on its bus; before the guest runs. */
void machine_connect_console(struct machine *machine);
/* KICK_F_*, on the vCPU thread; ctx is the machine. */
void machine_on_host_events(void *ctx, uint32_t events);
/* Ends the I/O thread. flush: what the guest has written goes out before. */
void machine_stop_console(struct machine *machine, bool flush);
void machine_close_console(struct machine *machine);

/* Opens and locks the images; 0 or -errno, logged. Whatever comes back, to be
 * followed by machine_close_disks. */
int machine_open_disks(struct machine *machine);
/* Stops them. Before guest memory goes. */
void machine_close_disks(struct machine *machine);

/* Opens config->out_dir if there is one. 0 or -errno, logged. */
int machine_open_export(struct machine *machine);
void machine_connect_export(struct machine *machine);

/* The run is to end before the programs have: lets the kernel hand over the
 * files first. Whether it came to the end of it. */
bool machine_hurry_export(struct machine *machine);
/* The last of it: fills in the report. */
void machine_close_export(struct machine *machine, bool is_complete);

/* For progress.h, while the guest runs; ctx is the machine. */
bool machine_progress_facts(void *ctx, struct progress_facts *facts);

/* The ledger in guest memory, if the kernel has got as far as to write it. */
const struct lde_ledger *machine_live_ledger(const struct machine *machine);

/* The records of processes in guest memory, *nr of them. */
const struct lde_process_record *machine_live_records(const struct machine *machine,
						      const struct lde_ledger *ledger, uint32_t *nr);
/* Of the guest: terminated and printable from now on. */
void machine_sanitise_name(char *name, size_t size);

/* For sampler.h, while the guest runs; ctx is the machine. */
bool machine_fill_sample(void *ctx, struct live_sample *sample, struct live_row *rows);

/* What the guest, which stands still, is doing. in_kernel: it is in ring 0, as far
 * as that can be told from the exit. ctx is the machine. */
void machine_find_place(void *ctx, bool in_kernel, struct exit_place *place);

/* Copies the guest's ledger and records into the report. */
void machine_copy_ledger(const struct machine *machine);

/* The name of a process, from the ledger of the running guest; NULL: none.
 * ctx is the machine. */
const char *machine_process_name(void *ctx, uint32_t pid, char *buf, size_t size);

#endif
