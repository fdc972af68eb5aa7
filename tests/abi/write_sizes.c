/* SPDX-License-Identifier: MIT */
/*
 * write(2) moves every byte, in order: every small size, every size around a
 * page at every alignment that matters, and more than any buffer holds.
 */
#include <unistd.h>

#include "abi.h"

static char buf[3 << 18];

static int write_all(const char *p, size_t len)
{
	while (len) {
		ssize_t n = write(STDOUT_FILENO, p, len);

		if (n <= 0)
			return 0;
		p += n;
		len -= (size_t)n;
	}
	return 1;
}

int main(void)
{
	static const size_t sizes[] = { 511, 512, 513, 4095, 4096, 4097, 8191, 65535, 65536, 65537 };
	int ok = 1;

	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = i % 64 == 63 ? '\n' : (char)(' ' + (i * 7 + i / 64) % 90);
	ok &= write(STDOUT_FILENO, buf, 0) == 0;
	for (size_t len = 1; len <= 130; len++)
		ok &= write_all(buf + len, len);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		ok &= write_all(buf, sizes[i]);
		ok &= write_all(buf + 4096 - i, sizes[i]);
	}
	ok &= write_all(buf, sizeof(buf));
	return ok ? 0 : 1;
}
