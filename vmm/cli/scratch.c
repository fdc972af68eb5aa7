/* SPDX-License-Identifier: MIT */
#include "vmm/cli/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int scratch_make(char dir[SCRATCH_SIZE], const char *name)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(dir, SCRATCH_SIZE, "%.200s/lde-%.20s.XXXXXX", tmp && *tmp ? tmp : "/tmp", name);
	return mkdtemp(dir) ? 0 : -errno;
}

/* Calls each for the names in the folder, which it closes. */
static void for_each_name(int fd, void (*each)(int fd, const char *name))
{
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			each(fd, entry->d_name);
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
}

static int open_folder(int fd, const char *name)
{
	return openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static void remove_file(int fd, const char *name)
{
	unlinkat(fd, name, 0);
}

static void remove_any(int fd, const char *name)
{
	if (unlinkat(fd, name, 0) == 0)
		return;
	for_each_name(open_folder(fd, name), remove_file);
	unlinkat(fd, name, AT_REMOVEDIR);
}

void scratch_remove(const char *dir)
{
	for_each_name(open_folder(AT_FDCWD, dir), remove_any);
	rmdir(dir);
}
