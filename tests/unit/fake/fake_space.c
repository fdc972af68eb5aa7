/* SPDX-License-Identifier: MIT */
#include "tests/unit/fake/fake_space.h"

#include <string.h>

#include "tests/unit/fake/fake.h"

static struct fake_file *file_of(struct memory_object *object)
{
	return container_of(object, struct fake_file, object);
}

static paddr_t give_page(struct memory_object *object, uint64_t index, bool is_shared)
{
	struct fake_file *file = file_of(object);
	paddr_t pa = file->data + index * PAGE_SIZE;

	(void)is_shared;
	assert_true(index < (object->size + PAGE_SIZE - 1) / PAGE_SIZE);
	if (file->has_no_memory)
		return 0;
	page_get(pa);
	return pa;
}

static void get(struct memory_object *object)
{
	file_of(object)->users++;
}

static void put(struct memory_object *object)
{
	assert_true(file_of(object)->users-- > 0);
}

static const struct memory_object_ops ops = { .page = give_page, .get = get, .put = put };

uint8_t fake_file_byte(uint64_t offset)
{
	return (uint8_t)(1 + (offset + offset / PAGE_SIZE * 3) % 200);
}

void fake_file_init(struct fake_file *file, paddr_t data, uint64_t bytes)
{
	uint8_t *p = direct_map(data);

	*file = (struct fake_file){ .object = { &ops, bytes }, .data = data };
	for (uint64_t i = 0; i < bytes; i++)
		p[i] = fake_file_byte(i);
	memset(p + bytes, 0xee, ALIGN_UP(bytes, PAGE_SIZE) - bytes);
}

int map_anon(struct space *space, vaddr_t start, uint64_t nr_pages, uint8_t prot)
{
	struct space_mapping m = { .start = start, .bytes = PAGES(nr_pages), .prot = prot };

	return space_map(space, &m);
}

int map_file(struct space *space, struct fake_file *file, vaddr_t start, uint64_t nr_pages,
	     uint8_t prot, uint8_t flags, uint64_t first_page)
{
	struct space_mapping m = {
		.start = start, .bytes = PAGES(nr_pages), .prot = prot, .flags = flags,
		.object = &file->object, .offset = PAGES(first_page),
	};

	m.length = min_u64(m.bytes, file->object.size - m.offset);
	return space_map(space, &m);
}

uint64_t entry_of(struct space *space, vaddr_t va)
{
	const uint64_t *pte = paging_find(&space->tables, va);

	return pte ? *pte : 0;
}

int peek(struct space *space, vaddr_t va)
{
	paddr_t pa = space_page(space, va, ACCESS_READ);

	return pa ? *((uint8_t *)direct_map(pa) + va % PAGE_SIZE) : -1;
}

bool poke(struct space *space, vaddr_t va, uint8_t value)
{
	paddr_t pa = space_page(space, va, ACCESS_WRITE);

	if (pa)
		*((uint8_t *)direct_map(pa) + va % PAGE_SIZE) = value;
	return pa;
}

static void check_entry(const struct region *r, uint64_t pte)
{
	uint64_t known = PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED | PTE_DIRTY | PTE_HELD |
			 PTE_NX | PTE_ADDR;

	assert_int_equal(pte & ~known, 0);
	assert_true(pte & PTE_USER);
	assert_true(pte_paddr(pte) >= PAGE_SIZE && pte_paddr(pte) < FAKE_MEMORY_END);
	assert_int_equal(!!(pte & PTE_PRESENT), r->prot != 0);
	assert_int_equal(!!(pte & PTE_HELD), r->prot == 0);
	assert_int_equal(!!(pte & PTE_NX), !(r->prot & SPACE_PROT_EXEC));
	if (pte & PTE_WRITE) {
		assert_true(r->prot & SPACE_PROT_WRITE);
		/* Nobody else's page may be written, unless all share it. */
		if (!(r->flags & REGION_F_SHARED))
			assert_true(page_is_exclusive(pte_paddr(pte)));
	}
}

/* Entries that are not empty in the table at pa and below it. */
static uint64_t count_entries(paddr_t pa, unsigned level)
{
	const uint64_t *table = direct_map(pa);
	unsigned end = level == 3 ? 256 : 512; /* the rest is the kernel's */
	uint64_t nr = 0;

	for (unsigned i = 0; i < end; i++) {
		if (!table[i])
			continue;
		if (level)
			assert_true(table[i] & PTE_PRESENT && table[i] & PTE_USER);
		nr += level ? count_entries(pte_paddr(table[i]), level - 1) : 1;
	}
	return nr;
}

static uint64_t check_region(struct space *space, const struct region *r)
{
	uint64_t nr = 0;

	assert_true(r->start < r->end && r->end <= USER_END);
	assert_int_equal(r->start % PAGE_SIZE, 0);
	assert_int_equal(r->end % PAGE_SIZE, 0);
	assert_true(r->length <= r->end - r->start || r->object);
	/* Only what has been touched: a region may be very large. */
	for (vaddr_t va = max_u64(r->start, r->touched_start);
	     va < min_u64(r->end, r->touched_end); va += PAGE_SIZE) {
		uint64_t pte = entry_of(space, va);

		if (!pte)
			continue;
		check_entry(r, pte);
		nr++;
	}
	return nr;
}

void space_check(struct space *space)
{
	uint64_t nr_pages = 0;
	uint32_t nr_regions = 0;
	vaddr_t last_end = 0;

	list_for_each(l, &space->regions) {
		struct region *r = list_entry(l, struct region, link);

		assert_true(r->start >= last_end);
		last_end = r->end;
		nr_pages += check_region(space, r);
		nr_regions++;
		assert_ptr_equal(space_find(space, r->start), r);
		assert_ptr_equal(space_find(space, r->end - 1), r);
	}
	assert_int_equal(nr_regions, space->nr_regions);
	assert_int_equal(nr_pages, space->nr_pages);
	assert_int_equal(count_entries(space->tables.root, 3), nr_pages);
	assert_true(space->peak_pages >= space->nr_pages);
}
