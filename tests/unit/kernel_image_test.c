/* SPDX-License-Identifier: MIT */
/* ELF files, good and bad, on their way into an address space. */
#include "tests/unit/fake/fake.h"
#include "tests/unit/fake/fake_space.h"

#include <string.h>

#include "guest/arch/offload.h"
#include "guest/fs/regular.h"
#include "guest/lib/errno.h"
#include "guest/mm/usercopy.h"
#include "guest/sys/image.h"

#define BASE      0x400000ull
#define PIE_LEAST 0x100000000ull /* a position-independent program lies above */
#define STACK_LOW (STACK_TOP - STACK_BYTES - STACK_GUARD_BYTES) /* segments end here */

/* The file: three pages and a half. Headers and code, data, more. */
static struct {
	Elf64_Ehdr header;
	Elf64_Phdr ph[64];
} *elf;
#define FILE_BYTES (3 * PAGE_SIZE + 1000)

static struct inode *inode;
static struct image image;
static uint64_t free_before;

static Elf64_Phdr segment(uint64_t vaddr, uint64_t offset, uint64_t filesz, uint64_t memsz,
			  uint32_t flags)
{
	return (Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = flags, .p_offset = offset,
			     .p_vaddr = vaddr, .p_paddr = vaddr, .p_filesz = filesz,
			     .p_memsz = memsz, .p_align = PAGE_SIZE };
}

static void make_file(void)
{
	uint8_t *bytes = direct_map(MIB);

	for (unsigned i = 0; i < PAGES(4); i++)
		bytes[i] = i < FILE_BYTES ? fake_file_byte(i) : 0xee;
	elf = direct_map(MIB);
	memset(elf, 0, sizeof(*elf));
	memcpy(elf->header.e_ident, ELFMAG, SELFMAG);
	elf->header.e_ident[EI_CLASS] = ELFCLASS64;
	elf->header.e_ident[EI_DATA] = ELFDATA2LSB;
	elf->header.e_ident[EI_VERSION] = EV_CURRENT;
	elf->header.e_type = ET_EXEC;
	elf->header.e_machine = EM_X86_64;
	elf->header.e_version = EV_CURRENT;
	elf->header.e_entry = BASE + 0x123;
	elf->header.e_phoff = sizeof(Elf64_Ehdr);
	elf->header.e_ehsize = sizeof(Elf64_Ehdr);
	elf->header.e_phentsize = sizeof(Elf64_Phdr);
	elf->header.e_phnum = 3;
	elf->ph[0] = segment(BASE, 0, PAGE_SIZE, PAGE_SIZE, PF_R | PF_X);
	elf->ph[1] = segment(BASE + PAGES(1) + 0x800, PAGE_SIZE + 0x800, 0x900, 0x2900, PF_R | PF_W);
	elf->ph[2] = (Elf64_Phdr){ .p_type = PT_GNU_STACK };
}

static int set_up(void **state)
{
	fake_set_up(state);
	inode = regular_create(MODE_REGULAR | 0755);
	regular_set_archive(inode, MIB, FILE_BYTES);
	make_file();
	free_before = page_nr_free();
	image = (struct image){ .space = space_create() };
	return image.space ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	offload_is_active = true; /* as fake_arch.c has it */
	check_space(image.space);
	space_put(image.space);
	assert_int_equal(page_nr_free(), free_before);
	return 0;
}

static uint8_t prot_at(vaddr_t va)
{
	const struct region *r = space_find(image.space, va);

	return r ? r->prot : 0xff;
}

static void a_good_file_is_mapped(void **state)
{
	(void)state;
	assert_int_equal(image_map(&image, inode), 0);
	assert_int_equal(image.entry, BASE + 0x123);
	assert_int_equal(image.headers, BASE + sizeof(Elf64_Ehdr));
	assert_int_equal(image.nr_headers, 3);
	assert_int_equal(prot_at(BASE), PROT_RX);
	assert_int_equal(prot_at(BASE + PAGES(1)), PROT_RW);
	assert_int_equal(prot_at(BASE + PAGES(5)), 0xff);
	assert_int_equal(prot_at(STACK_TOP - 1), PROT_RW);
	assert_int_equal(prot_at(STACK_TOP - STACK_BYTES), PROT_RW);
	assert_int_equal(prot_at(STACK_TOP - STACK_BYTES - 1), 0xff);
	assert_int_equal(image.space->brk_start, BASE + PAGES(5));
	assert_int_equal(image.space->brk, BASE + PAGES(5));
	assert_int_equal(peek(image.space, BASE), 0x7f);
}

