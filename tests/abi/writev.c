/* SPDX-License-Identifier: MIT */
/*
 * writev(2) gathers segments in order: empty ones, many, up to IOV_MAX, and
 * segments that cross pages; bad vectors are refused whole.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "abi.h"

static struct iovec iov[1025];
static char text[1025][4];
static char big[3][9001];

static void show(const char *what, ssize_t n)
{
	char line[100];
	int len = snprintf(line, sizeof(line), "\n%s: %zd %s\n", what, n,
			   n < 0 ? abi_errno_name(errno) : "");

	if (write(STDOUT_FILENO, line, (size_t)len) != len)
		_exit(2);
}

static void show_raw(const char *what, long ret)
{
	errno = ret < 0 ? (int)-ret : 0;
	show(what, ret < 0 ? -1 : ret);
}

static void same_pieces(int nr, void *start, size_t len)
{
	for (int i = 0; i < nr; i++) {
		iov[i].iov_base = start;
		iov[i].iov_len = len;
	}
}

/* Many pieces for a pipe: nothing is moved if one of them is bad, wherever it is, and
 * what is not longer than PIPE_BUF goes in whole or not at all. */
static void many_for_a_pipe(void)
{
	static char page[4096];
	int ends[2], nr = -1;

	if (pipe2(ends, O_NONBLOCK) < 0)
		return;
	same_pieces(64, page, 1);
	iov[40].iov_len = (size_t)-1;
	show("the 41st has no length", writev(ends[1], iov, 64));
	iov[40].iov_len = 1;
	iov[40].iov_base = (void *)0xffff800000000000;
	show("the 41st is the kernel's", writev(ends[1], iov, 64));
	ioctl(ends[0], FIONREAD, &nr);
	show("in the pipe", nr);
	for (int i = 0; i < 15; i++)
		nr += (int)write(ends[1], page, sizeof(page));
	show("nearly full", nr + write(ends[1], page, 2096));
	same_pieces(32, page, 100);
	show("no room for all", writev(ends[1], iov, 32));
	ioctl(ends[0], FIONREAD, &nr);
	show("in the pipe", nr);
	show("read", read(ends[0], page, sizeof(page)));
	show("room for all", writev(ends[1], iov, 32));
	close(ends[0]);
	signal(SIGPIPE, SIG_IGN);
	show("nobody reads", writev(ends[1], iov, 32));
	close(ends[1]);
}

/* As much as Linux moves in one call. */
static void too_much(void)
{
	void *somewhere = (void *)0x100000;
	int null = open("/dev/null", O_RDWR);

	same_pieces(20, somewhere, 1ul << 45);
	show("1", writev(null, iov, 1));
	show("20", writev(null, iov, 20));
	show("pwrite", pwrite(null, somewhere, 1ul << 45, 0));
	same_pieces(2, somewhere, 0x7fffeff0);
	show("2", writev(null, iov, 2));
	close(null);
}

int main(void)
{
	for (int i = 0; i < 1025; i++) {
		text[i][0] = (char)('a' + i % 26);
		text[i][1] = (char)('0' + i % 10);
		text[i][2] = i % 32 == 31 ? '\n' : ' ';
		iov[i].iov_base = text[i];
		iov[i].iov_len = (size_t)(i % 4);
	}
	show("none", writev(STDOUT_FILENO, iov, 0));
	show("one, empty", writev(STDOUT_FILENO, iov, 1));
	show("seven", writev(STDOUT_FILENO, iov, 7));
	show("64", writev(STDOUT_FILENO, iov, 64));
	show("65", writev(STDOUT_FILENO, iov, 65));
	show("1024", writev(STDOUT_FILENO, iov, 1024));
	show("1025", writev(STDOUT_FILENO, iov, 1025));
	show_raw("negative count", raw(SYS_writev, STDOUT_FILENO, iov, -1));
	for (int i = 0; i < 3; i++) {
		memset(big[i], 'x' + i, sizeof(big[i]));
		iov[i].iov_base = big[i];
		iov[i].iov_len = sizeof(big[i]);
	}
	show("three over pages", writev(STDOUT_FILENO, iov, 3));
	iov[1].iov_len = (size_t)-1;
	show("length overflow", writev(STDOUT_FILENO, iov, 3));
	show("bad descriptor", writev(99, iov, 1));
	show_raw("bad vector", raw(SYS_writev, STDOUT_FILENO, 8, 1));
	many_for_a_pipe();
	too_much();
	return 0;
}
