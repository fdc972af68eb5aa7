/* SPDX-License-Identifier: MIT */
/* System calls that name files by their paths. */
#include <asm/stat.h>
#include <linux/fcntl.h>
#include <linux/fs.h>

#include "guest/arch/direct.h"
#include "guest/fs/file.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"
#include "guest/sys/syscall.h"

#define AT_KNOWN     (AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT)
#define SELF_EXE     "/proc/self/exe"
#define BLOCK_BYTES  512
#define DEVICE_ROOT  1
#define DEVICE_STDIO 2

/* A path copied in from the program; a page of its own while in use. */
static int path_get(vaddr_t from, char **path)
{
	paddr_t pa = page_alloc();
	int64_t len;

	if (!pa)
		return -ENOMEM;
	*path = direct_map(pa);
	len = user_read_string(current()->space, *path, from, PATH_SIZE);
	if (len >= 0)
		return 0;
	page_put(pa);
	return len;
}

static void path_put(char *path)
{
	page_put(direct_paddr(path));
}

/* Where a path that is not absolute starts. */
static int start_dir(int dirfd, struct inode **dir)
{
	struct file *file;

	if (dirfd == AT_FDCWD) {
		*dir = current()->cwd;
		return 0;
	}
	file = file_get(current()->files, dirfd);
	if (!file)
		return -EBADF;
	if (!file->inode || !inode_is_dir(file->inode))
		return -ENOTDIR;
	*dir = file->inode;
	return 0;
}

static int lookup(int dirfd, const char *path, bool follow, struct inode **found)
{
	struct inode *dir = inode_root();
	int err = 0;

	if (!strcmp(path, SELF_EXE) && follow) {
		*found = inode_get(current()->program);
		return 0;
	}
	if (*path != '/')
		err = start_dir(dirfd, &dir);
	return err ? err : inode_lookup(dir, path, follow, found);
}

/* The whole of what most calls here begin with. */
static int lookup_user(int dirfd, vaddr_t from, bool follow, struct inode **found)
{
	char *path;
	int err = path_get(from, &path);

	if (err)
		return err;
	err = lookup(dirfd, path, follow, found);
	path_put(path);
	return err;
}

/* Whether an existing file may be opened so. */
static int check_open(const struct inode *inode, uint32_t flags)
{
	bool wants_write = (flags & O_ACCMODE) != O_RDONLY || flags & O_TRUNC;

	if (flags & O_CREAT && flags & O_EXCL)
		return -EEXIST;
	if (inode_is_symlink(inode))
		return -ELOOP;
	if (inode_is_dir(inode) && (wants_write || flags & O_CREAT))
		return -EISDIR;
	if (!inode_is_dir(inode) && flags & O_DIRECTORY)
		return -ENOTDIR;
	return wants_write ? -EROFS : 0;
}

static int64_t open_path(int dirfd, vaddr_t from, uint32_t flags)
{
	struct inode *inode;
	struct file *file;
	int err = lookup_user(dirfd, from, !(flags & O_NOFOLLOW), &inode), fd;

	if (err == -ENOENT && flags & O_CREAT)
		return -EROFS;
	if (err)
		return err;
	err = check_open(inode, flags);
	file = err ? NULL : file_open(inode, flags & ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC |
						       O_CLOEXEC));
	if (!file) {
		inode_put(inode);
		return err ? err : -ENOMEM;
	}
	fd = file_install(current()->files, file, 0, flags & O_CLOEXEC);
	if (fd < 0)
		file_put(file);
	return fd;
}

int64_t sys_open(struct trap_frame *f)
{
	return open_path(AT_FDCWD, arg_u64(f, 0), arg_int(f, 1));
}

int64_t sys_openat(struct trap_frame *f)
{
	return open_path(arg_int(f, 0), arg_u64(f, 1), arg_int(f, 2));
}

static void inode_stat(const struct inode *inode, struct stat *st)
{
	st->st_dev = DEVICE_ROOT;
	st->st_ino = inode->number;
	st->st_nlink = inode_is_dir(inode) ? 2 : 1;
	st->st_mode = inode->mode;
	st->st_uid = inode->uid;
	st->st_gid = inode->gid;
	st->st_size = inode->object.size;
	st->st_blksize = PAGE_SIZE;
	st->st_blocks = (inode->object.size + BLOCK_BYTES - 1) / BLOCK_BYTES;
	st->st_atime = st->st_mtime = st->st_ctime = inode->mtime;
}