static void bss_is_zero_from_the_middle_of_a_page_on(void **state)
{
	vaddr_t data = BASE + PAGES(1) + 0x800;

	(void)state;
	assert_int_equal(image_map(&image, inode), 0);
	for (unsigned i = 0; i < 0x2900; i++)
		assert_int_equal(peek(image.space, data + i),
				 i < 0x900 ? fake_file_byte(PAGE_SIZE + 0x800 + i) : 0);
	assert_true(poke(image.space, data, 1));
	assert_int_equal(*((uint8_t *)elf + PAGE_SIZE + 0x800), fake_file_byte(PAGE_SIZE + 0x800));
}

static bool is_present(vaddr_t va, unsigned access)
{
	vaddr_t absent;

	return user_is_present(image.space, va, 1, access, &absent);
}

static void pages_that_all_programs_touch_are_there_at_once(void **state)
{
	(void)state;
	elf->ph[1].p_memsz = 6 * PAGE_SIZE;
	offload_is_active = false;
	assert_int_equal(image_map(&image, inode), 0);
	assert_true(is_present(BASE, ACCESS_FETCH));
	assert_true(is_present(BASE + PAGES(3), ACCESS_WRITE));
	assert_false(is_present(BASE + PAGES(4), ACCESS_WRITE));
}

static void more_of_them_are_where_faults_are_dear(void **state)
{
	(void)state;
	elf->ph[1].p_memsz = 40 * PAGE_SIZE;
	elf->ph[2] = segment(BASE + MIB, PAGE_SIZE, 2 * PAGE_SIZE, 2 * PAGE_SIZE, PF_R);
	assert_int_equal(image_map(&image, inode), 0);
	assert_true(is_present(BASE + PAGES(15), ACCESS_WRITE));
	assert_false(is_present(BASE + PAGES(16), ACCESS_WRITE));
	assert_true(is_present(BASE + PAGES(41), ACCESS_WRITE)); /* the last one */
	assert_true(is_present(BASE + MIB, ACCESS_READ));
	assert_true(is_present(BASE + MIB + PAGES(1), ACCESS_READ));
	assert_false(is_present(BASE + MIB, ACCESS_WRITE));
}

static void a_segment_of_bss_alone_needs_no_file(void **state)
{
	(void)state;
	elf->ph[1] = segment(BASE + MIB, 0, 0, 5 * PAGE_SIZE, PF_R | PF_W);
	assert_int_equal(image_map(&image, inode), 0);
	assert_int_equal(peek(image.space, BASE + MIB), 0);
	assert_true(poke(image.space, BASE + MIB + PAGES(4), 1));
	assert_int_equal(image.space->brk, BASE + MIB + PAGES(5));
}

static void make_position_independent(void)
{
	elf->header.e_type = ET_DYN;
	elf->header.e_entry = 0x123;
	elf->ph[0].p_vaddr = 0;
	elf->ph[1].p_vaddr = PAGES(1) + 0x800;
}

static void a_position_independent_file_is_moved_as_a_whole(void **state)
{
	(void)state;
	make_position_independent();
	assert_int_equal(image_map(&image, inode), 0);
	assert_true(image.entry > PIE_LEAST);
	assert_int_equal((image.entry - 0x123) % PAGE_SIZE, 0);
	assert_int_equal(image.headers, image.entry - 0x123 + sizeof(Elf64_Ehdr));
	assert_int_equal(peek(image.space, image.entry - 0x123 + PAGES(1) + 0x800),
			 fake_file_byte(PAGES(1) + 0x800));
	assert_int_equal(image.space->brk, image.entry - 0x123 + PAGES(5));
}

static void a_position_independent_segment_that_wraps_is_refused(void **state)
{
	(void)state;
	make_position_independent();
	elf->ph[1].p_vaddr = 0x800 - PAGES(16); /* a little below the others */
	assert_int_equal(image_map(&image, inode), -ENOEXEC);
}

static void headers_outside_all_segments_are_not_in_memory(void **state)
{
	(void)state;
	elf->header.e_phoff = PAGES(2) + 0x200;
	memcpy((char *)elf + elf->header.e_phoff, elf->ph, 3 * sizeof(Elf64_Phdr));
	assert_int_equal(image_map(&image, inode), 0);
	assert_int_equal(image.headers, 0);
}

static void the_last_page_of_the_file_brings_nothing_of_the_next(void **state)
{
	vaddr_t va = BASE + PAGES(16);

	(void)state;
	elf->ph[1] = segment(va, PAGES(3), 1000, 1000, PF_R);
	assert_int_equal(image_map(&image, inode), 0);
	for (unsigned i = 0; i < PAGE_SIZE; i++)
		assert_int_equal(peek(image.space, va + i), i < 1000 ? fake_file_byte(PAGES(3) + i) : 0);
}

