/* SPDX-License-Identifier: MIT */
/*
 * Asks the CPU where the trap table or the descriptor table is, and reads or
 * writes there: trap_table idt|gdt read|write OFFSET. Ends the process already
 * at the question where UMIP is on. Exits with 1 if it got through.
 */
#include "guest.h"

int main(int argc, char **argv)
{
	struct __attribute__((packed)) {
		uint16_t limit;
		uint64_t base;
	} where = { 0, 0 };
	volatile unsigned char *p;

	if (argc < 4)
		return GUEST_BROKEN;
	if (strcmp(argv[1], "idt") == 0)
		__asm__ volatile("sidt %0" : "=m"(where));
	else
		__asm__ volatile("sgdt %0" : "=m"(where));
	fprintf(stderr, "base 0x%llx limit 0x%x\n", (unsigned long long)where.base, where.limit);
	p = (volatile unsigned char *)(where.base + (uint64_t)strtol(argv[3], NULL, 0));
	if (strcmp(argv[2], "write") == 0)
		*p = 0;
	else
		fprintf(stderr, "read 0x%02x\n", *p);
	return GUEST_SURVIVED;
}
