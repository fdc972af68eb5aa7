/* SPDX-License-Identifier: MIT */
/*
 * Calls that ask how things are: the class in which a process is scheduled, what of
 * its memory is there, and reads and writes with flags.
 */
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

#include "scratch.h"

#define KERNEL 0xffff800000000000UL
#define NOBODY 4000000

#ifndef RWF_HIPRI /* musl has none */
#define RWF_HIPRI 1
#define RWF_DSYNC 2
#define RWF_SYNC  4
#define RWF_NOWAIT 8
#define RWF_APPEND 16
#endif

static char *half; /* one mapped page, then none */

static void show(const char *what, long ret)
{
	if (ret < 0)
		printf("%s: %s\n", what, abi_errno_name(-ret));
	else
		printf("%s: %ld\n", what, ret);
}

#define CALL(nr, ...) CALL_(#nr "(" #__VA_ARGS__ ")", SYS_##nr, __VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define CALL_(text, nr, a, b, c, d, e, f, ...) \
	show(text, raw6(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f)))

static void classes(void)
{
	int none = 0, one = 1, most = 100, negative = -1;
	struct timespec quantum = { -1, -1 };
	long ret;

	CALL(sched_getscheduler, 0);
	CALL(sched_getscheduler, getpid());
	CALL(sched_getscheduler, -1);
	CALL(sched_getscheduler, NOBODY);
	CALL(sched_getparam, 0, &none);
	printf("the priority is %d\n", none);
	CALL(sched_getparam, 0, NULL);
	CALL(sched_getparam, -1, &none);
	CALL(sched_getparam, NOBODY, NULL);
	CALL(sched_getparam, NOBODY, KERNEL);
	CALL(sched_getparam, 0, KERNEL);
	for (int policy = -1; policy < 7; policy++) {
		printf("class %d ", policy);
		CALL(sched_get_priority_max, policy);
		CALL(sched_get_priority_min, policy);
	}
	CALL(sched_get_priority_max, 100);
	CALL(sched_setscheduler, 0, SCHED_OTHER, &none);
	CALL(sched_setscheduler, getpid(), SCHED_OTHER, &none);
	CALL(sched_setscheduler, 0, SCHED_OTHER, &one);
	CALL(sched_setscheduler, 0, SCHED_OTHER, NULL);
	CALL(sched_setscheduler, 0, SCHED_OTHER, KERNEL);
	CALL(sched_setscheduler, -1, SCHED_OTHER, &none);
	CALL(sched_setscheduler, NOBODY, SCHED_OTHER, &none);
	CALL(sched_setscheduler, NOBODY, SCHED_OTHER, KERNEL);
	CALL(sched_setscheduler, NOBODY, 99, &none);
	CALL(sched_setscheduler, 0, -1, &none);
	CALL(sched_setscheduler, 0, 99, &none);
	CALL(sched_setscheduler, 0, SCHED_RR, &none);
	CALL(sched_setscheduler, 0, SCHED_FIFO, &most);
	CALL(sched_setscheduler, 0, SCHED_FIFO, &negative);
	CALL(sched_setscheduler, 0, SCHED_DEADLINE, &none);
	CALL(sched_setparam, 0, &none);
	CALL(sched_setparam, 0, &one);
	CALL(sched_setparam, 0, NULL);
	CALL(sched_setparam, -1, &none);
	CALL(sched_setparam, NOBODY, &none);
	ret = raw(SYS_sched_setscheduler, 0, SCHED_RR, &one);
	raw(SYS_sched_setscheduler, 0, SCHED_OTHER, &none);
	check("real time is granted or not permitted", ret == 0 || ret == -EPERM);
	CALL(sched_getscheduler, 0);
	CALL(sched_rr_get_interval, 0, NULL);
	CALL(sched_rr_get_interval, 0, KERNEL);
	CALL(sched_rr_get_interval, -1, &quantum);
	CALL(sched_rr_get_interval, NOBODY, &quantum);
	CALL(sched_rr_get_interval, 0, &quantum);
	check("a quantum", quantum.tv_sec >= 0 && quantum.tv_nsec >= 0 && quantum.tv_nsec < 1000000000);
}

