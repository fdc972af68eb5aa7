/* SPDX-License-Identifier: MIT */
/*
 * A QEMU plugin that records each instruction executed in a range of virtual
 * addresses: an exact trace of the guest kernel inside KVM B, whose code lies
 * where the Linux around it has none (include/lde/layout.h).
 *
 * Arguments: out=FILE, lo=ADDRESS, hi=ADDRESS. FILE gets address - lo of each
 * instruction, as 32-bit numbers in order. An instruction that faults and is
 * restarted is there twice, one that repeats (REP) once an iteration;
 * kernel-visits knows.
 *
 * The prototypes are of QEMU's documented plugin interface, for which Debian
 * has no header.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef PLUGIN_VERSION
#define PLUGIN_VERSION 1
#endif

#define QEMU_PLUGIN_CB_NO_REGS 0

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id,
					   void (*cb)(plugin_id, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    void (*cb)(unsigned int, void *), int flags,
					    void *data);
void qemu_plugin_register_atexit_cb(plugin_id id, void (*cb)(plugin_id, void *), void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t idx);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

__attribute__((visibility("default"))) int qemu_plugin_version = PLUGIN_VERSION;

static FILE *trace;
static uint64_t lo;
static uint64_t hi;

static void record(unsigned int vcpu, void *offset)
{
	uint32_t word = (uintptr_t)offset;

	(void)vcpu;
	fwrite(&word, sizeof(word), 1, trace);
}

static void translated(plugin_id id, struct qemu_plugin_tb *tb)
{
	size_t nr = qemu_plugin_tb_n_insns(tb);

	(void)id;
	for (size_t i = 0; i < nr; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint64_t vaddr = qemu_plugin_insn_vaddr(insn);

		if (vaddr >= lo && vaddr < hi)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, record, QEMU_PLUGIN_CB_NO_REGS,
							       (void *)(uintptr_t)(vaddr - lo));
	}
}

static void finished(plugin_id id, void *data)
{
	(void)id;
	(void)data;
	fclose(trace);
}

__attribute__((visibility("default"))) int qemu_plugin_install(plugin_id id, const void *info,
							       int argc, char **argv);

int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
	const char *path = NULL;

	(void)info;
	for (int i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "out=", 4))
			path = argv[i] + 4;
		else if (!strncmp(argv[i], "lo=", 3))
			lo = strtoull(argv[i] + 3, NULL, 0);
		else if (!strncmp(argv[i], "hi=", 3))
			hi = strtoull(argv[i] + 3, NULL, 0);
	}
	trace = path ? fopen(path, "wb") : NULL;
	if (!trace) {
		fprintf(stderr, "insn_trace: no out=FILE, or it cannot be written\n");
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, finished, NULL);
	return 0;
}
