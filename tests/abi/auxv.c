/* SPDX-License-Identifier: MIT */
/*
 * The auxiliary vector describes the program: entries that a libc relies on
 * are there and agree with the program's own headers.
 */
#include <elf.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "abi.h"

extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern char **environ;
void _start(void);

static int is_canonical_user(unsigned long addr)
{
	return addr >= 0x1000 && addr < 0x800000000000;
}

int main(int argc, char **argv)
{
	const Elf64_Ehdr *eh = (const void *)__ehdr_start;
	const unsigned char *random = (const void *)getauxval(AT_RANDOM);
	const char *execfn = (const char *)getauxval(AT_EXECFN);
	const char *platform = (const char *)getauxval(AT_PLATFORM);
	unsigned char any = 0;
	char **end = environ;
	const Elf64_auxv_t *av;
	int nr = 0;

	(void)argc;
	printf("AT_PAGESZ %lu\n", getauxval(AT_PAGESZ));
	printf("AT_PHNUM as in the header: %d\n", getauxval(AT_PHNUM) == eh->e_phnum);
	printf("AT_PHENT %lu\n", getauxval(AT_PHENT));
	printf("AT_CLKTCK %lu\n", getauxval(AT_CLKTCK));
	printf("AT_SECURE %lu\n", getauxval(AT_SECURE));
	printf("AT_BASE %lu\n", getauxval(AT_BASE));
	printf("AT_FLAGS %lu\n", getauxval(AT_FLAGS));
	check("AT_UID and AT_EUID", getauxval(AT_UID) == getuid() && getauxval(AT_EUID) == geteuid());
	check("AT_GID and AT_EGID", getauxval(AT_GID) == getgid() && getauxval(AT_EGID) == getegid());
	check("AT_PHDR points behind the ELF header",
	      getauxval(AT_PHDR) == (unsigned long)__ehdr_start + eh->e_phoff);
	check("AT_ENTRY is _start", getauxval(AT_ENTRY) == (unsigned long)_start);
	check("AT_RANDOM is there", is_canonical_user((unsigned long)random));
	for (int i = 0; random && i < 16; i++)
		any |= random[i];
	check("AT_RANDOM is not all zero", any != 0);
	check("AT_EXECFN is argv[0]", execfn && strcmp(execfn, argv[0]) == 0);
	check("AT_PLATFORM is x86_64", platform && strcmp(platform, "x86_64") == 0);

	/* The vector itself: after the environment's null, ended by AT_NULL. */
	while (*end)
		end++;
	for (av = (const void *)(end + 1); av->a_type != AT_NULL; av++)
		nr++;
	check("the vector follows the environment", av > (const Elf64_auxv_t *)environ && nr >= 10);
	check("the vector is 8-byte aligned", ((unsigned long)(end + 1) & 7) == 0);
	return abi_end();
}
