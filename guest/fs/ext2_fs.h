/* SPDX-License-Identifier: MIT */
/*
 * The parts of ext2 among themselves; ext2.h is for others.
 *
 * Everything that reads or changes the structure is a piece of work that does
 * not block and runs offloaded: ext2_run starts it. What it needs of the disk
 * has to be in the cache; if not, it gives up with -EABSENT, all that it has
 * changed is put back, the block is brought, and it starts anew. The same
 * happens when it fails: either all of a piece of work is done or nothing. So
 * there are no locks around the structure: nobody else runs between its begin
 * and its end.
 *
 *	ext2_super.c   the superblock: mount and unmount
 *	ext2_work.c    pieces of work, blocks of the structure, putting back
 *	ext2_balloc.c  which blocks and inodes are free
 *	ext2_map.c     where a file's blocks are
 *	ext2_inode.c   inodes in memory
 *	ext2_end.c     the end of removed files
 *	ext2_dir.c     the entries of a folder
 *	ext2_names.c   names added, taken away, moved
 *	ext2_file.c    bytes of files
 *	ext2_pages.c   the same as pages
 *	ext2_mapping.c the same in address spaces
 *	ext2_sync.c    writing back, in order
 *	ext2_fsync.c   the same for one file
 */
#ifndef GUEST_FS_EXT2_FS_H
#define GUEST_FS_EXT2_FS_H

#include "guest/fs/cache_io.h"
#include "guest/fs/ext2_format.h"
#include "guest/fs/inode.h"
#include "guest/fs/sleep_lock.h"

struct file;

#define EXT2_EDITS_MAX   32   /* blocks that one piece of work changes */
#define EXT2_UNDOS_MAX   4    /* inodes */
#define EXT2_BUCKETS     512
#define EXT2_NODES_MAX   2048 /* inodes in memory, if nobody uses more */
#define EXT2_ORPHANS_MAX 64   /* removed files whose blocks have yet to be freed */

/* A block before it was changed. */
struct ext2_edit {
	struct cache_page *page;
	char *before;     /* NULL: the block is new */
};

/* An inode before it was changed: what work changes before it knows that it will
 * come to its end. */
struct ext2_undo {
	struct ext2_node *node;
	uint64_t size;
	uint32_t nr_sectors;
};

/* What is absent: a block of the structure, or pages of a file; or it is here but
 * must be written first. */
struct ext2_want {
	struct ext2_node *node; /* NULL: a block */
	uint64_t index;
	bool is_pending;
};

struct ext2 {
	struct block_device *device;
	struct inode *root;
	uint32_t block_bytes, block_shift;
	uint32_t blocks_per_page, slots_per_block; /* block numbers in a block */
	uint32_t blocks_count, first_data_block, blocks_per_group, nr_groups;
	uint32_t inodes_count, inodes_per_group, inode_bytes, first_ino;
	uint32_t table_blocks;     /* of a group's inodes */
	uint32_t reserved_blocks;
	uint32_t overhead;         /* blocks that can be no file's */
	uint64_t bytes_max;        /* of a file */
	bool is_read_only, has_types, has_error, has_large;
	uint16_t state_at_mount;   /* of the superblock */
	uint64_t free_blocks, free_inodes;

	struct cache_owner meta;
	struct cache_owner frozen[2]; /* bits of what was freed (ext2_balloc.c) */
	unsigned freezing;            /* to which of them more are added */
	struct cache_dirty dirty;
	struct ext2_node **buckets; /* of inodes in memory; a page */
	struct list nodes;          /* the least recently used in front */
	uint32_t nr_nodes;
	struct list unsaved;        /* inodes that differ from the disk's */
	struct list mapped;         /* those with writable mappings */
	struct list orphans;
	uint32_t nr_orphans;
	uint32_t last_generation;

	struct ext2_edit edits[EXT2_EDITS_MAX];
	uint32_t nr_edits;
	struct ext2_undo undos[EXT2_UNDOS_MAX];
	uint32_t nr_undos;
	struct ext2_node *made;     /* an inode that came in this piece of work */
	uint64_t blocks_before, inodes_before; /* free ones */
	struct ext2_want want;

