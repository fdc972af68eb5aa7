/* SPDX-License-Identifier: MIT */
/*
 * Inodes: the files themselves, whatever names they have (dir.h), and whether
 * they are kept in memory or made up when somebody looks (proc.h).
 *
 * An inode lives as long as it has a name or a user.
 */
#ifndef GUEST_FS_INODE_H
#define GUEST_FS_INODE_H

#include "guest/fs/content.h"
#include "guest/lib/list.h"
#include "guest/mm/object.h"

/* st_mode */
#define MODE_TYPE    0170000u
#define MODE_FIFO    0010000u
#define MODE_CHAR    0020000u
#define MODE_DIR     0040000u
#define MODE_BLOCK   0060000u
#define MODE_REGULAR 0100000u
#define MODE_SYMLINK 0120000u
#define MODE_SOCKET  0140000u
#define MODE_BITS    07777u
#define MODE_EXEC_ANY 0111u

/* st_dev: where inodes with numbers of their own live. */
enum { DEVICE_TREE = 1, DEVICE_STREAMS, DEVICE_PIPES, DEVICE_PROC };

/* Of a file, a link, or what is read of a folder at a time. */
#define PATH_SIZE     4096 /* longest path, with its NUL */
#define FILE_NAME_MAX 255

struct inode;
struct file_ops;
struct pipe;

struct dir_entry;

/* A name in a folder, which need not be there. */
struct tree_name {
	struct inode *dir;
	const char *name;
	uint32_t len;
	bool has_slash; /* behind it: only a folder will do */
};

#define DIR_TEXT_SIZE 24

/* One name in a folder, as it is listed. */
struct dir_item {
	const char *name;
	uint32_t len;
	uint32_t mode;   /* the type counts */
	uint64_t number;
	uint64_t next;   /* the position after it */
	char text[DIR_TEXT_SIZE]; /* for names that are made up */
};

/* Where a listing stands, so that it need not begin anew; zeroes at first. */
struct dir_cursor {
	const struct dir_entry *entry;
	uint32_t nr_removed;
};

/*
 * What differs from kind to kind; none blocks, all may be offloaded. What needs
 * something from a disk that is not in memory returns -EABSENT (wanted.h).
 */
struct inode_ops {
	/* Folders: what has that name, of which the caller becomes a user.
	 * 0, -ENOENT, -ENOMEM, or what a disk has against it. */
	int (*lookup)(struct inode *dir, const char *name, uint32_t len, struct inode **found);
	/* The first name at position pos or behind: 1, 0 if there is none, -EABSENT
	 * or another negative errno. */
	int (*list)(struct inode *dir, uint64_t pos, struct dir_cursor *cursor,
		     struct dir_item *item);
	/* The name that an inode without entries in memory has in its parent, in text
	 * or elsewhere; its length, 0 if it has none. */
	uint32_t (*name)(const struct inode *inode, char text[DIR_TEXT_SIZE],
			 const char **name);
	/* Links: the target without a NUL, in the link or in buf, a page. Its
	 * length or a negative errno. */
	int64_t (*read_link)(struct inode *link, char *buf, const char **target);
	/* Links that lead to a file without naming it: that file, the caller
	 * being a user, or NULL if there is none any more. */
	struct inode *(*jump)(struct inode *link);
	/* The last name and user are gone: gives back all but the inode... */
	void (*release)(struct inode *inode);
	/* ...or, instead, keeps it until it can be ended. */
	void (*retire)(struct inode *inode);
	/* Files on a disk; NULL: in memory or made up. */
	const struct tree_ops *tree;
};

/* What a file system says of itself (statfs(2)). */
struct tree_usage {
	uint32_t magic, block_bytes;
	uint64_t nr_blocks, nr_free, nr_available;
	uint64_t nr_inodes, nr_inodes_free;
};

/*
 * What is done with files on a disk otherwise than with those in memory. These
 * may block, and are not to be offloaded. All that names or changes something
 * returns 0 or a negative errno; names do not lie in anything that may change.
 */
struct tree_ops {
	/* A new file, of which the caller becomes a user. target: of a link. */
	int (*create)(struct inode *dir, const char *name, uint32_t len, uint32_t mode,
		      uint32_t rdev, const char *target, struct inode **made);
	int (*link)(struct inode *dir, const char *name, uint32_t len, struct inode *inode);
	/* rmdir(2) or unlink(2), has_slash: behind the name. */
	int (*remove)(struct inode *dir, const char *name, uint32_t len, bool is_rmdir,
		      bool has_slash);
	/* With what is the old name being looked up and checked here, by the flags
	 * of renameat2(2). */
	int (*rename)(const struct tree_name *old, const struct tree_name *new, unsigned flags);
	/* Mode, owner or times have been changed. */
	void (*changed)(struct inode *inode);
	int (*resize)(struct inode *inode, uint64_t size);
	/* Between these what is in memory of the file stays there. */
	void (*hold)(struct inode *inode);
	void (*let_go)(struct inode *inode);
	/* Brings [start, start + len) of a file that is held. */
	int (*load)(struct inode *inode, uint64_t start, uint64_t len);
	/* It will be written to through a mapping, which is there by now. */
	void (*map_for_writing)(struct inode *inode);
	/* The file, with its name, is on the disk after this; all that was changed. */
	int (*sync)(struct inode *inode);
	int (*sync_all)(struct inode *inode);
	void (*usage)(const struct inode *inode, struct tree_usage *usage);
	uint32_t (*nr_sectors)(const struct inode *inode);
	bool (*is_read_only)(const struct inode *inode);
	/* Where page index of a held file is, if it was loaded; else NULL. May be
	 * offloaded. */
	const char *(*page)(const struct inode *inode, uint64_t index);
};