static void empty_segments_count_for_nothing(void **state)
{
	(void)state;
	elf->ph[2] = segment(BASE, UINT64_MAX, UINT64_MAX, 0, PF_R);
	assert_int_equal(image_map(&image, inode), 0);
}

/* ---- malformed ----------------------------------------------------------------- */

/* One field, or two, with a value that is not right. */
struct change {
	uint32_t at, size; /* size 0: no change */
	uint64_t value;
};

struct spoiler {
	const char *name;
	struct change changes[2];
};

#define FIELD(field, value) { offsetof(__typeof__(*elf), field), sizeof(elf->field), value }
#define HEADER(field, value) { #field " = " #value, { FIELD(header.field, value) } }
#define DATA(field, value)   { #field " = " #value, { FIELD(ph[1].field, value) } }
#define DATA2(field, value, field2, value2)                                                        \
	{                                                                                          \
		#field " = " #value ", " #field2 " = " #value2,                                    \
		{ FIELD(ph[1].field, value), FIELD(ph[1].field2, value2) }                         \
	}
#define HUGE (UINT64_MAX - 0x7ff) /* congruent to the offset */

static const struct spoiler spoilers[] = {
	HEADER(e_ident[EI_MAG0], '#'),
	HEADER(e_ident[EI_MAG3], 'f'),
	HEADER(e_ident[EI_CLASS], ELFCLASS32),
	HEADER(e_ident[EI_DATA], ELFDATA2MSB),
	HEADER(e_machine, EM_AARCH64),
	HEADER(e_machine, EM_386),
	HEADER(e_type, ET_NONE),
	HEADER(e_type, ET_REL),
	HEADER(e_type, ET_CORE),
	HEADER(e_phentsize, 0),
	HEADER(e_phentsize, sizeof(Elf64_Phdr) - 1),
	HEADER(e_phentsize, sizeof(Elf64_Phdr) + 8),
	HEADER(e_phnum, 0),
	HEADER(e_phnum, 65),
	HEADER(e_phnum, 0xffff),
	HEADER(e_phoff, FILE_BYTES),
	HEADER(e_phoff, FILE_BYTES - 3 * sizeof(Elf64_Phdr) + 1),
	HEADER(e_phoff, UINT64_MAX),
	HEADER(e_phoff, UINT64_MAX - sizeof(Elf64_Phdr)), /* the second one wraps */
	HEADER(e_entry, 0),
	HEADER(e_entry, BASE - 1),
	HEADER(e_entry, BASE + PAGE_SIZE),
	HEADER(e_entry, BASE + PAGES(1) + 0x900), /* data */
	HEADER(e_entry, LDE_VA_IMAGE),
	DATA(p_type, PT_INTERP),
	DATA(p_memsz, 0x8ff), /* less than there is in the file */
	DATA(p_memsz, UINT64_MAX),
	DATA(p_memsz, UINT64_MAX - BASE - PAGES(1)), /* the end wraps */
	DATA(p_memsz, USER_END - BASE - PAGES(2)),
	DATA(p_memsz, STACK_LOW - BASE - PAGES(1)),
	DATA(p_offset, PAGES(8) + 0x800),
	DATA(p_offset, HUGE),
	DATA2(p_filesz, PAGES(3), p_memsz, PAGES(3)),
	DATA2(p_filesz, UINT64_MAX, p_memsz, UINT64_MAX),
	DATA(p_vaddr, BASE + PAGES(1) + 0x808), /* incongruent */
	DATA(p_vaddr, BASE + 0x800), /* overlaps */
	DATA(p_vaddr, BASE - PAGES(1) + 0x800),
	DATA(p_vaddr, 0x800),
	DATA(p_vaddr, USER_START - PAGE_SIZE + 0x800),
	DATA(p_vaddr, HUGE),
	DATA(p_vaddr, 0x8000000000000800),
	DATA(p_vaddr, LDE_VA_DIRECT + 0x800),
	DATA(p_vaddr, LDE_VA_IMAGE + 0x800),
	DATA(p_vaddr, USER_END + 0x800),
	DATA(p_vaddr, USER_END - PAGE_SIZE + 0x800),
	DATA(p_vaddr, STACK_TOP - STACK_BYTES + 0x800),
	DATA(p_vaddr, STACK_LOW - PAGE_SIZE + 0x800), /* ends in the guard */
	DATA(p_vaddr, STACK_LOW + 0x800),
	DATA(p_vaddr, STACK_LOW + PAGE_SIZE + 0x800),
	DATA2(p_vaddr, STACK_LOW + PAGE_SIZE + 0x800, p_memsz, 1ull << 46),
	DATA2(p_vaddr, STACK_LOW + PAGE_SIZE + 0x800, p_memsz, UINT64_MAX / 2),
};

