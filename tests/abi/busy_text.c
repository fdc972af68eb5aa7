/* SPDX-License-Identifier: MIT */
/* A program that runs cannot be written to, nor one that is written to run. */
#include <sys/uio.h>
#include <sys/wait.h>

#include "scratch.h"

static char program[1 << 22];

static int run(const char *name)
{
	int status = -1;

	fflush(stdout);
	if (fork() == 0) {
		execl(name, name, "again", (char *)NULL);
		printf("%s\n", abi_errno_name(errno));
		fflush(stdout);
		_exit(99);
	}
	wait(&status);
	return WEXITSTATUS(status);
}

/* The second run: of the copy, which cannot be opened for writing now. */
static int as_copy(const char *name)
{
	WENT(open(name, O_WRONLY));
	WENT(open(name, O_RDWR | O_TRUNC));
	WENT(open(name, O_RDONLY));
	WENT(truncate(name, 5));
	/* Nor one that runs, but could not be run again. */
	SAID(chmod(name, 0644));
	WENT(open(name, O_WRONLY));
	WENT(truncate(name, 5));
	SAID(unlink(name));
	return abi_end();
}

/* What is in a pipe is read, and no more is waited for. */
static void vector_of_a_pipe(void)
{
	char a[4], b[4];
	struct iovec iov[2] = { { a, 4 }, { b, 4 } };
	int fds[2];

	pipe(fds);
	SAID(write(fds[1], "1234", 4));
	SAID(readv(fds[0], iov, 2));
	SAID(write(fds[1], "123456", 6));
	SAID(readv(fds[0], iov, 2));
}

int main(int argc, char **argv)
{
	int in = open(argv[0], O_RDONLY), out;
	ssize_t len;

	if (argc > 1)
		return as_copy(argv[0]);
	vector_of_a_pipe();
	WENT(open(argv[0], O_WRONLY));
	WENT(open(argv[0], O_RDONLY));
	scratch_begin();
	len = read(in, program, sizeof(program));
	out = open("copy", O_WRONLY | O_CREAT, 0755);
	check("copied", len > 0 && write(out, program, len) == len);
	printf("%d\n", run("./copy"));
	close(out);
	printf("%d\n", run("./copy"));
	return scratch_end();
}
