/* SPDX-License-Identifier: MIT */
/* Standard input that is polled, waited for, and read without waiting. */
#include <poll.h>
#include <sys/ioctl.h>

#include "scratch.h"

int main(int argc, char **argv)
{
	struct pollfd p = { 0, POLLIN, 0 };
	char buf[5000];
	long total = 0, n;
	uint64_t hash = 0;

	(void)argv;
	printf("%d\n", poll(&p, 1, argc > 1 ? 5000 : -1));
	printf("%d\n", !!(p.revents & (POLLIN | POLLHUP)));
	while (poll(&p, 1, -1) == 1 && (n = read(0, buf, sizeof(buf))) > 0) {
		hash = abi_hash(buf, n, hash);
		total += n;
	}
	printf("%ld bytes, %llx\n", total, (unsigned long long)hash);
	SAID(read(0, buf, 10));
	SAID(poll(&p, 1, 0));
	return abi_end();
}
