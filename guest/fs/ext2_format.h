/* SPDX-License-Identifier: MIT */
/*
 * ext2 revision 1 as it lies on a disk (Documentation/filesystems/ext2.rst of
 * Linux; "The Second Extended File System", D. Poirier). Little endian.
 */
#ifndef GUEST_FS_EXT2_FORMAT_H
#define GUEST_FS_EXT2_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#define EXT2_SUPER_OFFSET 1024
#define EXT2_MAGIC        0xef53
#define EXT2_REVISION     1
#define EXT2_CREATOR_LINUX 0

#define EXT2_STATE_VALID 1
#define EXT2_STATE_ERROR 2

/* Features: who does not know one of the first kind may go on, of the second
 * may not mount, of the third may not write. */
#define EXT2_COMPAT_DIR_INDEX      0x20u
#define EXT2_INCOMPAT_COMPRESSION  0x1u
#define EXT2_INCOMPAT_FILETYPE     0x2u
#define EXT2_INCOMPAT_RECOVER      0x4u
#define EXT2_INCOMPAT_JOURNAL_DEV  0x8u
#define EXT2_INCOMPAT_META_BG      0x10u
#define EXT2_INCOMPAT_EXTENTS      0x40u
#define EXT2_INCOMPAT_64BIT        0x80u
#define EXT2_INCOMPAT_MMP          0x100u
#define EXT2_INCOMPAT_FLEX_BG      0x200u
#define EXT2_INCOMPAT_EA_INODE     0x400u
#define EXT2_INCOMPAT_CSUM_SEED    0x2000u
#define EXT2_INCOMPAT_LARGEDIR     0x4000u
#define EXT2_INCOMPAT_INLINE_DATA  0x8000u
#define EXT2_INCOMPAT_ENCRYPT      0x10000u
#define EXT2_INCOMPAT_CASEFOLD     0x20000u
#define EXT2_RO_COMPAT_SPARSE_SUPER 0x1u
#define EXT2_RO_COMPAT_LARGE_FILE  0x2u

struct ext2_super {
	uint32_t inodes_count, blocks_count, r_blocks_count;
	uint32_t free_blocks_count, free_inodes_count;
	uint32_t first_data_block, log_block_size, log_frag_size;
	uint32_t blocks_per_group, frags_per_group, inodes_per_group;
	uint32_t mtime, wtime;
	uint16_t mnt_count, max_mnt_count, magic, state, errors, minor_rev;
	uint32_t lastcheck, checkinterval, creator_os, rev_level;
	uint16_t def_resuid, def_resgid;
	/* revision 1 */
	uint32_t first_ino;
	uint16_t inode_size, block_group_nr;
	uint32_t feature_compat, feature_incompat, feature_ro_compat;
	uint8_t uuid[16];
	char volume_name[16], last_mounted[64];
	uint32_t algorithm_usage_bitmap;
	uint8_t rest[820];
};
_Static_assert(sizeof(struct ext2_super) == 1024, "on disk");

struct ext2_group {
	uint32_t block_bitmap, inode_bitmap, inode_table;
	uint16_t free_blocks, free_inodes, used_dirs, pad;
	uint32_t reserved[3];
};
_Static_assert(sizeof(struct ext2_group) == 32, "on disk");

#define EXT2_NR_DIRECT 12
#define EXT2_NR_SLOTS  15 /* the direct ones, and one for each depth */
#define EXT2_DEPTH_MAX 3

#define EXT2_FLAG_INDEX   0x1000u  /* of a folder: hashed, for who knows how */
#define EXT2_FLAG_EXTENTS 0x80000u

struct ext2_raw_inode {
	uint16_t mode, uid;
	uint32_t size;
	uint32_t atime, ctime, mtime, dtime;
	uint16_t gid, links_count;
	uint32_t blocks; /* of 512 bytes */
	uint32_t flags, osd1;
	uint32_t block[EXT2_NR_SLOTS];
	uint32_t generation, file_acl, size_high, faddr;
	uint16_t frag, pad, uid_high, gid_high;
	uint32_t reserved;
	/* where the superblock's inode_size has room for it */
	uint16_t extra_isize, checksum_high;
	uint32_t ctime_extra, mtime_extra, atime_extra, crtime, crtime_extra;
};
_Static_assert(offsetof(struct ext2_raw_inode, extra_isize) == 128, "on disk");
_Static_assert(sizeof(struct ext2_raw_inode) == 152, "on disk");

#define EXT2_INODE_SIZE_MIN 128
#define EXT2_EXTRA_ISIZE    32 /* as e2fsprogs gives it */
#define EXT2_ROOT_INO       2
#define EXT2_LINKS_MAX      32000

/* An entry of a folder; its name follows, and it ends on a multiple of 4. */
struct ext2_entry {
	uint32_t inode; /* 0: unused */
	uint16_t rec_len;
	uint8_t name_len, file_type;
};
_Static_assert(sizeof(struct ext2_entry) == 8, "on disk");

/* A block of extended attributes, which inodes may share. */
#define EXT2_XATTR_MAGIC 0xea020000u

struct ext2_xattr_header {
	uint32_t magic, refcount, blocks, hash;
};

#endif