struct inode {
	struct memory_object object; /* st_size, and the pages of a regular file */
	const struct inode_ops *ops;
	const struct file_ops *file_ops; /* once open */
	uint32_t users; /* open files, mappings, processes that run it or are in it */
	uint32_t nlink;
	uint32_t nr_maps;        /* regions of address spaces that map its content */
	uint32_t nr_writers;     /* open files that may write to its content */
	uint32_t nr_runs;        /* processes that execute it: not to be written to */
	uint32_t number, device; /* st_ino, st_dev */
	uint32_t rdev;           /* of a device: which */
	uint32_t mode, uid, gid;
	uint64_t atime_ns, mtime_ns, ctime_ns; /* since the epoch */
	struct list names;       /* struct dir_entry */
	struct inode *parent;    /* of a folder; the root is its own; a user of it */
	void *on_disk;           /* what a file system on a disk knows of it */
	union {
		struct content content;
		struct {
			struct list entries; /* in the order in which they came */
			uint64_t last_position;
			uint32_t nr_removed;
		} dir;
		const char *target;  /* of a link; object.size bytes */
		struct pipe *pipe;   /* of a FIFO while it is open; of a pipe */
		struct {
			uint32_t pid, kind, fd;
		} proc;
	};
};

static inline bool inode_is_dir(const struct inode *inode)
{
	return (inode->mode & MODE_TYPE) == MODE_DIR;
}

static inline bool inode_is_regular(const struct inode *inode)
{
	return (inode->mode & MODE_TYPE) == MODE_REGULAR;
}

/* Whether its bytes are kept in pages, to be mapped and resized. */
static inline bool inode_has_content(const struct inode *inode)
{
	return inode->object.ops;
}

static inline bool inode_is_symlink(const struct inode *inode)
{
	return (inode->mode & MODE_TYPE) == MODE_SYMLINK;
}

static inline bool inode_is_on_disk(const struct inode *inode)
{
	return inode->ops->tree;
}

/* On a disk that is not to be written to. */
static inline bool inode_is_read_only(const struct inode *inode)
{
	return inode->ops->tree && inode->ops->tree->is_read_only(inode);
}

/* One with a user and no name, its times 0; NULL without memory. */
struct inode *inode_create(const struct inode_ops *ops, uint32_t device, uint32_t mode);

/* One more user, one less. Returns inode, for the place that keeps it. */
static inline struct inode *inode_get(struct inode *inode)
{
	inode->users++;
	return inode;
}

void inode_put(struct inode *inode);

/* The same for a process that executes it. */
static inline struct inode *inode_run(struct inode *inode)
{
	inode->nr_runs++;
	return inode_get(inode);
}

static inline void inode_run_end(struct inode *inode)
{
	inode->nr_runs--;
	inode_put(inode);
}

/* One name less; the last one may be the end of the inode. */
void inode_unname(struct inode *inode);

/* Gives back an inode that nothing holds: for those who have retired it. */
void inode_destroy(struct inode *inode);

/* What happened to the inode, for its times. Not to be offloaded. */
enum { INODE_READ = 1, INODE_WRITTEN = 2, INODE_CHANGED = 4 };
void inode_touch(struct inode *inode, unsigned what);

/* What is said of it was changed, and by inode_touch: it may have to be kept. */
static inline void inode_changed(struct inode *inode)
{
	if (inode->ops->tree)
		inode->ops->tree->changed(inode);
}

struct inode *inode_root(void);

/* Bytes of a regular file read into the kernel, 0 beyond the end; zeroes where one on a
 * disk is not loaded. */
uint64_t inode_read(const struct inode *inode, uint64_t offset, void *buf, uint64_t len);

/*
 * What path names, seen from dir. follow: a symbolic link at the end counts as
 * what it points to. 0 and *found, of which the caller becomes a user, or
 * -ENOENT, -ENOTDIR, -ELOOP, -ENAMETOOLONG, -ENOMEM. (In path.c.)
 */
int inode_lookup(struct inode *dir, const char *path, bool follow, struct inode **found);
/* The same without waiting for a disk: -EABSENT if that would be needed. Does not follow. */
int inode_lookup_now(struct inode *dir, const char *path, struct inode **found);

/* The absolute path with its NUL; its length with the NUL, -ERANGE, or -ENOENT
 * if it has no name any more. (In dir.c.) */
int64_t inode_path(const struct inode *inode, char *buf, uint64_t size);

#endif
