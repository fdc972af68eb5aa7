/* SPDX-License-Identifier: MIT */
/*
 * The kernel's ELF loader: a small valid image, and the same image with one
 * thing wrong at a time.
 */
#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <lde/boot.h>
#include <lde/layout.h>
#include <lde/ledger.h>

#include "vmm/boot/elf.h"

#define TEXT_GPA 0x100000
#define DATA_GPA 0x101000

#define TEXT_BYTES 16
#define DATA_BYTES 8
#define DATA_MEMORY (2 * LDE_PAGE_SIZE + sizeof(struct lde_ledger))

enum { PH_TEXT, PH_DATA, PH_NOTE, NR_PH };

/* The file, as a struct: what a linker script would make of a tiny kernel. */
struct file {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[NR_PH];
	struct {
		Elf64_Nhdr header;
		char owner[4];
		struct lde_boot_note desc;
	} note;
	uint8_t text[TEXT_BYTES];
	uint8_t data[DATA_BYTES];
};

static struct file file;
static struct kimage image;
static const char *why;

static Elf64_Phdr load(uint64_t gpa, size_t offset, uint64_t file_bytes, uint64_t memory_bytes,
		       uint32_t flags)
{
	return (Elf64_Phdr){
		.p_type = PT_LOAD,
		.p_flags = flags,
		.p_offset = offset,
		.p_vaddr = LDE_VA_IMAGE + gpa,
		.p_paddr = gpa,
		.p_filesz = file_bytes,
		.p_memsz = memory_bytes,
		.p_align = LDE_PAGE_SIZE,
	};
}

static void fill_header(Elf64_Ehdr *eh)
{
	memcpy(eh->e_ident, ELFMAG, SELFMAG);
	eh->e_ident[EI_CLASS] = ELFCLASS64;
	eh->e_ident[EI_DATA] = ELFDATA2LSB;
	eh->e_ident[EI_VERSION] = EV_CURRENT;
	eh->e_type = ET_EXEC;
	eh->e_machine = EM_X86_64;
	eh->e_version = EV_CURRENT;
	eh->e_entry = LDE_VA_IMAGE + TEXT_GPA;
	eh->e_phoff = offsetof(struct file, ph);
	eh->e_ehsize = sizeof(Elf64_Ehdr);
	eh->e_phentsize = sizeof(Elf64_Phdr);
	eh->e_phnum = NR_PH;
}

static int set_up(void **state)
{
	(void)state;
	memset(&file, 0, sizeof(file));
	fill_header(&file.eh);
	file.ph[PH_TEXT] = load(TEXT_GPA, offsetof(struct file, text), TEXT_BYTES, TEXT_BYTES,
				PF_R | PF_X);
	file.ph[PH_DATA] = load(DATA_GPA, offsetof(struct file, data), DATA_BYTES, DATA_MEMORY,
				PF_R | PF_W);
	file.ph[PH_NOTE] = (Elf64_Phdr){
		.p_type = PT_NOTE,
		.p_flags = PF_R,
		.p_offset = offsetof(struct file, note),
		.p_filesz = sizeof(file.note),
	};
	file.note.header = (Elf64_Nhdr){4, sizeof(struct lde_boot_note), LDE_NOTE_TYPE};
	memcpy(file.note.owner, LDE_NOTE_OWNER, 4);
	file.note.desc = (struct lde_boot_note){
		.version = LDE_CONTRACT_VERSION,
		.ledger_size = sizeof(struct lde_ledger),
		.ledger_gpa = DATA_GPA + LDE_PAGE_SIZE,
	};
	memset(file.text, 0x90, sizeof(file.text));
	memcpy(file.data, "initial", 8);
	return 0;
}

static int parse(void)
{
	return kimage_parse(&file, sizeof(file), &image, &why);
}

/* A copy of exactly len bytes, so that a sanitizer sees reads beyond. */
static int parse_first(size_t len)
{
	void *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, &file, len);
	int err = kimage_parse(copy, len, &image, &why);
	free(copy);
	return err;
}

static void expect_refusal(const char *reason)
{
	assert_int_equal(parse(), -ENOEXEC);
	assert_string_equal(why, reason);
}

