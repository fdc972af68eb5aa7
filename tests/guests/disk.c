/* SPDX-License-Identifier: MIT */
/*
 * Disks as programs see them. The image has as many bytes as the program is told,
 * and in block n of 4 KiB the number n, eight bytes each, over and over.
 *
 * usage: disk MODE [ARG]...
 */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>

/* <linux/fs.h> is not with musl. */
#define BLKROGET     0x125e
#define BLKGETSIZE   0x1260
#define BLKFLSBUF    0x1261
#define BLKSSZGET    0x1268
#define BLKDISCARD   0x1277
#define BLKZEROOUT   0x127f
#define BLKGETSIZE64 0x80081272

#define BLOCK 4096

static char memory[64 * BLOCK] __attribute__((aligned(4096)));
static uint64_t size;

static int open_disk(int flags)
{
	int fd = open("/dev/vda", flags);

	EXPECT(10, fd >= 0);
	EXPECT(11, !ioctl(fd, BLKGETSIZE64, &size));
	return fd;
}

static uint64_t number_at(uint64_t offset)
{
	return offset / BLOCK;
}

/* Whether memory is what the image has from offset on, which ends in a number. */
static int is_image(const char *bytes, uint64_t offset, uint64_t len)
{
	for (uint64_t i = 0; i < len; i++) {
		uint64_t n = number_at(offset + i);

		if (bytes[i] != ((char *)&n)[(offset + i) % 8])
			return 0;
	}
	return 1;
}

static void check_facts(int argc, char **argv)
{
	int fd = open_disk(O_RDONLY), value = 0;
	unsigned long sectors = 0;
	struct stat st;

	EXPECT(20, size == guest_number(argc, argv, 2, 0));
	EXPECT(21, !ioctl(fd, BLKGETSIZE, &sectors) && sectors == size / 512);
	EXPECT(22, !ioctl(fd, BLKSSZGET, &value) && value == 512);
	EXPECT(23, !fstat(fd, &st) && S_ISBLK(st.st_mode) && st.st_rdev == makedev(254, 0));
	EXPECT(24, st.st_size == 0);
	EXPECT(25, lseek(fd, 0, SEEK_END) == (off_t)size);
	EXPECT(26, read(fd, memory, 512) == 0);
	EXPECT(27, lseek(fd, -512, SEEK_END) == (off_t)size - 512);
	EXPECT(28, read(fd, memory, BLOCK) == 512 && is_image(memory, size - 512, 512));
	EXPECT(29, ioctl(fd, 0x5401, memory) == -1 && errno == ENOTTY);
	EXPECT(30, ioctl(fd, BLKGETSIZE64, NULL) == -1 && errno == EFAULT);
	EXPECT(31, write(fd, memory, 512) == -1 && errno == EBADF);
	EXPECT(32, open("/dev/vdb", O_RDONLY) == -1 && errno == ENOENT);
	EXPECT(33, !mknod("/tmp/other", S_IFBLK | 0600, makedev(254, 16)));
	EXPECT(34, open("/tmp/other", O_RDONLY) == -1 && errno == ENXIO);
	EXPECT(35, !mknod("/tmp/same", S_IFBLK | 0600, makedev(254, 0)));
	EXPECT(36, open("/tmp/same", O_RDONLY) >= 0);
}

/* Reads of every length and place within a few sectors. */
static void check_reads(void)
{
	int fd = open_disk(O_RDONLY);

	for (uint64_t offset = 3 * BLOCK - 700; offset < 3 * BLOCK + 700; offset += 175)
		for (uint64_t len = 1; len < 3000; len += 211) {
			memset(memory, 'x', sizeof(memory));
			EXPECT(40, pread(fd, memory + 5, len, offset) == (ssize_t)len);
			EXPECT(41, is_image(memory + 5, offset, len));
			EXPECT(42, memory[4] == 'x' && memory[5 + len] == 'x');
		}
	EXPECT(43, pread(fd, memory, sizeof(memory), BLOCK) == sizeof(memory));
	EXPECT(44, is_image(memory, BLOCK, sizeof(memory)));
	EXPECT(45, pread(fd, (void *)0x1000, BLOCK, 0) == -1 && errno == EFAULT);
	EXPECT(46, pread(fd, (void *)0x1000, 5, 0) == -1 && errno == EFAULT);
	EXPECT(47, pread(fd, memory, 512, -1) == -1 && errno == EINVAL);
	EXPECT(48, pread(fd, memory, 512, INT64_MAX) == 0);
}

