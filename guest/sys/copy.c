/* SPDX-License-Identifier: MIT */
/*
 * System calls that copy from file to file. The bytes go through memory that is
 * mapped into the program for the time of the call, so every kind of file can
 * take part by its ordinary operations.
 */
#include <asm/signal.h>

#include "guest/core/sched.h"
#include "guest/fs/regular.h"
#include "guest/mm/page.h"
#include "guest/sys/fd.h"
#include "guest/sys/signals.h"
#include "guest/sys/syscall.h"

#define WINDOW_BYTES 65536u
/* As Linux: no transfer is larger than this (sendfile(2)). */
#define COPY_MAX 0x7ffff000ull

struct copy {
	struct file *in, *out;
	uint64_t *in_pos, *out_pos;
	uint64_t left;
};

/* One window full. Bytes copied, 0 at the end of in, or an errno. */
static int64_t copy_window(const struct copy *c, vaddr_t window)
{
	uint64_t start = *c->in_pos;
	int64_t n = c->in->ops->read(c->in, window, min_u64(c->left, WINDOW_BYTES), c->in_pos);
	struct user_piece piece = { window, n };

	if (n <= 0)
		return n;
	n = c->out->ops->write(c->out, &piece, 1, c->out_pos);
	/* What was read and not written is not gone from in, which can seek. */
	*c->in_pos = start + (n > 0 ? n : 0);
	return n;
}

static int64_t copy_run(struct copy *c)
{
	struct space *space = current()->space;
	struct space_mapping m = {
		.start = space_find_gap(space, WINDOW_BYTES),
		.bytes = WINDOW_BYTES,
		.prot = SPACE_PROT_READ | SPACE_PROT_WRITE,
		.flags = REGION_F_READ_ONLY, /* differs from all: is joined with none */
	};
	int64_t done = 0, n = 1;

	if (!m.start || space_map(space, &m))
		return -ENOMEM;
	while (c->left && n > 0) {
		n = copy_window(c, m.start);
		if (n > 0) {
			done += n;
			c->left -= n;
			if (c->left && !sched_cond_resched())
				break;
		}
	}
	space_unmap(space, m.start, m.bytes);
	return done ? done : n;
}

/* An offset that the program keeps: read it, if it has one. */
static int read_offset(vaddr_t at, uint64_t *offset)
{
	if (!at)
		return 0;
	if (get_user(offset, at, sizeof(*offset)))
		return -EFAULT;
	return (int64_t)*offset < 0 ? -EINVAL : 0;
}

static int check_sendfile(const struct file *in, const struct file *out, bool has_offset)
{
	if (!in || !fd_can_read(in))
		return -EBADF;
	if (has_offset && !in->ops->can_seek)
		return -ESPIPE;
	if (!out || !fd_can_write(out))
		return -EBADF;
	if (!in->ops->can_seek || !in->ops->read || !out->ops->write || out->flags & O_APPEND)
		return -EINVAL;
	return 0;
}

int64_t sys_sendfile(struct trap_frame *f)
{
	struct copy c = { .in = fd_get(arg_int(f, 1)), .out = fd_get(arg_int(f, 0)),
			  .left = min_u64(arg_u64(f, 3), COPY_MAX) };
	vaddr_t at = arg_u64(f, 2);
	uint64_t offset = 0;
	int64_t n = read_offset(at, &offset);

	if (n == -EFAULT)
		return n;
	if (!n)
		n = check_sendfile(c.in, c.out, at);
	if (n)
		return n;
	if ((int64_t)arg_u64(f, 3) < 0)
		return -EINVAL;
	c.in_pos = at ? &offset : &c.in->pos;
	c.out_pos = &c.out->pos;
	n = copy_run(&c);
	fd_signal_error(n);
	if (at && put_user(at, &offset, sizeof(offset)))
		return -EFAULT;
	return n;
}

static int check_copy_range(const struct file *in, const struct file *out, uint64_t flags)
{
	if (!in || !out)
		return -EBADF;
	if (flags)
		return -EINVAL;
	if (inode_is_dir(in->inode) || inode_is_dir(out->inode))
		return -EISDIR;
	if (!inode_has_content(in->inode) || !inode_has_content(out->inode))
		return -EINVAL;
	if (!fd_can_read(in) || !fd_can_write(out) || out->flags & O_APPEND)
		return -EBADF;
	return 0;
}

static bool overlaps(const struct copy *c)
{
	return c->in->inode == c->out->inode && *c->in_pos < *c->out_pos + c->left &&
	       *c->out_pos < *c->in_pos + c->left;
}

int64_t sys_copy_file_range(struct trap_frame *f)
{
	struct copy c = { .in = fd_get(arg_int(f, 0)), .out = fd_get(arg_int(f, 2)),
			  .left = min_u64(arg_u64(f, 4), COPY_MAX) };
	uint64_t in_offset = 0, out_offset = 0;
	int64_t n = check_copy_range(c.in, c.out, 0);

	if (n == -EBADF)
		return n;
	n = read_offset(arg_u64(f, 1), &in_offset);
	if (!n)
		n = read_offset(arg_u64(f, 3), &out_offset);
	if (!n)
		n = check_copy_range(c.in, c.out, arg_u64(f, 5));
	if (n)
		return n;
	c.in_pos = arg_u64(f, 1) ? &in_offset : &c.in->pos;
	c.out_pos = arg_u64(f, 3) ? &out_offset : &c.out->pos;
	if (*c.in_pos >= c.in->inode->object.size)
		return 0;
	c.left = min_u64(c.left, c.in->inode->object.size - *c.in_pos);
	if (overlaps(&c))
		return -EINVAL;
	n = copy_run(&c);
	fd_signal_error(n);
	if (n > 0 && arg_u64(f, 1) && put_user(arg_u64(f, 1), &in_offset, sizeof(in_offset)))
		return -EFAULT;
	if (n > 0 && arg_u64(f, 3) && put_user(arg_u64(f, 3), &out_offset, sizeof(out_offset)))
		return -EFAULT;
	return n;
}
