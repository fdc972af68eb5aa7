/* SPDX-License-Identifier: MIT */
/*
 * Makes ELF files that are wrong in one way each: mkbadelf VARIANT FILE.
 * "good" is the file that the others are made from; it exits with 0.
 * mkbadelf list prints the variants.
 */
#include <elf.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define BASE 0x400000
#define CODE 0x200 /* offset of the code in the file */
#define SIZE 8192

struct image {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[4];
	char pad[CODE - sizeof(Elf64_Ehdr) - 4 * sizeof(Elf64_Phdr)];
	unsigned char rest[SIZE - CODE];
};
_Static_assert(sizeof(struct image) == SIZE, "the file's layout");

static struct image image;
static size_t len = SIZE;

/* Text with the headers in one page, data in the next. */
static void make_good(void)
{
	static const unsigned char exit_0[] = { 0xb8, 0x3c, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05 };

	memcpy(image.eh.e_ident, ELFMAG, SELFMAG);
	image.eh.e_ident[EI_CLASS] = ELFCLASS64;
	image.eh.e_ident[EI_DATA] = ELFDATA2LSB;
	image.eh.e_ident[EI_VERSION] = EV_CURRENT;
	image.eh.e_type = ET_EXEC;
	image.eh.e_machine = EM_X86_64;
	image.eh.e_version = EV_CURRENT;
	image.eh.e_entry = BASE + CODE;
	image.eh.e_phoff = sizeof(Elf64_Ehdr);
	image.eh.e_ehsize = sizeof(Elf64_Ehdr);
	image.eh.e_phentsize = sizeof(Elf64_Phdr);
	image.eh.e_phnum = 2;
	image.ph[0] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = BASE,
				    .p_paddr = BASE, .p_filesz = 4096, .p_memsz = 4096,
				    .p_align = 4096 };
	image.ph[1] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = PF_R | PF_W, .p_offset = 4096,
				    .p_vaddr = BASE + 4096, .p_paddr = BASE + 4096,
				    .p_filesz = 4096, .p_memsz = 8192, .p_align = 4096 };
	memcpy(image.rest, exit_0, sizeof(exit_0));
}

static void good(void)
{
}

static void empty(void)
{
	len = 0;
}

static void text(void)
{
	len = (size_t)sprintf((char *)&image, "hello, I am no program\n");
}

static void script(void)
{
	len = (size_t)sprintf((char *)&image, "#!/bin/sh\necho hello\n");
}

static void magic_only(void)
{
	len = 4;
}

static void half_header(void)
{
	len = 40;
}

static void truncated(void)
{
	len = 5000;
}

static void truncated_headers(void)
{
	len = sizeof(Elf64_Ehdr) + 60;
}

static void bits_32(void)
{
	image.eh.e_ident[EI_CLASS] = ELFCLASS32;
	image.eh.e_machine = EM_386;
}

static void big_endian(void)
{
	image.eh.e_ident[EI_DATA] = ELFDATA2MSB;
}

static void other_machine(void)
{
	image.eh.e_machine = EM_AARCH64;
}

static void relocatable(void)
{
	image.eh.e_type = ET_REL;
}

static void core(void)
{
	image.eh.e_type = ET_CORE;
}

static void dynamic(void)
{
	static const char interpreter[] = "/lib64/ld-linux-x86-64.so.2";

	image.ph[2] = (Elf64_Phdr){ .p_type = PT_INTERP, .p_flags = PF_R, .p_offset = CODE + 64,
				    .p_vaddr = BASE + CODE + 64, .p_filesz = sizeof(interpreter),
				    .p_memsz = sizeof(interpreter), .p_align = 1 };
	memcpy(image.rest + 64, interpreter, sizeof(interpreter));
	image.eh.e_phnum = 3;
}

static void no_headers(void)
{
	image.eh.e_phnum = 0;
}

static void no_segments(void)
{
	image.ph[0].p_type = image.ph[1].p_type = PT_NOTE;
}

