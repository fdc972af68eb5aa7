/* SPDX-License-Identifier: MIT */
#include "guest/fs/dir.h"

#include "guest/arch/direct.h"
#include "guest/fs/file.h"
#include "guest/fs/text.h"
#include "guest/lib/errno.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"
#include "guest/mm/pool.h"

/* A page of buckets; the first one is always there. */
#define TABLE_BUCKETS (PAGE_SIZE / sizeof(struct dir_entry *))
#define TABLES_MAX    512

/* What a name adds to the size of its folder: as much as in Linux's tmpfs. */
#define DIR_NAME_BYTES 20

static struct pool entry_pool = POOL_INIT(entry_pool, struct dir_entry);
static struct dir_entry *first_table[TABLE_BUCKETS];

/*
 * Linear hashing: there are between half and twice as many buckets. Those that
 * exist of the upper half have been split off the ones that lie half below.
 */
static struct {
	struct dir_entry **tables[TABLES_MAX];
	uint32_t nr_buckets, half; /* half: a power of two; half <= nr_buckets < 2 * half */
	uint32_t nr_entries;
} hash_table = {
	.tables = { first_table },
	.nr_buckets = TABLE_BUCKETS,
	.half = TABLE_BUCKETS,
};

static inline struct dir_entry **bucket_at(uint32_t i)
{
	return &hash_table.tables[i / TABLE_BUCKETS][i % TABLE_BUCKETS];
}

static inline struct dir_entry **bucket_of(uint32_t hash)
{
	uint32_t i = hash & (2 * hash_table.half - 1);

	return bucket_at(i < hash_table.nr_buckets ? i : i - hash_table.half);
}

/* Eight bytes at a time: names are short, and each step costs. */
static uint32_t hash_name(const struct inode *dir, const char *name, uint32_t len)
{
	uint64_t hash = (uint64_t)dir ^ len, word = 0;

	for (; len >= sizeof(word); len -= sizeof(word), name += sizeof(word)) {
		memcpy(&word, name, sizeof(word));
		hash = (hash ^ word) * 0x9e3779b97f4a7c15;
		hash ^= hash >> 32;
	}
	for (word = 0; len; len--)
		word = word << 8 | (uint8_t)*name++;
	hash = (hash ^ word) * 0x9e3779b97f4a7c15;
	return hash >> 32 ^ hash >> 12;
}

/* One bucket more: those of the bucket half below that belong here move. */
static void table_grow(void)
{
	uint32_t i = hash_table.nr_buckets;
	struct dir_entry **from, **to, *entry;

	if (i == TABLES_MAX * TABLE_BUCKETS)
		return;
	if (i % TABLE_BUCKETS == 0) {
		paddr_t pa = page_alloc_zeroed();

		if (!pa)
			return; /* chains get longer, that is all */
		hash_table.tables[i / TABLE_BUCKETS] = direct_map(pa);
	}
	from = bucket_at(i - hash_table.half);
	to = bucket_at(i);
	while ((entry = *from)) {
		if (!(entry->hash & hash_table.half)) {
			from = &entry->next;
			continue;
		}
		*from = entry->next;
		entry->next = *to;
		*to = entry;
	}
	if (++hash_table.nr_buckets == 2 * hash_table.half)
		hash_table.half *= 2;
}

/* The last bucket goes back to where it was split off. */
static void table_shrink(void)
{
	uint32_t i = --hash_table.nr_buckets;
	struct dir_entry **into;

	if (i < hash_table.half)
		hash_table.half /= 2;
	into = bucket_at(i - hash_table.half);
	while (*into)
		into = &(*into)->next;
	*into = *bucket_at(i);
	*bucket_at(i) = NULL;
	if (i % TABLE_BUCKETS == 0)
		page_put(direct_paddr(hash_table.tables[i / TABLE_BUCKETS]));
}

struct dir_entry *dir_find(const struct inode *dir, const char *name, uint32_t len)
{
	uint32_t hash = hash_name(dir, name, len);
	struct dir_entry *entry;

	for (entry = *bucket_of(hash); entry; entry = entry->next)
		if (entry->hash == hash && entry->dir == dir && entry->name_len == len &&
		    !memcmp(entry->name, name, len))
			break;
	return entry;
}

