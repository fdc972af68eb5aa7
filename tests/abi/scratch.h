/* SPDX-License-Identifier: MIT */
/*
 * Shared by the abi programs that make files: a folder of their own, in memory
 * on both sides where there is such a place, and the results of calls by name.
 */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi.h"

static char scratch_path[64];

/* Makes the folder and goes there. */
static inline void scratch_begin(void)
{
	static const char *const places[] = { "/dev/shm", "/tmp", "" };

	umask(022);
	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(scratch_path, sizeof(scratch_path), "%s/lde-abi-XXXXXX", places[i]);
		if (mkdtemp(scratch_path) && chdir(scratch_path) == 0)
			return;
	}
	printf("no place for files\n");
	exit(99);
}

/* Removes what is below the current folder. */
static inline void scratch_clear(void)
{
	DIR *dir = opendir(".");
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (unlink(entry->d_name) == 0 || rmdir(entry->d_name) == 0)
			continue;
		if (chdir(entry->d_name) == 0) {
			scratch_clear();
			if (chdir("..") == 0)
				rmdir(entry->d_name);
		}
	}
	if (dir)
		closedir(dir);
}

/* abi_end for programs that began with scratch_begin. */
static inline int scratch_end(void)
{
	if (chdir(scratch_path) == 0) {
		scratch_clear();
		check("the folder is empty", rmdir(scratch_path) == 0);
	}
	return abi_end();
}

/* What a call gave: its result, or the name of its error. */
static inline long said(const char *what, long result)
{
	if (result == -1)
		printf("%s: %s\n", what, abi_errno_name(errno));
	else
		printf("%s: %ld\n", what, result);
	return result;
}

/* The same where the number itself does not matter. */
static inline long went(const char *what, long result)
{
	printf("%s: %s\n", what, result == -1 ? abi_errno_name(errno) : "done");
	return result;
}

#define SAID(call) said(#call, (long)(call))
#define WENT(call) went(#call, (long)(call))

/* A file with that content. */
static inline void make_file(const char *name, const char *content)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	size_t len = strlen(content);

	if (fd < 0 || write(fd, content, len) != (ssize_t)len || close(fd))
		check("a file can be made", 0);
}

/* Says what a file has in it. */
static inline void show_file(const char *name)
{
	char buf[256];
	int fd = open(name, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);

	if (n < 0)
		printf("%s: %s\n", name, abi_errno_name(errno));
	else
		printf("%s has '%.*s'\n", name, (int)n, buf);
	if (fd >= 0)
		close(fd);
}

#endif
