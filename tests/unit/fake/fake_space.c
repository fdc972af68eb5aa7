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
	if (file->has_no_memory || file->absent >> index & 1)
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

static int bring(struct memory_object *object, uint64_t index, bool is_shared)
{
	struct fake_file *file = file_of(object);

	(void)is_shared;
	assert_true(file->users > 1); /* the mapping may go meanwhile */
	if (file->meanwhile)
		file->meanwhile();
	if (!file->bring_error) {
		file->absent &= ~(1ull << index);
		file->nr_brought++;
	}
	return file->bring_error;
}

static const struct memory_object_ops bringing_ops = {
	.page = give_page, .bring = bring, .get = get, .put = put,
};

void fake_file_take_away(struct fake_file *file)
{
	file->object.ops = &bringing_ops;
	file->absent = UINT64_MAX;
}

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

void check_space(struct space *space)
{
	const char *wrong = space_check(space);

	if (wrong)
		fail_msg("%s", wrong);
}

static uint64_t free_before;

struct space *fake_space_begin(struct fake_file *file, uint64_t file_bytes)
{
	fake_set_up(NULL);
	fake_file_init(file, MIB, file_bytes);
	free_before = page_nr_free();
	return space_create();
}

void fake_space_end(struct space *space, const struct fake_file *file)
{
	check_space(space);
	space_put(space);
	assert_int_equal(page_nr_free(), free_before);
	assert_int_equal(file->users, 0);
}
