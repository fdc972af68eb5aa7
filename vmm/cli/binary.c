/* SPDX-License-Identifier: MIT */
#include "vmm/cli/binary.h"

#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define USER_END        (1ull << 47) /* lower half of the address space */
#define NR_SEGMENTS_MAX 128
#define INTERPRETER_MAX 256

struct binary {
	int fd;
	uint64_t file_size;
	const char *name;
	Elf64_Ehdr header;
	Elf64_Phdr segments[NR_SEGMENTS_MAX];
	struct complaint *complaint;
};

#define REFUSE(binary, ...) complaint_set((binary)->complaint, -ENOEXEC, __VA_ARGS__)

static int binary_read(struct binary *binary, void *buf, size_t len, uint64_t offset)
{
	ssize_t got;

	if (offset > binary->file_size || len > binary->file_size - offset)
		return REFUSE(binary,
			      "%s: truncated: its ELF headers point beyond its end (%" PRIu64
			      " bytes); build or copy it again",
			      binary->name, binary->file_size);
	got = pread(binary->fd, buf, len, (off_t)offset);
	if (got < 0)
		return complaint_set(binary->complaint, -errno, "%s: cannot be read: %s",
				     binary->name, strerror(errno));
	if ((size_t)got != len)
		return REFUSE(binary, "%s: became shorter while it was read", binary->name);
	return 0;
}

/*
 * "#!/bin/sh -e": what follows the marker, without the end of the line. The guest has the
 * script only if it has its folder.
 */
static int binary_refuse_script(struct binary *binary, char *line)
{
	char *interpreter = line + 2 + strspn(line + 2, " \t");
	const char *slash = strrchr(binary->name, '/');
	int dir_len = slash ? (int)(slash - binary->name) + (slash == binary->name) : 0;

	interpreter[strcspn(interpreter, "\r\n")] = '\0';
	if (interpreter[0] == '\0')
		return REFUSE(binary, "%s: a script that names no interpreter", binary->name);
	return REFUSE(binary,
		      "%s: a script for %s; start its interpreter, which must be static (as "
		      "busybox sh is), and give the guest the script's folder: "
		      "lde run --root %.*s %s /%s",
		      binary->name, interpreter, dir_len ? dir_len : 1,
		      dir_len ? binary->name : ".", interpreter, slash ? slash + 1 : binary->name);
}

/* Whatever does not start with the ELF magic. */
static int binary_check_magic(struct binary *binary)
{
	char start[INTERPRETER_MAX] = {0};
	ssize_t got = pread(binary->fd, start, sizeof(start) - 1, 0);

	if (got < 0)
		return complaint_set(binary->complaint, -errno, "%s: cannot be read: %s",
				     binary->name, strerror(errno));
	if (got == 0)
		return REFUSE(binary, "%s: an empty file (0 bytes), not a program", binary->name);
	if (got >= 2 && memcmp(start, "#!", 2) == 0)
		return binary_refuse_script(binary, start);
	if (got < SELFMAG || memcmp(start, ELFMAG, SELFMAG) != 0)
		return REFUSE(binary, "%s: not an ELF file; give a program built with: cc -static",
			      binary->name);
	return 0;
}

static const char *binary_machine_name(unsigned int machine)
{
	switch (machine) {
	case EM_386:
		return "32-bit x86";
	case EM_ARM:
		return "32-bit Arm";
	case EM_AARCH64:
		return "64-bit Arm";
	case EM_RISCV:
		return "RISC-V";
	case EM_PPC64:
		return "64-bit PowerPC";
	case EM_S390:
		return "s390";
	case EM_MIPS:
		return "MIPS";
	case EM_BPF:
		return "BPF";
	default:
		return "another machine";
	}
}

/* Fields that say for whom the file is, in the order in which they are trusted. */
static int binary_check_ident(struct binary *binary)
{
	unsigned char ident[EI_NIDENT];
	int err = binary_read(binary, ident, sizeof(ident), 0);

	if (err)
		return err;
	if (ident[EI_CLASS] == ELFCLASS32)
		return REFUSE(binary, "%s: a 32-bit program; build it for x86-64: cc -m64 -static",
			      binary->name);
	if (ident[EI_CLASS] != ELFCLASS64)
		return REFUSE(binary, "%s: an ELF file of unknown class %u", binary->name,
			      ident[EI_CLASS]);
	if (ident[EI_DATA] != ELFDATA2LSB)
		return REFUSE(binary, "%s: a big-endian program; build it for x86-64: cc -static",
			      binary->name);
	return 0;
}

static int binary_check_type(struct binary *binary)
{
	const Elf64_Ehdr *header = &binary->header;

	if (header->e_machine != EM_X86_64)
		return REFUSE(
			binary,
			"%s: a program for %s (ELF machine %u); build it for x86-64: cc -static",
			binary->name, binary_machine_name(header->e_machine), header->e_machine);
	if (header->e_type == ET_REL)
		return REFUSE(binary, "%s: an object file; link it first: cc -static -o PROGRAM %s",
			      binary->name, binary->name);
	if (header->e_type == ET_CORE)
		return REFUSE(binary, "%s: a core dump, not a program", binary->name);
	if (header->e_type != ET_EXEC && header->e_type != ET_DYN)
		return REFUSE(binary, "%s: ELF type %u, not an executable", binary->name,
			      header->e_type);
	if (header->e_phentsize != sizeof(Elf64_Phdr) || header->e_phnum == 0)
		return REFUSE(binary, "%s: no usable program headers, so nothing to load",
			      binary->name);
	if (header->e_phnum > NR_SEGMENTS_MAX)
		return REFUSE(binary, "%s: %u program headers; at most %u are understood",
			      binary->name, header->e_phnum, NR_SEGMENTS_MAX);
	return 0;
}