/* ---- what is right --------------------------------------------------- */

static void a_valid_image_is_taken(void **state)
{
	(void)state;
	assert_int_equal(parse(), 0);
	assert_int_equal(image.entry, LDE_VA_IMAGE + TEXT_GPA);
	assert_int_equal(image.nr_segments, 2);
	assert_true(image.segments[0].is_executable);
	assert_false(image.segments[0].is_writable);
	assert_true(image.segments[1].is_writable);
	assert_false(image.segments[1].is_executable);
	assert_int_equal(image.note.ledger_gpa, DATA_GPA + LDE_PAGE_SIZE);
	assert_int_equal(image.end_gpa % LDE_PAGE_SIZE, 0);
	assert_true(image.end_gpa >= DATA_GPA + DATA_MEMORY);
	assert_true(image.end_gpa < DATA_GPA + DATA_MEMORY + LDE_PAGE_SIZE);
}

static void segments_are_copied_to_their_places(void **state)
{
	struct guestmem mem;

	(void)state;
	assert_int_equal(parse(), 0);
	assert_int_equal(guestmem_init(&mem, 4ull << 20), 0);
	assert_int_equal(kimage_load(&image, &mem), 0);
	assert_memory_equal(guestmem_at(&mem, gpa_of(TEXT_GPA), TEXT_BYTES), file.text, TEXT_BYTES);
	assert_memory_equal(guestmem_at(&mem, gpa_of(DATA_GPA), DATA_BYTES), "initial", 8);
	assert_int_equal(*(uint8_t *)guestmem_at(&mem, gpa_of(DATA_GPA + DATA_BYTES), 1), 0);
	guestmem_fini(&mem);
}

static void memory_that_is_too_small_is_a_fault(void **state)
{
	struct guestmem mem;

	(void)state;
	assert_int_equal(parse(), 0);
	assert_int_equal(guestmem_init(&mem, DATA_GPA + LDE_PAGE_SIZE), 0);
	assert_int_equal(kimage_load(&image, &mem), -EFAULT);
	guestmem_fini(&mem);
}

static void an_empty_segment_is_skipped(void **state)
{
	(void)state;
	file.ph[PH_TEXT].p_filesz = file.ph[PH_TEXT].p_memsz = 0;
	expect_refusal("has its entry outside its code");
	assert_int_equal(image.nr_segments, 1);
}

static void notes_of_others_are_skipped(void **state)
{
	(void)state;
	file.note.header.n_type = 99;
	expect_refusal("has no note of lde");
}

static void each_truncation_is_refused(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof(file); len++)
		assert_int_equal(parse_first(len), -ENOEXEC);
	assert_int_equal(parse_first(sizeof(file)), 0);
}

/* Random damage must end in an answer, whatever it is. */
static void no_single_damaged_byte_is_harmful(void **state)
{
	uint8_t *bytes = (uint8_t *)&file;

	(void)state;
	for (size_t i = 0; i < sizeof(file); i++)
		for (unsigned int bit = 0; bit < 8; bit++) {
			bytes[i] ^= (uint8_t)(1u << bit);
			if (!parse_first(sizeof(file)))
				assert_true(image.end_gpa <= LDE_KERNEL_GPA_END);
			bytes[i] ^= (uint8_t)(1u << bit);
		}
}

/* ---- what is wrong: one field, and what is said of it ----------------- */

struct damage {
	const char *reason;
	size_t offset; /* in struct file */
	size_t size;
	uint64_t value;
};

#define DAMAGE(field, value, reason)                                                            \
	{                                                                                       \
		reason, offsetof(struct file, field), sizeof(((struct file *)0)->field), value  \
	}

