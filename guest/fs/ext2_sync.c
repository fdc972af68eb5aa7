/* SPDX-License-Identifier: MIT */
/*
 * Writing back. One at a time does it, class after class, and each class is on
 * the disk before the next one begins: that is all the order there is, and why
 * nothing that was synced is ever lost (docs/architecture.md). What is changed
 * meanwhile waits for the next time.
 */
#include "guest/arch/offload.h"
#include "guest/core/clock.h"
#include "guest/fs/ext2.h"
#include "guest/fs/ext2_fs.h"
#include "guest/lib/errno.h"

#define DIRTY_NS_MAX 5000000000ull /* after that, who comes by writes */
#define NS_PER_SEC   1000000000ull

/* ---- on the way -------------------------------------------------------- */

void ext2_write_begin(struct ext2_write *w, struct ext2 *fs)
{
	w->fs = fs;
	for (unsigned i = 0; i < CACHE_NR_CLASSES; i++)
		list_init(&w->todo[i]);
}

/* A block of the structure stays as it is until it is written: what it says then is
 * true of the others that are written with it. */
void ext2_write_take(struct ext2_write *w, struct cache_page *page)
{
	page->is_pending = page->owner == &w->fs->meta;
	list_remove(&page->in_dirty);
	list_add_tail(&w->todo[page->class], &page->in_dirty);
}

void ext2_write_take_class(struct ext2_write *w, enum cache_class class)
{
	list_for_each_safe(l, &w->fs->dirty.pages[class])
		ext2_write_take(w, list_entry(l, struct cache_page, in_dirty));
}

struct collect {
	struct ext2 *fs;
	struct list *todo;
};

static bool add_to_batch(struct ext2 *fs, struct cache_page *page)
{
	return page->owner == &fs->meta ? batch_add_block(fs->flush_batch, page) :
		batch_add(fs->flush_batch, page, fs->blocks_per_page);
}

static uint64_t collect(void *arg)
{
	const struct collect *c = arg;
	struct ext2 *fs = c->fs;

	batch_clear(fs->flush_batch, BLOCK_WRITE);
	while (!list_is_empty(c->todo)) {
		struct cache_page *page = list_entry(c->todo->next, struct cache_page, in_dirty);

		if (!add_to_batch(fs, page))
			break;
		cache_set_clean(page);
	}
	return 0;
}

static uint64_t release(void *arg)
{
	struct cache_batch *batch = arg;

	for (uint32_t i = 0; i < batch->nr_pages; i++)
		batch->pages[i]->is_pending = false;
	batch_release(batch);
	return 0;
}

void ext2_note_lost(struct ext2_node *node, int err)
{
	struct ext2 *fs = node->fs;

	node->nr_lost++;
	node->lost_error = err;
	fs->has_lost = true;
	fs->has_lost_untold |= node->inode->nlink != 0;
}

/* The batch could not be written. Blocks of the structure are to be once more; whether
 * there are any. Content is lost: it may be more than there is memory for. */
static uint64_t take_back(void *arg)
{
	struct ext2 *fs = arg;
	const struct cache_batch *batch = fs->flush_batch;
	bool has_structure = false;

	for (uint32_t i = 0; i < batch->nr_pages; i++) {
		struct cache_page *page = batch->pages[i];

		if (!page->owner)
			continue;
		if (page->owner != &fs->meta) {
			ext2_note_lost(container_of(page->owner, struct ext2_node, pages), -EIO);
			continue;
		}
		has_structure = true;
		cache_set_dirty(page, &fs->dirty, page->class);
		page->is_target = page->class == CACHE_NAMES; /* it may be */
	}
	return has_structure;
}

static int flush(struct ext2 *fs)
{
	int err = block_flush(fs->device);

	fs->has_unflushed = err && err != -EOPNOTSUPP;
	if (!fs->has_unflushed)
		return 0;
	fs->nr_flushes_failed++;
	fs->has_lost = fs->has_lost_untold = true;
	return err;
}

static int write_list(struct ext2 *fs, struct list *todo)
{
	bool had_lost = fs->has_lost;
	struct collect c = { fs, todo };
	int err = 0;

	while (!list_is_empty(todo)) {
		int result;

		offload_call(collect, &c);
		fs->has_unflushed = true;
		result = batch_run(fs->flush_batch);
		if (result && offload_call(take_back, fs))
			err = result;
		offload_call(release, fs->flush_batch);
	}
	if (!err && fs->has_unflushed)
		err = flush(fs);
	if (fs->has_lost && !had_lost)
		ext2_tell(fs, "what was written is lost, error", EIO);
	return err;
}

static uint64_t put_off(void *arg)
{
	struct ext2_write *w = arg;

	for (unsigned class = 0; class < CACHE_NR_CLASSES; class++)
		list_for_each_safe(l, &w->todo[class]) {
			struct cache_page *page = list_entry(l, struct cache_page, in_dirty);

			page->is_pending = false;
			list_remove(l);
			list_add_tail(&w->fs->dirty.pages[class], l);
		}
	return 0;
}

int ext2_write_out(struct ext2_write *w)
{
	struct ext2 *fs = w->fs;
	int err = 0;

	for (unsigned class = 0; class < CACHE_NR_CLASSES && !err; class++)
		err = write_list(fs, &w->todo[class]);
	if (!err)
		return 0;
	offload_call(put_off, w);
	batch_give_up();
	if (!fs->is_stuck)
		ext2_tell(fs, "its structure could not be written, which is done again: error", -err);
	fs->is_stuck = true;
	return err;
}

static uint64_t take_data(void *w)
{
	ext2_write_take_class(w, CACHE_DATA);
	return 0;
}

static uint64_t take_all(void *w)
{
	for (unsigned class = 0; class < CACHE_NR_CLASSES; class++)
		ext2_write_take_class(w, class);
	return 0;
}

