/* SPDX-License-Identifier: MIT */
#include "guest/sys/image.h"

#include "guest/arch/offload.h"
#include "guest/lib/errno.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"

#define PIE_BASE     0x555555554000ull
#define PHDRS_MAX    64
#define SEGMENTS_END (STACK_TOP - STACK_BYTES - STACK_GUARD_BYTES)

struct loader {
	struct image *image;
	struct inode *inode;
	Elf64_Ehdr header;
	uint64_t bias;
	vaddr_t end;      /* of the highest segment */
	bool entry_is_code;
};

static bool header_is_good(const struct loader *l)
{
	const Elf64_Ehdr *h = &l->header;

	return !memcmp(h->e_ident, ELFMAG, SELFMAG) && h->e_ident[EI_CLASS] == ELFCLASS64 &&
	       h->e_ident[EI_DATA] == ELFDATA2LSB && h->e_machine == EM_X86_64 &&
	       (h->e_type == ET_EXEC || h->e_type == ET_DYN) &&
	       h->e_phentsize == sizeof(Elf64_Phdr) && h->e_phnum && h->e_phnum <= PHDRS_MAX;
}

static bool read_program_header(const struct loader *l, unsigned i, Elf64_Phdr *ph)
{
	uint64_t at = l->header.e_phoff + i * sizeof(*ph);

	return at >= l->header.e_phoff &&
	       inode_read(l->inode, at, ph, sizeof(*ph)) == sizeof(*ph);
}

static bool segment_is_good(const struct loader *l, const Elf64_Phdr *ph)
{
	uint64_t start = ph->p_vaddr + l->bias;

	return ph->p_filesz <= ph->p_memsz && ph->p_offset <= l->inode->object.size &&
	       ph->p_filesz <= l->inode->object.size - ph->p_offset &&
	       ph->p_vaddr % PAGE_SIZE == ph->p_offset % PAGE_SIZE && start >= ph->p_vaddr &&
	       start >= USER_START && start < SEGMENTS_END && ph->p_memsz <= SEGMENTS_END - start;
}

static uint8_t segment_prot(const Elf64_Phdr *ph)
{
	uint8_t prot = 0;

	if (ph->p_flags & PF_R)
		prot |= SPACE_PROT_READ;
	if (ph->p_flags & PF_W)
		prot |= SPACE_PROT_WRITE | SPACE_PROT_READ;
	if (ph->p_flags & PF_X)
		prot |= SPACE_PROT_EXEC;
	return prot;
}

/*
 * Pages of a segment that are there before the program asks: of data that it
 * writes, and of what it only reads. Where ring 0 is emulated a fault spared is
 * a fifth of a millisecond, and filling a page, offloaded, next to nothing.
 * Pages touched in order are filled by 1, 2, 4 and 8 (next_window).
 */
#define FIRST_PAGES           3
#define FIRST_PAGES_OFFLOADED 15
#define FIRST_READ_OFFLOADED  256

static void fill_pages(struct space *space, vaddr_t start, uint64_t bytes, unsigned access)
{
	for (uint64_t at = 0; at < bytes; at += PAGE_SIZE)
		if (!space_page_now(space, start + at, access))
			break; /* what is on a disk comes when it is wanted */
}

/*
 * What every program touches right away: each fault spared is a trap less. Here
 * a page that cannot be had is no error yet. Writing comes first: a page that is
 * there to be read would have to be replaced, and that is nothing to offload.
 * The last page of the data has the library's variables.
 */
static void fill_first_pages(struct space *space, const struct space_mapping *m, vaddr_t entry)
{
	uint64_t nr = offload_is_active ? FIRST_PAGES_OFFLOADED : FIRST_PAGES;

	if (m->prot & SPACE_PROT_WRITE) {
		fill_pages(space, m->start, min_u64(m->bytes, nr * PAGE_SIZE), ACCESS_WRITE);
		if (offload_is_active)
			space_page_now(space, m->start + m->bytes - PAGE_SIZE, ACCESS_WRITE);
	} else if (offload_is_active) {
		fill_pages(space, m->start, min_u64(m->bytes, FIRST_READ_OFFLOADED * PAGE_SIZE),
			   ACCESS_READ);
	}
	if (m->prot & SPACE_PROT_EXEC && entry - m->start < m->bytes)
		space_page_now(space, entry, ACCESS_FETCH);
}

