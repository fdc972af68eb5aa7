/* SPDX-License-Identifier: MIT */
#include "guest/fs/inode.h"

#include "guest/arch/direct.h"
#include "guest/lib/errno.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"
#include "guest/mm/pool.h"

#define SYMLINKS_MAX 40
#define NAME_MAX     255

static struct pool inode_pool = POOL_INIT(inode_pool, struct inode);
static uint32_t last_number;

static paddr_t inode_page(struct memory_object *object, uint64_t index)
{
	const struct inode *inode = container_of(object, struct inode, object);

	return inode->data + index * PAGE_SIZE; /* not managed: needs no owner */
}

static void inode_get_object(struct memory_object *object)
{
	inode_get(container_of(object, struct inode, object));
}

static void inode_put_object(struct memory_object *object)
{
	inode_put(container_of(object, struct inode, object));
}

static const struct memory_object_ops inode_object_ops = {
	.page = inode_page,
	.get = inode_get_object,
	.put = inode_put_object,
};

/* Inodes of the initrd live as long as the machine: their place in the tree is
 * a use as well. */
void inode_put(struct inode *inode)
{
	inode->users--;
}

static struct inode *inode_create(uint32_t mode)
{
	struct inode *inode = pool_alloc(&inode_pool);

	if (!inode)
		return NULL;
	inode->object.ops = &inode_object_ops;
	inode->users = 1;
	inode->number = ++last_number;
	inode->mode = mode;
	list_init(&inode->children);
	list_init(&inode->sibling);
	return inode;
}

struct inode *inode_root(void)
{
	static struct inode *root;

	if (!root) {
		root = inode_create(MODE_DIR | 0755);
		if (root)
			root->parent = root;
	}
	return root;
}

struct inode *inode_child(const struct inode *dir, const char *name, uint32_t len)
{
	list_for_each(l, &dir->children) {
		struct inode *child = list_entry(l, struct inode, sibling);

		if (child->name_len == len && !memcmp(child->name, name, len))
			return child;
	}
	return NULL;
}

struct inode *inode_add_child(struct inode *dir, const char *name, uint32_t len, uint32_t mode)
{
	struct inode *child = inode_child(dir, name, len);

	if (child)
		return child;
	child = inode_create(mode);
	if (!child)
		return NULL;
	child->name = name;
	child->name_len = len;
	child->parent = dir;
	list_add_tail(&dir->children, &child->sibling);
	return child;
}

uint64_t inode_read(const struct inode *inode, uint64_t offset, void *buf, uint64_t len)
{
	if (offset >= inode->object.size)
		return 0;
	len = min_u64(len, inode->object.size - offset);
	memcpy(buf, (const char *)direct_map(inode->data) + offset, len);
	return len;
}

/* One walk over one path; links in it start another. */
struct walk {
	unsigned nr_links;
	bool follow;
};

static int walk_path(struct walk *walk, struct inode *at, const char *path, uint64_t path_len,
		     struct inode **found);

static int walk_link(struct walk *walk, struct inode *link, struct inode **found)
{
	if (++walk->nr_links > SYMLINKS_MAX)
		return -ELOOP;
	return walk_path(walk, link->parent, direct_map(link->data), link->object.size, found);
}

static int walk_step(struct walk *walk, struct inode *at, const char *name, uint64_t len,
		     bool is_last, struct inode **next)
{
	if (!inode_is_dir(at))
		return -ENOTDIR;
	if (len > NAME_MAX)
		return -ENAMETOOLONG;
	if (len == 1 && name[0] == '.') {
		*next = at;
		return 0;
	}
	if (len == 2 && name[0] == '.' && name[1] == '.') {
		*next = at->parent;
		return 0;
	}
	*next = inode_child(at, name, len);
	if (!*next)
		return -ENOENT;
	if (inode_is_symlink(*next) && (!is_last || walk->follow))
		return walk_link(walk, *next, next);
	return 0;
}

static int walk_path(struct walk *walk, struct inode *at, const char *path, uint64_t path_len,
		     struct inode **found)
{
	const char *end = path + path_len;
	bool must_be_dir = false;

	if (path == end)
		return -ENOENT;
	if (*path == '/')
		at = inode_root();
	while (path < end) {
		const char *name, *rest;
		int err;

		while (path < end && *path == '/')
			path++;
		if (path == end)
			break;
		for (name = path; path < end && *path != '/'; path++)
			;
		for (rest = path; rest < end && *rest == '/'; rest++)
			;
		must_be_dir = rest == end && path < end;
		err = walk_step(walk, at, name, path - name, rest == end && !must_be_dir, &at);
		if (err)
			return err;
	}
	if (must_be_dir && !inode_is_dir(at))
		return -ENOTDIR;
	*found = at;
	return 0;
}

int inode_lookup(struct inode *dir, const char *path, bool follow, struct inode **found)
{
	struct walk walk = { .follow = follow };
	int err = walk_path(&walk, dir, path, strlen(path), found);

	if (!err)
		inode_get(*found);
	return err;
}

int64_t inode_path(const struct inode *inode, char *buf, uint64_t size)
{
	uint64_t len = 1;
	char *p;

	for (const struct inode *i = inode; i->parent != i; i = i->parent)
		len += i->name_len + 1;
	if (inode->parent == inode)
		len = 2;
	if (len > size)
		return -ERANGE;
	p = buf + len - 1;
	*p = '\0';
	if (inode->parent == inode)
		buf[0] = '/';
	for (const struct inode *i = inode; i->parent != i; i = i->parent) {
		p -= i->name_len;
		memcpy(p, i->name, i->name_len);
		*--p = '/';
	}
	return len;
}
