/* SPDX-License-Identifier: MIT */
/*
 * The archive of files, whole and broken. It lies before a page that cannot be
 * touched, so whoever reads beyond its end is caught.
 */
#include "tests/unit/fake/fake.h"

#include <stdio.h>
#include <string.h>

#include "guest/fs/initrd.h"
#include "guest/fs/dir.h"
#include "guest/lib/errno.h"
#include "guest/mm/page.h"

#define HEADER_LEN 110

static char archive[64 << 10] __attribute__((aligned(4096)));
static uint64_t archive_len;
static uint64_t headers[32]; /* where each header is */
static unsigned nr_headers;

static void put(const void *bytes, uint64_t len)
{
	assert_true(archive_len + len <= sizeof(archive));
	memcpy(archive + archive_len, bytes, len);
	archive_len += len;
}

static void pad(uint64_t align)
{
	while (archive_len % align)
		put("", 1);
}

/* data_align: what the data's offset is a multiple of, by padding the name. */
static void put_entry(const char *name, uint32_t mode, const void *data, uint32_t size,
		      uint32_t data_align)
{
	uint64_t name_at = archive_len + HEADER_LEN;
	uint64_t data_at = ALIGN_UP(name_at + strlen(name) + 1, data_align);
	char header[HEADER_LEN + 1];

	headers[nr_headers++] = archive_len;
	snprintf(header, sizeof(header), "070701%08X%08X%08X%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
		 nr_headers, mode, 1000 + nr_headers, 2000 + nr_headers, 1, 3000 + nr_headers, size, 0,
		 0, 0, 0, (uint32_t)(data_at - name_at), 0);
	put(header, HEADER_LEN);
	put(name, strlen(name));
	while (archive_len < data_at)
		put("", 1);
	put(data, size);
	pad(4);
}

static void begin(void)
{
	memset(archive, 0, sizeof(archive));
	archive_len = nr_headers = 0;
}

static void end(void)
{
	put_entry("TRAILER!!!", 0, "", 0, 4);
}

/* Neither needs a place that is page aligned. */
static void make_small_archive(void)
{
	begin();
	put_entry(".", MODE_DIR | 0755, "", 0, 4);
	put_entry("bin", MODE_DIR | 0711, "", 0, 4);
	put_entry("bin/link", MODE_SYMLINK | 0777, "../etc/empty", 12, 4);
	put_entry("etc/empty", MODE_REGULAR | 0600, "", 0, 4);
	end();
}

static char big_file[5000];

static void make_archive(void)
{
	for (unsigned i = 0; i < sizeof(big_file); i++)
		big_file[i] = (char)(i * 11 + i / 256);
	begin();
	put_entry(".", MODE_DIR | 0755, "", 0, 4);
	put_entry("bin/big", MODE_REGULAR | 0755, big_file, sizeof(big_file), PAGE_SIZE);
	put_entry("./bin//small", MODE_REGULAR | 0644, "hello", 5, PAGE_SIZE);
	put_entry("/dev", MODE_DIR | 0700, "", 0, 4);
	put_entry("empty", MODE_REGULAR | 0400, "", 0, 4);
	put_entry("link", MODE_SYMLINK | 0777, "bin/big", 7, 4);
	end();
	pad(PAGE_SIZE);
}

/* Boots, and unpacks the first len bytes of the archive right before the guard. */
static int unpack(uint64_t len)
{
	char *start;

	fake_boot(256);
	start = direct_map(FAKE_GUARD - len);
	memcpy(start, archive, len);
	return initrd_unpack(start, len);
}

static struct inode *look_up(const char *path)
{
	struct inode *found;

	return inode_lookup(inode_root(), path, false, &found) ? NULL : found;
}

static void a_whole_archive_becomes_a_tree(void **state)
{
	static char bytes[sizeof(big_file)];
	const struct inode *i;

	(void)state;
	make_archive();
	assert_int_equal(unpack(archive_len), 0);
	i = look_up("/bin/big");
	assert_non_null(i);
	assert_int_equal(i->mode, MODE_REGULAR | 0755);
	assert_int_equal(i->uid, 1002);
	assert_int_equal(i->gid, 2002);
	assert_int_equal(i->mtime_ns, 3002 * 1000000000ull);
	assert_int_equal(i->object.size, sizeof(big_file));
	assert_int_equal(i->content.archive % PAGE_SIZE, 0);
	assert_int_equal(inode_read(i, 0, bytes, sizeof(bytes)), sizeof(bytes));
	assert_memory_equal(bytes, big_file, sizeof(bytes));
	i = look_up("bin/small");
	assert_int_equal(inode_read(i, 0, bytes, 100), 5);
	assert_memory_equal(bytes, "hello", 5);
	assert_true(inode_is_dir(look_up("bin"))); /* not in the archive, but on the way */
	assert_int_equal(look_up("dev")->mode, MODE_DIR | 0700);
	assert_int_equal(look_up("empty")->object.size, 0);
	assert_true(inode_is_symlink(look_up("link")));
	assert_ptr_equal(look_up("link/"), NULL); /* it is followed to a file */
	assert_int_equal(inode_root()->uid, 1001);
}