	struct sleep_lock flush_lock;
	struct cache_batch *flush_batch;
	uint64_t dirty_since;       /* TSC; 0: nothing is to be written */
	bool has_unflushed;         /* the device was written to since the last flush */
	bool is_stuck;              /* not all of the structure could be written the last time */
	bool has_lost;              /* content, since the last sync of all */
	bool has_lost_untold;       /* and nobody has been told */
	uint32_t nr_flushes_failed; /* content of any file may be lost by one */
	const char *complaint;      /* that the work has come across */
	uint32_t complaint_number;
	uint32_t nr_complaints;
};

/* The part of an inode in memory that other kinds do not have. */
struct ext2_node {
	struct inode *inode;
	struct ext2 *fs;
	struct ext2_node *next;     /* in its bucket */
	struct list in_nodes, in_unsaved, in_mapped, in_orphans;
	struct list in_sync;        /* while it is written by ext2_fsync */
	struct cache_owner pages;   /* of a regular file */
	struct sleep_lock lock;     /* who changes the size or adds blocks holds it */
	uint32_t ino;
	uint32_t nr_sectors;        /* i_blocks */
	uint32_t flags, file_acl;
	uint32_t goal;              /* the block after the one allocated last; 0: none */
	uint32_t nr_lost;           /* times that content could not be written... */
	int lost_error;             /* ...the last time because of this */
	uint32_t nr_lost_told;      /* losses, that of flushes too, that somebody knows of */
	uint64_t read_end;          /* page index where reading in order would go on */
	const char *name;           /* text.h's: by which it was found last in inode->parent */
	uint32_t name_len;
};

static inline struct ext2_node *ext2_node_of(const struct inode *inode)
{
	return inode->on_disk;
}

static inline struct ext2 *ext2_of(const struct inode *inode)
{
	return ext2_node_of(inode)->fs;
}

/* ---- ext2_work.c ------------------------------------------------------- */

typedef int (*ext2_fn)(struct ext2 *fs, void *arg);

/*
 * Runs fn(fs, arg) as a piece of work, as often as it takes: its result, or an
 * error of the disk. May block, so whatever fn learned from outside may have
 * changed before its last run.
 */
int ext2_run(struct ext2 *fs, ext2_fn fn, void *arg);
/* The same for what takes room: if there is none on the disk, that of removed
 * files is freed first; if there is none in memory, what is dirty is written. */
int ext2_run_growing(struct ext2 *fs, ext2_fn fn, void *arg);

/* The rest is for pieces of work. */

/* A block of the structure. 0, -EABSENT, -EIO, -ENOMEM. */
int ext2_get(struct ext2 *fs, uint32_t block, struct cache_page **page);
/* One that was allocated a moment ago: zeroes, to be written. */
int ext2_get_new(struct ext2 *fs, uint32_t block, enum cache_class class, uint32_t ino,
		 struct cache_page **page);
/* Before the block is changed, for inode ino or (0) all. 0, -ENOMEM, -E2BIG: too much
 * for one piece, or -EABSENT: as it is it has yet to be written. */
int ext2_edit(struct ext2 *fs, struct cache_page *page, enum cache_class class, uint32_t ino);
/* Whether so many more blocks can be changed. */
bool ext2_can_edit(const struct ext2 *fs, uint32_t nr);
/* Before size or nr_sectors change. Notes that the inode is to be saved. */
void ext2_change(struct ext2_node *node);
/* What was done up to here stays, whatever comes. */
void ext2_mark(struct ext2 *fs);
/* Gives up, since a page of a file is absent. */
int ext2_want_page(struct ext2_node *node, uint64_t index);
/* The file system contradicts itself: -EIO, and a line for people. what: a string
 * constant; number: of the block or inode it is about. */
int ext2_complain(struct ext2 *fs, const char *what, uint32_t number);
/* Whether block numbers of files and folders may be this. */
bool ext2_is_data_block(struct ext2 *fs, uint32_t block);

/* ---- ext2_balloc.c ----------------------------------------------------- */

struct ext2_place { /* of a group's descriptor */
	struct cache_page *page;
	struct ext2_group *group;
};

