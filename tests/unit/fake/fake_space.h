/* SPDX-License-Identifier: MIT */
/* Address spaces as tests need them: a file to map, and what must always hold. */
#ifndef FAKE_FAKE_SPACE_H
#define FAKE_FAKE_SPACE_H

#include "guest/mm/object.h"
#include "guest/mm/page.h"
#include "guest/mm/space.h"

#define PAGES(n) ((uint64_t)(n) * PAGE_SIZE)
#define AT(n)    (0x400000 + PAGES(n)) /* the tests' pages, by number */

#define PROT_R   SPACE_PROT_READ
#define PROT_RW  (SPACE_PROT_READ | SPACE_PROT_WRITE)
#define PROT_RX  (SPACE_PROT_READ | SPACE_PROT_EXEC)

/* Its pages are the initrd's if they lie below the managed memory, else they
 * have the file as an owner. */
struct fake_file {
	struct memory_object object;
	paddr_t data;
	int users;
	bool has_no_memory; /* fails whoever asks for a page */

	/* After fake_file_take_away: pages, by bits, that are not in memory... */
	uint64_t absent;
	int bring_error;    /* what bringing one ends with, if not 0 */
	unsigned nr_brought;
	void (*meanwhile)(void); /* what others do while one is brought, or NULL */
};

/* A file of bytes 1, 2, 3... in its pages; what follows its end is 0xee. */
void fake_file_init(struct fake_file *file, paddr_t data, uint64_t bytes);
uint8_t fake_file_byte(uint64_t offset);
/* All its pages lie elsewhere from now on, each until it is brought. */
void fake_file_take_away(struct fake_file *file);

int map_anon(struct space *space, vaddr_t start, uint64_t nr_pages, uint8_t prot);
/* From page first_page of the file on, as much as there is of it. */
int map_file(struct space *space, struct fake_file *file, vaddr_t start, uint64_t nr_pages,
	     uint8_t prot, uint8_t flags, uint64_t first_page);

/* The entry of va as the CPU would see it, 0 if there is none. */
uint64_t entry_of(struct space *space, vaddr_t va);
/* What the program would read or write there, faults included. */
int peek(struct space *space, vaddr_t va);
bool poke(struct space *space, vaddr_t va, uint8_t value);

/* The kernel's own check of a space finds nothing wrong. */
void check_space(struct space *space);

/* Starts the machine; file has so many bytes from 1 MiB on. A space, or NULL. */
struct space *fake_space_begin(struct fake_file *file, uint64_t file_bytes);

/* Checks the space, and puts it: every page is back, nobody has the file. */
void fake_space_end(struct space *space, const struct fake_file *file);

#endif
