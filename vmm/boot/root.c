/* SPDX-License-Identifier: MIT */
#include "vmm/boot/root.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int root_open(struct root *root, const char *dir)
{
	root->fd = dir ? open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	return dir && root->fd < 0 ? -errno : 0;
}

void root_close(struct root *root)
{
	if (root->fd >= 0)
		close(root->fd);
	root->fd = -1;
}

/* Before Linux 5.6 there is no openat2(2): then only the last component is
 * kept from leading out of the root. */
static int open_in_root(int root_fd, const char *path)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT};

	int fd = (int)syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
	if (fd < 0 && errno == ENOSYS)
		fd = openat(root_fd, path, O_PATH | O_CLOEXEC | O_NOFOLLOW);
	return fd;
}

bool root_has(const struct root *root, const char *guest_path)
{
	if (root->fd < 0)
		return false;
	while (*guest_path == '/')
		guest_path++;
	int fd = open_in_root(root->fd, guest_path);
	if (fd < 0)
		return false;
	close(fd);
	return true;
}

/* The path of an open directory, as the kernel knows it. 0 or -errno. */
static int path_of(int fd, char path[PATH_MAX])
{
	char link[40];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t len = readlink(link, path, PATH_MAX - 1);
	if (len < 0)
		return -errno;
	path[len] = '\0';
	return 0;
}

/* The path of a directory below the root, as seen from the root: "/usr/bin",
 * or "" for the root itself. NULL if it cannot be told. */
static const char *path_below(const struct root *root, int dir_fd, char path[PATH_MAX])
{
	char root_path[PATH_MAX];

	if (path_of(root->fd, root_path) || path_of(dir_fd, path))
		return NULL;
	size_t len = strcmp(root_path, "/") ? strlen(root_path) : 0;
	if (strncmp(path, root_path, len) != 0 || (path[len] && path[len] != '/'))
		return NULL;
	return strcmp(path + len, "/") ? path + len : "";
}

/* Follows the directory part[0..len) of a path; NULL if it is not there. */
static const char *follow(const struct root *root, const char *part, size_t len,
			  char path[PATH_MAX])
{
	char dir[PATH_MAX];

	if (len >= sizeof(dir))
		return NULL;
	memcpy(dir, part, len);
	dir[len] = '\0';
	int fd = open_in_root(root->fd, dir + strspn(dir, "/"));
	if (fd < 0)
		return NULL;
	const char *below = path_below(root, fd, path);
	close(fd);
	return below;
}

int root_place(const struct root *root, const char *guest_path, char *buf, size_t size)
{
	size_t len = strlen(guest_path);
	char path[PATH_MAX];
	const char *dir = NULL;

	/* The longest leading part that is there; what follows it is new. */
	while (root->fd >= 0 && !dir && len > 0) {
		while (--len > 0 && guest_path[len] != '/')
			;
		if (len > 0)
			dir = follow(root, guest_path, len, path);
	}
	int printed = snprintf(buf, size, "%s%s", dir ? dir : "", guest_path + (dir ? len : 0));
	return printed >= 0 && (size_t)printed < size ? 0 : -ENAMETOOLONG;
}
