/* SPDX-License-Identifier: MIT */
#include "vmm/cli/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int capture_start(struct capture *capture)
{
	int err;

	fflush(stdout);
	capture->memory_fd = memfd_create("lde-output", MFD_CLOEXEC);
	if (capture->memory_fd < 0)
		return -errno;
	capture->saved_fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (capture->saved_fd < 0) {
		err = -errno;
		goto close_memory;
	}
	if (dup2(capture->memory_fd, STDOUT_FILENO) < 0) {
		err = -errno;
		goto close_saved;
	}
	return 0;

close_saved:
	close(capture->saved_fd);
close_memory:
	close(capture->memory_fd);
	return err;
}

static int read_all(int fd, char **text)
{
	struct stat st;
	ssize_t got;
	char *buf;

	*text = NULL;
	if (fstat(fd, &st) < 0)
		return -errno;
	buf = malloc((size_t)st.st_size + 1);
	if (!buf)
		return -ENOMEM;
	got = pread(fd, buf, (size_t)st.st_size, 0);
	if (got < 0) {
		free(buf);
		return -errno;
	}
	buf[got] = '\0';
	*text = buf;
	return 0;
}

int capture_stop(struct capture *capture, char **text)
{
	int err;

	fflush(stdout);
	dup2(capture->saved_fd, STDOUT_FILENO);
	close(capture->saved_fd);
	err = read_all(capture->memory_fd, text);
	close(capture->memory_fd);
	return err;
}
