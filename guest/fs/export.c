/* SPDX-License-Identifier: MIT */
#include "guest/fs/export.h"

#include <lde/device.h>

#include "guest/arch/direct.h"
#include "guest/arch/insn.h"
#include "guest/arch/offload.h"
#include "guest/fs/dir.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"

static struct tree_export info;
static struct lde_export_req request __attribute__((aligned(4096)));

/* The path of the inode that is visited, and where it leads if it is a link. */
static char path[PATH_SIZE];
static char target[PATH_SIZE];

_Static_assert(PATH_SIZE <= LDE_EXPORT_PATH_MAX, "paths are handed over whole");

void export_init(const struct tree_export *from_tree)
{
	info = *from_tree;
}

bool export_is_wish_to_end(unsigned vector)
{
	return info.paths.bytes && vector == info.vector;
}

static bool ring(enum lde_export_op op)
{
	request.op = op;
	insn_outl(info.port, (uint32_t)image_paddr(&request));
	return *(volatile int32_t *)&request.result == 0;
}

/* ---- the data of a file ----------------------------------------------- */

struct gather {
	const struct inode *inode;
	uint64_t index; /* of the next page */
};

/* The page's bytes as part of the last segment or as one more; false: no room. */
static bool add_page(paddr_t pa, uint64_t len)
{
	struct lde_console_seg *last =
		request.nr_segs ? &request.segs[request.nr_segs - 1] : NULL;

	if (last && last->gpa + last->len == pa) {
		last->len += len;
		return true;
	}
	if (request.nr_segs == LDE_EXPORT_SEGS_MAX)
		return false;
	request.segs[request.nr_segs++] = (struct lde_console_seg){ pa, len };
	return true;
}

/* Fills the request with pages that follow one another; false if none is left. */
static uint64_t gather_run(void *arg)
{
	struct gather *g = arg;
	const struct content *c = &g->inode->content;
	uint64_t size = g->inode->object.size, end = ALIGN_UP(size, PAGE_SIZE) / PAGE_SIZE;
	uint64_t index = content_next(c, g->index, end, true);

	request.nr_segs = 0;
	request.offset = index * PAGE_SIZE;
	for (; index < end; index++) {
		paddr_t pa = content_find(c, index);

		if (!pa || !add_page(pa, min_u64(PAGE_SIZE, size - index * PAGE_SIZE)))
			break;
	}
	g->index = index;
	return request.nr_segs;
}

static void hand_over_data(const struct inode *inode)
{
	struct gather g = { .inode = inode };

	while (offload_call(gather_run, &g))
		if (!ring(LDE_EXPORT_DATA))
			break; /* there is no such file on the host any more */
}

/* ---- the tree -------------------------------------------------------- */

static void hand_over(struct inode *inode)
{
	const char *text;

	if (inode->device != DEVICE_TREE)
		return; /* /proc is not kept */
	request.mode = inode->mode;
	request.path_gpa = image_paddr(path);
	request.target_gpa = image_paddr(target);
	request.size = inode->object.size;
	request.atime_ns = inode->atime_ns;
	request.mtime_ns = inode->mtime_ns;
	if (inode_is_symlink(inode)) {
		uint64_t len = inode->ops->read_link(inode, NULL, &text);

		len = min_u64(len, sizeof(target) - 1);
		memcpy(target, text, len);
		target[len] = '\0';
	}
	if (ring(LDE_EXPORT_NODE) && inode_is_regular(inode))
		hand_over_data(inode);
}

static bool has_entries(const struct inode *inode)
{
	return inode_is_dir(inode) && dir_is_kept(inode) && !dir_is_empty(inode);
}

static struct dir_entry *entry_of(struct list *in_dir)
{
	return list_entry(in_dir, struct dir_entry, in_dir);
}

/* The path with the entry's name behind it; its new length. Or 0: it is too long,
 * which the VMM sees by the NUL that it lacks. */
static uint64_t path_push(uint64_t len, const struct dir_entry *entry)
{
	uint64_t room = sizeof(path) - len - 1, n = min_u64(entry->name_len, room);

	path[len++] = '/';
	memcpy(path + len, entry->name, n);
	if (n == room)
		return 0;
	path[len + n] = '\0';
	return len + n;
}

/*
 * Visits what is below dir, whose path has len bytes; folders first. Without
 * recursion, for a program may have made the tree as deep as it likes: the way
 * up is in the entries, and in the path.
 */
static void hand_over_below(const struct inode *top, uint64_t len)
{
	const struct inode *dir = top;
	struct list *next = dir->dir.entries.next;

	for (;;) {
		while (next == &dir->dir.entries) {
			struct dir_entry *up;

			if (dir == top)
				return;
			up = list_entry(dir->names.next, struct dir_entry, in_inode);
			len -= 1 + up->name_len;
			dir = up->dir;
			next = up->in_dir.next;
		}
		struct dir_entry *entry = entry_of(next);
		uint64_t longer = path_push(len, entry);

		hand_over(entry->inode);
		if (longer && has_entries(entry->inode)) {
			dir = entry->inode;
			len = longer;
			next = dir->dir.entries.next;
		} else {
			next = next->next;
		}
	}
}

static void hand_over_path(const char *from)
{
	uint64_t len = strlen(from);
	struct inode *inode;

	/* Nobody can be BLOCKED here, in an interrupt or at the end of the last process.
	 * What is on a disk is not kept, so it need not be found. */
	if (len >= sizeof(path) || inode_lookup_now(inode_root(), from, &inode))
		return; /* the VMM misses it, and says so */
	if (len == 1)
		len = 0; /* the root: what is in it has its slash */
	memcpy(path, len ? from : "/", len + 1 + !len);
	hand_over(inode);
	if (has_entries(inode))
		hand_over_below(inode, len);
	inode_put(inode);
}

void export_all(void)
{
	const char *from = info.paths.data;

	for (uint32_t at = 0; at < info.paths.bytes; at += strlen(from + at) + 1)
		hand_over_path(from + at);
}
