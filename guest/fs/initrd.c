/* SPDX-License-Identifier: MIT */
#include "guest/fs/initrd.h"

#include "guest/arch/direct.h"
#include "guest/fs/dir.h"
#include "guest/fs/node.h"
#include "guest/fs/regular.h"
#include "guest/lib/errno.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"

#define NEWC_MAGIC     "070701"
#define NEWC_MAGIC_LEN 6
#define NEWC_FIELD_LEN 8
#define NEWC_HEADER    110
#define NEWC_ALIGN     4
#define NEWC_TRAILER   "TRAILER!!!"

#define NS_PER_SEC 1000000000ull

enum { NEWC_INO, NEWC_MODE, NEWC_UID, NEWC_GID, NEWC_NLINK, NEWC_MTIME, NEWC_FILESIZE,
       NEWC_DEVMAJOR, NEWC_DEVMINOR, NEWC_RDEVMAJOR, NEWC_RDEVMINOR, NEWC_NAMESIZE };

struct entry {
	const char *name;
	uint64_t name_len, size;
	const char *data;
	const char *header;
};

/* Field nr of a header, eight hexadecimal digits; false if it is not. */
static bool read_field(const char *header, unsigned nr, uint32_t *value)
{
	const char *digit = header + NEWC_MAGIC_LEN + nr * NEWC_FIELD_LEN;

	*value = 0;
	for (unsigned i = 0; i < NEWC_FIELD_LEN; i++) {
		unsigned c = (uint8_t)digit[i], v;

		if (c - '0' < 10)
			v = c - '0';
		else if ((c | 0x20) - 'a' < 6)
			v = (c | 0x20) - 'a' + 10;
		else
			return false;
		*value = *value << 4 | v;
	}
	return true;
}

/* Reads the entry at offset *at and moves on to the next; false if malformed. */
static bool read_entry(const char *start, uint64_t size, uint64_t *at, struct entry *e)
{
	uint32_t namesize, filesize;
	uint64_t data;

	e->header = start + *at;
	if (size - *at < NEWC_HEADER || memcmp(e->header, NEWC_MAGIC, NEWC_MAGIC_LEN) ||
	    !read_field(e->header, NEWC_NAMESIZE, &namesize) ||
	    !read_field(e->header, NEWC_FILESIZE, &filesize) || !namesize)
		return false;
	data = ALIGN_UP(*at + NEWC_HEADER + namesize, NEWC_ALIGN);
	if (data > size || filesize > size - data)
		return false;
	e->name = e->header + NEWC_HEADER;
	e->name_len = strnlen(e->name, namesize);
	if (e->name_len == namesize)
		return false;
	e->data = start + data;
	e->size = filesize;
	*at = min_u64(size, ALIGN_UP(data + filesize, NEWC_ALIGN));
	return true;
}

static struct inode *create_dir(const struct entry *e, uint32_t mode)
{
	(void)e;
	return dir_create(mode);
}

static struct inode *create_any(const struct entry *e, uint32_t mode)
{
	struct inode *inode;

	if ((mode & MODE_TYPE) == MODE_SYMLINK)
		return link_create(e->data, e->size);
	inode = node_create(mode, 0);
	if (inode && inode_is_regular(inode))
		regular_set_archive(inode, direct_paddr(e->data), e->size);
	return inode;
}

/* The inode of that name, which create(e, mode) makes if need be; names stay
 * where they are in the archive. NULL without memory. */
static struct inode *ensure(struct inode *dir, const char *name, uint32_t len, uint32_t mode,
			    struct inode *(*create)(const struct entry *e, uint32_t mode),
			    const struct entry *e)
{
	struct dir_entry *there = dir_find(dir, name, len);
	struct inode *inode;

	if (there && (inode_is_dir(there->inode) || create == create_dir))
		return there->inode;
	inode = create(e, mode);
	if (!inode)
		return NULL;
	if (there) /* the later one counts */
		dir_replace(there, inode);
	else
		there = dir_add(dir, name, len, inode);
	inode_put(inode);
	return there ? inode : NULL;
}

/* The directory in which the entry goes; makes what is missing on the way. May
 * be what is none. */
static struct inode *parent_of(const struct entry *e, const char **name, uint32_t *len)
{
	const char *p = e->name, *end = e->name + e->name_len;
	struct inode *dir = inode_root();

	while (dir) {
		const char *next;

		while (p < end && *p == '/')
			p++;
		for (next = p; next < end && *next != '/'; next++)
			;
		*name = p;
		*len = next - p;
		if (next == end || !inode_is_dir(dir))
			return dir;
		if (next - p != 1 || *p != '.')
			dir = ensure(dir, p, next - p, MODE_DIR | 0755, create_dir, e);
		p = next;
	}
	return NULL;
}

static int add_entry(const struct entry *e)
{
	uint32_t mode, uid, gid, mtime, len;
	struct inode *inode, *dir;
	const char *name;

	if (!read_field(e->header, NEWC_MODE, &mode) || !read_field(e->header, NEWC_UID, &uid) ||
	    !read_field(e->header, NEWC_GID, &gid) || !read_field(e->header, NEWC_MTIME, &mtime))
		return -EINVAL;
	if (e->size && (mode & MODE_TYPE) == MODE_REGULAR && (uint64_t)e->data % PAGE_SIZE)
		return -EINVAL; /* the VMM aligns file data so that it can be mapped */
	dir = parent_of(e, &name, &len);
	if (!dir)
		return -ENOMEM;
	if (!inode_is_dir(dir))
		return 0; /* below a file there is no place */
	if (!len || (len == 1 && *name == '.'))
		inode = dir;
	else
		inode = ensure(dir, name, len, mode, create_any, e);
	if (!inode)
		return -ENOMEM;
	if ((inode->mode & MODE_TYPE) == (mode & MODE_TYPE))
		inode->mode = mode;
	inode->uid = uid;
	inode->gid = gid;
	inode->atime_ns = inode->mtime_ns = inode->ctime_ns = mtime * NS_PER_SEC;
	return 0;
}

int initrd_unpack(const char *start, uint64_t size)
{
	uint64_t at = 0;
	struct entry e;

	while (at < size) {
		int err;

		if (!read_entry(start, size, &at, &e))
			return -EINVAL;
		if (e.name_len == strlen(NEWC_TRAILER) &&
		    !memcmp(e.name, NEWC_TRAILER, e.name_len))
			return 0;
		err = add_entry(&e);
		if (err)
			return err;
	}
	return -EINVAL;
}