static void a_page_of_a_file_is_where_it_lies(void **state)
{
	struct inode *i;
	paddr_t pa;

	(void)state;
	make_archive();
	assert_int_equal(unpack(archive_len), 0);
	i = look_up("bin/big");
	assert_int_equal(i->object.ops->page(&i->object, 0, false), i->content.archive);
	assert_true(i->content.archive >= FAKE_GUARD - archive_len && i->content.archive < FAKE_GUARD);
	assert_int_equal(i->object.ops->page(&i->object, 1, false), i->content.archive + PAGE_SIZE);
	/* Not for who may write, or look behind its end. */
	pa = i->object.ops->page(&i->object, 1, true);
	assert_true(pa >= FAKE_MANAGED_START);
	assert_memory_equal(direct_map(pa), big_file + PAGE_SIZE, sizeof(big_file) - PAGE_SIZE);
	for (unsigned at = sizeof(big_file) - PAGE_SIZE; at < PAGE_SIZE; at++)
		assert_int_equal(((char *)direct_map(pa))[at], 0);
}

static void a_later_entry_of_the_same_name_counts(void **state)
{
	char byte;

	(void)state;
	begin();
	put_entry("f", MODE_REGULAR | 0644, "1", 1, PAGE_SIZE);
	put_entry("f", MODE_REGULAR | 0600, "2", 1, PAGE_SIZE);
	end();
	pad(PAGE_SIZE);
	assert_int_equal(unpack(archive_len), 0);
	assert_int_equal(inode_read(look_up("f"), 0, &byte, 1), 1);
	assert_int_equal(byte, '2');
	assert_int_equal(look_up("f")->mode, MODE_REGULAR | 0600);
}

static void nothing_comes_after_the_trailer(void **state)
{
	(void)state;
	make_small_archive();
	put("garbage", 7);
	assert_int_equal(unpack(archive_len), 0);
	begin();
	end();
	assert_int_equal(unpack(archive_len), 0);
}

static void every_truncation_is_refused(void **state)
{
	uint64_t whole;

	(void)state;
	make_small_archive();
	whole = headers[nr_headers - 1] + ALIGN_UP(HEADER_LEN + sizeof("TRAILER!!!"), 4);
	assert_int_equal(whole, archive_len);
	for (uint64_t len = 0; len < whole; len++)
		assert_int_equal(unpack(len), -EINVAL);
	assert_int_equal(unpack(whole), 0);
}

static void a_size_that_is_too_small_is_believed(void **state)
{
	(void)state;
	/* The rest is there, behind the end: it must not be looked at. */
	make_archive();
	for (uint64_t len = 0; len < headers[nr_headers - 1] + HEADER_LEN + 11; len++) {
		if (len % 16 && len % 4096 > 200)
			continue;
		fake_boot(256);
		memcpy(direct_map(MIB), archive, archive_len);
		assert_int_equal(initrd_unpack(direct_map(MIB), len), -EINVAL);
	}
}

static uint64_t nr_inodes;

/* Names and data of everything below dir lie inside the archive. */
static void check_tree(const struct inode *dir, const char *start, uint64_t len, unsigned depth)
{
	assert_true(depth < 20);
	list_for_each(l, &dir->dir.entries) {
		const struct dir_entry *e = list_entry(l, struct dir_entry, in_dir);
		const struct inode *i = e->inode;
		const char *data = inode_is_regular(i) ? direct_map(i->content.archive) : NULL;

		nr_inodes++;
		assert_true(e->name >= start && e->name + e->name_len <= start + len);
		assert_null(memchr(e->name, '/', e->name_len));
		assert_int_not_equal(e->name_len, 0);
		if (inode_is_symlink(i))
			data = i->target;
		if (data && i->object.size) {
			assert_true(data >= start && data <= start + len);
			assert_true(i->object.size <= (uint64_t)(start + len - data));
		}
		if (inode_is_dir(i)) {
			assert_ptr_equal(i->parent, dir);
			check_tree(i, start, len, depth + 1);
		}
	}
}

