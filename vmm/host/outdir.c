/* SPDX-License-Identifier: MIT */
#include "vmm/host/outdir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIR_FLAGS  (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define PERMISSIONS 0777u

struct outdir_later {
	char *path;
	struct outdir_meta meta;
};

int outdir_open(struct outdir *out, const char *path)
{
	*out = (struct outdir){.fd = -1, .file_fd = -1};
	if (mkdir(path, 0777) && errno != EEXIST)
		return -errno;
	out->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (out->fd < 0)
		return -errno;
	return faccessat(out->fd, ".", W_OK | X_OK, AT_EACCESS) ? -errno : 0;
}

/* ---- paths ----------------------------------------------------------- */

static bool is_component(const char *name, size_t len)
{
	return len && len <= NAME_MAX && !(len == 1 && name[0] == '.') &&
	       !(len == 2 && name[0] == '.' && name[1] == '.');
}

/* The directory name in dir_fd, made if need be; what is no directory gives way. */
static int enter(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, DIR_FLAGS);

	if (fd >= 0)
		return fd;
	if ((errno == ELOOP || errno == ENOTDIR) && unlinkat(dir_fd, name, 0))
		return -errno;
	if (errno != ELOOP && errno != ENOTDIR && errno != ENOENT)
		return -errno;
	if (mkdirat(dir_fd, name, 0755) && errno != EEXIST)
		return -errno;
	fd = openat(dir_fd, name, DIR_FLAGS);
	return fd < 0 ? -errno : fd;
}

/* Opens the directory that path is in, and tells the last component. */
static int open_parent(const struct outdir *out, const char *path, const char **last)
{
	int fd = fcntl(out->fd, F_DUPFD_CLOEXEC, 3);

	*last = path;
	if (fd < 0)
		return -errno;
	for (;;) {
		size_t len = strcspn(path, "/");
		char name[NAME_MAX + 1];

		if (!is_component(path, len)) {
			close(fd);
			return len > NAME_MAX ? -ENAMETOOLONG : -EINVAL;
		}
		if (!path[len]) {
			*last = path;
			return fd;
		}
		memcpy(name, path, len);
		name[len] = '\0';
		int next = enter(fd, name);
		close(fd);
		if (next < 0)
			return next;
		fd = next;
		path += len + 1;
	}
}

static void times_of(const struct outdir_meta *meta, struct timespec times[2])
{
	const uint64_t ns[2] = {meta->atime_ns, meta->mtime_ns};

	for (int i = 0; i < 2; i++)
		times[i] = (struct timespec){.tv_sec = (time_t)(ns[i] / 1000000000),
					     .tv_nsec = (long)(ns[i] % 1000000000)};
}

/* A name that something new is to have: what has it, if no directory, goes. */
static int clear_name(int dir_fd, const char *name)
{
	struct stat st;

	if (!unlinkat(dir_fd, name, 0) || errno == ENOENT)
		return 0;
	int err = -errno;
	if (!fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) && S_ISDIR(st.st_mode))
		return -EISDIR;
	return err;
}

/* ---- directories and links ------------------------------------------- */