static int map_segment(struct loader *l, const Elf64_Phdr *ph)
{
	uint64_t into = ph->p_vaddr % PAGE_SIZE, start = ph->p_vaddr + l->bias;
	struct space_mapping m;
	int err;

	if (!ph->p_memsz)
		return 0;
	if (!segment_is_good(l, ph))
		return -ENOEXEC;
	m = (struct space_mapping){
		.start = start - into,
		.bytes = ALIGN_UP(into + ph->p_memsz, PAGE_SIZE),
		.prot = segment_prot(ph),
	};
	if (ph->p_filesz) {
		m.object = &l->inode->object;
		m.offset = ph->p_offset - into;
		m.length = into + ph->p_filesz;
		/* Whole pages of the file's are mapped as they are where nothing
		 * zeroes their rest. */
		if (ph->p_filesz == ph->p_memsz && !(ph->p_flags & PF_W))
			m.length = min_u64(m.bytes, l->inode->object.size - m.offset);
	}
	if (!space_is_free(l->image->space, m.start, m.bytes))
		return -ENOEXEC;
	l->end = max_u64(l->end, m.start + m.bytes);
	if (ph->p_flags & PF_X && l->image->entry >= start && l->image->entry < start + ph->p_memsz)
		l->entry_is_code = true;
	if (l->header.e_phoff >= ph->p_offset && l->header.e_phoff < ph->p_offset + ph->p_filesz)
		l->image->headers = start + (l->header.e_phoff - ph->p_offset);
	err = space_map(l->image->space, &m);
	if (!err)
		fill_first_pages(l->image->space, &m, l->image->entry);
	return err;
}

static int map_segments(struct loader *l)
{
	for (unsigned i = 0; i < l->header.e_phnum; i++) {
		Elf64_Phdr ph;
		int err = 0;

		if (!read_program_header(l, i, &ph) || ph.p_type == PT_INTERP)
			return -ENOEXEC;
		if (ph.p_type == PT_LOAD)
			err = map_segment(l, &ph);
		if (err)
			return err;
	}
	return l->entry_is_code ? 0 : -ENOEXEC;
}

/* Below those of others, if the space has any. */
static int map_stack(struct image *image)
{
	struct space_mapping m = {
		.start = STACK_TOP - STACK_BYTES,
		.bytes = STACK_BYTES,
		.prot = SPACE_PROT_READ | SPACE_PROT_WRITE,
		.flags = REGION_F_STACK,
	};

	while (!space_is_free(image->space, m.start, m.bytes))
		m.start -= STACK_BYTES + STACK_GUARD_BYTES;
	image->stack_top = m.start + m.bytes;
	return space_map(image->space, &m);
}

static bool read_header(struct loader *l)
{
	if (inode_read(l->inode, 0, &l->header, sizeof(l->header)) != sizeof(l->header) ||
	    !header_is_good(l))
		return false;
	if (l->header.e_type == ET_DYN)
		l->bias = PIE_BASE;
	return true;
}

bool image_find_headers(const struct inode *inode, uint64_t *start, uint64_t *len)
{
	struct loader l = { 0 };

	if (inode_read(inode, 0, &l.header, sizeof(l.header)) != sizeof(l.header) ||
	    !header_is_good(&l))
		return false;
	*start = l.header.e_phoff;
	*len = l.header.e_phnum * sizeof(Elf64_Phdr);
	return true;
}

int image_make_room(struct image *image, struct inode *inode)
{
	struct loader l = { .image = image, .inode = inode };
	int err = 0;

	if (!read_header(&l))
		return -ENOEXEC;
	for (unsigned i = 0; i < l.header.e_phnum && !err; i++) {
		Elf64_Phdr ph;
		uint64_t start;

		if (!read_program_header(&l, i, &ph) || ph.p_type != PT_LOAD || !ph.p_memsz)
			continue;
		if (!segment_is_good(&l, &ph))
			return -ENOEXEC;
		start = ALIGN_DOWN(ph.p_vaddr + l.bias, PAGE_SIZE);
		err = space_unmap(image->space, start,
				  ALIGN_UP(ph.p_vaddr + l.bias + ph.p_memsz, PAGE_SIZE) - start);
	}
	return err;
}

int image_map(struct image *image, struct inode *inode)
{
	struct loader l = { .image = image, .inode = inode };
	int err;

	if (!read_header(&l))
		return -ENOEXEC;
	image->entry = l.header.e_entry + l.bias;
	image->nr_headers = l.header.e_phnum;
	err = map_segments(&l);
	if (err)
		return err;
	image->space->brk_start = image->space->brk = l.end;
	return map_stack(image);
}
