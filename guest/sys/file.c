/* SPDX-License-Identifier: MIT */
/* System calls that read and write open files. */
#include <asm/signal.h>
#include <linux/fs.h>

#include "guest/arch/offload.h"
#include "guest/fs/fsize.h"
#include "guest/fs/mount.h"
#include "guest/fs/pipe.h"
#include "guest/fs/regular.h"
#include "guest/mm/page.h"
#include "guest/sys/fd.h"
#include "guest/sys/signals.h"
#include "guest/sys/syscall.h"

#define PIECES_MAX 16 /* pieces handed down at a time */
#define IOV_MAX    1024

/* As Linux: no transfer is larger than this (read(2), NOTES). */
#define TRANSFER_MAX 0x7ffff000ull

/* As access_ok() in Linux: checked before anything else is. */
static bool can_be_users(vaddr_t start, uint64_t len)
{
	return (len <= USER_END && start <= USER_END - len) || !limits.pointer_checks;
}

static inline int64_t read_piece(struct file *file, vaddr_t buf, uint64_t len, uint64_t *pos)
{
	if (unlikely(!fd_can_read(file)))
		return -EBADF;
	if (unlikely(!file->ops->read))
		return inode_is_dir(file->inode) ? -EISDIR : -EINVAL;
	if (unlikely(!can_be_users(buf, len)))
		return -EFAULT;
	return file->ops->read(file, buf, min_u64(len, TRANSFER_MAX), pos);
}

void fd_signal_error(int64_t n)
{
	if (n == -EPIPE)
		signal_send_current(SIGPIPE);
	else if (n == -EFBIG && rlimit_get(current(), RLIMIT_FSIZE).soft != RLIMIT_UNLIMITED)
		signal_send_current(SIGXFSZ);
}

/* Each piece is somewhere where programs have their memory. */
static inline int64_t write_checked(struct file *file, const struct user_piece *pieces, unsigned nr,
				    uint64_t *pos)
{
	int64_t n;

	if (unlikely(!file->ops->write))
		return -EINVAL;
	n = file->ops->write(file, pieces, nr, pos);
	if (unlikely(n < 0))
		fd_signal_error(n);
	return n;
}

/* The same for a file that may not be open for writing. */
static int64_t write_pieces(struct file *file, const struct user_piece *pieces, unsigned nr,
			    uint64_t *pos)
{
	if (!fd_can_write(file))
		return -EBADF;
	return write_checked(file, pieces, nr, pos);
}

int64_t sys_read(struct trap_frame *f)
{
	struct file *file = fd_get(arg_int(f, 0));

	if (unlikely(!file))
		return -EBADF;
	return read_piece(file, arg_u64(f, 1), arg_u64(f, 2), &file->pos);
}

int64_t sys_write(struct trap_frame *f)
{
	struct file *file = fd_get(arg_int(f, 0));
	struct user_piece piece = { arg_u64(f, 1), min_u64(arg_u64(f, 2), TRANSFER_MAX) };

	if (unlikely(!file || !fd_can_write(file)))
		return -EBADF;
	if (unlikely(!can_be_users(piece.start, arg_u64(f, 2))))
		return -EFAULT;
	return write_checked(file, &piece, 1, &file->pos);
}

/* Reads pieces from, at most PIECES_MAX of nr, checking as Linux does. */
static int get_pieces(struct user_piece *pieces, vaddr_t from, unsigned nr)
{
	int err = 0;

	if (get_user(pieces, from, nr * sizeof(*pieces)))
		return -EFAULT;
	for (unsigned i = 0; i < nr; i++) {
		if ((int64_t)pieces[i].len < 0)
			return -EINVAL;
		if (!can_be_users(pieces[i].start, pieces[i].len))
			err = -EFAULT;
	}
	return err;
}

typedef int64_t (*transfer_fn)(struct file *file, const struct user_piece *pieces, unsigned nr,
			       uint64_t *pos);

/* What is there is read, and nothing waited for behind it. */
static bool has_more(struct file *file)
{
	return !file->ops->has_more || file->ops->has_more(file);
}

static int64_t read_pieces(struct file *file, const struct user_piece *pieces, unsigned nr,
			   uint64_t *pos)
{
	int64_t done = 0;

	for (unsigned i = 0; i < nr; i++) {
		int64_t n = read_piece(file, pieces[i].start, pieces[i].len, pos);

		if (n < 0)
			return done ? done : n;
		done += n;
		if ((uint64_t)n < pieces[i].len || (n && !has_more(file)))
			break;
	}
	return done;
}

/*
 * More pieces than can be handed down at a time: 0 if they are all as they should be. If
 * so, what a pipe is to take in one piece is here and has room when this returns.
 */
