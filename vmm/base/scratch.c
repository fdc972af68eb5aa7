/* SPDX-License-Identifier: MIT */
#include "vmm/base/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void hold_signals(sigset_t *outside)
{
	static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	sigset_t held;

	sigemptyset(&held);
	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
		sigaddset(&held, ending[i]);
	pthread_sigmask(SIG_BLOCK, &held, outside);
}

static void release_signals(const sigset_t *outside)
{
	pthread_sigmask(SIG_SETMASK, outside, NULL);
}

int scratch_make(struct scratch *scratch, const char *name)
{
	const char *tmp = getenv("TMPDIR");
	int err;

	*scratch = (struct scratch){.dir = ""};
	snprintf(scratch->dir, sizeof(scratch->dir), "%.200s/lde-%.20s.XXXXXX",
		 tmp && *tmp ? tmp : "/tmp", name);
	hold_signals(&scratch->outside);
	if (mkdtemp(scratch->dir))
		return 0;
	err = -errno;
	release_signals(&scratch->outside);
	return err;
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

void scratch_remove(const struct scratch *scratch)
{
	for_each_name(open_folder(AT_FDCWD, scratch->dir), remove_any);
	rmdir(scratch->dir);
	release_signals(&scratch->outside);
}
