/* SPDX-License-Identifier: MIT */
/*
 * CPU-bound in the manner of the synthetic benchmarks: records through
 * pointers, strings, calls, switches, integer division.
 */
#include <stdlib.h>

#include "abi.h"

struct record {
	struct record *next;
	int kind, number;
	char name[31];
};

static struct record records[64];
static long counts[5];

static __attribute__((noinline)) int next_kind(int kind, int number)
{
	switch (kind) {
	case 0:
		return number > 100 ? 3 : 1;
	case 1:
		return number % 7 ? 2 : 4;
	case 2:
		return (number ^ 5) & 1 ? 0 : 3;
	case 3:
		return number / 3 % 5;
	default:
		return 1;
	}
}

static __attribute__((noinline)) void visit(struct record *r, int round)
{
	struct record *other = r->next;

	r->number = (r->number * 3 + other->number * 5 + round) % 1009;
	r->kind = next_kind(other->kind, r->number);
	if (strcmp(r->name, other->name) < 0)
		memcpy(r->name + 8, other->name + 8, 8);
	r->name[8 + r->number % 8] = (char)('a' + r->number % 26);
	counts[r->kind]++;
}

int main(void)
{
	uint64_t hash = 0;

	for (int i = 0; i < 64; i++) {
		records[i].next = &records[(i * 37 + 11) % 64];
		records[i].kind = i % 5;
		records[i].number = i;
		snprintf(records[i].name, sizeof(records[i].name), "RECORD %02d PART %d", i, i % 3);
	}
	for (int round = 0; round < 20000; round++)
		for (int i = 0; i < 64; i++)
			visit(&records[i], round);
	for (int i = 0; i < 64; i++) {
		hash = abi_hash(&records[i].kind, 8, hash);
		hash = abi_hash(records[i].name, 31, hash);
	}
	printf("%ld %ld %ld %ld %ld %016llx\n", counts[0], counts[1], counts[2], counts[3],
	       counts[4], (unsigned long long)hash);
	return 0;
}
