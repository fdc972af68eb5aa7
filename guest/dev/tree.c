/* SPDX-License-Identifier: MIT */
/*
 * One pass over the nodes: each compatible or name is looked at once, since
 * libfdt finds things by walking.
 */
#include "guest/dev/tree.h"

#include <lde/boot.h>
#include <libfdt.h>

#include "guest/arch/direct.h"
#include "guest/lib/string.h"

struct reader {
	const void *fdt;
	struct machine_tree *tree;
	const char *error; /* the first one */
	unsigned found;    /* NODE_* */
};

enum { NODE_MEMORY = 1, NODE_CPU = 2, NODE_CHOSEN = 4, NODE_CONSOLE = 8, NODE_MONITOR = 16,
       NODE_WORKLOAD = 32, NODE_ALL = 63 };

static const void *read_property(struct reader *r, int node, const char *name, int bytes)
{
	int len;
	const void *p = fdt_getprop(r->fdt, node, name, &len);

	if ((!p || (bytes && len != bytes)) && !r->error)
		r->error = name;
	return r->error ? NULL : p;
}

static uint64_t read_u64(struct reader *r, int node, const char *name)
{
	const fdt64_t *p = read_property(r, node, name, 8);

	return p ? fdt64_ld(p) : 0;
}

static uint32_t read_cell(struct reader *r, int node, const char *name, unsigned cells, unsigned i)
{
	const fdt32_t *p = read_property(r, node, name, (int)(4 * cells));

	return p ? fdt32_ld(p + i) : 0;
}

static struct string_list read_list(struct reader *r, int node, const char *name)
{
	struct string_list list = { NULL, 0 };
	int len;
	const char *p = fdt_getprop(r->fdt, node, name, &len);

	if (p && len > 0 && !p[len - 1]) {
		list.data = p;
		list.bytes = len;
	}
	return list;
}

static bool list_has(struct string_list list, const char *word)
{
	for (uint32_t at = 0; at < list.bytes; at += strlen(list.data + at) + 1)
		if (!strcmp(list.data + at, word))
			return true;
	return false;
}

static void read_memory(struct reader *r, int node)
{
	const fdt64_t *reg = read_property(r, node, "reg", 16);

	if (!reg)
		return;
	if (fdt64_ld(reg) != 0)
		r->error = "memory does not start at 0";
	r->tree->memory_end = fdt64_ld(reg + 1);
}

static void read_cpu(struct reader *r, int node)
{
	struct string_list features = read_list(r, node, LDE_DT_FEATURES);

	r->tree->tsc_hz = read_u64(r, node, LDE_DT_TSC_HZ);
	r->tree->features = (struct cpu_features){
		.fsgsbase = list_has(features, LDE_FEATURE_FSGSBASE),
		.xsave = list_has(features, LDE_FEATURE_XSAVE),
		.umip = list_has(features, LDE_FEATURE_UMIP),
		.smep = list_has(features, LDE_FEATURE_SMEP),
	};
	if (!r->tree->tsc_hz && !r->error)
		r->error = "no TSC frequency";
}

static void read_chosen(struct reader *r, int node)
{
	struct machine_tree *t = r->tree;

	t->initrd_start = read_u64(r, node, "linux,initrd-start");
	t->initrd_end = read_u64(r, node, "linux,initrd-end");
	t->rng_seed = read_property(r, node, "rng-seed", LDE_DT_RNG_SEED_SIZE);
	t->quantum_ns = read_u64(r, node, LDE_DT_QUANTUM_NS);
	t->is_preemptive =
		!list_has(read_list(r, node, LDE_DT_WITHOUT), LDE_WITHOUT_PREEMPTION);
}

static void read_console(struct reader *r, int node)
{
	struct console_info *c = &r->tree->console;

	c->port = read_cell(r, node, "reg", 2, 0);
	c->vector = read_cell(r, node, "interrupts", 1, 0);
	for (unsigned i = 0; i < CONSOLE_NR_STREAMS; i++)
		c->mode[i] = read_cell(r, node, LDE_DT_STDIO_MODE, CONSOLE_NR_STREAMS, i);
	c->tty = read_cell(r, node, LDE_DT_TTY, 1, 0);
	c->rows = read_cell(r, node, LDE_DT_WINSIZE, 2, 0);
	c->columns = read_cell(r, node, LDE_DT_WINSIZE, 2, 1);
}

static bool name_is(const char *name, const char *stem)
{
	size_t len = strlen(stem);

	return !memcmp(name, stem, len) && (!name[len] || name[len] == '@');
}

static void read_node(struct reader *r, int node, const char *name)
{
	if (name_is(name, "memory")) {
		r->found |= NODE_MEMORY;
		read_memory(r, node);
	} else if (name_is(name, "cpu")) {
		r->found |= NODE_CPU;
		read_cpu(r, node);
	} else if (name_is(name, "chosen")) {
		r->found |= NODE_CHOSEN;
		read_chosen(r, node);
	} else if (name_is(name, "console")) {
		r->found |= NODE_CONSOLE;
		read_console(r, node);
	} else if (name_is(name, "monitor")) {
		r->found |= NODE_MONITOR;
		r->tree->monitor_port = read_cell(r, node, "reg", 2, 0);
	} else if (name_is(name, "workload")) {
		r->found |= NODE_WORKLOAD;
		r->tree->workload = node;
		r->tree->env = read_list(r, node, LDE_DT_ENV);
	}
}

const char *tree_read(paddr_t fdt, struct machine_tree *tree)
{
	struct reader r = { .fdt = direct_map(fdt), .tree = tree };
	int node = 0, depth = 0;

	if (fdt_check_header(r.fdt))
		return "not a device tree";
	tree->fdt = r.fdt;
	tree->tree_start = fdt;
	tree->tree_end = fdt + fdt_totalsize(r.fdt);
	while (!(r.found & NODE_WORKLOAD) && !r.error) {
		const char *name;

		node = fdt_next_node(r.fdt, node, &depth);
		if (node < 0)
			break;
		name = fdt_get_name(r.fdt, node, NULL);
		if (name)
			read_node(&r, node, name);
	}
	if (!r.error && r.found != NODE_ALL)
		r.error = "a node is missing";
	return r.error;
}

int tree_next_program(const struct machine_tree *tree, int node, struct tree_program *program)
{
	struct reader r = { .fdt = tree->fdt };

	node = node ? fdt_next_subnode(tree->fdt, node) :
		      fdt_first_subnode(tree->fdt, tree->workload);
	if (node < 0)
		return node == -FDT_ERR_NOTFOUND ? 0 : -1;
	program->path = read_property(&r, node, LDE_DT_PATH, 0);
	program->argv = read_list(&r, node, LDE_DT_ARGV);
	program->count = read_cell(&r, node, LDE_DT_COUNT, 1, 0);
	return r.error ? -1 : node;
}
