/* SPDX-License-Identifier: MIT */
/*
 * What can be mapped besides plain memory: the pages of a file. The file system
 * that has them says how (struct memory_object is embedded in its inode).
 */
#ifndef GUEST_MM_OBJECT_H
#define GUEST_MM_OBJECT_H

#include "guest/lib/compiler.h"

struct memory_object;

struct memory_object_ops {
	/* The page at index with one more owner, the caller; 0 if there is no
	 * memory, or if it has to be brought first. May be offloaded. Index is
	 * below the object's size in pages. is_shared: the mapping is to see what
	 * others write, and may write itself, and what lies behind the object's
	 * end is zero; otherwise the page is only read, and not behind the end. */
	paddr_t (*page)(struct memory_object *object, uint64_t index, bool is_shared);
	/* NULL where all pages are in memory. Else brings what page() has no answer
	 * for: 0 if it is worth asking again, -EIO, -ENOSPC (is_shared: what is
	 * written needs room), -ENOMEM, or -ENODATA behind the object's end.
	 * Blocks; the object has a user meanwhile. */
	int (*bring)(struct memory_object *object, uint64_t index, bool is_shared);
	/* A mapping begins to use the object, or ends to. */
	void (*get)(struct memory_object *object);
	void (*put)(struct memory_object *object);
};

struct memory_object {
	const struct memory_object_ops *ops;
	uint64_t size; /* bytes; may change while it is mapped */
};

#endif
