/* SPDX-License-Identifier: MIT */
/*
 * One pass over the tree, tag by tag: libfdt's look-ups by name each walk it
 * from some start, and boot time is a feature here.
 */
#include "guest/dev/tree.h"

#include <lde/boot.h>
#include <libfdt.h>

#include "guest/arch/direct.h"
#include "guest/lib/string.h"

enum node { NODE_OTHER, NODE_MEMORY, NODE_CPU, NODE_CHOSEN, NODE_CONSOLE, NODE_MONITOR,
	    NODE_TRACE, NODE_EXPORT, NODE_WORKLOAD, NODE_PROGRAM, NODE_VIRTIO, NR_NODES };

/* What is read from the tree before it is made sense of. */
struct raw_tree {
	struct machine_tree machine;
	struct tree_program program; /* the last one */
	uint64_t memory[2];
	uint32_t console_reg[2], monitor_reg[2], trace_reg[2], export_reg[2];
	uint64_t trace_ring[2];
	struct string_list features, without, path, seed, self_check, sched, quanta, syscalls;
	struct string_list allotments, sched_rules, draws, clock, slow;
	struct string_list is_console;
	uint64_t virtio_reg[2]; /* the last one's */
	uint32_t virtio_vector;
};

enum type { TYPE_U64, TYPE_U32, TYPE_STRINGS, TYPE_BYTES };

/* Where the value of a property goes. */
struct rule {
	const char *name;
	uint8_t type;
	uint8_t count;    /* numbers: how many there must be */
	bool is_optional;
	uint16_t target;  /* offset in struct raw_tree */
};

#define NUMBERS(name, type, count, field)                                                          \
	{                                                                                          \
		name, type, count, false, offsetof(struct raw_tree, field)                         \
	}
#define BYTES(name, type, is_optional, field)                                                      \
	{                                                                                          \
		name, type, 0, is_optional, offsetof(struct raw_tree, field)                       \
	}

#define OPTIONAL(name, type, field)                                                               \
	{                                                                                          \
		name, type, 1, true, offsetof(struct raw_tree, field)                              \
	}

#define RULES_MAX 19

static const struct rule rules[NR_NODES][RULES_MAX] = {
	[NODE_MEMORY] = {
		NUMBERS("reg", TYPE_U64, 2, memory),
	},
	[NODE_CPU] = {
		NUMBERS(LDE_DT_TSC_HZ, TYPE_U64, 1, machine.tsc_hz),
		BYTES(LDE_DT_FEATURES, TYPE_STRINGS, true, features),
	},
	[NODE_CHOSEN] = {
		NUMBERS("linux,initrd-start", TYPE_U64, 1, machine.initrd_start),
		NUMBERS("linux,initrd-end", TYPE_U64, 1, machine.initrd_end),
		BYTES("rng-seed", TYPE_BYTES, false, seed),
		NUMBERS(LDE_DT_QUANTUM_NS, TYPE_U64, 1, machine.quantum_ns),
		BYTES(LDE_DT_WITHOUT, TYPE_STRINGS, true, without),
		BYTES(LDE_DT_MOUNTS, TYPE_STRINGS, true, machine.mounts),
		BYTES(LDE_DT_SELF_CHECK, TYPE_BYTES, true, self_check),
		OPTIONAL(LDE_DT_PROCESSES, TYPE_U32, machine.processes_max),
		BYTES(LDE_DT_SCHED, TYPE_STRINGS, true, sched),
		BYTES(LDE_DT_SYSCALLS, TYPE_STRINGS, true, syscalls),
		OPTIONAL(LDE_DT_SCHED_SEED, TYPE_U64, machine.sched.seed),
		BYTES(LDE_DT_SCHED_QUANTA, TYPE_BYTES, true, quanta),
		BYTES(LDE_DT_SCHED_ALLOTMENT, TYPE_BYTES, true, allotments),
		BYTES(LDE_DT_SCHED_RULES, TYPE_STRINGS, true, sched_rules),
		BYTES(LDE_DT_SCHED_DRAWS, TYPE_BYTES, true, draws),
		BYTES(LDE_DT_CLOCK, TYPE_STRINGS, true, clock),
		OPTIONAL(LDE_DT_TICK_NS, TYPE_U64, machine.tick_ns),
		BYTES(LDE_DT_SLOW_NS, TYPE_BYTES, true, slow),
		OPTIONAL(LDE_DT_SCHED_BOOST, TYPE_U64, machine.sched.boost_ns),
	},
	[NODE_CONSOLE] = {
		NUMBERS("reg", TYPE_U32, 2, console_reg),
		NUMBERS("interrupts", TYPE_U32, 1, machine.console.vector),
		NUMBERS(LDE_DT_STDIO_MODE, TYPE_U32, 3, machine.console.mode),
		NUMBERS(LDE_DT_TTY, TYPE_U32, 1, machine.console.tty),
		NUMBERS(LDE_DT_WINSIZE, TYPE_U32, 2, machine.console.window),
	},
	[NODE_MONITOR] = {
		NUMBERS("reg", TYPE_U32, 2, monitor_reg),
	},
	/* There is none in a run that is not traced. */
	[NODE_TRACE] = {
		NUMBERS("reg", TYPE_U32, 2, trace_reg),
		NUMBERS(LDE_DT_TRACE_RING, TYPE_U64, 2, trace_ring),
		NUMBERS(LDE_DT_TRACE_EVENTS, TYPE_U32, 1, machine.events.classes),
	},
	[NODE_EXPORT] = {
		NUMBERS("reg", TYPE_U32, 2, export_reg),
		NUMBERS("interrupts", TYPE_U32, 1, machine.export.vector),
		BYTES(LDE_DT_PATHS, TYPE_STRINGS, false, machine.export.paths),
	},
	[NODE_WORKLOAD] = {
		BYTES(LDE_DT_ENV, TYPE_STRINGS, true, machine.env),
	},
	[NODE_VIRTIO] = {
		NUMBERS("reg", TYPE_U64, 2, virtio_reg),
		NUMBERS("interrupts", TYPE_U32, 1, virtio_vector),
		BYTES(LDE_DT_IS_CONSOLE, TYPE_BYTES, true, is_console),
	},
	[NODE_PROGRAM] = {
		BYTES(LDE_DT_PATH, TYPE_STRINGS, false, path),
		BYTES(LDE_DT_ARGV, TYPE_STRINGS, true, program.argv),
		NUMBERS(LDE_DT_COUNT, TYPE_U32, 1, program.count),
		OPTIONAL(LDE_DT_TICKETS, TYPE_U32, program.tickets),
		OPTIONAL(LDE_DT_LENGTH_NS, TYPE_U64, program.length_ns),
		OPTIONAL(LDE_DT_ARRIVAL_NS, TYPE_U64, program.arrival_ns),
	},
};

