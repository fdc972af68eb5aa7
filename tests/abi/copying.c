/* SPDX-License-Identifier: MIT */
/* sendfile and copy_file_range. */
#include <sys/sendfile.h>
#include <sys/syscall.h>

#include "scratch.h"

static char data[300000], back[300000];

static long copy_range(int in, off_t *from, int out, off_t *to, size_t len, unsigned flags)
{
	return syscall(SYS_copy_file_range, in, from, out, to, len, flags);
}

int main(void)
{
	off_t at = 100, to = 50;
	int in, out, fds[2], append;

	scratch_begin();
	for (unsigned i = 0; i < sizeof(data); i++)
		data[i] = i * i >> 7;
	in = open("in", O_RDWR | O_CREAT, 0644);
	(void)!write(in, data, sizeof(data));
	out = open("out", O_RDWR | O_CREAT, 0644);
	append = open("out", O_WRONLY | O_APPEND);
	pipe(fds);

	SAID(sendfile(77, in, NULL, 1));
	SAID(sendfile(out, 77, NULL, 1));
	SAID(sendfile(out, fds[1], NULL, 1));
	SAID(sendfile(out, in, (off_t *)8, 1));
	SAID(sendfile(append, in, NULL, 1));
	SAID(sendfile(fds[0], in, NULL, 1));
	SAID(lseek(in, 0, SEEK_SET));
	SAID(sendfile(out, in, NULL, sizeof(data) + 1000));
	SAID(lseek(in, 0, SEEK_CUR));
	SAID(lseek(out, 0, SEEK_CUR));
	SAID(pread(out, back, sizeof(back), 0));
	check("the same", memcmp(data, back, sizeof(data)) == 0);
	SAID(sendfile(out, in, &at, 1000));
	printf("%ld\n", (long)at);
	SAID(lseek(in, 0, SEEK_CUR));
	SAID(pread(out, back, 1000, sizeof(data)));
	check("from there", memcmp(data + 100, back, 1000) == 0);
	SAID(sendfile(fds[1], in, &at, 2000));
	SAID(read(fds[0], back, sizeof(back)));
	check("through a pipe", memcmp(data + 1100, back, 2000) == 0);
	at = sizeof(data) + 5;
	SAID(sendfile(out, in, &at, 10));
	at = -1;
	SAID(sendfile(out, in, &at, 10));

	at = 10;
	SAID(copy_range(in, &at, out, &to, 5000, 1));
	SAID(copy_range(77, &at, out, &to, 5000, 0));
	SAID(copy_range(in, &at, append, &to, 5000, 0));
	SAID(copy_range(in, &at, fds[1], NULL, 5000, 0));
	SAID(copy_range(in, &at, open(".", O_RDONLY), NULL, 5000, 0));
	SAID(copy_range(in, &at, out, &to, 5000, 0));
	printf("%ld %ld\n", (long)at, (long)to);
	SAID(pread(out, back, 5000, 50));
	check("from 10 to 50", memcmp(data + 10, back, 5000) == 0);
	at = 0;
	to = 10;
	SAID(copy_range(in, &at, in, &to, 100, 0));
	at = sizeof(data);
	SAID(copy_range(in, &at, out, &to, 100, 0));
	return scratch_end();
}