int ext2_group_get(struct ext2 *fs, uint32_t number, struct ext2_place *place);
/* Near goal, 0: wherever. 0, -ENOSPC, or what ext2_get says. */
int ext2_block_alloc(struct ext2 *fs, uint32_t goal, uint32_t *block);
int ext2_block_free(struct ext2 *fs, uint32_t block);
/* Near the folder, for a folder somewhere with room. */
int ext2_ino_alloc(struct ext2 *fs, uint32_t dir_ino, bool is_dir, uint32_t *ino);
int ext2_ino_free(struct ext2 *fs, uint32_t ino, bool is_dir);
/* Adds up what the groups say. */
int ext2_count_free(struct ext2 *fs);
/* What was freed before ext2_begin_commit can be allocated again after
 * ext2_end_commit; between them the disk has got to know. */
bool ext2_has_frozen(const struct ext2 *fs);
void ext2_begin_commit(struct ext2 *fs);
void ext2_end_commit(struct ext2 *fs);

/* ---- ext2_map.c -------------------------------------------------------- */

/* *block: where block number index of the file is, 0: nowhere. */
int ext2_map_find(struct ext2_node *node, uint32_t index, uint32_t *block);
/* The same, and allocates it; *is_new: just now, its content is anything. */
int ext2_map_make(struct ext2_node *node, uint32_t index, uint32_t *block, bool *is_new);
/* Frees blocks from index on. 1: a part of them; once more. */
int ext2_map_cut(struct ext2_node *node, uint32_t index);

/* ---- ext2_inode.c ------------------------------------------------------ */

/* The inode on the disk; for changing it ext2_edit comes first. */
int ext2_raw(struct ext2 *fs, uint32_t ino, struct cache_page **page, struct ext2_raw_inode **raw);
/* The inode if it is in memory, else NULL; in which block of inodes it is, of all. */
struct ext2_node *ext2_inode_peek(struct ext2 *fs, uint32_t ino);
uint32_t ext2_inode_block(const struct ext2 *fs, uint32_t ino);
/* The inode in memory, without a use. 0, -EABSENT, -EIO, -ENOMEM. */
int ext2_inode_get(struct ext2 *fs, uint32_t ino, struct inode **inode);
/* A new one with that mode for an ino that was just allocated. */
int ext2_inode_make(struct ext2 *fs, uint32_t ino, uint32_t mode, uint32_t rdev,
		    struct inode **inode);
/* Forgets one that no one uses. */
void ext2_inode_forget(struct ext2_node *node);
/* Remembers by which name it was found, for paths. name NULL: it is gone. */
void ext2_inode_name(struct inode *inode, struct inode *dir, const char *name, uint32_t len);
/* For ops tables: the name that it has; nobody uses it any more. */
uint32_t ext2_inode_own_name(const struct inode *inode, char text[DIR_TEXT_SIZE],
			     const char **name);
void ext2_inode_retire(struct inode *inode);
/* Notes that it differs from the disk's. */
void ext2_unsaved(struct ext2_node *node);
/* Work: writes it to the disk's. */
int ext2_save(struct ext2 *fs, void *node);
/* Forgets some of the inodes that nobody uses, if there are many. Not offloaded. */
void ext2_trim_nodes(struct ext2 *fs);
/* Whether a link's target is in the inode itself. */
bool ext2_link_is_fast(const struct ext2_node *node);

/* ---- ext2_end.c -------------------------------------------------------- */

/* Frees the blocks and the inode of a removed file. May block. */
int ext2_inode_end(struct ext2_node *node);

/* ---- ext2_dir.c -------------------------------------------------------- */

extern const struct inode_ops ext2_dir_inode_ops;
extern const struct file_ops ext2_dir_file_ops;

/* Where an entry is. */
struct ext2_found {
	struct cache_page *page;
	uint32_t offset, before; /* of the entry, of the one before it or the same */
	uint32_t ino;
};

/* 0, -ENOENT, or what ext2_get says. */
int ext2_dir_find(struct inode *dir, const char *name, uint32_t len, struct ext2_found *found);
int ext2_dir_add(struct inode *dir, const char *name, uint32_t len, uint32_t ino, uint32_t mode);
int ext2_dir_remove(struct inode *dir, const struct ext2_found *found, enum cache_class class);
/* The entry names another file. */
int ext2_dir_set(struct inode *dir, const struct ext2_found *found, uint32_t ino, uint32_t mode);
/* The first block of a new folder: . and .. */
int ext2_dir_begin(struct inode *dir, uint32_t parent_ino);
/* 0, -ENOTEMPTY, or what ext2_get says. */
int ext2_dir_check_empty(struct inode *dir);