struct reader {
	const void *fdt;
	const struct tree_visitor *visitor;
	const char *strings;
	struct raw_tree raw;
	uint32_t found[NR_NODES]; /* bit i: rules[node][i] has been met */
	const char *error;       /* the first one */
};

static bool has_prefix(const char *s, const char *prefix)
{
	while (*prefix)
		if (*s++ != *prefix++)
			return false;
	return true;
}

static enum node node_by_name(const char *name)
{
	switch (*name) {
	case 'm':
		return has_prefix(name, "memory") ? NODE_MEMORY :
		       has_prefix(name, "monitor") ? NODE_MONITOR : NODE_OTHER;
	case 'c':
		return has_prefix(name, "cpu@") ? NODE_CPU :
		       has_prefix(name, "chosen") ? NODE_CHOSEN :
		       has_prefix(name, "console") ? NODE_CONSOLE : NODE_OTHER;
	case 't':
		return has_prefix(name, "trace@") ? NODE_TRACE : NODE_OTHER;
	case 'v':
		return has_prefix(name, "virtio_mmio@") ? NODE_VIRTIO : NODE_OTHER;
	case 'e':
		return has_prefix(name, "export") ? NODE_EXPORT : NODE_OTHER;
	case 'w':
		return NODE_WORKLOAD;
	case 'p':
		return has_prefix(name, "program") ? NODE_PROGRAM : NODE_OTHER;
	default:
		return NODE_OTHER;
	}
}

static void read_value(struct reader *r, const struct rule *rule, const void *value, uint32_t len)
{
	void *target = (char *)&r->raw + rule->target;
	struct string_list *list = target;
	uint32_t size = rule->type == TYPE_U64 ? 8 : 4;

	if (rule->type >= TYPE_STRINGS) {
		if (rule->type == TYPE_STRINGS &&
		    (len ? ((const char *)value)[len - 1] : !rule->is_optional))
			r->error = rule->name;
		list->data = value;
		list->bytes = len;
		return;
	}
	if (len != size * rule->count) {
		r->error = rule->name;
		return;
	}
	for (unsigned i = 0; i < rule->count; i++) {
		if (rule->type == TYPE_U64)
			((uint64_t *)target)[i] = fdt64_ld((const fdt64_t *)value + i);
		else
			((uint32_t *)target)[i] = fdt32_ld((const fdt32_t *)value + i);
	}
}

static void read_property(struct reader *r, enum node node, int offset)
{
	const struct fdt_property *p = fdt_offset_ptr(r->fdt, offset, sizeof(*p));
	const char *name = r->strings + fdt32_ld(&p->nameoff);

	for (unsigned i = 0; i < RULES_MAX && rules[node][i].name; i++) {
		if (strcmp(rules[node][i].name, name))
			continue;
		r->found[node] |= 1u << i;
		read_value(r, &rules[node][i], p->data, fdt32_ld(&p->len));
		return;
	}
}