static void memory(void)
{
	const size_t page = 4096;
	unsigned char there[16];
	char *at = mmap(NULL, 8 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	madvise(at, 8 * page, MADV_NOHUGEPAGE);
	CALL(mincore, at + 1, page, there);
	CALL(mincore, at, -1L, there);
	CALL(mincore, KERNEL, page, there);
	CALL(mincore, at, page, KERNEL);
	CALL(mincore, at, page, NULL);
	CALL(mincore, at, 0, there);
	CALL(mincore, at, 0, NULL);
	CALL(mincore, half, 2 * page, there);
	CALL(mincore, half + page, page, there);
	memset(there, 0x55, sizeof(there));
	CALL(mincore, at, 7 * page + 1, there);
	printf("untouched: %x %x, then %x\n", there[0], there[7], there[8]);
	memset(at, 1, 8 * page);
	CALL(mincore, at, 8 * page, there);
	printf("touched: %x %x\n", there[0], there[7]);
	madvise(at + page, 6 * page, MADV_DONTNEED);
	CALL(mincore, at, 8 * page, there);
	for (int i = 0; i < 8; i++)
		printf("%x ", there[i]);
	printf("after most was dropped\n");
	munmap(at + 4 * page, page);
	CALL(mincore, at, 8 * page, there);
	munmap(at, 8 * page);
}

static void flags(void)
{
	char first[4] = "abc", second[4] = "def";
	struct iovec iov[2] = { { first, 3 }, { second, 3 } };
	int ends[2], fd = open("file", O_RDWR | O_CREAT, 0600);

	CALL(pwritev2, fd, iov, 2, 0, 0, 0);
	CALL(pwritev2, fd, iov, 1, 6, 0, RWF_DSYNC);
	CALL(pwritev2, fd, iov, 1, 9, 0, RWF_SYNC | RWF_HIPRI);
	CALL(lseek, fd, 0, SEEK_CUR);
	CALL(preadv2, fd, iov, 2, 4, 0, 0);
	printf("%s %s\n", first, second);
	CALL(preadv2, fd, iov, 1, -1, -1, 0); /* from where the file is */
	CALL(preadv2, fd, iov, 1, -1, -1, RWF_SYNC);
	CALL(lseek, fd, 0, SEEK_CUR);
	CALL(pwritev2, fd, iov, 1, -1, -1, 0);
	CALL(lseek, fd, 0, SEEK_CUR);
	printf("%s %s\n", first, second);
	CALL(preadv2, fd, iov, 1, 0, 0, 0x40000000);
	CALL(pwritev2, fd, iov, 1, 0, 0, 0x40000000);
	CALL(preadv2, 99, iov, 1, 0, 0, 0);
	CALL(preadv2, 99, iov, 1, 0, 0, 0x40000000);
	CALL(preadv2, fd, iov, 1, -2, 0, 0);
	CALL(preadv2, fd, iov, -1, 0, 0, 0);
	CALL(preadv2, fd, NULL, 1, 0, 0, 0);
	CALL(preadv2, fd, KERNEL, 1, 0, 0, 0);
	CALL(pwritev2, fd, half + 4088, 1, 0, 0, 0);
	close(fd);
	fd = open("file", O_RDONLY);
	CALL(pwritev2, fd, iov, 1, 0, 0, 0);
	close(fd);
	if (pipe(ends))
		return;
	CALL(pwritev2, ends[1], iov, 1, 0, 0, 0);
	CALL(pwritev2, ends[1], iov, 1, -1, -1, 0);
	CALL(preadv2, ends[0], iov, 1, 0, 0, 0);
	CALL(preadv2, ends[0], iov, 2, -1, -1, 0);
}

static void show_text(int fd)
{
	char text[64];
	ssize_t n = pread(fd, text, sizeof(text), 0);

	printf("%.*s, at %ld\n", (int)n, text, (long)lseek(fd, 0, SEEK_CUR));
}

/* RWF_APPEND writes to the end, and moves the file's offset only without one of its own. */
static void appending(void)
{
	char text[] = "0123456789";
	struct iovec iov[2] = { { text, 3 }, { text + 7, 2 } }, many[40];
	int ends[2], fd = open("appended", O_RDWR | O_CREAT | O_TRUNC, 0600);

	CALL(pwritev2, fd, iov, 2, 0, 0, RWF_APPEND);
	show_text(fd);
	CALL(pwritev2, fd, iov, 2, 1, 0, RWF_APPEND);
	show_text(fd);
	CALL(pwritev2, fd, iov, 1, -1, -1, RWF_APPEND | RWF_DSYNC);
	show_text(fd);
	lseek(fd, 2, SEEK_SET);
	CALL(pwritev2, fd, iov, 1, -1, -1, 0);
	show_text(fd);
	CALL(pwritev2, fd, iov, 1, 1000, 0, RWF_APPEND);
	show_text(fd);
	for (int i = 0; i < 40; i++)
		many[i] = (struct iovec){ text + i % 10, 1 };
	CALL(pwritev2, fd, many, 40, 0, 0, RWF_APPEND);
	show_text(fd);
	CALL(pwritev2, fd, iov, 0, 0, 0, RWF_APPEND);
	CALL(pwritev2, fd, iov, 1, -2, -1, RWF_APPEND);
	CALL(pwritev2, fd, KERNEL, 1, -1, -1, RWF_APPEND);
	show_text(fd);
	CALL(preadv2, fd, iov, 1, 7, 0, RWF_APPEND);
	printf("%s\n", text);
	CALL(preadv2, fd, iov, 1, -2, -1, 0x40000000);
	close(fd);
	fd = open("appended", O_RDONLY);
	CALL(pwritev2, fd, iov, 1, 0, 0, RWF_APPEND);
	close(fd);
	fd = open("appended", O_RDWR | O_APPEND);
	CALL(pwritev2, fd, iov, 1, 0, 0, 0);
	show_text(fd);
	close(fd);
	unlink("appended");
	if (pipe(ends))
		return;
	CALL(pwritev2, ends[1], iov, 1, -1, -1, RWF_APPEND);
	CALL(pwritev2, ends[1], iov, 1, 0, 0, RWF_APPEND);
}

/* Many file systems do not know how not to wait; one that does gives all or nothing. */
static void not_waiting(void)
{
	char text[] = "text";
	struct iovec iov = { text, 4 };
	int fd = open("now", O_RDWR | O_CREAT | O_TRUNC, 0600);
	long n = raw6(SYS_pwritev2, fd, (long)&iov, 1, 0, 0, RWF_NOWAIT);

	check("written or refused", n == 4 || n == -EOPNOTSUPP || n == -EAGAIN);
	write(fd, text, 4);
	n = raw6(SYS_preadv2, fd, (long)&iov, 1, 0, 0, RWF_NOWAIT);
	check("read or refused", n == 4 || n == -EOPNOTSUPP || n == -EAGAIN);
	printf("%s\n", text);
	close(fd);
	unlink("now");
}

int main(void)
{
	half = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(half + 4096, 4096);
	scratch_begin();
	classes();
	memory();
	flags();
	appending();
	not_waiting();
	return scratch_end();
}
