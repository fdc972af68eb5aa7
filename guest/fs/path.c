/* SPDX-License-Identifier: MIT */
#include "guest/fs/path.h"

#include "guest/arch/offload.h"
#include "guest/fs/wanted.h"
#include "guest/lib/errno.h"
#include "guest/lib/string.h"

#define LINKS_MAX 40 /* as Linux: in all, and hence also inside each other */

struct piece {
	const char *p, *end;
};

struct walk {
	struct piece path;             /* what is left of the innermost one */
	struct piece outer[LINKS_MAX]; /* what is left of those around it */
	unsigned nr_outer, nr_links, flags;
	bool wants_dir;                /* a slash behind the last name, or what it stands for */
	struct path_end *end;
};

static void skip_slashes(struct piece *path)
{
	while (path->p < path->end && *path->p == '/')
		path->p++;
}

/* Goes on with the path around a link whose own is at its end. */
static void leave_links(struct walk *w)
{
	while (w->path.p == w->path.end && w->nr_outer)
		w->path = w->outer[--w->nr_outer];
}

static bool is_at_end(const struct walk *w)
{
	return w->path.p == w->path.end;
}

/* Takes the next name off the path; what follows is another, or nothing. */
static void take_name(struct walk *w)
{
	struct path_end *end = w->end;
	const char *p = w->path.p;

	while (p < w->path.end && *p != '/')
		p++;
	end->name = w->path.p;
	end->len = p - w->path.p;
	end->last = PATH_LAST_NAME;
	if (end->name[0] == '.' && end->len == 1)
		end->last = PATH_LAST_DOT;
	else if (end->name[0] == '.' && end->len == 2 && end->name[1] == '.')
		end->last = PATH_LAST_DOT_DOT;
	end->has_slash = p < w->path.end;
	w->path.p = p;
	skip_slashes(&w->path);
	leave_links(w);
	w->wants_dir |= end->has_slash && is_at_end(w);
}

/* Looks for the name in the folder. */
static int look_up(struct path_end *end)
{
	struct inode *dir = end->dir;

	if (!inode_is_dir(dir))
		return -ENOTDIR;
	if (end->last == PATH_LAST_NAME) {
		if (end->len > FILE_NAME_MAX)
			return -ENAMETOOLONG;
		return dir->ops->lookup(dir, end->name, end->len, &end->inode);
	}
	end->inode = inode_get(end->last == PATH_LAST_DOT_DOT ? dir->parent : dir);
	return 0;
}

/* Goes on from inode, the user of which passes to the walk. */
static void enter(struct path_end *end, struct inode *inode)
{
	inode_put(end->dir);
	end->dir = inode;
	end->inode = NULL;
}

/* Instead of the link, goes to what it says. *is_there: that is all. */
static int follow_link(struct walk *w, bool is_last, bool *is_there)
{
	struct inode *link = w->end->inode, *to;
	const char *target;
	int64_t len;

	*is_there = false;
	if (++w->nr_links > LINKS_MAX)
		return -ELOOP;
	if (link->ops->jump) {
		to = link->ops->jump(link);
		if (!to)
			return -ENOENT;
		inode_put(link);
		w->end->inode = to;
		*is_there = true;
		return 0;
	}
	len = link->ops->read_link(link, NULL, &target);
	if (len <= 0)
		return len ? len : -ENOENT;
	if (!is_last)
		w->outer[w->nr_outer++] = w->path;
	w->path = (struct piece){ target, target + len };
	/* The target lies in an inode that has a name as well as this user. */
	inode_put(link);
	w->end->inode = NULL;
	if (*target == '/') {
		enter(w->end, inode_get(inode_root()));
		w->end->last = PATH_LAST_ROOT;
		skip_slashes(&w->path);
		leave_links(w);
	}
	return 0;
}

/* One name. *is_over: it was the last one. */
static int walk_step(struct walk *w, bool *is_over)
{
	struct path_end *end = w->end;
	bool is_last, follows, is_there = true;
	int err;

	take_name(w);
	is_last = is_at_end(w);
	*is_over = is_last;
	if (is_last && w->flags & PATH_F_PARENT)
		return inode_is_dir(end->dir) ? 0 : -ENOTDIR;
	err = look_up(end);
	if (err)
		return err;
	follows = !is_last || w->flags & PATH_F_FOLLOW || w->wants_dir;
	if (inode_is_symlink(end->inode) && follows) {
		err = follow_link(w, is_last, &is_there);
		if (err)
			return err;
		if (!is_there) {
			*is_over = is_at_end(w);
			if (*is_over) /* the link led to the root */
				end->inode = inode_get(end->dir);
			return 0;
		}
	}
	if (is_last)
		return w->wants_dir && !inode_is_dir(end->inode) ? -ENOTDIR : 0;
	enter(end, end->inode);
	return 0;
}

struct walk_call {
	struct walk walk;
	struct inode *start;
	const char *path;
};

static uint64_t walk_offloaded(void *arg)
{
	struct walk_call *call = arg;
	struct walk *w = &call->walk;
	bool is_over = false;
	int err = 0;

	w->path = (struct piece){ call->path, call->path + strlen(call->path) };
	if (w->path.p == w->path.end)
		return -ENOENT;
	w->end->dir = inode_get(*call->path == '/' ? inode_root() : call->start);
	skip_slashes(&w->path);
	if (w->path.p == w->path.end) {
		w->end->last = PATH_LAST_ROOT;
		w->end->inode = inode_get(w->end->dir);
		return 0;
	}
	while (!err && !is_over)
		err = walk_step(w, &is_over);
	if (err && !is_over && w->end->dir) {
		inode_put(w->end->dir); /* not even the last folder was found */
		w->end->dir = NULL;
	}
	return err;
}

/* As far as it goes without waiting for a disk: then -EABSENT, and nothing done. */
static int walk_once(struct walk_call *call)
{
	struct path_end *end = call->walk.end;
	int err;

	call->walk.nr_outer = call->walk.nr_links = 0;
	call->walk.wants_dir = false;
	end->dir = end->inode = NULL;
	err = (int)offload_call(walk_offloaded, call);
	end->has_slash = call->walk.wants_dir;
	if (err && end->inode) {
		inode_put(end->inode);
		end->inode = NULL;
	}
	if (err == -EABSENT && end->dir) {
		inode_put(end->dir);
		end->dir = NULL;
	}
	return err;
}

int path_walk(struct inode *start, const char *path, unsigned flags, struct path_end *end)
{
	struct walk_call call;
	int err;

	call.walk.flags = flags;
	call.walk.end = end;
	call.start = start;
	call.path = path;
	do
		err = walk_once(&call);
	while (unlikely(err) && !(flags & PATH_F_NOW) && wanted_bring_for(&err));
	return err;
}

void path_put(struct path_end *end)
{
	if (end->dir)
		inode_put(end->dir);
	if (end->inode)
		inode_put(end->inode);
}

static int look_up_path(struct inode *dir, const char *path, unsigned flags, struct inode **found)
{
	struct path_end end;
	int err = path_walk(dir, path, flags, &end);

	if (!err)
		*found = inode_get(end.inode);
	path_put(&end);
	return err;
}

int inode_lookup(struct inode *dir, const char *path, bool follow, struct inode **found)
{
	return look_up_path(dir, path, follow ? PATH_F_FOLLOW : 0, found);
}

int inode_lookup_now(struct inode *dir, const char *path, struct inode **found)
{
	return look_up_path(dir, path, PATH_F_NOW, found);
}