static int note_later(struct outdir *out, const char *path, const struct outdir_meta *meta)
{
	struct outdir_later *grown = out->later;

	/* Room for a power of two, so that it is seldom made larger. */
	if ((out->nr_later & (out->nr_later - 1)) == 0) {
		size_t room = out->nr_later ? 2 * out->nr_later : 1;
		grown = realloc(out->later, room * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		out->later = grown;
	}
	char *copy = strdup(path);
	if (!copy)
		return -ENOMEM;
	grown[out->nr_later++] = (struct outdir_later){.path = copy, .meta = *meta};
	return 0;
}

int outdir_put_dir(struct outdir *out, const char *path, const struct outdir_meta *meta)
{
	const char *name;
	int parent = open_parent(out, path, &name);

	if (parent < 0)
		return parent;
	int fd = enter(parent, name);
	close(parent);
	if (fd < 0)
		return fd;
	/* One from an earlier run may not be open to ourselves. */
	int err = fchmod(fd, 0700) ? -errno : 0;
	close(fd);
	return err ? err : note_later(out, path, meta);
}

static void finish_dir(const struct outdir *out, const struct outdir_later *later)
{
	struct timespec times[2];
	const char *name;
	int parent = open_parent(out, later->path, &name);

	if (parent < 0)
		return;
	int fd = openat(parent, name, DIR_FLAGS);
	close(parent);
	if (fd < 0)
		return;
	times_of(&later->meta, times);
	futimens(fd, times);
	fchmod(fd, later->meta.mode & PERMISSIONS);
	close(fd);
}

int outdir_put_link(struct outdir *out, const char *path, const char *target,
		    const struct outdir_meta *meta)
{
	struct timespec times[2];
	const char *name;
	int parent = open_parent(out, path, &name);

	if (parent < 0)
		return parent;
	int err = clear_name(parent, name);
	if (!err && symlinkat(target, parent, name))
		err = -errno;
	times_of(meta, times);
	if (!err)
		utimensat(parent, name, times, AT_SYMLINK_NOFOLLOW);
	close(parent);
	return err;
}

/* ---- files ----------------------------------------------------------- */

static void forget_file(struct outdir *out)
{
	if (out->file_fd >= 0)
		close(out->file_fd);
	out->file_fd = -1;
	free(out->file_path);
	free(out->file_meta);
	out->file_path = NULL;
	out->file_meta = NULL;
}

static int create_file(struct outdir *out, const char *path)
{
	const char *name;
	int parent = open_parent(out, path, &name);

	if (parent < 0)
		return parent;
	int err = clear_name(parent, name);
	if (!err) {
		out->file_fd = openat(parent, name,
				      O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (out->file_fd < 0)
			err = -errno;
	}
	close(parent);
	return err;
}

int outdir_begin_file(struct outdir *out, const char *path, uint64_t size,
		      const struct outdir_meta *meta)
{
	outdir_drop_file(out);
	if (size > INT64_MAX)
		return -EFBIG;
	out->file_path = strdup(path);
	out->file_meta = malloc(sizeof(*meta));
	int err = out->file_path && out->file_meta ? create_file(out, path) : -ENOMEM;
	if (err) {
		forget_file(out);
		return err;
	}
	*out->file_meta = *meta;
	out->file_size = size;
	if (ftruncate(out->file_fd, (off_t)size)) {
		err = -errno;
		outdir_drop_file(out);
	}
	return err;
}

static int write_all(int fd, uint64_t offset, struct iovec *iov, unsigned int nr_iov)
{
	while (nr_iov) {
		unsigned int nr = nr_iov < IOV_MAX ? nr_iov : IOV_MAX;
		ssize_t written = iov->iov_len ? pwritev(fd, iov, (int)nr, (off_t)offset) : 0;

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		offset += (uint64_t)written;
		while (nr_iov && (size_t)written >= iov->iov_len) {
			written -= (ssize_t)iov->iov_len;
			iov++;
			nr_iov--;
		}
		if (nr_iov) {
			iov->iov_base = (char *)iov->iov_base + written;
			iov->iov_len -= (size_t)written;
		}
	}
	return 0;
}

int outdir_write(struct outdir *out, uint64_t offset, struct iovec *iov, unsigned int nr_iov)
{
	uint64_t end = offset;

	if (out->file_fd < 0)
		return -EBADF;
	for (unsigned int i = 0; i < nr_iov; i++) {
		if (end > out->file_size || iov[i].iov_len > out->file_size - end)
			return -EINVAL;
		end += iov[i].iov_len;
	}
	return write_all(out->file_fd, offset, iov, nr_iov);
}

int outdir_end_file(struct outdir *out)
{
	struct timespec times[2];

	if (out->file_fd < 0)
		return -EBADF;
	times_of(out->file_meta, times);
	int err = futimens(out->file_fd, times) ||
		  fchmod(out->file_fd, out->file_meta->mode & PERMISSIONS) ? -errno : 0;
	/* Some file systems say only now that there was no room. */
	if (close(out->file_fd) && !err)
		err = -errno;
	out->file_fd = -1;
	if (err)
		outdir_drop_file(out);
	forget_file(out);
	return err;
}

void outdir_drop_file(struct outdir *out)
{
	const char *name;

	if (!out->file_path)
		return;
	int parent = open_parent(out, out->file_path, &name);
	if (parent >= 0) {
		unlinkat(parent, name, 0);
		close(parent);
	}
	forget_file(out);
}

/* ---- end ------------------------------------------------------------- */

void outdir_close(struct outdir *out)
{
	outdir_drop_file(out);
	/* What is inside of others first: they might be closed to us afterwards. */
	while (out->nr_later) {
		struct outdir_later *later = &out->later[--out->nr_later];
		finish_dir(out, later);
		free(later->path);
	}
	free(out->later);
	if (out->fd >= 0)
		close(out->fd);
	*out = (struct outdir){.fd = -1, .file_fd = -1};
}