static __attribute__((noinline)) int prepare_many(struct file *file, vaddr_t iov, unsigned count,
						  bool is_write)
{
	bool is_whole = is_write && fd_can_write(file) && file->ops->make_room;
	struct user_piece pieces[PIECES_MAX];
	uint64_t total = 0;
	int err = 0;

	for (unsigned at = 0; at < count && !err; at += PIECES_MAX) {
		unsigned nr = min_u64(count - at, PIECES_MAX);

		err = get_pieces(pieces, iov + at * sizeof(pieces[0]), nr);
		for (unsigned i = 0; i < nr && !err; i++) {
			total += pieces[i].len;
			if (is_whole && total <= PIPE_ATOMIC)
				user_bring_all(current()->space, pieces[i].start, pieces[i].len,
					       ACCESS_READ);
		}
	}
	return err || !is_whole ? err : file->ops->make_room(file, total);
}

/* Cuts what is more than left in all; what is asked for then. */
static uint64_t cut_pieces(struct user_piece *pieces, unsigned nr, uint64_t left)
{
	uint64_t asked = 0;

	for (unsigned i = 0; i < nr; i++) {
		pieces[i].len = min_u64(pieces[i].len, left - asked);
		asked += pieces[i].len;
	}
	return asked;
}

/* readv and writev: batches of pieces until one comes out short. */
static int64_t transfer_vector(struct file *file, vaddr_t iov, int count, uint64_t *pos,
			       transfer_fn transfer)
{
	struct user_piece pieces[PIECES_MAX];
	int64_t done = 0;

	if (count < 0 || count > IOV_MAX)
		return -EINVAL;
	if (count > PIECES_MAX) {
		done = prepare_many(file, iov, count, transfer != read_pieces);
		if (done)
			return done;
	}
	while (count) {
		unsigned nr = min_u64(count, PIECES_MAX);
		int64_t n = get_pieces(pieces, iov, nr);
		uint64_t asked = n ? 0 : cut_pieces(pieces, nr, TRANSFER_MAX - done);

		if (!n)
			n = transfer(file, pieces, nr, pos);
		if (n < 0)
			return done ? done : n;
		done += n;
		if ((uint64_t)n < asked || (transfer == read_pieces && n && !has_more(file)))
			break;
		iov += nr * sizeof(pieces[0]);
		count -= nr;
	}
	return done;
}

/* What is kept in memory is where it is to be. -EINVAL: there is nothing to sync. */
static int sync_file(struct file *file)
{
	if (file->ops->sync)
		return file->ops->sync(file);
	if (!inode_is_regular(file->inode) && !inode_is_dir(file->inode))
		return -EINVAL;
	if (inode_is_on_disk(file->inode))
		return file->inode->ops->tree->sync(file->inode);
	return file->inode->device == DEVICE_TREE ? 0 : -EINVAL;
}

static int64_t vector_call(struct trap_frame *f, transfer_fn transfer)
{
	struct file *file = fd_get(arg_int(f, 0));

	if (!file)
		return -EBADF;
	return transfer_vector(file, arg_u64(f, 1), arg_int(f, 2), &file->pos, transfer);
}

int64_t sys_readv(struct trap_frame *f)
{
	return vector_call(f, read_pieces);
}

int64_t sys_writev(struct trap_frame *f)
{
	return vector_call(f, write_pieces);
}

/* The file of a call with an offset, which must be one that can seek. */
static int get_seekable(struct trap_frame *f, struct file **file)
{
	*file = fd_get(arg_int(f, 0));
	if (!*file)
		return -EBADF;
	if ((int64_t)arg_u64(f, 3) < 0)
		return -EINVAL;
	return (*file)->ops->can_seek ? 0 : -ESPIPE;
}

int64_t sys_pread64(struct trap_frame *f)
{
	uint64_t pos = arg_u64(f, 3);
	struct file *file;
	int err = get_seekable(f, &file);

	return err ? err : read_piece(file, arg_u64(f, 1), arg_u64(f, 2), &pos);
}

int64_t sys_pwrite64(struct trap_frame *f)
{
	struct user_piece piece = { arg_u64(f, 1), min_u64(arg_u64(f, 2), TRANSFER_MAX) };
	uint64_t pos = arg_u64(f, 3);
	struct file *file;
	int err = get_seekable(f, &file);

	if (err)
		return err;
	if (!fd_can_write(file))
		return -EBADF;
	if (!can_be_users(piece.start, arg_u64(f, 2)))
		return -EFAULT;
	return write_checked(file, &piece, 1, &pos);
}

static int64_t vector_call_at(struct trap_frame *f, transfer_fn transfer)
{
	uint64_t pos = arg_u64(f, 3);
	struct file *file;
	int err = get_seekable(f, &file);

	return err ? err : transfer_vector(file, arg_u64(f, 1), arg_int(f, 2), &pos, transfer);
}

int64_t sys_preadv(struct trap_frame *f)
{
	return vector_call_at(f, read_pieces);
}

int64_t sys_pwritev(struct trap_frame *f)
{
	return vector_call_at(f, write_pieces);
}

#define POS_CURRENT UINT64_MAX

/* RWF_NOWAIT is for files of which it is known what would be waited for. */
static bool never_waits(const struct file *file)
{
	return inode_is_regular(file->inode) && file->inode->device == DEVICE_TREE &&
	       !inode_is_on_disk(file->inode);
}

