/* SPDX-License-Identifier: MIT */
/*
 * writev(2) gathers segments in order: empty ones, many, up to IOV_MAX, and
 * segments that cross pages; bad vectors are refused whole.
 */
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
	return 0;
}
