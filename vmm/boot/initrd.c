/* SPDX-License-Identifier: MIT */
#include "vmm/boot/initrd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <search.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lde/layout.h>

#include "vmm/boot/initrd_entry.h"

#define HEADER_SIZE 110
#define TRAILER     "TRAILER!!!"

#define DIRECTORY_MODE (S_IFDIR | 0755)
#define PROGRAM_MODE   (S_IFREG | 0755)

static uint64_t align_up(uint64_t value, uint64_t alignment)
{
	return (value + alignment - 1) & ~(alignment - 1);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

static bool has_name(const struct archive *archive, const char *name)
{
	return tfind(name, &archive->names, compare_names) != NULL;
}

/* -EEXIST: it is in already. */
static int remember_name(struct archive *archive, const char *name)
{
	char *copy = strdup(name);

	if (!copy)
		return -ENOMEM;
	char **found = tsearch(copy, &archive->names, compare_names);
	if (found && *found == copy)
		return 0;
	free(copy);
	return found ? -EEXIST : -ENOMEM;
}

void archive_init(struct archive *archive, const struct guestmem *mem, gpa_t start_gpa)
{
	*archive = (struct archive){
		.mem = mem,
		.start_gpa = start_gpa.value,
		.end_gpa = start_gpa.value,
		.next_inode = 1,
	};
}

void archive_fini(struct archive *archive)
{
	tdestroy(archive->names, free);
	archive->names = NULL;
}

/* The 13 fields are 8 hexadecimal digits each; a time outside is clamped. */
static void format_header(char header[HEADER_SIZE + 1], const struct archive_entry *entry,
			  uint32_t inode, uint32_t name_size)
{
	uint32_t mtime = entry->mtime < 0 ? 0
			 : entry->mtime > UINT32_MAX ? UINT32_MAX
						     : (uint32_t)entry->mtime;

	snprintf(header, HEADER_SIZE + 1, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
		 inode, entry->mode, entry->uid, entry->gid, S_ISDIR(entry->mode) ? 2u : 1u,
		 mtime, (uint32_t)entry->len, 0u, 0u, 0u, 0u, name_size, 0u);
}

/* Room for an entry at the archive's end. */
struct slot {
	uint8_t *header;
	void *data;
	uint64_t data_gpa;
	uint32_t name_size; /* with its padding */
};

/*
 * Finds room for an entry, whose data the caller then writes; commit_entry()
 * writes the header, when the length is certain. A regular file's name is
 * padded up to the page of its data; the padding is zero already.
 */
static int reserve_entry(const struct archive *archive, const struct archive_entry *entry,
			 const char *name, struct slot *slot)
{
	const uint64_t start = archive->end_gpa;
	const uint64_t name_end = start + HEADER_SIZE + strlen(name) + 1;
	const bool is_paged = S_ISREG(entry->mode) && entry->len;

	if (entry->len > UINT32_MAX)
		return -EFBIG;
	slot->data_gpa = align_up(name_end, is_paged ? LDE_PAGE_SIZE : 4);
	slot->name_size = (uint32_t)((is_paged ? slot->data_gpa : name_end) - start - HEADER_SIZE);
	slot->header = guestmem_at(archive->mem, gpa_of(start),
				   align_up(slot->data_gpa + entry->len, 4) - start);
	if (!slot->header)
		return -ENOSPC;
	slot->data = slot->header + (slot->data_gpa - start);
	return 0;
}

static void commit_entry(struct archive *archive, const struct archive_entry *entry, const char *name,
			 const struct slot *slot)
{
	char header[HEADER_SIZE + 1];

	format_header(header, entry, archive->next_inode++, slot->name_size);
	memcpy(slot->header, header, HEADER_SIZE);
	memcpy(slot->header + HEADER_SIZE, name, strlen(name));
	archive->end_gpa = align_up(slot->data_gpa + entry->len, 4);
}

int archive_add_entry(struct archive *archive, const struct archive_entry *entry, const char *name,
		     const void *contents)
{
	struct slot slot;

	int err = reserve_entry(archive, entry, name, &slot);
	if (!err)
		err = remember_name(archive, name);
	if (err)
		return err;
	if (entry->len)
		memcpy(slot.data, contents, entry->len);
	commit_entry(archive, entry, name, &slot);
	return 0;
}

static int add_directory(struct archive *archive, const char *name)
{
	const struct archive_entry entry = {.mode = DIRECTORY_MODE};

	return has_name(archive, name) ? 0 : archive_add_entry(archive, &entry, name, NULL);
}

static int add_parents(struct archive *archive, const char *name)
{
	char parent[PATH_MAX];
	int err = 0;

	if (strlen(name) >= sizeof(parent))
		return -ENAMETOOLONG;
	for (const char *slash = strchr(name, '/'); slash && !err; slash = strchr(slash + 1, '/')) {
		size_t len = (size_t)(slash - name);
		memcpy(parent, name, len);
		parent[len] = '\0';
		err = add_directory(archive, parent);
	}
	return err;
}

/* Whether each component of "a/b/c" is a name: not empty, not "." or "..". */
static bool is_plain_path(const char *path)
{
	for (;;) {
		size_t len = strcspn(path, "/");
		if (!len || (len <= 2 && !strncmp(path, "..", len)))
			return false;
		if (!path[len])
			return true;
		path += len + 1;
	}
}

/* Checks a guest path and adds its parents. 1: nothing is left to be done. */
static int begin_file(struct archive *archive, const char *guest_path, const char **name)
{
	if (*guest_path != '/' || !is_plain_path(guest_path + 1))
		return -EINVAL;
	*name = guest_path + 1;
	if (has_name(archive, *name))
		return 1;
	return add_parents(archive, *name);
}

int archive_add_dir(struct archive *archive, const char *guest_path)
{
	const char *name;

	int ret = begin_file(archive, guest_path, &name);
	if (ret)
		return ret < 0 ? ret : 0;
	return add_directory(archive, name);
}

int archive_add_blob(struct archive *archive, const void *data, size_t len, const char *guest_path)
{
	const struct archive_entry entry = {.mode = PROGRAM_MODE, .len = len};
	const char *name;

	int ret = begin_file(archive, guest_path, &name);
	if (ret)
		return ret < 0 ? ret : 0;
	return archive_add_entry(archive, &entry, name, data);
}

/* Reads up to *len bytes; a file that has become shorter sets *len. What a
 * failed read has left is wiped, since later entries count on zeroes. */
static int read_all(int fd, uint8_t *to, uint64_t *len)
{
	uint64_t done = 0;

	while (done < *len) {
		ssize_t got = read(fd, to + done, *len - done);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			int err = -errno;
			memset(to, 0, done);
			return err;
		}
		if (!got)
			break;
		done += (uint64_t)got;
	}
	*len = done;
	return 0;
}

