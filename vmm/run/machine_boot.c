/* SPDX-License-Identifier: MIT */
/* What is in guest memory when the boot CPU starts. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <lde/layout.h>

#include "vmm/base/log.h"
#include "vmm/base/write_all.h"
#include "vmm/boot/embedded.h"
#include "vmm/boot/initrd.h"
#include "vmm/boot/layout.h"
#include "vmm/boot/root.h"
#include "vmm/dev/fdt.h"
#include "vmm/run/machine_parts.h"

/* What the files must leave for the kernel and the programs to run in. */
#define WORK_BYTES_MIN (16ull << 20)

int machine_parse_kernel(struct machine *machine)
{
	size_t len = (size_t)(embedded_kernel_end - embedded_kernel_start);
	const char *why;

	int err = kimage_parse(embedded_kernel_start, len, &machine->image, &why);
	if (err)
		log_line("the kernel image %s; build lde anew: 'make clean all'", why);
	return err;
}

/* ---- files ----------------------------------------------------------- */

static int add_builtin(struct archive *archive, const char *path)
{
	const struct embedded_program *builtin = embedded_find(strrchr(path, '/') + 1);

	if (!builtin)
		return -ENOENT;
	return archive_add_blob(archive, builtin->start, (size_t)(builtin->end - builtin->start),
				path);
}

/* What --root has already is taken from there. */
static int add_program(struct archive *archive, const struct root *root,
		       const struct machine_program *program)
{
	char path[PATH_MAX];

	if (program->guest_path[0] != '/')
		return -EINVAL;
	if (root_has(root, program->guest_path))
		return 0;
	int err = root_place(root, program->guest_path, path, sizeof(path));
	if (err)
		return err;
	return program->host_path ? archive_add_file(archive, program->host_path, path)
				  : add_builtin(archive, path);
}

static int log_archive_error(const struct machine *machine, const char *path, int err)
{
	if (err == -ENOSPC)
		log_line("the programs and files do not fit in %llu MiB of guest memory; give it "
			 "more: --memory",
			 (unsigned long long)(machine->config->memory_bytes >> 20));
	else
		log_line("cannot put %s into the guest: %s", path, strerror(-err));
	return err;
}

static int add_programs(struct machine *machine, struct archive *archive, const struct root *root)
{
	for (size_t i = 0; i < machine->config->nr_programs; i++) {
		const struct machine_program *program = &machine->config->programs[i];
		int err = add_program(archive, root, program);
		if (err)
			return log_archive_error(
				machine,
				program->host_path ? program->host_path : program->guest_path, err);
	}
	return 0;
}

/* The folder for results is there without the programs' doing. */
static int add_out_dir(struct machine *machine, struct archive *archive, const struct root *root)
{
	const struct machine_config *config = machine->config;

	if (!config->out_dir || config->take || root_has(root, MACHINE_OUT_DEFAULT))
		return 0;
	int err = archive_add_dir(archive, MACHINE_OUT_DEFAULT);
	return err ? log_archive_error(machine, MACHINE_OUT_DEFAULT, err) : 0;
}

static int add_files(struct machine *machine, struct archive *archive)
{
	const char *root_dir = machine->config->root_dir;
	struct root root;

	int err = root_open(&root, root_dir);
	if (!err && root_dir)
		err = archive_add_tree(archive, root_dir);
	if (err)
		err = log_archive_error(machine, root_dir, err);
	else
		err = add_programs(machine, archive, &root);
	if (!err)
		err = add_out_dir(machine, archive, &root);
	root_close(&root);
	return err;
}

static int build_initrd(struct machine *machine, struct archive *archive)
{
	int err = add_files(machine, archive);

	if (err)
		return err;
	err = archive_finish(archive);
	if (!err && archive->end_gpa + WORK_BYTES_MIN + machine->trace_bytes > machine->mem.size_bytes)
		err = -ENOSPC;
	return err ? log_archive_error(machine, "the archive", err) : 0;
}

/* ---- device tree ----------------------------------------------------- */

static struct dtree_program *list_programs(const struct machine_config *config)
{
	struct dtree_program *programs = calloc(config->nr_programs + 1, sizeof(*programs));

	for (size_t i = 0; programs && i < config->nr_programs; i++)
		programs[i] = (struct dtree_program){
			.guest_path = config->programs[i].guest_path,
			.argv = config->programs[i].argv,
			.count = config->programs[i].count,
			.share = config->programs[i].share,
		};
	return programs;
}