/* Takes no memory. */
static int write_data(struct ext2 *fs)
{
	struct ext2_write w;

	ext2_write_begin(&w, fs);
	offload_call(take_data, &w);
	return ext2_write_out(&w);
}

static int write_all(struct ext2 *fs)
{
	struct ext2_write w;
	int err = write_data(fs); /* first, as nobody has to wait for that */

	if (err)
		return err;
	ext2_write_begin(&w, fs);
	offload_call(take_all, &w);
	err = ext2_write_out(&w);
	fs->is_stuck = err;
	return err;
}

bool ext2_shed(struct ext2 *fs)
{
	if (list_is_empty(&fs->dirty.pages[CACHE_DATA]))
		return false;
	sleep_lock_take(&fs->flush_lock);
	write_data(fs);
	sleep_lock_drop(&fs->flush_lock);
	return true;
}

/* ---- all --------------------------------------------------------------- */

/* Takes the whole list: what comes later is for the next time. */
static void take_list(struct list *from, struct list *to)
{
	list_init(to);
	if (list_is_empty(from))
		return;
	*to = *from;
	to->next->prev = to->prev->next = to;
	list_init(from);
}

int ext2_save_now(struct ext2_node *node)
{
	int err = ext2_run(node->fs, ext2_save, node);

	if (err == -ENOMEM) {
		write_data(node->fs);
		err = ext2_run(node->fs, ext2_save, node);
	}
	if (err) { /* to the end of the list */
		list_remove(&node->in_unsaved);
		ext2_unsaved(node);
	}
	return err;
}

static int save_inodes(struct ext2 *fs)
{
	struct list todo;
	int err = 0;

	take_list(&fs->unsaved, &todo);
	while (!list_is_empty(&todo)) {
		int result = ext2_save_now(list_entry(todo.next, struct ext2_node, in_unsaved));

		err = err ? err : result;
	}
	return err;
}

/* Through mappings files change without a word. Each goes back to the list before
 * it is waited for, and is held meanwhile. */
static void write_mapped(struct ext2 *fs)
{
	struct list todo;

	take_list(&fs->mapped, &todo);
	while (!list_is_empty(&todo)) {
		struct ext2_node *node = list_entry(todo.next, struct ext2_node, in_mapped);

		list_remove(&node->in_mapped);
		list_add_tail(&fs->mapped, &node->in_mapped);
		inode_get(node->inode);
		ext2_write_maps(node);
		inode_put(node->inode);
	}
}

/* Files that had been removed before what is on the disk now was written: no name
 * leads to them there either. */
static int end_orphans(struct ext2 *fs, uint32_t nr)
{
	int err = 0;

	for (; nr && !list_is_empty(&fs->orphans); nr--) {
		int result = ext2_inode_end(list_entry(fs->orphans.next, struct ext2_node,
						       in_orphans));

		err = err ? err : result;
	}
	return err;
}

int ext2_write_back(struct ext2 *fs)
{
	uint32_t nr_orphans;
	int err, result;

	if (fs->is_read_only)
		return 0;
	sleep_lock_take(&fs->flush_lock);
	fs->dirty_since = 0;
	nr_orphans = fs->nr_orphans;
	write_mapped(fs);
	err = save_inodes(fs);
	ext2_begin_commit(fs);
	result = write_all(fs);
	err = err ? err : result;
	if (!err) { /* else the disk does not know what is free */
		ext2_end_commit(fs);
		err = end_orphans(fs, nr_orphans);
	}
	sleep_lock_drop(&fs->flush_lock);
	return err;
}

int ext2_sync(struct ext2 *fs)
{
	int err = ext2_write_back(fs);

	if (!err && fs->has_lost)
		err = -EIO;
	fs->has_lost = fs->has_lost_untold = false; /* it is told now */
	return err;
}

void ext2_balance(struct ext2 *fs)
{
	uint64_t limit = clock_ns_to_ticks(DIRTY_NS_MAX);

	if (cache_is_crowded(&fs->dirty) || fs->nr_orphans >= EXT2_ORPHANS_MAX ||
	    (fs->dirty_since && clock_now() - fs->dirty_since > limit))
		ext2_write_back(fs);
	ext2_trim_nodes(fs);
}

/* ---- the superblock ---------------------------------------------------- */

struct mark {
	bool is_mounted;
	uint32_t time;
};

static int mark_work(struct ext2 *fs, void *arg)
{
	const struct mark *m = arg;
	uint32_t block = EXT2_SUPER_OFFSET >> fs->block_shift;
	struct ext2_super *super;
	struct cache_page *page;
	int err = ext2_get(fs, block, &page);

	if (!err)
		err = ext2_edit(fs, page, CACHE_BITMAP, 0);
	if (err)
		return err;
	super = (struct ext2_super *)(page->data + EXT2_SUPER_OFFSET % fs->block_bytes);
	super->free_blocks_count = fs->free_blocks;
	super->free_inodes_count = fs->free_inodes;
	super->wtime = m->time;
	if (fs->has_large)
		super->feature_ro_compat |= EXT2_RO_COMPAT_LARGE_FILE;
	super->state = fs->state_at_mount;
	if (m->is_mounted) {
		super->state &= ~EXT2_STATE_VALID;
		super->mtime = m->time;
		super->mnt_count++;
	}
	if (fs->has_error)
		super->state |= EXT2_STATE_ERROR;
	return 0;
}

int ext2_mark_mounted(struct ext2 *fs, bool is_mounted)
{
	struct mark m = { is_mounted, clock_real_ns() / NS_PER_SEC };
	int err = ext2_run(fs, mark_work, &m);

	if (err)
		return err;
	return write_all(fs);
}