static const struct damage damages[] = {
	DAMAGE(eh.e_ident[0], 'M', "is not an ELF file"),
	DAMAGE(eh.e_ident[3], 'f', "is not an ELF file"),
	DAMAGE(eh.e_ident[EI_CLASS], ELFCLASS32, "is not a 64-bit ELF file"),
	DAMAGE(eh.e_ident[EI_DATA], ELFDATA2MSB, "is not little endian"),
	DAMAGE(eh.e_ident[EI_VERSION], 2, "has an unknown ELF version"),
	DAMAGE(eh.e_version, 0, "has an unknown ELF version"),
	DAMAGE(eh.e_machine, EM_AARCH64, "is not for x86-64"),
	DAMAGE(eh.e_type, ET_DYN, "is not an executable with fixed addresses"),
	DAMAGE(eh.e_type, ET_REL, "is not an executable with fixed addresses"),
	DAMAGE(eh.e_ehsize, 52, "has a wrong header size"),
	DAMAGE(eh.e_phentsize, 32, "has a wrong program-header size"),
	DAMAGE(eh.e_phentsize, 0, "has a wrong program-header size"),
	DAMAGE(eh.e_phnum, 0, "has no program headers"),
	DAMAGE(eh.e_phnum, 33, "has too many program headers"),
	DAMAGE(eh.e_phnum, 0xffff, "has too many program headers"),
	DAMAGE(eh.e_phnum, 32, "ends before its program headers"),
	DAMAGE(eh.e_phoff, UINT64_MAX, "ends before its program headers"),
	DAMAGE(eh.e_phoff, UINT64_MAX - 2 * sizeof(Elf64_Phdr), "ends before its program headers"),
	DAMAGE(eh.e_phoff, sizeof(struct file), "ends before its program headers"),
	DAMAGE(eh.e_entry, 0, "has its entry outside its code"),
	DAMAGE(eh.e_entry, TEXT_GPA, "has its entry outside its code"),
	DAMAGE(eh.e_entry, LDE_VA_IMAGE + TEXT_GPA + TEXT_BYTES, "has its entry outside its code"),
	DAMAGE(eh.e_entry, LDE_VA_IMAGE + DATA_GPA, "has its entry outside its code"),
	DAMAGE(ph[PH_DATA].p_filesz, DATA_MEMORY + 1,
	       "has a segment larger in the file than in memory"),
	DAMAGE(ph[PH_DATA].p_offset, UINT64_MAX, "ends before its segments"),
	DAMAGE(ph[PH_DATA].p_offset, sizeof(struct file), "ends before its segments"),
	DAMAGE(ph[PH_DATA].p_filesz, DATA_BYTES + 1, "ends before its segments"),
	DAMAGE(ph[PH_DATA].p_paddr, 0, "has a segment outside the kernel's memory"),
	DAMAGE(ph[PH_DATA].p_paddr, LDE_BOOT_PT_PML4, "has a segment outside the kernel's memory"),
	DAMAGE(ph[PH_DATA].p_paddr, LDE_KERNEL_GPA_END,
	       "has a segment outside the kernel's memory"),
	DAMAGE(ph[PH_DATA].p_paddr, UINT64_MAX & ~0xfffull,
	       "has a segment outside the kernel's memory"),
	DAMAGE(ph[PH_DATA].p_memsz, LDE_KERNEL_GPA_END - DATA_GPA + 1,
	       "has a segment that leaves the kernel's memory"),
	DAMAGE(ph[PH_DATA].p_memsz, UINT64_MAX, "has a segment that leaves the kernel's memory"),
	DAMAGE(ph[PH_DATA].p_vaddr, DATA_GPA, "has a segment whose addresses do not agree"),
	DAMAGE(ph[PH_DATA].p_flags, PF_R | PF_W | PF_X,
	       "has a segment that is writable and executable"),
	DAMAGE(ph[PH_DATA].p_flags, PF_W, "has a segment that is not readable"),
	DAMAGE(ph[PH_DATA].p_flags, PF_R, "has a read-only ledger"),
	DAMAGE(ph[PH_DATA].p_type, PT_DYNAMIC, "is dynamically linked"),
	DAMAGE(ph[PH_NOTE].p_type, PT_INTERP, "is dynamically linked"),
	DAMAGE(ph[PH_NOTE].p_type, PT_NULL, "has no note of lde"),
	DAMAGE(ph[PH_NOTE].p_offset, UINT64_MAX, "ends before its notes"),
	DAMAGE(ph[PH_NOTE].p_filesz, UINT64_MAX, "ends before its notes"),
	DAMAGE(ph[PH_NOTE].p_filesz, 8, "has no note of lde"),
	DAMAGE(ph[PH_NOTE].p_filesz, 14, "has a damaged note"),
	DAMAGE(note.header.n_namesz, UINT32_MAX, "has a damaged note"),
	DAMAGE(note.header.n_descsz, UINT32_MAX, "has a damaged note"),
	DAMAGE(note.header.n_descsz, 8, "has a note of the wrong size"),
	DAMAGE(note.owner[0], 'L', "has no note of lde"),
	DAMAGE(note.desc.version, LDE_CONTRACT_VERSION + 1, "is of another version"),
	DAMAGE(note.desc.ledger_size, 8, "has a ledger of another size"),
	DAMAGE(note.desc.ledger_gpa, DATA_GPA + 4, "has a misaligned ledger"),
	DAMAGE(note.desc.ledger_gpa, 0, "has its ledger outside its segments"),
	DAMAGE(note.desc.ledger_gpa, UINT64_MAX - 7, "has its ledger outside its segments"),
	DAMAGE(note.desc.ledger_gpa, DATA_GPA + 2 * LDE_PAGE_SIZE + 8,
	       "has its ledger outside its segments"),
};