/* inode, which has a name already or is getting one, is in the entry's folder. */
static void entry_hold(struct dir_entry *entry, struct inode *inode)
{
	struct inode *old_parent = inode->parent;

	entry->inode = inode;
	list_add_tail(&inode->names, &entry->in_inode);
	if (!inode_is_dir(inode))
		return;
	entry->dir->nlink++;
	inode->parent = inode_get(entry->dir);
	if (old_parent)
		inode_put(old_parent);
}

static struct inode *entry_let_go(struct dir_entry *entry)
{
	list_remove(&entry->in_inode);
	if (inode_is_dir(entry->inode))
		entry->dir->nlink--;
	return entry->inode;
}

/* The inode has one more name: the entry. */
static void entry_name(struct dir_entry *entry, struct inode *inode)
{
	inode->nlink += inode_is_dir(inode) ? 2 : 1;
	entry_hold(entry, inode);
}

/* Into the table and its folder's list. */
static void entry_link(struct dir_entry *entry, struct inode *dir, const char *name, uint32_t len)
{
	struct dir_entry **bucket;

	entry->dir = dir;
	entry->name = name;
	entry->name_len = len;
	entry->hash = hash_name(dir, name, len);
	entry->position = ++dir->dir.last_position;
	bucket = bucket_of(entry->hash);
	entry->next = *bucket;
	*bucket = entry;
	list_add_tail(&dir->dir.entries, &entry->in_dir);
	dir->object.size += DIR_NAME_BYTES;
}

static void entry_unlink(struct dir_entry *entry)
{
	struct dir_entry **link = bucket_of(entry->hash);
	struct inode *dir = entry->dir;

	while (*link != entry)
		link = &(*link)->next;
	*link = entry->next;
	list_remove(&entry->in_dir);
	dir->dir.nr_removed++;
	dir->object.size -= DIR_NAME_BYTES;
	text_drop(entry->name, entry->name_len);
}

struct dir_entry *dir_add(struct inode *dir, const char *name, uint32_t len, struct inode *inode)
{
	struct dir_entry *entry = pool_alloc(&entry_pool);

	if (!entry)
		return NULL;
	entry_link(entry, dir, name, len);
	entry_name(entry, inode);
	if (++hash_table.nr_entries > hash_table.nr_buckets)
		table_grow();
	return entry;
}

void dir_remove(struct dir_entry *entry)
{
	entry_unlink(entry);
	inode_unname(entry_let_go(entry));
	pool_free(&entry_pool, entry);
	hash_table.nr_entries--;
	/* Two at a time: there are two buckets an entry by now. */
	for (unsigned i = 0; i < 2 && hash_table.nr_entries < hash_table.nr_buckets / 2 &&
			     hash_table.nr_buckets > TABLE_BUCKETS; i++)
		table_shrink();
}

void dir_move(struct dir_entry *entry, struct inode *dir, const char *name, uint32_t len)
{
	struct inode *inode = entry_let_go(entry);

	entry_unlink(entry);
	entry_link(entry, dir, name, len);
	entry_hold(entry, inode);
}

void dir_exchange(struct dir_entry *a, struct dir_entry *b)
{
	struct inode *of_a = entry_let_go(a), *of_b = entry_let_go(b);

	entry_hold(a, of_b);
	entry_hold(b, of_a);
}

void dir_replace(struct dir_entry *entry, struct inode *inode)
{
	struct inode *old = entry_let_go(entry);

	entry_name(entry, inode);
	inode_unname(old);
}

static int dir_lookup(struct inode *dir, const char *name, uint32_t len, struct inode **found)
{
	struct dir_entry *entry = dir_find(dir, name, len);

	if (!entry)
		return -ENOENT;
	*found = inode_get(entry->inode);
	return 0;
}

/* The first entry at pos or behind; from where the cursor was left, if that is
 * still there. */
static const struct dir_entry *entry_at(struct inode *dir, uint64_t pos, struct dir_cursor *cursor)
{
	const struct dir_entry *entry = cursor->entry;
	struct list *l = dir->dir.entries.next;

	if (entry && cursor->nr_removed == dir->dir.nr_removed && entry->position <= pos)
		l = (struct list *)&entry->in_dir;
	for (; l != &dir->dir.entries; l = l->next) {
		entry = list_entry(l, struct dir_entry, in_dir);
		if (entry->position < pos)
			continue;
		cursor->entry = entry;
		cursor->nr_removed = dir->dir.nr_removed;
		return entry;
	}
	return NULL;
}