static int64_t put_stat(const struct file *file, const struct inode *inode, vaddr_t dst)
{
	struct stat st;

	memset(&st, 0, sizeof(st));
	if (inode) {
		inode_stat(inode, &st);
	} else {
		st.st_dev = DEVICE_STDIO;
		st.st_ino = file->stream + 1;
		st.st_nlink = 1;
		st.st_mode = console_info()->mode[file->stream];
		st.st_blksize = (st.st_mode & MODE_TYPE) == MODE_CHAR ? 1024 : PAGE_SIZE;
	}
	return put_user(dst, &st, sizeof(st));
}

static int64_t stat_path(int dirfd, vaddr_t from, bool follow, vaddr_t dst)
{
	struct inode *inode;
	int64_t err = lookup_user(dirfd, from, follow, &inode);

	if (err)
		return err;
	err = put_stat(NULL, inode, dst);
	inode_put(inode);
	return err;
}

static int64_t stat_fd(int fd, vaddr_t dst)
{
	struct file *file = file_get(current()->files, fd);

	return file ? put_stat(file, file->inode, dst) : -EBADF;
}

int64_t sys_stat(struct trap_frame *f)
{
	return stat_path(AT_FDCWD, arg_u64(f, 0), true, arg_u64(f, 1));
}

int64_t sys_lstat(struct trap_frame *f)
{
	return stat_path(AT_FDCWD, arg_u64(f, 0), false, arg_u64(f, 1));
}

int64_t sys_fstat(struct trap_frame *f)
{
	return stat_fd(arg_int(f, 0), arg_u64(f, 1));
}

int64_t sys_newfstatat(struct trap_frame *f)
{
	int dirfd = arg_int(f, 0), flags = arg_int(f, 3);
	char first;

	if (flags & ~AT_KNOWN)
		return -EINVAL;
	if (flags & AT_EMPTY_PATH) {
		if (get_user(&first, arg_u64(f, 1), 1))
			return -EFAULT;
		if (!first && dirfd != AT_FDCWD)
			return stat_fd(dirfd, arg_u64(f, 2));
		if (!first)
			return put_stat(NULL, current()->cwd, arg_u64(f, 2));
	}
	return stat_path(dirfd, arg_u64(f, 1), !(flags & AT_SYMLINK_NOFOLLOW), arg_u64(f, 2));
}

#define ACCESS_WANT_WRITE 2
#define ACCESS_WANT_EXEC  1

/* Everybody is root: anything may be read, nothing written. */
static int64_t check_access(int dirfd, vaddr_t from, int mode)
{
	struct inode *inode;
	int err;

	if (mode & ~7)
		return -EINVAL;
	err = lookup_user(dirfd, from, true, &inode);
	if (err)
		return err;
	if (mode & ACCESS_WANT_WRITE)
		err = -EROFS;
	else if (mode & ACCESS_WANT_EXEC && !inode_is_dir(inode) && !(inode->mode & MODE_EXEC_ANY))
		err = -EACCES;
	inode_put(inode);
	return err;
}

int64_t sys_access(struct trap_frame *f)
{
	return check_access(AT_FDCWD, arg_u64(f, 0), arg_int(f, 1));
}

int64_t sys_faccessat(struct trap_frame *f)
{
	return check_access(arg_int(f, 0), arg_u64(f, 1), arg_int(f, 2));
}

/* Puts what a link says, cut to what fits and without a NUL (readlink(2)). */
static int64_t put_link(const char *target, uint64_t len, vaddr_t dst, int64_t size)
{
	int err;

	if (size <= 0)
		return -EINVAL;
	len = min_u64(len, size);
	err = put_user(dst, target, len);
	return err ? err : (int64_t)len;
}

static int64_t put_program_path(vaddr_t dst, int64_t size)
{
	paddr_t pa = page_alloc();
	int64_t len;

	if (!pa)
		return -ENOMEM;
	len = inode_path(current()->program, direct_map(pa), PAGE_SIZE);
	if (len > 0)
		len = put_link(direct_map(pa), len - 1, dst, size);
	page_put(pa);
	return len;
}

