/* SPDX-License-Identifier: MIT */
/* Unaligned accesses work, across lines and across pages, read and write. */
#include <sys/mman.h>

#include "abi.h"

struct __attribute__((packed)) odd {
	uint8_t pad;
	uint64_t value;
};

int main(void)
{
	unsigned char *p = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t sum = 0;
	int wrong = 0;

	for (size_t at = 0; at < 8192 + 64; at += 7) {
		struct odd *o = (struct odd *)(p + at);

		o->value = 0x0102030405060708 * (at + 1);
		wrong += o->value != 0x0102030405060708 * (at + 1);
	}
	for (size_t at = 4080; at < 4097; at++) {
		struct odd *o = (struct odd *)(p + at);
		uint64_t by_bytes = 0;

		for (int i = 7; i >= 0; i--)
			by_bytes = by_bytes << 8 | p[at + 1 + (size_t)i];
		wrong += o->value != by_bytes;
		sum += by_bytes;
		__asm__ volatile("lock addq $1, %0" : "+m"(*(uint32_t(*)[2])(p + 8)));
	}
	check("as by bytes", wrong == 0);
	printf("%016llx %016llx\n", (unsigned long long)sum,
	       (unsigned long long)abi_hash(p, 3 * 4096, 0));
	return abi_end();
}