static void headers_outside(void)
{
	image.eh.e_phoff = 1 << 20;
}

static void headers_wrap(void)
{
	image.eh.e_phoff = (Elf64_Off)-32;
}

static void header_size(void)
{
	image.eh.e_phentsize = 32;
}

static void many_headers(void)
{
	image.eh.e_phnum = 0xffff;
}

static void overlapping(void)
{
	image.ph[1].p_vaddr = BASE;
}

static void entry_outside(void)
{
	image.eh.e_entry = 0x700000;
}

static void entry_null(void)
{
	image.eh.e_entry = 0;
}

static void entry_in_data(void)
{
	image.eh.e_entry = BASE + 4096;
}

static void entry_in_kernel(void)
{
	image.eh.e_entry = 0xffffffff80100000;
}

static void kernel_half(void)
{
	image.ph[1].p_vaddr = 0xffff800000000000;
}

static void crooked(void)
{
	image.ph[1].p_vaddr = 0x0000900000000000;
}

static void null_page(void)
{
	image.ph[1].p_vaddr = 0;
}

static void wrapping(void)
{
	image.ph[1].p_memsz = (Elf64_Xword)-4096;
}

static void across_the_end(void)
{
	image.ph[1].p_vaddr = 0x7fffffffe000;
	image.ph[1].p_memsz = 1 << 20;
}

static void file_larger(void)
{
	image.ph[1].p_memsz = 100;
}

static void file_wraps(void)
{
	image.ph[1].p_offset = (Elf64_Off)-4096;
}

static void huge(void)
{
	image.ph[1].p_memsz = (Elf64_Xword)1 << 46;
}

static void misaligned(void)
{
	image.ph[1].p_vaddr = BASE + 4096 + 100;
}

static const struct {
	const char *name;
	void (*make)(void);
} variants[] = {
	{ "good", good },
	{ "empty", empty },
	{ "text", text },
	{ "script", script },
	{ "magic-only", magic_only },
	{ "half-header", half_header },
	{ "truncated", truncated },
	{ "truncated-headers", truncated_headers },
	{ "32-bit", bits_32 },
	{ "big-endian", big_endian },
	{ "other-machine", other_machine },
	{ "relocatable", relocatable },
	{ "core", core },
	{ "dynamic", dynamic },
	{ "no-headers", no_headers },
	{ "no-segments", no_segments },
	{ "headers-outside", headers_outside },
	{ "headers-wrap", headers_wrap },
	{ "header-size", header_size },
	{ "many-headers", many_headers },
	{ "overlapping", overlapping },
	{ "entry-outside", entry_outside },
	{ "entry-null", entry_null },
	{ "entry-in-data", entry_in_data },
	{ "entry-in-kernel", entry_in_kernel },
	{ "kernel-half", kernel_half },
	{ "crooked", crooked },
	{ "null-page", null_page },
	{ "wrapping", wrapping },
	{ "across-the-end", across_the_end },
	{ "file-larger", file_larger },
	{ "file-wraps", file_wraps },
	{ "huge", huge },
	{ "misaligned", misaligned },
};

#define NR_VARIANTS (sizeof(variants) / sizeof(variants[0]))

static int write_image(const char *path)
{
	FILE *file = fopen(path, "wb");

	if (!file || fwrite(&image, 1, len, file) != len || fclose(file) != 0 ||
	    chmod(path, 0755) < 0) {
		perror(path);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "list") == 0) {
		for (size_t i = 0; i < NR_VARIANTS; i++)
			puts(variants[i].name);
		return 0;
	}
	for (size_t i = 0; argc == 3 && i < NR_VARIANTS; i++) {
		if (strcmp(argv[1], variants[i].name) == 0) {
			make_good();
			variants[i].make();
			return write_image(argv[2]);
		}
	}
	fprintf(stderr, "usage: mkbadelf list | mkbadelf VARIANT FILE\n");
	return 2;
}