static int64_t read_link(int dirfd, vaddr_t from, vaddr_t dst, int size)
{
	struct inode *inode;
	char *path;
	int64_t result = path_get(from, &path);

	if (result)
		return result;
	if (!strcmp(path, SELF_EXE)) {
		result = put_program_path(dst, size);
	} else {
		result = lookup(dirfd, path, false, &inode);
		if (!result) {
			result = inode_is_symlink(inode) ?
					 put_link(direct_map(inode->data), inode->object.size, dst,
						  size) :
					 -EINVAL;
			inode_put(inode);
		}
	}
	path_put(path);
	return result;
}

int64_t sys_readlink(struct trap_frame *f)
{
	return read_link(AT_FDCWD, arg_u64(f, 0), arg_u64(f, 1), arg_int(f, 2));
}

int64_t sys_readlinkat(struct trap_frame *f)
{
	return read_link(arg_int(f, 0), arg_u64(f, 1), arg_u64(f, 2), arg_int(f, 3));
}

int64_t sys_getcwd(struct trap_frame *f)
{
	paddr_t pa = page_alloc();
	int64_t len;

	if (!pa)
		return -ENOMEM;
	len = inode_path(current()->cwd, direct_map(pa), min_u64(arg_u64(f, 1), PAGE_SIZE));
	if (len > 0 && put_user(arg_u64(f, 0), direct_map(pa), len))
		len = -EFAULT;
	page_put(pa);
	return len;
}

/* Takes the caller's use of inode over. */
static int64_t change_dir(struct inode *inode)
{
	struct process *p = current();

	if (!inode_is_dir(inode)) {
		inode_put(inode);
		return -ENOTDIR;
	}
	inode_put(p->cwd);
	p->cwd = inode;
	return 0;
}

int64_t sys_chdir(struct trap_frame *f)
{
	struct inode *inode;
	int err = lookup_user(AT_FDCWD, arg_u64(f, 0), true, &inode);

	return err ? err : change_dir(inode);
}

int64_t sys_fchdir(struct trap_frame *f)
{
	struct file *file = file_get(current()->files, arg_int(f, 0));

	if (!file)
		return -EBADF;
	return file->inode ? change_dir(inode_get(file->inode)) : -ENOTDIR;
}

/* One record of getdents64(2); the name and a NUL follow. */
struct dirent_header {
	uint64_t ino;
	int64_t next;
	uint16_t bytes;
	uint8_t type;
} __attribute__((packed));

/* Puts entry nr of the directory; bytes, 0 if it does not fit, or -EFAULT. */
static int64_t put_dirent(const struct inode *inode, const char *name, uint32_t len, uint64_t nr,
			  vaddr_t dst, uint64_t left)
{
	struct dirent_header h = {
		.ino = inode->number,
		.next = nr + 1,
		.bytes = ALIGN_UP(sizeof(h) + len + 1, 8),
		.type = (inode->mode & MODE_TYPE) >> 12,
	};

	if (h.bytes > left)
		return 0;
	if (put_user(dst, &h, sizeof(h)) || put_user(dst + sizeof(h), name, len) ||
	    user_zero(current()->space, dst + sizeof(h) + len, h.bytes - sizeof(h) - len))
		return -EFAULT;
	return h.bytes;
}

int64_t sys_getdents64(struct trap_frame *f)
{
	struct file *file = file_get(current()->files, arg_int(f, 0));
	vaddr_t dst = arg_u64(f, 1);
	uint64_t left = arg_u64(f, 2) & UINT32_MAX, nr = 0;
	int64_t n = 1;

	if (!file)
		return -EBADF;
	if (!file->inode || !inode_is_dir(file->inode))
		return -ENOTDIR;
	for (struct list *l = NULL; n > 0; nr++) {
		const struct inode *inode = nr == 0 ? file->inode : file->inode->parent;
		const char *name = "..";
		uint32_t len = nr + 1;

		if (nr >= 2) {
			l = l ? l->next : file->inode->children.next;
			if (l == &file->inode->children)
				break;
			inode = list_entry(l, struct inode, sibling);
			name = inode->name;
			len = inode->name_len;
		}
		if (nr < file->pos)
			continue;
		n = put_dirent(inode, name, len, nr, dst, left);
		if (n > 0) {
			dst += n;
			left -= n;
			file->pos = nr + 1;
		}
	}
	if (dst != arg_u64(f, 1))
		return dst - arg_u64(f, 1);
	return n == 0 ? -EINVAL : n == 1 ? 0 : n;
}
