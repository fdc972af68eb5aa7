/* SPDX-License-Identifier: MIT */
/* A directory of the host, with all that is below it, as the guest's root. */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/base/log.h"
#include "vmm/boot/initrd.h"
#include "vmm/boot/initrd_entry.h"

/* Each of the first few is told; a whole /dev would bury what matters. */
#define SKIPPED_TOLD_MAX 10

static void skip(struct archive *archive, const char *path, const char *why)
{
	if (archive->nr_skipped++ < SKIPPED_TOLD_MAX)
		log_line("left out of the guest's root: %s: %s", path, why);
}

static void tell_skipped(const struct archive *archive)
{
	if (archive->nr_skipped > SKIPPED_TOLD_MAX)
		log_line("left out of the guest's root: %llu more of that kind",
			 (unsigned long long)archive->nr_skipped - SKIPPED_TOLD_MAX);
}

static int add_symlink(struct archive *archive, const FTSENT *node, const char *name)
{
	struct archive_entry entry = archive_entry_of(node->fts_statp);
	char target[PATH_MAX];

	ssize_t len = readlink(node->fts_accpath, target, sizeof(target));
	if (len < 0)
		return -errno;
	entry.len = (uint64_t)len;
	return archive_add_entry(archive, &entry, name, target);
}

/* Not followed, in case it has become a link since it was looked at. */
static int add_file(struct archive *archive, const FTSENT *node, const char *name)
{
	return archive_add_host_file(archive, node->fts_accpath, name, O_NOFOLLOW);
}

static int add_directory(struct archive *archive, const FTSENT *node, const char *name)
{
	struct archive_entry entry = archive_entry_of(node->fts_statp);

	entry.len = 0;
	return archive_add_entry(archive, &entry, name, NULL);
}

/* What concerns one file is skipped; what concerns the archive ends the walk. */
static int settle(struct archive *archive, const FTSENT *node, int err)
{
	switch (err) {
	case -EEXIST:
		return 0;
	case 0:
	case -ENOSPC:
	case -ENOMEM:
		return err;
	default:
		skip(archive, node->fts_path, strerror(-err));
		return 0;
	}
}

static int add_node(struct archive *archive, const FTSENT *node, const char *name)
{
	switch (node->fts_info) {
	case FTS_D:
		return settle(archive, node, add_directory(archive, node, name));
	case FTS_F:
		return settle(archive, node, add_file(archive, node, name));
	case FTS_SL:
	case FTS_SLNONE:
		return settle(archive, node, add_symlink(archive, node, name));
	case FTS_DEFAULT:
		skip(archive, node->fts_path, "not a file, directory or symbolic link");
		return 0;
	case FTS_DNR:
	case FTS_NS:
	case FTS_ERR:
		skip(archive, node->fts_path, strerror(node->fts_errno));
		return 0;
	default: /* a directory on the way back */
		return 0;
	}
}

/* The path below the root: fts_path is host_dir, a slash, and the rest. */
static const char *name_below(const FTSENT *node, size_t root_len)
{
	const char *name = node->fts_path + root_len;

	while (*name == '/')
		name++;
	return name;
}

/* By name, so that the same tree gives the same archive. */
static int compare_nodes(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int walk(struct archive *archive, FTS *fts, size_t root_len)
{
	const FTSENT *node;
	int err = 0;

	/* fts_read(3) tells its end from an error by errno. */
	for (errno = 0; !err && (node = fts_read(fts)); errno = 0)
		if (node->fts_level > FTS_ROOTLEVEL)
			err = add_node(archive, node, name_below(node, root_len));
		else if (node->fts_info != FTS_D && node->fts_info != FTS_DP)
			err = node->fts_errno ? -node->fts_errno : -ENOTDIR;
	return err ? err : -errno;
}

int archive_add_tree(struct archive *archive, const char *host_dir)
{
	char *roots[] = {(char *)host_dir, NULL};

	/* FTS_COMFOLLOW: host_dir itself may be a symbolic link. */
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, compare_nodes);
	if (!fts)
		return -errno;
	int err = walk(archive, fts, strlen(host_dir));
	fts_close(fts);
	tell_skipped(archive);
	return err;
}
