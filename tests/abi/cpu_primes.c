/* SPDX-License-Identifier: MIT */
/* CPU-bound: a sieve, and trial division to check it. */
#include "abi.h"

#define LIMIT 1000000

static unsigned char composite[LIMIT + 1];

static int is_prime(unsigned int n)
{
	if (n < 2)
		return 0;
	for (unsigned int d = 2; d * d <= n; d++)
		if (n % d == 0)
			return 0;
	return 1;
}

int main(void)
{
	unsigned int count = 0, last = 0;
	uint64_t sum = 0;
	int wrong = 0;

	for (unsigned int i = 2; i * i <= LIMIT; i++)
		for (unsigned int j = i * i; !composite[i] && j <= LIMIT; j += i)
			composite[j] = 1;
	for (unsigned int i = 2; i <= LIMIT; i++) {
		if (!composite[i]) {
			count++;
			sum += i;
			last = i;
		}
	}
	for (unsigned int i = 0; i < 20000; i++)
		wrong += i >= 2 && is_prime(i) == composite[i];
	printf("%u primes, sum %llu, last %u\n", count, (unsigned long long)sum, last);
	check("78498 of them", count == 78498);
	check("as by division", wrong == 0);
	return abi_end();
}