/* pwritev2 with RWF_APPEND: the offset says whether the file's own one moves. */
static int64_t append_vector(struct trap_frame *f, struct file *file)
{
	uint64_t pos = FILE_POS_END;
	int64_t n = transfer_vector(file, arg_u64(f, 1), arg_int(f, 2), &pos, write_pieces);

	if (n > 0 && arg_u64(f, 3) == POS_CURRENT)
		file->pos = pos;
	return n;
}

/* preadv2 and pwritev2: from where the file is, or at an offset, with flags. */
static int64_t vector_call_flags(struct trap_frame *f, transfer_fn transfer)
{
	struct file *file = fd_get(arg_int(f, 0));
	int flags = arg_int(f, 5);
	bool is_at = arg_u64(f, 3) != POS_CURRENT;

	if (!file)
		return -EBADF;
	if (is_at && (int64_t)arg_u64(f, 3) < 0)
		return -EINVAL;
	if (flags & ~(RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_NOWAIT | RWF_APPEND) ||
	    (flags & RWF_NOWAIT && !never_waits(file)))
		return -EOPNOTSUPP;
	if (flags & RWF_APPEND && transfer == write_pieces && inode_is_regular(file->inode))
		return append_vector(f, file);
	return is_at ? vector_call_at(f, transfer) : vector_call(f, transfer);
}

int64_t sys_preadv2(struct trap_frame *f)
{
	return vector_call_flags(f, read_pieces);
}

int64_t sys_pwritev2(struct trap_frame *f)
{
	int64_t n = vector_call_flags(f, write_pieces);
	struct file *file = fd_get(arg_int(f, 0));
	int err = 0;

	if (n > 0 && arg_int(f, 5) & (RWF_DSYNC | RWF_SYNC))
		err = sync_file(file);
	return err && err != -EINVAL ? err : n; /* EINVAL: a pipe, which there is nothing to sync of */
}

/* SEEK_DATA and SEEK_HOLE: by whole pages. */
struct seek {
	const struct inode *inode;
	uint64_t offset;
	bool for_data;
};

static uint64_t seek_run(void *arg)
{
	const struct seek *s = arg;
	uint64_t size = s->inode->object.size, nr = (size + PAGE_SIZE - 1) / PAGE_SIZE;
	uint64_t index = content_next(&s->inode->content, s->offset / PAGE_SIZE, nr, s->for_data);

	if (index == nr)
		return s->for_data ? (uint64_t)-ENXIO : size;
	return max_u64(s->offset, index * PAGE_SIZE);
}

static int64_t seek_content(const struct inode *inode, int64_t offset, bool for_data)
{
	struct seek s = { inode, offset, for_data };

	if (!inode_has_content(inode))
		return -EINVAL;
	if (offset < 0 || (uint64_t)offset >= inode->object.size)
		return -ENXIO;
	if (inode_is_on_disk(inode)) /* as Linux has it for ext2: no holes but the end */
		return for_data ? offset : (int64_t)inode->object.size;
	return offload_call(seek_run, &s);
}

/* The position that is asked for, which may be a bad one. */
static int64_t seek_target(struct file *file, int64_t offset, int whence)
{
	int64_t base = 0;

	if (whence == SEEK_CUR)
		base = file->pos;
	else if (whence == SEEK_END)
		base = file->ops->size ? file->ops->size(file) : file->inode->object.size;
	return __builtin_add_overflow(base, offset, &base) || base < 0 ? -EINVAL : base;
}

int64_t sys_lseek(struct trap_frame *f)
{
	struct file *file = fd_get(arg_int(f, 0));
	int whence = arg_int(f, 2);
	int64_t pos;

	if (!file)
		return -EBADF;
	if ((unsigned)whence > SEEK_MAX)
		return -EINVAL;
	if (!file->ops->can_seek)
		return -ESPIPE;
	if ((file->inode->mode & MODE_TYPE) == MODE_CHAR)
		return 0; /* null and its like are the same everywhere */
	if (whence == SEEK_DATA || whence == SEEK_HOLE)
		pos = seek_content(file->inode, arg_u64(f, 1), whence == SEEK_DATA);
	else
		pos = seek_target(file, arg_u64(f, 1), whence);
	if (pos >= 0)
		file->pos = pos;
	return pos;
}

int64_t sys_fsync(struct trap_frame *f)
{
	struct file *file = fd_get(arg_int(f, 0));

	return file ? sync_file(file) : -EBADF;
}

int64_t sys_sync(struct trap_frame *f)
{
	(void)f;
	mount_sync_all();
	return 0;
}

int64_t sys_syncfs(struct trap_frame *f)
{
	const struct file *file = fd_get(arg_int(f, 0));

	if (!file)
		return -EBADF;
	return inode_is_on_disk(file->inode) ? file->inode->ops->tree->sync_all(file->inode) : 0;
}

/* Advice on access, which needs no preparation. */
int64_t sys_fadvise64(struct trap_frame *f)
{
	const struct file *file = fd_get(arg_int(f, 0));

	if (!file)
		return -EBADF;
	if ((file->inode->mode & MODE_TYPE) == MODE_FIFO)
		return -ESPIPE;
	return (unsigned)arg_int(f, 3) > 5 ? -EINVAL : 0;
}
