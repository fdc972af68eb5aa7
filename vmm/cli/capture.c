/* SPDX-License-Identifier: MIT */
#include "vmm/cli/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* What fd is goes to *saved, and fd becomes to. 0 or -errno. */
static int exchange(int fd, int to, int *saved)
{
	int kept = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	int err;

	if (kept < 0)
		return -errno;
	if (dup2(to, fd) < 0) {
		err = -errno;
		close(kept);
		return err;
	}
	*saved = kept;
	return 0;
}

static void put_back(int fd, int *saved)
{
	if (*saved < 0)
		return;
	dup2(*saved, fd);
	close(*saved);
	*saved = -1;
}

static int start(struct capture *capture, bool both)
{
	int err;

	fflush(stdout);
	capture->saved_fd = capture->saved_error_fd = -1;
	capture->memory_fd = memfd_create("lde-output", MFD_CLOEXEC);
	if (capture->memory_fd < 0)
		return -errno;
	err = exchange(STDOUT_FILENO, capture->memory_fd, &capture->saved_fd);
	if (!err && both)
		err = exchange(STDERR_FILENO, capture->memory_fd, &capture->saved_error_fd);
	if (err) {
		put_back(STDOUT_FILENO, &capture->saved_fd);
		close(capture->memory_fd);
	}
	return err;
}

int capture_start(struct capture *capture)
{
	return start(capture, false);
}

int capture_start_both(struct capture *capture)
{
	return start(capture, true);
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
	put_back(STDOUT_FILENO, &capture->saved_fd);
	put_back(STDERR_FILENO, &capture->saved_error_fd);
	err = read_all(capture->memory_fd, text);
	close(capture->memory_fd);
	return err;
}