/* Every rule of the node that is not optional must have been met. */
static bool check_found(struct reader *r, enum node node)
{
	for (unsigned i = 0; i < RULES_MAX && rules[node][i].name && !r->error; i++)
		if (!rules[node][i].is_optional && !(r->found[node] & 1u << i))
			r->error = rules[node][i].name;
	return !r->error;
}

static bool list_has(const struct string_list *list, const char *word)
{
	for (uint32_t at = 0; at < list->bytes; at += strlen(list->data + at) + 1)
		if (!strcmp(list->data + at, word))
			return true;
	return false;
}

/* One for each level, or one for all. */
static bool read_allotments(const struct raw_tree *raw, struct tree_sched *sched)
{
	const fdt32_t *cells = (const fdt32_t *)raw->allotments.data;
	uint32_t nr = raw->allotments.bytes / 4;

	if (raw->allotments.bytes % 4 || (nr > 1 && nr != sched->nr_levels))
		return false;
	for (uint32_t i = 0; i < sched->nr_levels; i++) {
		sched->allotments[i] = nr ? fdt32_ld(cells + (nr > 1 ? i : 0)) : 1;
		if (!sched->allotments[i])
			return false;
	}
	return true;
}

/* What was not said is as if round robin had been asked for. */
static bool read_sched(const struct raw_tree *raw, struct tree_sched *sched)
{
	const fdt64_t *quanta = (const fdt64_t *)raw->quanta.data;

	sched->name = raw->sched.bytes ? raw->sched.data : LDE_SCHED_RR;
	if (!sched->seed)
		sched->seed = 1;
	if (raw->quanta.bytes % 8 || raw->quanta.bytes > sizeof(sched->quanta_ns))
		return false;
	sched->nr_levels = raw->quanta.bytes ? raw->quanta.bytes / 8 : 1;
	for (uint32_t i = 0; i < sched->nr_levels; i++) {
		if (raw->quanta.bytes)
			sched->quanta_ns[i] = fdt64_ld(quanta + i);
		if (!sched->quanta_ns[i])
			sched->quanta_ns[i] = raw->machine.quantum_ns;
	}
	sched->stay = list_has(&raw->sched_rules, LDE_RULE_STAY);
	sched->io_bump = list_has(&raw->sched_rules, LDE_RULE_IO_BUMP);
	sched->switch_on_end = list_has(&raw->sched_rules, LDE_RULE_SWITCH_ON_END);
	sched->io_immediate = list_has(&raw->sched_rules, LDE_RULE_IO_IMMEDIATE);
	sched->draws = (const uint32_t *)raw->draws.data;
	sched->nr_draws = raw->draws.bytes / 4;
	return !(raw->draws.bytes % 4) && read_allotments(raw, sched);
}

static bool read_clock(const struct raw_tree *raw, struct machine_tree *m)
{
	const struct string_list *slow = &raw->slow;

	m->has_logical_clock = list_has(&raw->clock, LDE_CLOCK_LOGICAL);
	if (!m->tick_ns)
		m->tick_ns = LDE_TICK_NS_DEFAULT;
	m->has_slow = slow->data;
	if (m->has_slow && slow->bytes == 8)
		m->slow_ns = fdt64_ld((const fdt64_t *)slow->data);
	return !m->has_slow || slow->bytes == 8;
}

/* The ring is the end of memory. */
static bool read_events(struct reader *r)
{
	struct event_source *events = &r->raw.machine.events;

	events->port = r->raw.trace_reg[0];
	events->ring = r->raw.trace_ring[0];
	events->bytes = r->raw.trace_ring[1];
	return !r->found[NODE_TRACE] ||
	       (events->bytes && events->bytes <= r->raw.memory[1] &&
		events->ring == r->raw.memory[1] - events->bytes);
}