/* ---- ext2_names.c ------------------------------------------------------ */

extern const struct tree_ops ext2_tree_ops;

/* ---- ext2_file.c ------------------------------------------------------- */

extern const struct file_ops ext2_file_ops;

int ext2_resize(struct inode *inode, uint64_t size);

/* ---- ext2_pages.c ------------------------------------------------------ */

/* Whether any block of a page is on the disk. */
static inline bool ext2_has_blocks(const uint32_t blocks[CACHE_BLOCKS_MAX])
{
	return blocks[0] || blocks[1] || blocks[2] || blocks[3];
}

/* Where all blocks of the page are; those of [from, to) are allocated if need be. */
int ext2_map_page(struct ext2_node *node, uint64_t index, uint32_t from, uint32_t to,
		  uint32_t *blocks);
/* The page to be written to in [into, into + n), with blocks for that. */
int ext2_own_page(struct ext2_node *node, uint64_t index, uint64_t into, uint64_t n,
		  struct cache_page **found);
/* What lies behind the end of a file is zero in memory. */
void ext2_clear_end(const struct ext2_node *node, struct cache_page *page);
/* Brings pages of a file in, from index on as it seems useful. May block. */
int ext2_bring_pages(struct ext2_node *node, uint64_t index);

/* ---- ext2_mapping.c ---------------------------------------------------- */

extern const struct memory_object_ops ext2_object_ops;
extern const struct inode_ops ext2_file_inode_ops;

void ext2_hold(struct inode *inode);
void ext2_let_go(struct inode *inode);
int ext2_load(struct inode *inode, uint64_t start, uint64_t len);
void ext2_map_for_writing(struct inode *inode);
const char *ext2_page(const struct inode *inode, uint64_t index);
/* Notes that the pages of a file with a writable mapping are to be written, or that
 * this cannot be done. */
void ext2_write_maps(struct ext2_node *node);

/* ---- ext2_sync.c ------------------------------------------------------- */

/* What is on its way to the disk: of each class, what has changed up to now. */
struct ext2_write {
	struct ext2 *fs;
	struct list todo[CACHE_NR_CLASSES];
};

void ext2_write_begin(struct ext2_write *w, struct ext2 *fs);
/* Offloaded: the page as it is now, and the same for all of a class. */
void ext2_write_take(struct ext2_write *w, struct cache_page *page);
void ext2_write_take_class(struct ext2_write *w, enum cache_class class);
/* Class after class, each complete before the next begins. Without a block of the
 * structure what is written after it must not be there either: all that is kept for
 * the next time, and that is an error. */
int ext2_write_out(struct ext2_write *w);
/* 0, or why the inode cannot be saved; it is still to be. */
int ext2_save_now(struct ext2_node *node);
/* Content of the file is lost: those who sync it are told why. */
void ext2_note_lost(struct ext2_node *node, int err);
/* If it is time or there is too much. */
void ext2_balance(struct ext2 *fs);
/* Notes in the superblock that the file system is in use, or not any more, and
 * writes that. Not by two at a time. */
int ext2_mark_mounted(struct ext2 *fs, bool is_mounted);

/* ---- ext2_fsync.c ------------------------------------------------------ */

/* Writes the file, so that it is there whatever happens, by the name that it has: all
 * that takes, but not what other files have apart from it. An error: it is not there,
 * or not all that was ever written, and nobody was told that before. */
int ext2_fsync(struct inode *inode);
/* The same for one of those who have it open: each is told. */
int ext2_fsync_open(struct file *file);
/* Losses of content, from the beginning on. */
uint32_t ext2_nr_lost(const struct ext2_node *node);

/* ---- ext2_super.c ------------------------------------------------------ */

/* A line for people, about a disk. Not offloaded. */
void ext2_tell(struct ext2 *fs, const char *what, uint32_t number);

#endif
