/* SPDX-License-Identifier: MIT */
/* A program's image: its ELF file mapped into a new address space. */
#ifndef GUEST_SYS_IMAGE_H
#define GUEST_SYS_IMAGE_H

#include <elf.h>

#include "guest/fs/inode.h"
#include "guest/mm/space.h"

struct image {
	struct space *space;
	vaddr_t entry;
	vaddr_t stack_top;
	vaddr_t headers;  /* of the program headers in memory, 0: not mapped */
	uint16_t nr_headers;
};

/* Where the first stack in a space ends; all programs in it end below. */
#define STACK_TOP   USER_END

/*
 * Maps the segments and the stack of an ET_EXEC or static ET_DYN file into
 * image->space, where their places must be free. 0, -ENOEXEC for a file that is not one or is
 * malformed, -ENOMEM. May be offloaded.
 */
int image_map(struct image *image, struct inode *inode);

/* Where an ELF file's program headers are; false if it is none. Its first page is
 * loaded. */
bool image_find_headers(const struct inode *inode, uint64_t *start, uint64_t *len);

/* Where all programs share one space: takes what is in the places of the file's
 * segments out of image->space. Errors as above. */
int image_make_room(struct image *image, struct inode *inode);

#endif
