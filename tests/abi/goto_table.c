/* SPDX-License-Identifier: MIT */
/* Computed goto: a small interpreter with a table of addresses of labels. */
#include "abi.h"

enum { PUSH, ADD, DUP, MUL, SWAP, MOD, LOOP, END };

static uint64_t interpret(const int *code, uint64_t rounds)
{
	static const void *const labels[] = { &&push, &&add, &&dup, &&mul,
					      &&swap, &&mod, &&loop, &&end };
	uint64_t stack[16] = { 0 }, t;
	const int *pc = code;
	int sp = 0;

#define NEXT goto *labels[*pc++]
	NEXT;
push:
	stack[++sp] = (uint64_t)*pc++;
	NEXT;
add:
	sp--;
	stack[sp] += stack[sp + 1];
	NEXT;
dup:
	sp++;
	stack[sp] = stack[sp - 1];
	NEXT;
mul:
	sp--;
	stack[sp] *= stack[sp + 1];
	NEXT;
swap:
	t = stack[sp];
	stack[sp] = stack[sp - 1];
	stack[sp - 1] = t;
	NEXT;
mod:
	sp--;
	stack[sp] %= stack[sp + 1];
	NEXT;
loop:
	if (rounds--)
		pc = code + 2;
	NEXT;
end:
	return stack[sp];
}

int main(void)
{
	static const int code[] = { PUSH, 3,	DUP,  MUL, PUSH, 17,	  ADD, PUSH,
				    5,	  SWAP, ADD,  PUSH, 1000003, MOD, LOOP, END };

	printf("%llu\n", (unsigned long long)interpret(code, 0));
	printf("%llu\n", (unsigned long long)interpret(code, 1000));
	printf("%llu\n", (unsigned long long)interpret(code, 1000000));
	return 0;
}