static void check_vectors(void)
{
	static char a[700], b[1], c[3 * BLOCK], before[BLOCK];
	const struct iovec iov[] = { { a, sizeof(a) }, { NULL, 0 }, { b, 1 }, { c, sizeof(c) } };
	const size_t all = sizeof(a) + 1 + sizeof(c);
	int fd = open_disk(O_RDWR);

	EXPECT(50, preadv(fd, iov, 4, 1000) == (ssize_t)all);
	EXPECT(51, is_image(a, 1000, sizeof(a)) && is_image(b, 1700, 1) &&
			   is_image(c, 1701, sizeof(c)));
	/* The same bytes back, in sectors that begin and end somewhere in them. */
	EXPECT(52, pread(fd, before, BLOCK, 0) == BLOCK);
	EXPECT(53, pwritev(fd, iov, 4, 1000) == (ssize_t)all);
	EXPECT(54, pread(fd, memory, BLOCK, 0) == BLOCK && !memcmp(memory, before, BLOCK));
	EXPECT(55, pread(fd, memory, sizeof(memory), 0) == sizeof(memory));
	EXPECT(56, is_image(memory, 0, sizeof(memory)));
}

static void check_direct(void)
{
	int fd = open_disk(O_RDWR | O_DIRECT);

	EXPECT(60, pread(fd, memory, BLOCK, BLOCK) == BLOCK && is_image(memory, BLOCK, BLOCK));
	EXPECT(61, pread(fd, memory + 1, 512, 0) == -1 && errno == EINVAL);
	EXPECT(62, pread(fd, memory, 511, 0) == -1 && errno == EINVAL);
	EXPECT(63, pread(fd, memory, 512, 1) == -1 && errno == EINVAL);
	EXPECT(64, pwrite(fd, memory + 1, 512, 0) == -1 && errno == EINVAL);
	EXPECT(65, pwrite(fd, memory, BLOCK, BLOCK) == BLOCK);
}

static void check_end(void)
{
	int fd = open_disk(O_RDWR);

	EXPECT(70, pwrite(fd, memory, 1, size) == -1 && errno == ENOSPC);
	EXPECT(71, pread(fd, memory, 1024, size - 1024) == 1024);
	EXPECT(72, pwrite(fd, memory, 2048, size - 1024) == 1024);
	EXPECT(73, pread(fd, memory, 10, size - 5) == 5);
	EXPECT(74, !fsync(fd) && !fdatasync(fd) && !ioctl(fd, BLKFLSBUF, 0));
}

static void check_read_only(void)
{
	int fd = open_disk(O_RDWR), value = 0;
	uint64_t range[2] = { 0, BLOCK };

	EXPECT(80, !ioctl(fd, BLKROGET, &value) && value == 1);
	EXPECT(81, pread(fd, memory, BLOCK, 0) == BLOCK);
	EXPECT(82, pwrite(fd, memory, BLOCK, 0) == -1 && errno == EPERM);
	EXPECT(83, ioctl(fd, BLKDISCARD, range) == -1 && errno == EPERM);
	EXPECT(84, !fsync(fd));
}

static void check_zeroes(void)
{
	int fd = open_disk(O_RDWR);
	uint64_t range[2] = { 2 * BLOCK, 3 * BLOCK };

	EXPECT(90, !ioctl(fd, BLKZEROOUT, range));
	EXPECT(91, pread(fd, memory, 6 * BLOCK, 0) == 6 * BLOCK);
	EXPECT(92, is_image(memory, 0, 2 * BLOCK) && is_image(memory + 5 * BLOCK, 5 * BLOCK, BLOCK));
	for (int i = 2 * BLOCK; i < 5 * BLOCK; i++)
		EXPECT(93, !memory[i]);
	range[0] = 7 * BLOCK;
	EXPECT(94, !ioctl(fd, BLKDISCARD, range));
	range[0] = 100;
	EXPECT(95, ioctl(fd, BLKZEROOUT, range) == -1 && errno == EINVAL);
	range[0] = size;
	EXPECT(96, ioctl(fd, BLKZEROOUT, range) == -1 && errno == EINVAL);
	EXPECT(97, ioctl(fd, BLKZEROOUT, NULL) == -1 && errno == EFAULT);
}

