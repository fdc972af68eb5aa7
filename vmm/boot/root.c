/* SPDX-License-Identifier: MIT */
#include "vmm/boot/root.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
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
