/* SPDX-License-Identifier: MIT */
/* Writing: positions, sizes, holes, and what is read back. */
#include <limits.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "scratch.h"

#define MIB (1l << 20)

static unsigned char model[3 << 20], back[3 << 20];

/* The same random writes to a file and to memory. */
static void random_writes(void)
{
	uint64_t seed = 88172645463325252;
	int fd = open("random", O_RDWR | O_CREAT, 0644);
	long size = 0;

	for (int i = 0; i < 400; i++) {
		long at = abi_random(&seed) % (2 * MIB), len = abi_random(&seed) % 20000;

		for (long k = 0; k < len; k++)
			back[k] = abi_random(&seed);
		if (i % 50 == 49) {
			at = abi_random(&seed) % size;
			if (ftruncate(fd, at))
				check("ftruncate", 0);
			memset(model + at, 0, sizeof(model) - at);
			size = at;
			continue;
		}
		memcpy(model + at, back, len);
		if (pwrite(fd, back, len, at) != len)
			check("pwrite", 0);
		if (at + len > size && len)
			size = at + len;
	}
	SAID(lseek(fd, 0, SEEK_END));
	check("read all", pread(fd, back, sizeof(back), 0) == size);
	check("as in memory", memcmp(model, back, size) == 0);
	printf("hash %llx\n", (unsigned long long)abi_hash(back, size, 0));
	close(fd);
}

static void holes(void)
{
	struct stat st;
	char c = 'x';
	int fd = open("sparse", O_RDWR | O_CREAT, 0644);

	SAID(pwrite(fd, &c, 1, 100 * MIB));
	SAID(pwrite(fd, &c, 1, 1000 * MIB));
	SAID(fstat(fd, &st));
	printf("size %ld, blocks %ld\n", (long)st.st_size, (long)st.st_blocks);
	SAID(pread(fd, back, 100, 50 * MIB));
	check("zero", back[0] == 0 && memcmp(back, back + 1, 99) == 0);
	SAID(lseek(fd, 0, SEEK_DATA));
	SAID(lseek(fd, 100 * MIB + 5, SEEK_HOLE));
	SAID(lseek(fd, 101 * MIB, SEEK_DATA));
	SAID(lseek(fd, 5, SEEK_HOLE));
	SAID(lseek(fd, 1000 * MIB + 1, SEEK_DATA));
	SAID(lseek(fd, -1, SEEK_DATA));
	SAID(ftruncate(fd, 100 * MIB + 1));
	fstat(fd, &st);
	printf("size %ld, blocks %ld\n", (long)st.st_size, (long)st.st_blocks);
	SAID(ftruncate(fd, 200 * MIB));
	SAID(pread(fd, back, 4, 100 * MIB - 1));
	printf("%d %d %d %d\n", back[0], back[1], back[2], back[3]);
	SAID(fallocate(fd, 0, 300 * MIB, 8192));
	SAID(fallocate(fd, 1, 400 * MIB, 8192));
	fstat(fd, &st);
	printf("size %ld, blocks %ld\n", (long)st.st_size, (long)st.st_blocks);
	close(fd);
}

/* What is cut off does not come back. */
static void cut_and_grown(void)
{
	int fd = open("cut", O_RDWR | O_CREAT, 0644);

	memset(back, 'a', 10000);
	SAID(write(fd, back, 10000));
	SAID(ftruncate(fd, 5000));
	SAID(pwrite(fd, "b", 1, 6000));
	SAID(pread(fd, back, 10000, 0));
	printf("%d %d %d %d\n", back[4999], back[5000], back[5999], back[6000]);
	SAID(truncate("cut", 4096));
	SAID(truncate("cut", 4200));
	SAID(pread(fd, back, 10000, 4090));
	printf("%d %d\n", back[5], back[6]);
	close(fd);
}

static void errors(void)
{
	struct iovec iov[2] = { { back, 5 }, { (void *)8, 5 } };
	struct iovec much[2] = { { back, LONG_MAX }, { back, LONG_MAX } };
	int fd = open("errors", O_RDWR | O_CREAT, 0644), ro = open("errors", O_RDONLY);

	SAID(write(fd, (void *)8, 5));
	SAID(write(fd, (void *)-4096, 5));
	SAID(write(fd, back, -1));
	SAID(write(77, back, 1));
	SAID(write(ro, (void *)8, 5));
	SAID(writev(fd, iov, 2));
	SAID(writev(fd, iov, -1));
	SAID(writev(fd, iov, 1025));
	SAID(writev(fd, (void *)8, 1));
	SAID(readv(fd, much, 2));
	SAID(lseek(fd, 0, SEEK_CUR));
	SAID(pwrite(fd, back, 5, -1));
	SAID(pread(fd, back, 5, -1));
	SAID(lseek(fd, -1, SEEK_SET));
	SAID(lseek(fd, -6, SEEK_END));
	SAID(lseek(fd, 0, 9));
	SAID(lseek(77, 0, SEEK_SET));
	SAID(ftruncate(ro, 0));
	SAID(ftruncate(fd, -1));
	SAID(ftruncate(77, 0));
	SAID(fallocate(ro, 0, 0, 10));
	SAID(fallocate(fd, 0, -1, 10));
	SAID(fallocate(fd, 0, 0, 0));
	SAID(fallocate(fd, 0x1000, 0, 10));
	SAID(write(fd, back, 0));
	SAID(write(fd, (void *)8, 0));
	SAID(read(fd, (void *)8, 0));
	close(fd);
	close(ro);
}

static void vectors(void)
{
	struct iovec iov[40];
	char text[40][4];
	int fd = open("vector", O_RDWR | O_CREAT, 0644);

	for (int i = 0; i < 40; i++) {
		snprintf(text[i], sizeof(text[i]), "%03d", i);
		iov[i] = (struct iovec){ text[i], i % 4 };
	}
	SAID(writev(fd, iov, 40));
	SAID(pwritev(fd, iov, 40, 30));
	SAID(lseek(fd, 0, SEEK_CUR));
	memset(text, 0, sizeof(text));
	SAID(preadv(fd, iov, 40, 30));
	printf("%.3s %.3s\n", text[3], text[39]);
	close(fd);
	show_file("vector");
}

int main(void)
{
	scratch_begin();
	errors();
	random_writes();
	holes();
	cut_and_grown();
	vectors();
	return scratch_end();
}