/* Children write bytes of their own to the same sector, over and over. */
static void check_parts(int argc, char **argv)
{
	int nr = (int)guest_number(argc, argv, 2, 8), status;
	int fd = open_disk(O_RDWR);

	memset(memory, 0, 512);
	EXPECT(100, pwrite(fd, memory, 512, 512) == 512);
	for (int i = 0; i < nr; i++) {
		if (fork())
			continue;
		for (char n = 1; n <= 20; n++)
			if (pwrite(fd, &n, 1, 512 + 7 * i) != 1)
				_exit(1);
		_exit(0);
	}
	for (int i = 0; i < nr; i++)
		EXPECT(101, wait(&status) > 0 && !status);
	EXPECT(102, pread(fd, memory, 512, 512) == 512);
	for (int i = 0; i < nr; i++)
		EXPECT(103, memory[7 * i] == 20);
}

/* Random blocks; errors are counted if that is asked for. */
static void read_blocks(int argc, char **argv)
{
	unsigned long nr = guest_number(argc, argv, 2, 100), nr_failed = 0;
	uint64_t state = guest_number(argc, argv, 3, 1) * 0x9e3779b97f4a7c15ull + 1;
	int fd = open_disk(O_RDONLY);

	for (unsigned long i = 0; i < nr; i++) {
		uint64_t block = guest_random(&state) % (size / BLOCK);
		ssize_t n = pread(fd, memory, BLOCK, block * BLOCK);

		if (n == -1 && errno == EIO && argc > 4) {
			nr_failed++;
			continue;
		}
		EXPECT(110, n == BLOCK);
		EXPECT(111, is_image(memory, block * BLOCK, BLOCK));
	}
	if (argc > 4)
		printf("%lu of %lu failed\n", nr_failed, nr);
}

/* Writes the image anew. */
static void fill(void)
{
	int fd = open_disk(O_WRONLY);

	for (uint64_t offset = 0; offset < size; offset += sizeof(memory)) {
		uint64_t len = size - offset < sizeof(memory) ? size - offset : sizeof(memory);

		for (uint64_t i = 0; i < len / 8; i++)
			((uint64_t *)memory)[i] = number_at(offset + 8 * i);
		EXPECT(120, pwrite(fd, memory, len, offset) == (ssize_t)len);
	}
	EXPECT(121, !fsync(fd));
}

/* What the first write and fsync say, as numbers. */
static void try_write(void)
{
	int fd = open_disk(O_WRONLY);
	ssize_t n = write(fd, memory, sizeof(memory));

	printf("write %s", n < 0 ? strerror(errno) : "ok");
	printf(", fsync %s\n", fsync(fd) ? strerror(errno) : "ok");
}

/* After a line of input, so that something can be done to the image before. */
static void try_read(int argc, char **argv)
{
	int fd = open_disk(O_RDONLY);

	puts("open");
	fflush(stdout);
	getchar();
	ssize_t n = pread(fd, memory, BLOCK, (off_t)guest_number(argc, argv, 2, 0));

	printf("read %s\n", n < 0 ? strerror(errno) : "ok");
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";

	if (!strcmp(mode, "facts"))
		check_facts(argc, argv);
	else if (!strcmp(mode, "reads"))
		check_reads();
	else if (!strcmp(mode, "vectors"))
		check_vectors();
	else if (!strcmp(mode, "direct"))
		check_direct();
	else if (!strcmp(mode, "end"))
		check_end();
	else if (!strcmp(mode, "read-only"))
		check_read_only();
	else if (!strcmp(mode, "zeroes"))
		check_zeroes();
	else if (!strcmp(mode, "parts"))
		check_parts(argc, argv);
	else if (!strcmp(mode, "blocks"))
		read_blocks(argc, argv);
	else if (!strcmp(mode, "fill"))
		fill();
	else if (!strcmp(mode, "try-write"))
		try_write();
	else if (!strcmp(mode, "try-read"))
		try_read(argc, argv);
	else
		return GUEST_BROKEN;
	puts("disk right");
	return GUEST_RIGHT;
}