static void start_anew(void)
{
	make_file();
	inode->object.size = FILE_BYTES;
	space_put(image.space);
	image = (struct image){ .space = space_create() };
}

static void malformed_files_are_refused(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(spoilers); i++) {
		int err;

		start_anew();
		for (unsigned c = 0; c < 2; c++)
			memcpy((char *)elf + spoilers[i].changes[c].at, &spoilers[i].changes[c].value,
			       spoilers[i].changes[c].size);
		err = image_map(&image, inode);
		if (err != -ENOEXEC)
			fail_msg("%s: %d", spoilers[i].name, err);
		check_space(image.space);
	}
}

static void a_segment_without_code_or_no_segment_is_no_program(void **state)
{
	(void)state;
	elf->ph[0].p_flags = PF_R;
	assert_int_equal(image_map(&image, inode), -ENOEXEC);
	start_anew();
	elf->ph[0].p_type = elf->ph[1].p_type = PT_NOTE;
	assert_int_equal(image_map(&image, inode), -ENOEXEC);
}

static void a_file_that_is_cut_off_anywhere_is_refused(void **state)
{
	(void)state;
	for (unsigned size = 0; size < PAGE_SIZE + 0x800 + 0x900; size++) {
		start_anew();
		inode->object.size = size;
		assert_int_equal(image_map(&image, inode), -ENOEXEC);
	}
	start_anew();
	inode->object.size = PAGE_SIZE + 0x800 + 0x900;
	assert_int_equal(image_map(&image, inode), 0);
}

static void a_segment_may_end_where_the_guard_begins(void **state)
{
	(void)state;
	elf->ph[1] = segment(STACK_LOW - PAGES(3) + 0x800, PAGE_SIZE + 0x800, 0x900, 0x2800,
			     PF_R | PF_W);
	assert_int_equal(image_map(&image, inode), 0);
	assert_int_equal(image.space->brk, STACK_LOW);
	assert_int_equal(space_fault(image.space, STACK_LOW, ACCESS_READ), LDE_REASON_STACK_OVERFLOW);
}

/* Whatever is in the headers: a result, and a space that is in order. */
static void random_headers_do_no_harm(void **state)
{
	unsigned nr_mapped = 0;

	(void)state;
	fake_random_start();
	for (unsigned i = 0; i < 10000; i++) {
		unsigned nr = 1 + (unsigned)fake_random_below(3);
		int err;

		start_anew();
		while (nr--) {
			unsigned at = (unsigned)fake_random_below(sizeof(Elf64_Ehdr) +
								  3 * sizeof(Elf64_Phdr));

			((uint8_t *)elf)[at] = (uint8_t)fake_random();
		}
		err = image_map(&image, inode);
		assert_true(err == 0 || err == -ENOEXEC || err == -ENOMEM);
		check_space(image.space);
		if (err)
			continue;
		nr_mapped++;
		assert_true(image.entry < STACK_LOW);
		assert_int_equal(space_fault(image.space, image.entry, ACCESS_FETCH), LDE_REASON_NONE);
		assert_true(image.space->brk <= STACK_LOW);
	}
	assert_in_range(nr_mapped, 1000, 9000);
}

static void without_memory_nothing_is_left_over(void **state)
{
	static paddr_t hoard[8192];
	unsigned nr = 0, tries = 0;
	int err;

	(void)state;
	do {
		start_anew();
		while (page_nr_free() > tries)
			hoard[nr++] = page_alloc();
		err = image_map(&image, inode);
		while (nr)
			page_put(hoard[--nr]);
		assert_true(err == 0 || err == -ENOMEM);
		check_space(image.space);
	} while (err && ++tries < 20);
	assert_int_equal(err, 0);
	assert_true(tries > 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_good_file_is_mapped),
		TEST(bss_is_zero_from_the_middle_of_a_page_on),
		TEST(pages_that_all_programs_touch_are_there_at_once),
		TEST(more_of_them_are_where_faults_are_dear),
		TEST(a_segment_of_bss_alone_needs_no_file),
		TEST(a_position_independent_file_is_moved_as_a_whole),
		TEST(a_position_independent_segment_that_wraps_is_refused),
		TEST(headers_outside_all_segments_are_not_in_memory),
		TEST(the_last_page_of_the_file_brings_nothing_of_the_next),
		TEST(empty_segments_count_for_nothing),
		TEST(malformed_files_are_refused),
		TEST(a_segment_without_code_or_no_segment_is_no_program),
		TEST(a_file_that_is_cut_off_anywhere_is_refused),
		TEST(a_segment_may_end_where_the_guard_begins),
		TEST(random_headers_do_no_harm),
		TEST(without_memory_nothing_is_left_over),
	};

	return cmocka_run_group_tests_name("kernel_image", tests, NULL, NULL);
}