static void corrupt_every_byte_of_every_header(void)
{
	static const char values[] = { 0, '0', '1', '7', '9', 'F', 'f', 'g', '/', ' ', '\x7f', '\xff' };

	for (unsigned h = 0; h < nr_headers; h++) {
		for (unsigned at = 0; at < HEADER_LEN; at++) {
			for (unsigned v = 0; v < sizeof(values); v++) {
				char *byte = &archive[headers[h] + at], old = *byte;
				int err;

				*byte = values[v];
				err = unpack(archive_len);
				*byte = old;
				assert_true(err == 0 || err == -EINVAL || err == -ENOMEM);
				if (!err)
					check_tree(inode_root(), direct_map(FAKE_GUARD - archive_len),
						   archive_len, 0);
			}
		}
	}
}

static void any_wrong_byte_in_a_header_does_no_harm(void **state)
{
	(void)state;
	make_small_archive();
	corrupt_every_byte_of_every_header();
	make_archive();
	corrupt_every_byte_of_every_header();
	assert_true(nr_inodes > 1000);
}

/* Sets field nr (of eight digits) of header h. */
static void set_field(unsigned h, unsigned nr, const char *digits)
{
	memcpy(archive + headers[h] + 6 + 8 * nr, digits, 8);
}

static void impossible_fields_are_refused(void **state)
{
	static const struct {
		unsigned header, field;
		const char *digits;
	} rows[] = {
		{ 1, 11, "00000000" }, /* a name of no bytes */
		{ 1, 11, "00000003" }, /* not even its NUL */
		{ 1, 11, "ffffffff" },
		{ 1, 11, "FFFFFFF0" },
		{ 1, 11, "0000000g" },
		{ 1, 11, "       4" },
		{ 1, 11, "0x000004" },
		{ 1, 11, "-0000004" },
		{ 2, 6, "ffffffff" },
		{ 2, 6, "80000000" },
		{ 2, 6, "0001000." },
		{ 2, 1, "zzzzzzzz" },
		{ 2, 2, "0000000:" },
		{ 2, 3, "@0000000" },
		{ 2, 5, "0000000`" },
		{ 2, 5, "0000000g" },
		{ 2, 5, "0000000G" },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		make_small_archive();
		set_field(rows[i].header, rows[i].field, rows[i].digits);
		assert_int_equal(unpack(archive_len), -EINVAL);
	}
}

static void file_data_off_its_page_is_refused(void **state)
{
	(void)state;
	begin();
	put_entry("f", MODE_REGULAR | 0644, "data", 4, 4);
	end();
	pad(PAGE_SIZE);
	assert_int_equal(unpack(archive_len), -EINVAL);
}

static void strange_names_stay_in_the_tree(void **state)
{
	static const char *const names[] = { "..", "../x", "a/../../b", "/", "//", "a/", "a//", "./.",
					     "bin/link/x", "etc/empty/below" };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		make_small_archive();
		archive_len = headers[--nr_headers];
		put_entry(names[i], MODE_DIR | 0755, "", 0, 4);
		end();
		assert_int_equal(unpack(archive_len), 0);
		check_tree(inode_root(), direct_map(FAKE_GUARD - archive_len), archive_len, 0);
		assert_ptr_equal(inode_root()->parent, inode_root());
	}
}

static void memory_that_runs_out_is_said(void **state)
{
	char name[32];

	(void)state;
	begin();
	for (unsigned i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "d%u/file", i);
		nr_headers = 0;
		put_entry(name, MODE_REGULAR | 0644, "", 0, 4);
	}
	end();
	for (unsigned pages = 1; pages < 12; pages++) {
		fake_boot(pages);
		memcpy(direct_map(FAKE_GUARD - archive_len), archive, archive_len);
		assert_int_equal(initrd_unpack(direct_map(FAKE_GUARD - archive_len), archive_len), -ENOMEM);
		assert_int_equal(page_nr_free(), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_archive_becomes_a_tree),
		cmocka_unit_test(a_page_of_a_file_is_where_it_lies),
		cmocka_unit_test(a_later_entry_of_the_same_name_counts),
		cmocka_unit_test(nothing_comes_after_the_trailer),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(a_size_that_is_too_small_is_believed),
		cmocka_unit_test(any_wrong_byte_in_a_header_does_no_harm),
		cmocka_unit_test(impossible_fields_are_refused),
		cmocka_unit_test(file_data_off_its_page_is_refused),
		cmocka_unit_test(strange_names_stay_in_the_tree),
		cmocka_unit_test(memory_that_runs_out_is_said),
	};

	return cmocka_run_group_tests_name("kernel_initrd", tests, NULL, NULL);
}
