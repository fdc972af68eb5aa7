/* SPDX-License-Identifier: MIT */
#include "vmm/boot/elf.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include <lde/layout.h>
#include <lde/ledger.h>

/* More program headers than a kernel of ours has by far. */
#define PROGRAM_HEADERS_MAX 32

struct parser {
	const uint8_t *file;
	size_t len;
	struct kimage *image;
	const char *why;
	bool has_note;
};

/* Keeps the reason and gives the error, so that a check is one line. */
static int refuse(struct parser *parser, const char *why)
{
	parser->why = why;
	return -ENOEXEC;
}

static bool is_inside(uint64_t offset, uint64_t len, uint64_t limit)
{
	return offset <= limit && len <= limit - offset;
}

static uint64_t page_up(uint64_t bytes)
{
	return (bytes + LDE_PAGE_SIZE - 1) & ~(uint64_t)(LDE_PAGE_SIZE - 1);
}

static int check_identity(struct parser *parser, const Elf64_Ehdr *header)
{
	if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
		return refuse(parser, "is not an ELF file");
	if (header->e_ident[EI_CLASS] != ELFCLASS64)
		return refuse(parser, "is not a 64-bit ELF file");
	if (header->e_ident[EI_DATA] != ELFDATA2LSB)
		return refuse(parser, "is not little endian");
	if (header->e_ident[EI_VERSION] != EV_CURRENT || header->e_version != EV_CURRENT)
		return refuse(parser, "has an unknown ELF version");
	if (header->e_machine != EM_X86_64)
		return refuse(parser, "is not for x86-64");
	if (header->e_type != ET_EXEC)
		return refuse(parser, "is not an executable with fixed addresses");
	return 0;
}

static int check_header(struct parser *parser, const Elf64_Ehdr *header)
{
	int err = check_identity(parser, header);
	if (err)
		return err;
	if (header->e_ehsize != sizeof(Elf64_Ehdr))
		return refuse(parser, "has a wrong header size");
	if (header->e_phentsize != sizeof(Elf64_Phdr))
		return refuse(parser, "has a wrong program-header size");
	if (!header->e_phnum)
		return refuse(parser, "has no program headers");
	if (header->e_phnum > PROGRAM_HEADERS_MAX)
		return refuse(parser, "has too many program headers");
	if (!is_inside(header->e_phoff, header->e_phnum * sizeof(Elf64_Phdr), parser->len))
		return refuse(parser, "ends before its program headers");
	return 0;
}

static int check_segment(struct parser *parser, const Elf64_Phdr *ph)
{
	if (ph->p_filesz > ph->p_memsz)
		return refuse(parser, "has a segment larger in the file than in memory");
	if (!is_inside(ph->p_offset, ph->p_filesz, parser->len))
		return refuse(parser, "ends before its segments");
	if (ph->p_paddr < LDE_KERNEL_GPA || ph->p_paddr >= LDE_KERNEL_GPA_END)
		return refuse(parser, "has a segment outside the kernel's memory");
	if (ph->p_memsz > LDE_KERNEL_GPA_END - ph->p_paddr)
		return refuse(parser, "has a segment that leaves the kernel's memory");
	if (ph->p_vaddr != LDE_VA_IMAGE + ph->p_paddr)
		return refuse(parser, "has a segment whose addresses do not agree");
	if (ph->p_paddr % LDE_PAGE_SIZE)
		return refuse(parser, "has a segment that does not start on a page");
	if ((ph->p_flags & PF_W) && (ph->p_flags & PF_X))
		return refuse(parser, "has a segment that is writable and executable");
	if (!(ph->p_flags & PF_R))
		return refuse(parser, "has a segment that is not readable");
	return 0;
}

/* Segments own whole pages, since each page has one set of permissions. */
static bool overlaps_any(const struct kimage *image, const struct kimage_segment *segment)
{
	for (unsigned int i = 0; i < image->nr_segments; i++) {
		const struct kimage_segment *other = &image->segments[i];
		if (segment->gpa < page_up(other->gpa + other->memory_bytes) &&
		    other->gpa < page_up(segment->gpa + segment->memory_bytes))
			return true;
	}
	return false;
}

static int add_segment(struct parser *parser, const Elf64_Phdr *ph)
{
	struct kimage *image = parser->image;

	if (!ph->p_memsz)
		return 0;
	int err = check_segment(parser, ph);
	if (err)
		return err;
	if (image->nr_segments == KIMAGE_SEGMENTS_MAX)
		return refuse(parser, "has too many segments");
	struct kimage_segment segment = {
		.gpa = ph->p_paddr,
		.memory_bytes = ph->p_memsz,
		.file_offset = ph->p_offset,
		.file_bytes = ph->p_filesz,
		.is_writable = ph->p_flags & PF_W,
		.is_executable = ph->p_flags & PF_X,
	};
	if (overlaps_any(image, &segment))
		return refuse(parser, "has segments that share a page");
	image->segments[image->nr_segments++] = segment;
	uint64_t end = page_up(segment.gpa + segment.memory_bytes);
	if (end > image->end_gpa)
		image->end_gpa = end;
	return 0;
}

static uint64_t align4(uint64_t bytes)
{
	return (bytes + 3) & ~3ull;
}

