/* SPDX-License-Identifier: MIT */
/*
 * Reading files: open, read, pread, lseek, stat and friends agree with each
 * other on the one file that is always there, the program's own.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "abi.h"

static unsigned char whole[4 << 20], part[4 << 20];

static void check_reading(int fd, off_t size)
{
	struct iovec iov[3] = { { part, 5 }, { part + 5, 0 }, { part + 5, 9000 } };
	off_t at = 0;
	ssize_t n;

	while ((n = read(fd, part + at, (size_t)(1 + at % 7001))) > 0)
		at += n;
	check("read in pieces", n == 0 && at == size);
	check("read whole", pread(fd, whole, sizeof(whole), 0) == size);
	check("the same bytes", memcmp(whole, part, (size_t)size) == 0);
	check("pread does not move", lseek(fd, 0, SEEK_CUR) == size);
	check("pread in the middle", pread(fd, part, 1000, 4090) == 1000 &&
					     memcmp(part, whole + 4090, 1000) == 0);
	check("pread at the end", pread(fd, part, 1000, size - 10) == 10);
	check("pread behind the end", pread(fd, part, 1000, size + 10) == 0);
	check("pread before the start", pread(fd, part, 1, -1) == -1 && errno == EINVAL);
	check("seek to the start", lseek(fd, 0, SEEK_SET) == 0);
	check("readv", readv(fd, iov, 3) == 9005 && memcmp(part, whole, 9005) == 0);
	check("and is behind it", lseek(fd, 0, SEEK_CUR) == 9005);
	check("seek back", lseek(fd, -5, SEEK_CUR) == 9000);
	check("seek from the end", lseek(fd, -4, SEEK_END) == size - 4);
	check("read to the end", read(fd, part, 100) == 4 &&
					 memcmp(part, whole + size - 4, 4) == 0);
	check("seek behind the end", lseek(fd, 1000, SEEK_END) == size + 1000);
	check("reads nothing there", read(fd, part, 100) == 0);
	check("seek before the start", lseek(fd, -1, SEEK_SET) == -1 && errno == EINVAL);
	check("seek from nowhere", lseek(fd, 0, 77) == -1 && errno == EINVAL);
}

static void check_names(const char *name)
{
	struct stat by_fd, by_name, by_link;
	char link[4096], cwd[4096], small[4];
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	check("fstat", fstat(fd, &by_fd) == 0);
	check("stat", stat(name, &by_name) == 0);
	check("lstat", lstat(name, &by_link) == 0);
	check("the same file", by_fd.st_ino == by_name.st_ino && by_fd.st_dev == by_name.st_dev &&
				       by_fd.st_size == by_name.st_size);
	check("a regular file", S_ISREG(by_fd.st_mode) && S_ISREG(by_link.st_mode));
	check("executable", (by_fd.st_mode & 0111) != 0);
	check("blocks cover the size", by_fd.st_blksize > 0 && by_fd.st_size > 0);
	check("access read and execute", access(name, R_OK | X_OK) == 0);
	check("access exists", access(name, F_OK) == 0);
	n = readlink("/proc/self/exe", link, sizeof(link) - 1);
	check("readlink /proc/self/exe", n > 0);
	link[n > 0 ? n : 0] = 0;
	check("is the program", strcmp(link, name) == 0);
	check("readlink cuts off", readlink("/proc/self/exe", small, 4) == 4 &&
					   memcmp(small, name, 4) == 0);
	check("readlink of a file", readlink(name, link, 100) == -1 && errno == EINVAL);
	check("/proc/self/exe opens", stat("/proc/self/exe", &by_link) == 0 &&
					      by_link.st_ino == by_fd.st_ino);
	check("getcwd", getcwd(cwd, sizeof(cwd)) == cwd);
	printf("cwd %s\n", cwd);
	check("getcwd too small", getcwd(cwd, 1) == NULL && errno == ERANGE);
	check("close", close(fd) == 0);
	check("close again", close(fd) == -1 && errno == EBADF);
}

int main(int argc, char **argv)
{
	const char *name = argv[0];
	struct stat st;
	int fd, other;
	FILE *f;

	(void)argc;
	fd = open(name, O_RDONLY);
	printf("first descriptor %d\n", fd);
	check("fstat", fstat(fd, &st) == 0);
	check_reading(fd, st.st_size);
	other = open("/proc/self/exe", O_RDONLY);
	check("a second descriptor", other == fd + 1);
	check("has a position of its own", lseek(other, 0, SEEK_CUR) == 0);
	close(fd);
	fd = open(name, O_RDONLY);
	printf("lowest free descriptor again %d\n", fd);
	close(fd);
	close(other);
	check_names(name);
	check("write to read-only", (fd = open(name, O_RDONLY)) >= 0 && write(fd, "x", 1) == -1 &&
					    errno == EBADF);
	f = fopen(name, "rb");
	check("fopen", f != NULL);
	check("fread", f && fread(part, 1, 4, f) == 4 && memcmp(part, "\177ELF", 4) == 0);
	check("fseek, ftell", f && fseek(f, 0, SEEK_END) == 0 && ftell(f) == st.st_size);
	check("fclose", f && fclose(f) == 0);
	return abi_end();
}
