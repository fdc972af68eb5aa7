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

/* A path, or what is left of one. */
struct path_rest {
	const char *at, *end;
};

/*
 * One walk. A link puts its text in front of what is left of the path in which
 * it was met. That is kept here and not by recursion, which a kernel stack of a
 * page has no room for.
 */
struct walk {
	struct path_rest path;   /* being walked */
	struct path_rest rests[SYMLINKS_MAX]; /* none is empty */
	unsigned nr_rests, nr_links;
	bool follow;
};

static int walk_enter_link(struct walk *walk, struct inode *link, struct inode **at)
{
	const char *text = direct_map(link->data);

	if (++walk->nr_links > SYMLINKS_MAX)
		return -ELOOP;
	if (!link->object.size)
		return -ENOENT;
	if (walk->path.at < walk->path.end)
		walk->rests[walk->nr_rests++] = walk->path;
	walk->path = (struct path_rest){ text, text + link->object.size };
	*at = *text == '/' ? inode_root() : link->parent;
	return 0;
}

/* From *at to what name is there. */
static int walk_step(struct walk *walk, const char *name, uint64_t len, struct inode **at)
{
	bool is_last = walk->path.at == walk->path.end && !walk->nr_rests;
	struct inode *child;

	if (len > NAME_MAX)
		return -ENAMETOOLONG;
	if (len == 1 && name[0] == '.')
		return 0;
	if (len == 2 && name[0] == '.' && name[1] == '.') {
		*at = (*at)->parent;
		return 0;
	}
	child = inode_child(*at, name, len);
	if (!child)
		return -ENOENT;
	if (inode_is_symlink(child) && (!is_last || walk->follow))
		return walk_enter_link(walk, child, at);
	*at = child;
	return 0;
}

/* To the end of one path: *at is where it led to. */
static int walk_path(struct walk *walk, struct inode **at)
{
	struct path_rest *p = &walk->path;

	while (p->at < p->end) {
		const char *name = p->at;
		int err;

		/* What is before a slash is a directory, even with nothing behind it. */
		if (!inode_is_dir(*at))
			return -ENOTDIR;
		while (p->at < p->end && *p->at != '/')
			p->at++;
		if (p->at == name) {
			p->at++;
			continue;
		}
		err = walk_step(walk, name, p->at - name, at);
		if (err)
			return err;
	}
	return 0;
}

int inode_lookup(struct inode *dir, const char *path, bool follow, struct inode **found)
{
	struct inode *at = *path == '/' ? inode_root() : dir;
	struct walk walk;
	int err;

	if (!*path)
		return -ENOENT;
	walk.path = (struct path_rest){ path, path + strlen(path) };
	walk.nr_rests = walk.nr_links = 0;
	walk.follow = follow;
	while (!(err = walk_path(&walk, &at)) && walk.nr_rests)
		walk.path = walk.rests[--walk.nr_rests];
	if (!err)
		*found = inode_get(at);
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
