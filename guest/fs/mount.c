/* SPDX-License-Identifier: MIT */
#include "guest/fs/mount.h"

#include "guest/arch/monitor.h"
#include "guest/arch/offload.h"
#include "guest/fs/dir.h"
#include "guest/fs/ext2.h"
#include "guest/fs/text.h"
#include "guest/lib/fmt.h"
#include "guest/lib/ledger.h"
#include "guest/lib/string.h"

#define DIR_MODE 0755

struct mount {
	struct ext2 *fs;
	struct inode *root;
	struct inode *hidden;     /* the folder that was there, or NULL */
	struct dir_entry *entry;
	const char *device, *dir; /* in spec, but no strings */
	uint32_t device_len, dir_len;
	bool is_read_only;
	const char *error;
};

static struct mount mounts[BLOCK_DEVICES_MAX];
static uint32_t nr_mounts;

static void tell(const char *device, const char *what, const char *why)
{
	static struct lde_notice notice;
	struct fmt f = { notice.text, notice.text + sizeof(notice.text) - 1 };

	notice.kind = LDE_NOTICE_DISK;
	string_copy(notice.name, device, sizeof(notice.name));
	fmt_text(&f, what);
	fmt_text(&f, why);
	*f.at = '\0';
	monitor_notice(&notice);
}

/* ---- where it is to be ------------------------------------------------- */

/* "vda:/mnt:ro": false if it is nothing of the kind. */
static bool parse(const char *spec, struct mount *m)
{
	static const char suffix[] = ":ro";
	const char *colon = strchr(spec, ':');
	uint32_t len = strlen(spec), suffix_len = sizeof(suffix) - 1;

	if (!colon || colon[1] != '/')
		return false;
	m->device = spec;
	m->device_len = colon - spec;
	m->dir = colon + 1;
	m->dir_len = len - m->device_len - 1;
	if (m->dir_len > suffix_len && !memcmp(spec + len - suffix_len, suffix, suffix_len)) {
		m->is_read_only = true;
		m->dir_len -= suffix_len;
	}
	return true;
}

/* The next name of the path in *at; its length, 0 at the end. */
static uint32_t next_name(const char **at, const char *end)
{
	const char *p;

	while (*at < end && **at == '/')
		++*at;
	for (p = *at; p < end && *p != '/'; p++)
		;
	return p - *at;
}

/* The entry of that name in the folder, made if need be for inode. */
static struct dir_entry *make_entry(struct inode *dir, const char *name, uint32_t len,
				    struct inode *inode)
{
	const char *text = text_keep(name, len);
	struct dir_entry *entry = text ? dir_add(dir, text, len, inode) : NULL;

	if (text && !entry)
		text_drop(text, len);
	return entry;
}

/* Goes down to the folder that the last name is in. */
static struct inode *find_parent(struct mount *m, const char **name, uint32_t *name_len)
{
	const char *end = m->dir + m->dir_len, *at = m->dir, *next;
	struct inode *dir = inode_root(), *made;
	uint32_t len = next_name(&at, end);

	for (;; at = next) {
		struct dir_entry *entry = dir_find(dir, at, len);

		*name = at;
		*name_len = len;
		next = at + len;
		len = next_name(&next, end);
		if (!len)
			return dir;
		if (!entry) {
			made = dir_create(MODE_DIR | DIR_MODE);
			entry = made ? make_entry(dir, at, *name_len, made) : NULL;
			if (made)
				inode_put(made);
		}
		if (!entry || !inode_is_dir(entry->inode) || !dir_is_kept(entry->inode)) {
			m->error = !entry ? "memory is too small" :
				   inode_is_dir(entry->inode) ?
				   "it would lie in another mount" :
				   "on the way to the folder is something else";
			return NULL;
		}
		dir = entry->inode;
	}
}

/* Puts the root in the place of the folder. Its links are those of the disk: the
 * entry does not count. */
static uint64_t place_run(void *arg)
{
	struct mount *m = arg;
	uint32_t nlink = m->root->nlink, len;
	const char *name;
	struct inode *dir = find_parent(m, &name, &len);

	if (!dir)
		return 0;
	m->entry = dir_find(dir, name, len);
	if (!m->entry) {
		m->entry = make_entry(dir, name, len, m->root);
		if (!m->entry)
			m->error = "memory is too small";
	} else if (!inode_is_dir(m->entry->inode) || !dir_is_kept(m->entry->inode)) {
		m->error = "there is something else than a folder, or a mount already";
		m->entry = NULL;
	} else {
		m->hidden = inode_get(m->entry->inode);
		dir_replace(m->entry, m->root);
	}
	m->root->nlink = nlink;
	return 0;
}

/* ---- mounting ---------------------------------------------------------- */

static void mount_device(struct mount *m, const char *name)
{
	struct block_device *device = block_find(name);

	m->error = device ? ext2_mount(device, m->is_read_only, &m->fs) : "there is no such disk";
	if (m->error)
		return;
	if (device->is_read_only)
		m->is_read_only = true;
	m->root = ext2_root(m->fs);
	offload_call(place_run, m);
	if (m->error)
		ext2_unmount(m->fs);
}

bool mount_add(const char *spec)
{
	struct mount *m = &mounts[nr_mounts];
	char device[8];

	if (nr_mounts == BLOCK_DEVICES_MAX || !parse(spec, m)) {
		tell(spec, "this is no mount, or one too many", "");
		return false;
	}
	string_copy(device, spec, min_u64(sizeof(device), m->device_len + 1));
	mount_device(m, device);
	if (m->error) {
		tell(device, "cannot be mounted: ", m->error);
		return false;
	}
	nr_mounts++;
	return true;
}

bool mount_shed(void)
{
	bool is_any = false;

	for (uint32_t i = 0; i < nr_mounts; i++)
		is_any |= ext2_shed(mounts[i].fs);
	return is_any;
}

void mount_sync_all(void)
{
	for (uint32_t i = 0; i < nr_mounts; i++)
		ext2_write_back(mounts[i].fs);
}

void mount_end(void)
{
	for (uint32_t i = 0; i < nr_mounts; i++) {
		char device[8];

		string_copy(device, mounts[i].device,
			    min_u64(sizeof(device), mounts[i].device_len + 1));
		if (ext2_unmount(mounts[i].fs)) {
			tell(device, "was not unmounted cleanly: run e2fsck", "");
			ledger.flags |= LDE_LEDGER_F_UNCLEAN_DISK;
		}
	}
	/* Who still looks into one is no process any more that could wait. */
	if (nr_mounts)
		block_set_holding(true);
}

void mount_forget(void)
{
	while (nr_mounts) {
		struct mount *m = &mounts[--nr_mounts];

		if (m->hidden) {
			dir_replace(m->entry, m->hidden);
			inode_put(m->hidden);
		} else {
			dir_remove(m->entry);
		}
		ext2_close(m->fs);
	}
}

void mount_text(struct fmt *f)
{
	for (uint32_t i = 0; i < nr_mounts; i++) {
		const struct mount *m = &mounts[i];

		fmt_text(f, "/dev/");
		fmt_bytes(f, m->device, m->device_len);
		fmt_text(f, " ");
		fmt_bytes(f, m->dir, m->dir_len);
		fmt_text(f, m->is_read_only ? " ext2 ro,relatime 0 0\n" : " ext2 rw,relatime 0 0\n");
	}
}