static int binary_refuse_dynamic(struct binary *binary, const Elf64_Phdr *segment)
{
	char interpreter[INTERPRETER_MAX] = {0};
	size_t len = segment->p_filesz;
	int err;

	if (len >= sizeof(interpreter))
		len = sizeof(interpreter) - 1;
	err = binary_read(binary, interpreter, len, segment->p_offset);
	if (err)
		return err;
	return REFUSE(binary,
		      "%s: dynamically linked (it wants the interpreter %s), and there is no "
		      "dynamic linker in the guest; link it statically: cc -static",
		      binary->name, interpreter);
}

static int binary_check_segment(struct binary *binary, const Elf64_Phdr *segment)
{
	if (segment->p_filesz > segment->p_memsz)
		return REFUSE(binary, "%s: broken: a segment is larger in the file than in memory",
			      binary->name);
	if (segment->p_filesz > UINT64_MAX - segment->p_offset)
		return REFUSE(binary,
			      "%s: broken: a segment of 0x%" PRIx64 " bytes from byte 0x%" PRIx64
			      " of the file on",
			      binary->name, segment->p_filesz, segment->p_offset);
	if (segment->p_offset > binary->file_size ||
	    segment->p_filesz > binary->file_size - segment->p_offset)
		return REFUSE(binary,
			      "%s: truncated: a segment ends at byte %" PRIu64 " of %" PRIu64
			      "; build or copy it again",
			      binary->name, segment->p_offset + segment->p_filesz,
			      binary->file_size);
	if (segment->p_vaddr >= USER_END || segment->p_memsz > USER_END - segment->p_vaddr)
		return REFUSE(binary,
			      "%s: a segment at 0x%" PRIx64 " is not in the user half of memory",
			      binary->name, segment->p_vaddr);
	if ((segment->p_vaddr - segment->p_offset) % 4096 != 0)
		return REFUSE(binary,
			      "%s: broken: a segment's address and file offset do not agree "
			      "modulo the page size",
			      binary->name);
	return 0;
}

static bool segments_overlap(const Elf64_Phdr *a, const Elf64_Phdr *b)
{
	return a->p_vaddr < b->p_vaddr + b->p_memsz && b->p_vaddr < a->p_vaddr + a->p_memsz;
}

static int binary_check_overlap(struct binary *binary, unsigned int last)
{
	const Elf64_Phdr *segment = &binary->segments[last];

	for (unsigned int i = 0; i < last; i++)
		if (binary->segments[i].p_type == PT_LOAD && binary->segments[i].p_memsz != 0 &&
		    segments_overlap(&binary->segments[i], segment))
			return REFUSE(binary, "%s: broken: two segments overlap at 0x%" PRIx64,
				      binary->name, segment->p_vaddr);
	return 0;
}

/* A shared library has segments but nowhere to start, or starts in data. */
static int binary_check_entry(struct binary *binary)
{
	uint64_t entry = binary->header.e_entry;

	for (unsigned int i = 0; i < binary->header.e_phnum; i++) {
		const Elf64_Phdr *segment = &binary->segments[i];

		if (segment->p_type == PT_LOAD && (segment->p_flags & PF_X) &&
		    entry - segment->p_vaddr < segment->p_memsz && entry != 0)
			return 0;
	}
	if (binary->header.e_type == ET_DYN && entry == 0)
		return REFUSE(binary, "%s: a shared library, not a program", binary->name);
	return REFUSE(binary,
		      "%s: broken: its entry point 0x%" PRIx64
		      " is in none of its executable segments",
		      binary->name, entry);
}

static int binary_check_segments(struct binary *binary)
{
	unsigned int nr_loaded = 0;
	int err;

	for (unsigned int i = 0; i < binary->header.e_phnum; i++) {
		const Elf64_Phdr *segment = &binary->segments[i];

		if (segment->p_type == PT_INTERP)
			return binary_refuse_dynamic(binary, segment);
		if (segment->p_type != PT_LOAD || segment->p_memsz == 0)
			continue;
		err = binary_check_segment(binary, segment);
		if (!err)
			err = binary_check_overlap(binary, i);
		if (err)
			return err;
		nr_loaded++;
	}
	if (nr_loaded == 0)
		return REFUSE(binary, "%s: no segment to load, so nothing to run", binary->name);
	return binary_check_entry(binary);
}

static int binary_check_elf(struct binary *binary)
{
	int err = binary_check_ident(binary);

	if (!err)
		err = binary_read(binary, &binary->header, sizeof(binary->header), 0);
	if (!err)
		err = binary_check_type(binary);
	if (!err)
		err = binary_read(binary, binary->segments,
				  binary->header.e_phnum * sizeof(Elf64_Phdr),
				  binary->header.e_phoff);
	if (!err)
		err = binary_check_segments(binary);
	return err;
}

int binary_check(int fd, const char *name, struct complaint *complaint)
{
	struct binary binary = {.fd = fd, .name = name, .complaint = complaint};
	struct stat st;
	int err;

	if (fstat(fd, &st) < 0)
		return complaint_set(complaint, -errno, "%s: %s", name, strerror(errno));
	binary.file_size = (uint64_t)st.st_size;
	err = binary_check_magic(&binary);
	if (!err)
		err = binary_check_elf(&binary);
	return err;
}
