/* SPDX-License-Identifier: MIT */
/* Descriptors: duplicates, flags, how many, and what concerns their files. */
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "scratch.h"

static void errors(void)
{
	int fds[2];

	SAID(dup(77));
	SAID(dup(-1));
	SAID(dup2(77, 5));
	SAID(dup2(77, 77));
	SAID(dup2(0, -1));
	SAID(dup2(0, 1 << 20));
	SAID(dup3(0, 0, 0));
	SAID(dup3(0, 9, 1));
	SAID(dup3(77, 9, O_CLOEXEC));
	SAID(close(77));
	SAID(close(-1));
	SAID(fcntl(77, F_GETFD));
	SAID(fcntl(0, F_DUPFD, -1));
	SAID(fcntl(0, F_DUPFD, 1 << 20));
	SAID(fcntl(0, 9999));
	SAID(fcntl(0, F_GETPIPE_SZ));
	SAID(flock(77, LOCK_SH));
	SAID(flock(0, 16));
	SAID(fsync(77));
	SAID(pipe2(fds, 077));
	check("a pipe nowhere", raw(SYS_pipe, 8, 0, 0) == -EFAULT);
	SAID(ioctl(77, FIONREAD, fds));
	SAID(syscall(SYS_close_range, 10, 5, 0));
	SAID(syscall(SYS_close_range, 10, 20, 99));
}

static void duplicates(void)
{
	char c;
	int fd = open("f", O_RDWR), copy;

	copy = dup(fd);
	SAID(lseek(fd, 3, SEEK_SET));
	SAID(lseek(copy, 0, SEEK_CUR));
	SAID(read(copy, &c, 1));
	SAID(lseek(fd, 0, SEEK_CUR));
	SAID(dup2(fd, 50) - 50);
	SAID(dup3(fd, 51, O_CLOEXEC) - 51);
	SAID(fcntl(51, F_GETFD));
	SAID(fcntl(50, F_GETFD));
	SAID(fcntl(fd, F_DUPFD, 60) - 60);
	SAID(fcntl(fd, F_DUPFD_CLOEXEC, 60) - 60);
	SAID(fcntl(61, F_GETFD));
	SAID(fcntl(61, F_SETFD, 0));
	SAID(fcntl(61, F_GETFD));
	SAID(fcntl(copy, F_SETFL, O_APPEND | O_NONBLOCK));
	printf("flags %o\n", fcntl(fd, F_GETFL));
	close(fd);
	SAID(read(copy, &c, 1));
	SAID(syscall(SYS_close_range, 50, 60, 0));
	SAID(fcntl(51, F_GETFD));
	SAID(fcntl(61, F_GETFD));
	SAID(syscall(SYS_close_range, 61, ~0u, 4));
	SAID(fcntl(61, F_GETFD));
	close(61);
	close(copy);
}

static void all_of_them(void)
{
	struct rlimit limit;
	int n = 0, fd, last = -1;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = 1024;
	SAID(setrlimit(RLIMIT_NOFILE, &limit));
	while ((fd = open("f", O_RDONLY)) >= 0) {
		last = fd;
		n++;
	}
	printf("%d more, the last is %d: %s\n", n > 900, last, abi_errno_name(errno));
	SAID(dup(0));
	SAID(open("missing", O_RDONLY));
	SAID(close(500));
	SAID(open("f", O_RDONLY));
	SAID(syscall(SYS_close_range, 3, ~0u, 0));
	SAID(open("f", O_RDONLY));
	close(3);
}

/* Nobody else is there to be in the way. */
static void locks(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open("f", O_RDWR), ro = open("f", O_RDONLY);

	SAID(fcntl(fd, F_SETLK, &lock));
	SAID(fcntl(fd, F_GETLK, &lock));
	SAID(lock.l_type == F_UNLCK);
	lock.l_type = F_WRLCK;
	SAID(fcntl(ro, F_SETLK, &lock));
	lock.l_type = 99;
	SAID(fcntl(fd, F_SETLK, &lock));
	SAID(fcntl(fd, F_SETLK, (void *)8));
	SAID(flock(fd, LOCK_EX));
	SAID(flock(fd, LOCK_UN));
	close(fd);
	close(ro);
}

static void left_to_read(void)
{
	int fd = open("f", O_RDONLY), n = -1, fds[2];

	SAID(ioctl(fd, FIONREAD, &n));
	printf("%d\n", n);
	lseek(fd, 4, SEEK_SET);
	ioctl(fd, FIONREAD, &n);
	printf("%d\n", n);
	pipe(fds);
	SAID(write(fds[1], "abc", 3));
	SAID(ioctl(fds[0], FIONREAD, &n));
	printf("%d\n", n);
	SAID(ioctl(fd, FIOCLEX));
	SAID(fcntl(fd, F_GETFD));
	n = 1;
	SAID(ioctl(fds[0], FIONBIO, &n));
	SAID(read(fds[0], &n, 3));
	SAID(read(fds[0], &n, 3));
	SAID(isatty(fd));
	SAID(fsync(fd));
	SAID(fdatasync(fd));
	SAID(fsync(fds[0]));
}

int main(void)
{
	scratch_begin();
	make_file("f", "0123456789");
	errors();
	duplicates();
	all_of_them();
	locks();
	left_to_read();
	return scratch_end();
}
