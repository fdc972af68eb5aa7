/* SPDX-License-Identifier: MIT */
/*
 * Standard output into memory for a while: for a guest whose output is data.
 * The descriptor is exchanged, so whoever writes to 1 is captured.
 */
#ifndef VMM_CLI_CAPTURE_H
#define VMM_CLI_CAPTURE_H

struct capture {
	int saved_fd, saved_error_fd; /* -1: not taken */
	int memory_fd;
};

/* 0 or -errno, and then nothing has changed. */
int capture_start(struct capture *capture);

/* The same with standard error, in the order in which both are written. */
int capture_start_both(struct capture *capture);

/*
 * Puts standard output (and error) back. *text is what was written, malloced and
 * terminated. 0 or -errno, and then *text is NULL; the output is back anyway.
 */
int capture_stop(struct capture *capture, char **text);

#endif
