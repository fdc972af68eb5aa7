/* SPDX-License-Identifier: MIT */
/*
 * Writes files into a directory of the host, on behalf of a guest that may
 * mean harm: nothing is written outside of the directory, whatever the paths
 * say and whatever lies in the directory already.
 *
 * Paths are relative, without ".", ".." or empty components, which is checked.
 * No symbolic link is followed below the directory, and a file is always a new
 * one, so links to what was there are not written through. Set-user-ID,
 * set-group-ID and sticky bits and owners are not taken over.
 *
 * A directory gets its mode and times at the end, for what is put into it
 * changes the one and may need more of the other.
 */
#ifndef VMM_HOST_OUTDIR_H
#define VMM_HOST_OUTDIR_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct outdir {
	int fd;      /* the directory itself; -1: not open */
	int file_fd; /* the file that is being written, or -1 */
	char *file_path;
	uint64_t file_size;
	struct outdir_meta *file_meta;
	struct outdir_later *later; /* directories whose mode is to be set */
	size_t nr_later;
};

struct outdir_meta {
	uint32_t mode; /* of which only the permissions of owner, group and others count */
	uint64_t atime_ns, mtime_ns; /* since the epoch */
};

/* Makes the directory unless it is there; its parent must be. 0 or -errno. */
int outdir_open(struct outdir *out, const char *path);

/* Each is 0 or -errno; -EINVAL for a path as above. Parents are made. */
int outdir_put_dir(struct outdir *out, const char *path, const struct outdir_meta *meta);
int outdir_put_link(struct outdir *out, const char *path, const char *target,
		    const struct outdir_meta *meta);

/*
 * A file: begun, written in pieces anywhere below size, ended. What is not
 * written is a hole. One at a time. After an error it is gone.
 */
int outdir_begin_file(struct outdir *out, const char *path, uint64_t size,
		      const struct outdir_meta *meta);
int outdir_write(struct outdir *out, uint64_t offset, struct iovec *iov, unsigned int nr_iov);
int outdir_end_file(struct outdir *out);
/* Removes the file that is being written. */
void outdir_drop_file(struct outdir *out);

/* Sets what is left to be set; then as if it had never been opened. A file that
 * has not been ended is removed. */
void outdir_close(struct outdir *out);

#endif