struct archive_entry archive_entry_of(const struct stat *st)
{
	return (struct archive_entry){
		.mode = st->st_mode,
		.uid = st->st_uid,
		.gid = st->st_gid,
		.mtime = st->st_mtime,
		.len = (uint64_t)st->st_size,
	};
}

static int fstat_regular(int fd, struct archive_entry *entry)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	*entry = archive_entry_of(&st);
	return 0;
}

static int add_open_file(struct archive *archive, int fd, const char *name)
{
	struct archive_entry entry;
	struct slot slot;

	int err = fstat_regular(fd, &entry);
	if (!err)
		err = reserve_entry(archive, &entry, name, &slot);
	if (!err)
		err = remember_name(archive, name);
	if (!err)
		err = read_all(fd, slot.data, &entry.len);
	if (!err)
		commit_entry(archive, &entry, name, &slot);
	return err;
}

/* O_NONBLOCK, so that a pipe without a writer does not hold us up. */
int archive_add_host_file(struct archive *archive, const char *host_path, const char *name,
			 int flags)
{
	int fd = open(host_path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags);

	if (fd < 0)
		return -errno;
	int err = add_open_file(archive, fd, name);
	close(fd);
	return err;
}

int archive_add_file(struct archive *archive, const char *host_path, const char *guest_path)
{
	const char *name;

	int ret = begin_file(archive, guest_path, &name);
	if (ret)
		return ret < 0 ? ret : 0;
	return archive_add_host_file(archive, host_path, name, 0);
}

int archive_finish(struct archive *archive)
{
	const struct archive_entry entry = {.mode = 0};
	struct slot slot;

	int err = reserve_entry(archive, &entry, TRAILER, &slot);
	if (!err)
		commit_entry(archive, &entry, TRAILER, &slot);
	return err;
}
