/* SPDX-License-Identifier: MIT */
/* Reads and writes the first disk, and flushes it. */
#include <fcntl.h>
#include <unistd.h>

int main(void)
{
	static char bytes[65536];
	int fd = open("/dev/vda", O_RDWR);

	if (fd < 0)
		return 1;
	for (int i = 0; i < 8; i++)
		if (read(fd, bytes, sizeof(bytes)) != sizeof(bytes))
			return 2;
	if (pwrite(fd, bytes, 4096, 8192) != 4096)
		return 3;
	return fsync(fd) ? 4 : 0;
}