static int take_note(struct parser *parser, const uint8_t *desc, uint64_t desc_len)
{
	if (parser->has_note)
		return refuse(parser, "has two notes of lde");
	if (desc_len != sizeof(struct lde_boot_note))
		return refuse(parser, "has a note of the wrong size");
	memcpy(&parser->image->note, desc, sizeof(struct lde_boot_note));
	parser->has_note = true;
	return 0;
}

/* Walks one PT_NOTE segment: header, name, descriptor, each 4-byte aligned. */
static int scan_notes(struct parser *parser, const Elf64_Phdr *ph)
{
	if (!is_inside(ph->p_offset, ph->p_filesz, parser->len))
		return refuse(parser, "ends before its notes");
	const uint8_t *notes = parser->file + ph->p_offset;
	uint64_t pos = 0;

	while (ph->p_filesz - pos >= sizeof(Elf64_Nhdr)) {
		Elf64_Nhdr note;
		memcpy(&note, notes + pos, sizeof(note));
		pos += sizeof(note);
		if (!is_inside(pos, align4(note.n_namesz), ph->p_filesz))
			return refuse(parser, "has a damaged note");
		const uint8_t *name = notes + pos;
		pos += align4(note.n_namesz);
		if (!is_inside(pos, note.n_descsz, ph->p_filesz))
			return refuse(parser, "has a damaged note");
		if (note.n_type == LDE_NOTE_TYPE && note.n_namesz == sizeof(LDE_NOTE_OWNER) &&
		    !memcmp(name, LDE_NOTE_OWNER, sizeof(LDE_NOTE_OWNER))) {
			int err = take_note(parser, notes + pos, note.n_descsz);
			if (err)
				return err;
		}
		/* The last descriptor need not be padded. */
		uint64_t step = align4(note.n_descsz);
		pos = step < ph->p_filesz - pos ? pos + step : ph->p_filesz;
	}
	return 0;
}

static int check_note(struct parser *parser)
{
	const struct lde_boot_note *note = &parser->image->note;

	if (!parser->has_note)
		return refuse(parser, "has no note of lde");
	if (note->version != LDE_CONTRACT_VERSION)
		return refuse(parser, "is of another version");
	if (note->ledger_size != sizeof(struct lde_ledger))
		return refuse(parser, "has a ledger of another size");
	if (note->ledger_gpa % _Alignof(struct lde_ledger))
		return refuse(parser, "has a misaligned ledger");
	for (unsigned int i = 0; i < parser->image->nr_segments; i++) {
		const struct kimage_segment *segment = &parser->image->segments[i];
		if (note->ledger_gpa >= segment->gpa &&
		    is_inside(note->ledger_gpa - segment->gpa, note->ledger_size,
			      segment->memory_bytes))
			return segment->is_writable ? 0 : refuse(parser, "has a read-only ledger");
	}
	return refuse(parser, "has its ledger outside its segments");
}

static int check_entry(struct parser *parser)
{
	for (unsigned int i = 0; i < parser->image->nr_segments; i++) {
		const struct kimage_segment *segment = &parser->image->segments[i];
		uint64_t start = LDE_VA_IMAGE + segment->gpa;
		if (segment->is_executable && parser->image->entry >= start &&
		    parser->image->entry - start < segment->file_bytes)
			return 0;
	}
	return refuse(parser, "has its entry outside its code");
}

static int parse_program_headers(struct parser *parser, const Elf64_Ehdr *header)
{
	int err = 0;

	for (unsigned int i = 0; i < header->e_phnum && !err; i++) {
		Elf64_Phdr ph;
		memcpy(&ph, parser->file + header->e_phoff + i * sizeof(ph), sizeof(ph));
		if (ph.p_type == PT_LOAD)
			err = add_segment(parser, &ph);
		else if (ph.p_type == PT_NOTE)
			err = scan_notes(parser, &ph);
		else if (ph.p_type == PT_INTERP || ph.p_type == PT_DYNAMIC)
			err = refuse(parser, "is dynamically linked");
	}
	return err;
}

static int parse(struct parser *parser)
{
	Elf64_Ehdr header;

	if (parser->len < sizeof(header))
		return refuse(parser, "is too short");
	memcpy(&header, parser->file, sizeof(header));
	int err = check_header(parser, &header);
	if (err)
		return err;
	parser->image->entry = header.e_entry;
	err = parse_program_headers(parser, &header);
	if (!err && !parser->image->nr_segments)
		err = refuse(parser, "has nothing to load");
	if (!err)
		err = check_entry(parser);
	return err ? err : check_note(parser);
}

int kimage_parse(const void *file, size_t len, struct kimage *image, const char **why)
{
	struct parser parser = {.file = file, .len = len, .image = image};

	*image = (struct kimage){.file = file};
	int err = parse(&parser);
	*why = parser.why;
	return err;
}

int kimage_load(const struct kimage *image, const struct guestmem *mem)
{
	int err = 0;

	for (unsigned int i = 0; i < image->nr_segments && !err; i++) {
		const struct kimage_segment *segment = &image->segments[i];
		if (!guestmem_at(mem, gpa_of(segment->gpa), segment->memory_bytes))
			return -EFAULT;
		err = guestmem_write(mem, gpa_of(segment->gpa), image->file + segment->file_offset,
				     segment->file_bytes);
	}
	return err;
}
