/* SPDX-License-Identifier: MIT */
/*
 * Start of the kernel: what is set up, in which order, and why in that order.
 */
#include <lde/boot.h>

#include "guest/arch/apic.h"
#include "guest/arch/cpu.h"
#include "guest/arch/direct.h"
#include "guest/arch/event.h"
#include "guest/arch/insn.h"
#include "guest/arch/monitor.h"
#include "guest/arch/offload.h"
#include "guest/arch/panic.h"
#include "guest/arch/traptable.h"
#include "guest/arch/vector.h"
#include "guest/boot/event_traps.h"
#include "guest/boot/jobs.h"
#include "guest/core/clock.h"
#include "guest/core/event_policy.h"
#include "guest/core/logical.h"
#include "guest/core/logical_policy.h"
#include "guest/core/random.h"
#include "guest/core/sched.h"
#include "guest/core/timer.h"
#include "guest/dev/block.h"
#include "guest/dev/console.h"
#include "guest/dev/tree.h"
#include "guest/dev/tty.h"
#include "guest/dev/virtio_blk.h"
#include "guest/dev/virtio_console.h"
#include "guest/fs/export.h"
#include "guest/fs/initrd.h"
#include "guest/fs/mount.h"
#include "guest/fs/node.h"
#include "guest/fs/stream.h"
#include "guest/lib/ledger.h"
#include "guest/lib/limits.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"
#include "guest/sys/jobcontrol.h"
#include "guest/sys/forward.h"
#include "guest/sys/logical.h"
#include "guest/sys/selfcheck.h"

_Static_assert(LDE_CONTRACT_VERSION == 2 && LDE_NOTE_TYPE == 1, "the note in start.S");

/* Records for at least this many processes, whatever the command line says. */
#define RECORDS_MIN 4096

extern char boot_stack_top[];

_Noreturn void kernel_main(paddr_t fdt, uint64_t magic);

static struct machine_tree tree;

/* The top-level table of offload.h; kept apart so that it is a page. */
static char offload_root[PAGE_SIZE] __attribute__((aligned(4096)));

static const char *on_machine(const struct machine_tree *t)
{
	/* The ring for events, if there is one, is the end of memory. */
	page_init(max_u64(t->tree_end, t->initrd_end), t->memory_end - t->events.bytes);
	if (initrd_unpack(direct_map(t->initrd_start), t->initrd_end - t->initrd_start))
		return "the initrd is malformed, or memory is too small for it";
	return NULL;
}

struct survey {
	paddr_t fdt;
	uint64_t real_ns; /* CLOCK_REALTIME, for the first files */
	const char *error;
};

/* Reads all that the VMM has left in memory, and makes the tree of files. */
static uint64_t survey_machine(void *arg)
{
	static const struct tree_visitor visitor = { on_machine, jobs_add };
	struct survey *s = arg;

	traptable_complete();
	s->error = tree_read(s->fdt, &tree, &visitor);
	if (!s->error && !jobs_count())
		s->error = "the device tree names no program";
	if (!s->error && !node_create_standard(s->real_ns))
		s->error = "memory is too small for the first files";
	return 0;
}

static const struct policy_ops *choose_policy(void)
{
	const struct tree_sched *asked = &tree.sched;
	struct policy_config config = {
		.name = asked->name,
		.quantum = clock_ns_to_slice(tree.quantum_ns),
		.seed = asked->seed,
		.nr_levels = asked->nr_levels,
		.boost = clock_ns_to_slice(asked->boost_ns),
		.stay = asked->stay,
		.io_bump = asked->io_bump,
		.switch_on_end = asked->switch_on_end,
		.io_immediate = asked->io_immediate,
		.draws = asked->draws,
		.nr_draws = asked->nr_draws,
		.is_logical = logical_is_on,
	};
	const struct policy_ops *policy;

	for (uint32_t i = 0; i < config.nr_levels; i++) {
		config.quanta[i] = clock_ns_to_slice(asked->quanta_ns[i]);
		config.allotments[i] = asked->allotments[i];
	}
	policy = policy_create(&config);
	if (!policy)
		panic("the device tree names a policy that there is not");
	policy = event_policy(policy);
	return logical_is_on ? logical_policy(policy) : policy;
}

