/* SPDX-License-Identifier: MIT */
/*
 * Images made by mke2fs, mounted from a fake disk by the kernel's ext2, and looked
 * at again by e2fsck and debugfs. Paths are relative to the image's root.
 */
#ifndef FAKE_FAKE_EXT2_H
#define FAKE_FAKE_EXT2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ext2;
struct inode;
struct fake_block;

/* For cmocka: a folder for images; false where e2fsprogs are missing. */
int fake_ext2_group_set_up(void **state);
int fake_ext2_group_tear_down(void **state);

extern struct fake_block fake_ext2_disk;
extern struct ext2 *fake_ext2_fs;
extern struct inode *fake_ext2_root;

/* A new image of size ("8M") by mke2fs -t ext2 with more options. */
void fake_ext2_make(const char *options, const char *size);
const char *fake_ext2_image(void);
/* A command of the shell's, e2fsprogs in its PATH: status, and output, which lasts
 * until the next call. */
int fake_ext2_tool(const char **output, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Boots with a disk of these bytes; mounts it, which may have changed meanwhile. */
void fake_ext2_boot(const void *bytes, size_t len);
const char *fake_ext2_mount_loaded(bool is_read_only);
/* Boots, and mounts the image: what ext2_mount says. */
const char *fake_ext2_try_mount(bool is_read_only);
void fake_ext2_mount(void);
/* Memory for the running process to read and write files with; mounting gives it to
 * the one that runs then. */
void fake_ext2_make_memory(void);
/* Unmounts, and saves the disk to the image; it must be right to e2fsck -fn. */
void fake_ext2_finish(void);
/* Saves it as it is, as if all had stopped. */
void fake_ext2_stop(void);
void fake_ext2_check(void);
/* e2fsck -fy; fails if even that does not help. */
void fake_ext2_repair(void);
/* All files: path and content's sum, as debugfs rdump gives them. */
void fake_ext2_dump(const char *dir);

/* What system calls do; negative errnos. */
int t_lookup(const char *path, struct inode **found);
int t_create(const char *path, uint32_t mode);
int t_mkdir(const char *path);
int t_symlink(const char *target, const char *path);
int t_link(const char *old, const char *new);
int t_unlink(const char *path);
int t_rmdir(const char *path);
int t_rename(const char *old, const char *new, unsigned flags);
int t_truncate(const char *path, uint64_t size);
int t_fsync(const char *path);
int64_t t_write(const char *path, uint64_t offset, const void *data, uint64_t len);
int64_t t_read(const char *path, uint64_t offset, void *data, uint64_t len);
/* Names but . and .., each with a newline, in order of the listing. */
int t_list(const char *path, char *out, size_t size);
int64_t t_size(const char *path);

/* The same for an inode. */
int64_t t_write_inode(struct inode *inode, uint64_t offset, const void *data, uint64_t len);
int64_t t_read_inode(struct inode *inode, uint64_t offset, void *data, uint64_t len);

/* An image of 8 MiB, made with those options of mke2fs and mounted. */
void fake_ext2_start(const char *options);
/* Unmounted, checked by e2fsck, and mounted again. */
void fake_ext2_remount(void);

/* The file has these bytes and no others. */
void fake_ext2_check_content(const char *path, const char *data, size_t len);

/* Content for a file, another for each seed. */
void fake_ext2_fill(char *to, size_t len, unsigned seed);

/* Of mke2fs: a layout at random. */
const char *fake_ext2_any_options(void);

#endif
