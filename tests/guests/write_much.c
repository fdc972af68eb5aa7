/* SPDX-License-Identifier: MIT */
/*
 * Writes from memory that was never touched, or has a hole: what can be
 * written is, up to the hole, and the rest is EFAULT. write_much MIB
 */
#include <errno.h>
#include <sys/mman.h>

#include "guest.h"

int main(int argc, char **argv)
{
	size_t len = guest_number(argc, argv, 1, 8) << 20, done = 0;
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	EXPECT(2, p != MAP_FAILED);
	munmap(p + len - 4096, 4096);
	while (done < len) {
		ssize_t n = write(1, p + done, len - done);

		if (n < 0)
			break;
		EXPECT(3, n > 0);
		done += (size_t)n;
	}
	EXPECT(4, errno == EFAULT && done == len - 4096);
	return 0;
}