static const char *const *export_paths(const struct machine_config *config)
{
	static const char *const standard[] = {MACHINE_OUT_DEFAULT, NULL};

	if (!config->out_dir)
		return NULL;
	return config->take ? config->take : standard;
}

static int build_dtree(const struct machine *machine, void **blob, size_t *len)
{
	const struct machine_config *config = machine->config;
	struct dtree_config tree = {
		.memory_bytes = config->memory_bytes,
		.tsc_hz = machine->cpu.tsc_hz,
		.quantum_ns = config->quantum_ns,
		.sched = config->sched,
		.clock = config->clock,
		.forward_syscalls = config->forward_syscalls,
		.has_fsgsbase = machine->cpu.has_fsgsbase,
		.has_xsave = machine->cpu.has_xsave,
		.has_umip = machine->cpu.has_umip,
		.has_smep = machine->cpu.has_smep,
		.has_pv_eoi = machine->cpu.has_pv_eoi,
		.has_host_fsgsbase = machine->cpu.has_host_fsgsbase,
		.mounts = config->mounts,
		.without = config->without,
		.trace_gpa = machine->trace_gpa.value,
		.trace_bytes = machine->trace_bytes,
		.trace_classes = config->trace_classes,
		.self_check = config->self_check,
		.export_paths = export_paths(config),
		.processes_max = config->processes_max,
		.nr_virtio = machine->nr_virtio,
		.has_virtio_console = machine->vcon,
		.env = config->env,
		.programs = list_programs(config),
		.nr_programs = config->nr_programs,
	};

	if (!tree.programs)
		return -ENOMEM;
	dtree_probe_stdio(&tree);
	for (int fd = 0; fd < 3; fd++)
		if (machine->closed_stdio >> fd & 1)
			tree.stdio_mode[fd] = 0;
	int err = 0;
	/* 256 bytes come whole or not at all, getrandom(2). */
	if (getrandom(tree.rng_seed, sizeof(tree.rng_seed), 0) != sizeof(tree.rng_seed))
		err = -EIO;
	if (!err)
		err = dtree_build(&tree, blob, len);
	explicit_bzero(tree.rng_seed, sizeof(tree.rng_seed));
	free((void *)tree.programs);
	return err;
}

static int dump_dtree(const char *path, const void *blob, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0)
		return -errno;
	int err = write_all(fd, blob, len);
	if (close(fd) && !err)
		err = -errno;
	return err;
}

/* The tree, then the files after it, then the tree's note of where they are. */
static int fill_tree_and_files(struct machine *machine, void *blob, size_t len)
{
	const uint64_t files_gpa =
		(machine->fdt_gpa.value + len + LDE_PAGE_SIZE - 1) & ~(LDE_PAGE_SIZE - 1ull);
	struct archive archive;

	archive_init(&archive, &machine->mem, gpa_of(files_gpa));
	int err = build_initrd(machine, &archive);
	if (!err)
		err = dtree_set_initrd(blob, archive.start_gpa, archive.end_gpa);
	archive_fini(&archive);
	return err ? err : guestmem_write(&machine->mem, machine->fdt_gpa, blob, len);
}

static int fill_after_kernel(struct machine *machine)
{
	const char *dump = machine->config->dump_dtb;
	void *blob;
	size_t len;

	int err = build_dtree(machine, &blob, &len);
	if (err) {
		log_line("cannot describe the machine to its kernel: %s%s", strerror(-err),
			 err == -E2BIG ? "; shorten the arguments or the environment" : "");
		return err;
	}
	err = fill_tree_and_files(machine, blob, len);
	if (!err && dump) {
		err = dump_dtree(dump, blob, len);
		if (err)
			log_line("cannot write the device tree to %s: %s", dump, strerror(-err));
	}
	free(blob);
	return err;
}

int machine_fill_memory(struct machine *machine)
{
	int err = layout_build_tables(&machine->mem, &machine->image);

	if (!err)
		err = kimage_load(&machine->image, &machine->mem);
	if (err) {
		log_line("cannot load the kernel: %s; the guest's memory must be a multiple of "
			 "2 MiB from %llu MiB to %llu MiB",
			 strerror(-err), LDE_MEMORY_MIN >> 20, LDE_MEMORY_MAX >> 20);
		return err;
	}
	machine->fdt_gpa = gpa_of(machine->image.end_gpa);
	return fill_after_kernel(machine);
}