static void each_damaged_field_is_refused_with_its_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		const struct damage *damage = &damages[i];
		set_up(NULL);
		memcpy((uint8_t *)&file + damage->offset, &damage->value, damage->size);
		assert_int_equal(parse(), -ENOEXEC);
		assert_string_equal(why, damage->reason);
	}
}

static void a_segment_off_its_page_is_refused(void **state)
{
	(void)state;
	file.ph[PH_DATA].p_paddr += 8;
	file.ph[PH_DATA].p_vaddr += 8;
	expect_refusal("has a segment that does not start on a page");
}

static void segments_that_share_a_page_are_refused(void **state)
{
	(void)state;
	file.ph[PH_TEXT].p_memsz = LDE_PAGE_SIZE + 1;
	expect_refusal("has segments that share a page");
}

static void a_second_note_is_refused(void **state)
{
	(void)state;
	file.ph[PH_DATA] = file.ph[PH_NOTE];
	expect_refusal("has two notes of lde");
}

static void an_image_without_segments_is_refused(void **state)
{
	(void)state;
	file.ph[PH_TEXT].p_type = file.ph[PH_DATA].p_type = PT_NULL;
	expect_refusal("has nothing to load");
}

static void more_segments_than_there_is_room_for_are_refused(void **state)
{
	struct {
		struct file file;
		Elf64_Phdr ph[KIMAGE_SEGMENTS_MAX + 1];
	} many = {.file = file};

	(void)state;
	for (unsigned int i = 0; i <= KIMAGE_SEGMENTS_MAX; i++)
		many.ph[i] = load(TEXT_GPA + i * LDE_PAGE_SIZE, 0, 0, 8, PF_R);
	many.file.eh.e_phoff = sizeof(struct file);
	many.file.eh.e_phnum = KIMAGE_SEGMENTS_MAX + 1;
	assert_int_equal(kimage_parse(&many, sizeof(many), &image, &why), -ENOEXEC);
	assert_string_equal(why, "has too many segments");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_valid_image_is_taken, set_up),
		cmocka_unit_test_setup(segments_are_copied_to_their_places, set_up),
		cmocka_unit_test_setup(memory_that_is_too_small_is_a_fault, set_up),
		cmocka_unit_test_setup(an_empty_segment_is_skipped, set_up),
		cmocka_unit_test_setup(notes_of_others_are_skipped, set_up),
		cmocka_unit_test_setup(each_truncation_is_refused, set_up),
		cmocka_unit_test_setup(no_single_damaged_byte_is_harmful, set_up),
		cmocka_unit_test_setup(each_damaged_field_is_refused_with_its_reason, set_up),
		cmocka_unit_test_setup(a_segment_off_its_page_is_refused, set_up),
		cmocka_unit_test_setup(segments_that_share_a_page_are_refused, set_up),
		cmocka_unit_test_setup(a_second_note_is_refused, set_up),
		cmocka_unit_test_setup(an_image_without_segments_is_refused, set_up),
		cmocka_unit_test_setup(more_segments_than_there_is_room_for_are_refused, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