/* Makes sense of what has been read, when all of it has. */
static void finish_machine(struct reader *r)
{
	struct machine_tree *m = &r->raw.machine;
	const struct string_list *features = &r->raw.features;

	for (enum node node = NODE_MEMORY; node < NODE_WORKLOAD; node++)
		if (((node != NODE_TRACE && node != NODE_EXPORT) || r->found[node]) &&
		    !check_found(r, node))
			return;
	if (r->raw.memory[0] || !m->tsc_hz || r->raw.seed.bytes != LDE_DT_RNG_SEED_SIZE ||
	    !read_sched(&r->raw, &m->sched) || !read_clock(&r->raw, m) || !read_events(r)) {
		r->error = "a value in it makes no sense";
		return;
	}
	m->memory_end = r->raw.memory[1];
	m->console.port = r->raw.console_reg[0];
	m->monitor_port = r->raw.monitor_reg[0];
	m->export.port = r->raw.export_reg[0];
	m->rng_seed = (const uint8_t *)r->raw.seed.data;
	m->features.fsgsbase = list_has(features, LDE_FEATURE_FSGSBASE);
	m->features.host_fsgsbase = list_has(features, LDE_FEATURE_HOST_FSGSBASE);
	m->features.xsave = list_has(features, LDE_FEATURE_XSAVE);
	m->features.umip = list_has(features, LDE_FEATURE_UMIP);
	m->features.smep = list_has(features, LDE_FEATURE_SMEP);
	m->features.pv_eoi = list_has(features, LDE_FEATURE_PV_EOI);
	m->checks_itself = r->raw.self_check.data;
	m->forwards_syscalls = list_has(&r->raw.syscalls, LDE_SYSCALLS_EXIT);
	m->limits = (struct limits){
		.preemption = !list_has(&r->raw.without, LDE_WITHOUT_PREEMPTION),
		.blocking = !list_has(&r->raw.without, LDE_WITHOUT_BLOCKING),
		.user_mode = !list_has(&r->raw.without, LDE_WITHOUT_USER_MODE),
		.private_memory = !list_has(&r->raw.without, LDE_WITHOUT_PRIVATE_MEMORY),
		.hidden_trap_table = !list_has(&r->raw.without, LDE_WITHOUT_HIDDEN_TRAP_TABLE),
		.pointer_checks = !list_has(&r->raw.without, LDE_WITHOUT_POINTER_CHECKS),
	};
	r->error = r->visitor->machine(m);
}

static void finish_program(struct reader *r)
{
	if (!check_found(r, NODE_PROGRAM))
		return;
	r->raw.program.path = r->raw.path.data;
	if (!r->raw.program.tickets)
		r->raw.program.tickets = LDE_TICKETS_DEFAULT;
	if (r->raw.program.tickets > LDE_TICKETS_MAX) {
		r->error = LDE_DT_TICKETS;
		return;
	}
	r->error = r->visitor->program(&r->raw.machine, &r->raw.program);
	r->raw.program = (struct tree_program){ 0 };
	r->found[NODE_PROGRAM] = 0;
}

static void finish_virtio(struct reader *r)
{
	struct machine_tree *m = &r->raw.machine;

	const struct virtio_node node = { r->raw.virtio_reg[0], r->raw.virtio_vector };

	if (!check_found(r, NODE_VIRTIO))
		return;
	r->found[NODE_VIRTIO] = 0;
	if (r->raw.is_console.data) {
		m->console_virtio = node;
		r->raw.is_console.data = NULL;
		return;
	}
	if (m->nr_virtio == LDE_VIRTIO_MAX) {
		r->error = "it has too many virtio devices";
		return;
	}
	m->virtio[m->nr_virtio++] = node;
}

#define DEPTH_MAX 8

static enum node begin_node(struct reader *r, int offset)
{
	enum node node = node_by_name(fdt_offset_ptr(r->fdt, offset + FDT_TAGSIZE, 1));

	if (node == NODE_WORKLOAD)
		finish_machine(r); /* the programs come after everything else */
	return node;
}

/* /workload is the last node that matters: its end is the end. */
static void walk(struct reader *r)
{
	enum node nodes[DEPTH_MAX] = { NODE_OTHER };
	int depth = 0, next = 0;

	while (!r->error) {
		int offset = next;

		switch (fdt_next_tag(r->fdt, offset, &next)) {
		case FDT_BEGIN_NODE:
			if (++depth == DEPTH_MAX)
				r->error = "it is too deep";
			else
				nodes[depth] = begin_node(r, offset);
			break;
		case FDT_PROP:
			if (nodes[depth] != NODE_OTHER)
				read_property(r, nodes[depth], offset);
			break;
		case FDT_END_NODE:
			if (nodes[depth] == NODE_WORKLOAD)
				return;
			if (nodes[depth] == NODE_PROGRAM)
				finish_program(r);
			if (nodes[depth] == NODE_VIRTIO)
				finish_virtio(r);
			if (!depth--)
				r->error = "a node ends that never began";
			break;
		case FDT_NOP:
			break;
		default:
			r->error = "it ends too early";
		}
	}
}

const char *tree_read(paddr_t fdt, struct machine_tree *tree, const struct tree_visitor *visitor)
{
	static struct reader r; /* too large for a stack */

	memset(&r, 0, sizeof(r));
	r.fdt = direct_map(fdt);
	r.visitor = visitor;
	if (fdt_check_header(r.fdt))
		return "it is none";
	r.strings = (const char *)r.fdt + fdt_off_dt_strings(r.fdt);
	r.raw.machine.tree_end = fdt + fdt_totalsize(r.fdt);
	walk(&r);
	*tree = r.raw.machine;
	return r.error;
}