static int dir_list(struct inode *dir, uint64_t pos, struct dir_cursor *cursor,
		    struct dir_item *item)
{
	const struct dir_entry *entry = entry_at(dir, pos, cursor);

	if (!entry)
		return 0;
	item->name = entry->name;
	item->len = entry->name_len;
	item->mode = entry->inode->mode;
	item->number = entry->inode->number;
	item->next = entry->position + 1;
	return 1;
}

const struct inode_ops dir_inode_ops = { .lookup = dir_lookup, .list = dir_list };

static const struct file_ops dir_file_ops = { .can_seek = true };

struct inode *dir_create(uint32_t mode)
{
	struct inode *dir = inode_create(&dir_inode_ops, DEVICE_TREE, mode);

	if (!dir)
		return NULL;
	dir->file_ops = &dir_file_ops;
	dir->object.size = 2 * DIR_NAME_BYTES; /* . and .. */
	list_init(&dir->dir.entries);
	dir->dir.last_position = 1; /* 0 and 1 are . and .. */
	return dir;
}

static struct inode *root;

struct inode *inode_root(void)
{
	if (!root) {
		root = dir_create(MODE_DIR | 0755);
		if (root) {
			root->parent = root;
			root->nlink = 2;
		}
	}
	return root;
}

/* The last name of inode, in text or elsewhere, and the folder that it is in;
 * false if it has none. */
static bool last_name(const struct inode *inode, char *text, const char **name, uint32_t *len,
		      const struct inode **up)
{
	*name = text;
	*len = inode->ops->name ? inode->ops->name(inode, text, name) : 0;
	if (*len) {
		*up = inode->parent;
	} else if (!list_is_empty(&inode->names)) {
		const struct dir_entry *entry = list_entry(inode->names.next, struct dir_entry,
							   in_inode);

		*len = entry->name_len;
		*name = entry->name;
		*up = entry->dir;
	} else {
		return false;
	}
	return true;
}

int64_t inode_path(const struct inode *inode, char *buf, uint64_t size)
{
	const struct inode *up;
	char *end = buf + size, *p = end, text[DIR_TEXT_SIZE];
	const char *name;
	uint32_t len;

	if (size < 2)
		return -ERANGE;
	*--p = '\0';
	for (; inode != root; inode = up) {
		if (!last_name(inode, text, &name, &len, &up))
			return -ENOENT;
		if (len + 1 > (uint64_t)(p - buf))
			return -ERANGE;
		p -= len;
		memcpy(p, name, len);
		*--p = '/';
	}
	if (!*p)
		*--p = '/';
	memmove(buf, p, end - p);
	return end - p;
}

void dir_clear(struct inode *top)
{
	struct inode *dir = top;

	while (dir != top || !dir_is_empty(top)) {
		struct dir_entry *entry;

		if (dir_is_empty(dir)) {
			dir = dir->parent;
			continue;
		}
		entry = list_entry(dir->dir.entries.next, struct dir_entry, in_dir);
		if (inode_is_dir(entry->inode) && dir_is_kept(entry->inode) &&
		    !dir_is_empty(entry->inode))
			dir = entry->inode;
		else
			dir_remove(entry);
	}
}

void dir_destroy_tree(void)
{
	dir_clear(root);
	root->parent = NULL;
	root->nlink = 0;
	inode_put(root);
	root = NULL;
}

const char *dir_check(void)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < hash_table.nr_buckets; i++) {
		for (const struct dir_entry *e = *bucket_at(i); e; e = e->next) {
			if (bucket_of(e->hash) != bucket_at(i) || !list_is_sound(&e->in_dir) ||
			    !list_is_sound(&e->in_inode))
				return "a file's name is not where it should be";
			if (!e->inode->nlink || !inode_is_dir(e->dir))
				return "a file's name has no file, or no folder";
			if (++nr > hash_table.nr_entries)
				return "there are more names of files than were counted";
		}
	}
	return nr == hash_table.nr_entries ? NULL : "a file's name is lost";
}