static void start_console(void)
{
	console_init(&tree.console);
	tty_init(&jobcontrol_ops);
	if (tree.console_virtio.regs && virtio_console_init(&tree.console_virtio))
		panic("the virtio console cannot be started; is --memory too small?");
}

static bool is_world_at_work(void)
{
	return block_is_at_work() || console_is_at_work();
}

static void start_disks(void)
{
	if (virtio_blk_init(tree.virtio, tree.nr_virtio))
		panic("a disk cannot be started; is --memory too small?");
	block_set_holding(!limits.blocking);
	if (!node_create_disks())
		panic("memory is too small for the files of the disks");
}

/* Where people asked for it: they have been told what is wrong. */
static void mount_disks(void)
{
	const char *spec = tree.mounts.data, *end = spec + tree.mounts.bytes;

	for (; spec && spec < end; spec += strlen(spec) + 1)
		if (!mount_add(spec)) {
			mount_end(); /* those before it */
			monitor_power_off(LDE_POWEROFF_REFUSED);
		}
}

static void start_cpu(void)
{
	process_adopt_boot_context(boot_stack_top); /* current() has an answer */
	cpu_init_tables(this_cpu());                /* the trap table: faults are reported */
	cpu_init_registers(this_cpu());             /* SYSCALL; for the probe in... */
	offload_init(image_paddr(offload_root));    /* ...which decides how to do the rest */
	if (offload_is_active)
		ledger.flags |= LDE_LEDGER_F_RING0_EMULATED;
}

/* Reads the tree, and takes hold of memory and of the files in it. */
static void find_machine(paddr_t fdt)
{
	struct survey survey = { .fdt = fdt, .real_ns = clock_start() };

	cpu_set_boot_canary(); /* for libfdt, in... */
	offload_parse(survey_machine, &survey);
	if (survey.error)
		panic(survey.error);
	monitor_init(tree.monitor_port);
}

static void set_limits(void)
{
	cpu_features = tree.features;
	limits = tree.limits;
	cpu_init_registers(this_cpu()); /* again, with the features that the tree names */
	if (!limits.user_mode)
		traptable_serve_ring_0();
	else if (offload_is_active && cpu_features.host_fsgsbase)
		traptable_move_tick_outside();
}

/* Interrupts, and the clock that the rest goes by. */
static void start_clock(void)
{
	vector_init();
	apic_init();
	clock_init(tree.tsc_hz);
	if (tree.has_logical_clock) {
		logical_init(tree.tick_ns);
		logical_set_world(is_world_at_work);
		timer_leave_hardware();
		block_set_delay(tree.slow_ns);
	}
}

static void start_files(void)
{
	start_console();
	start_disks();
	if (tree.has_slow && !node_create_slow(tree.slow_ns))
		panic("memory is too small for /dev/slow");
	stream_init();
	export_init(&tree.export);
}

/* Whoever looks at the kernel, or stands before its system calls. */
static void start_observers(void)
{
	if (tree.checks_itself)
		selfcheck_start(jobs_forget);
	if (tree.events.bytes && !event_init(&tree.events))
		panic("the ring for events makes no sense");
	if (tree.forwards_syscalls)
		syscall_forward_install();
	if (logical_is_on)
		syscall_logical_install();
	event_traps_install();
}

static void start_processes(void)
{
	process_set_max(tree.processes_max, jobs_count());
	process_init(max_u64(jobs_count(), RECORDS_MIN));
	ledger.pages_free_start = page_nr_free();
	sched_init(choose_policy(), limits.preemption);
}

_Noreturn void kernel_main(paddr_t fdt, uint64_t magic)
{
	ledger.entry_tsc = insn_rdtsc();
	if (magic != LDE_BOOT_MAGIC)
		panic("not started by lde");
	start_cpu();
	find_machine(fdt);
	set_limits();
	start_clock();
	random_init(tree.rng_seed, LDE_DT_RNG_SEED_SIZE);
	start_files();
	start_observers();
	start_processes();
	mount_disks();
	jobs_start();
	sched_start();
}
