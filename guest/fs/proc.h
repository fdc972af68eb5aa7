/* SPDX-License-Identifier: MIT */
/*
 * /proc: what ps, top and the C libraries look for in it (proc(5)). Its inodes
 * are made when they are looked up and go when nobody uses them; what a file
 * says is written down when it is opened.
 */
#ifndef GUEST_FS_PROC_H
#define GUEST_FS_PROC_H

#include "guest/fs/inode.h"

/* The folder itself, with one user; NULL without memory. */
struct inode *proc_create(void);

#endif
