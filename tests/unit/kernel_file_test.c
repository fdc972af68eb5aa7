/* SPDX-License-Identifier: MIT */
/* Open files, and the numbers by which programs know them. */
#include "tests/unit/fake/fake.h"
#include "tests/unit/fake/fake_process.h"
#include "tests/unit/fake/fake_space.h"

#include <fcntl.h>
#include <string.h>

#include "guest/fs/node.h"
#include "guest/fs/regular.h"
#include "guest/fs/stream.h"
#include "guest/lib/errno.h"

#define FILE_BYTES 6000

static struct file_table *table;
static struct inode *inode;
static uint32_t users_before;

static int set_up(void **state)
{
	struct console_info console = { .mode = { 020620, 020620, 020620 } };

	fake_set_up(state);
	fake_processes_init(4, true);
	console_init(&console);
	stream_init();
	inode = node_create(MODE_REGULAR | 0644, 0);
	regular_set_archive(inode, MIB, FILE_BYTES);
	for (unsigned i = 0; i < FILE_BYTES; i++)
		((uint8_t *)direct_map(MIB))[i] = fake_file_byte(i);
	users_before = inode->users;
	table = stream_create_table();
	return table ? 0 : -1;
}

/* Every user that a test made of the file is gone with the table. */
static int tear_down(void **state)
{
	(void)state;
	file_table_put(table);
	assert_int_equal(inode->users, users_before);
	return 0;
}

static struct file *open_file(void)
{
	struct file *file;

	assert_int_equal(file_open(inode, O_RDONLY, &file), 0);
	return file;
}

static void a_new_table_has_the_three_streams(void **state)
{
	(void)state;
	for (int fd = 0; fd < 3; fd++) {
		assert_non_null(file_table_get(table, fd));
		assert_int_equal(file_table_get(table, fd)->stream, fd);
		assert_false(file_table_get(table, fd)->ops->can_seek);
	}
	for (int fd = 3; fd < FD_MAX; fd++)
		assert_null(file_table_get(table, fd));
}

static void a_stream_that_is_closed_on_the_host_is_closed_here(void **state)
{
	struct console_info console = { .mode = { 0, 020620, 0 } };
	struct file_table *other;

	(void)state;
	console_init(&console);
	stream_init();
	other = stream_create_table();
	assert_null(file_table_get(other, 0));
	assert_non_null(file_table_get(other, 1));
	assert_null(file_table_get(other, 2));
	assert_int_equal(file_install(other, open_file(), 0, false), 0);
	file_table_put(other);
}

static void numbers_out_of_range_name_nothing(void **state)
{
	static const int bad[] = { -1, INT32_MIN, FD_MAX, FD_MAX + 1, INT32_MAX, 3 };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_null(file_table_get(table, bad[i]));
		assert_int_equal(file_close(table, bad[i]), -EBADF);
	}
}

static void the_lowest_free_number_is_taken(void **state)
{
	(void)state;
	assert_int_equal(file_install(table, open_file(), 0, false), 3);
	assert_int_equal(file_install(table, open_file(), 0, false), 4);
	assert_int_equal(file_close(table, 1), 0);
	assert_int_equal(file_close(table, 3), 0);
	assert_int_equal(file_install(table, open_file(), 0, false), 1);
	assert_int_equal(file_install(table, open_file(), 0, false), 3);
	assert_int_equal(file_install(table, open_file(), 0, false), 5);
	assert_int_equal(file_close(table, 4), 0);
	assert_int_equal(file_install(table, open_file(), 5, false), 6); /* from a minimum on */
	assert_int_equal(file_install(table, open_file(), 100, false), 100);
}

static void a_full_table_takes_no_more(void **state)
{
	struct file *file = open_file();

	(void)state;
	for (int fd = 3; fd < FD_MAX; fd++)
		assert_int_equal(file_install(table, open_file(), 0, false), fd);
	assert_int_equal(file_install(table, file, 0, false), -EMFILE);
	assert_int_equal(file_install(table, file, FD_MAX, false), -EMFILE);
	assert_int_equal(file->users, 1); /* still the caller's */
	assert_int_equal(file_close(table, FD_MAX - 1), 0);
	assert_int_equal(file_install(table, file, 50, false), FD_MAX - 1);
}

static void a_closed_number_names_nothing(void **state)
{
	int fd = file_install(table, open_file(), 0, false);

	(void)state;
	assert_int_equal(inode->users, users_before + 1);
	assert_int_equal(file_close(table, fd), 0);
	assert_int_equal(inode->users, users_before);
	assert_null(file_table_get(table, fd));
	assert_int_equal(file_close(table, fd), -EBADF);
}

static void duplicates_share_one_open_file(void **state)
{
	struct file *file = open_file();
	int fd = file_install(table, file, 0, true), copy;

	(void)state;
	file->users++;
	copy = file_install(table, file, 0, false);
	file->pos = 123;
	assert_int_equal(file_table_get(table, copy)->pos, 123);
	assert_int_equal(file_close(table, fd), 0);
	assert_ptr_equal(file_table_get(table, copy), file);
	assert_int_equal(file_table_get(table, copy)->pos, 123);
	assert_int_equal(inode->users, users_before + 1);
}

static void a_duplicate_onto_an_open_number_closes_that(void **state)
{
	struct file *file = open_file();
	int fd = file_install(table, file, 0, false);
	int victim = file_install(table, open_file(), 0, true);

	(void)state;
	assert_int_equal(inode->users, users_before + 2);
	file->users++;
	file_install_at(table, victim, file, false);
	assert_int_equal(inode->users, users_before + 1);
	assert_ptr_equal(file_table_get(table, victim), file_table_get(table, fd));
	file->users++;
	file_install_at(table, FD_MAX - 1, file, false);
	assert_ptr_equal(file_table_get(table, FD_MAX - 1), file);
	file->users++;
	file_install_at(table, 0, file, false); /* over a stream */
	assert_ptr_equal(file_table_get(table, 0), file);
}

static void exec_closes_what_is_marked(void **state)
{
	int kept = file_install(table, open_file(), 0, false);
	int closed = file_install(table, open_file(), 0, true);
	int last = file_install(table, open_file(), FD_MAX - 1, true);

	(void)state;
	file_table_close_on_exec(table);
	assert_non_null(file_table_get(table, kept));
	assert_null(file_table_get(table, closed));
	assert_null(file_table_get(table, last));
	assert_non_null(file_table_get(table, 0));
	assert_int_equal(inode->users, users_before + 1);
	/* The mark does not stay with the number. */
	assert_int_equal(file_install(table, open_file(), 0, false), closed);
	file_table_close_on_exec(table);
	assert_non_null(file_table_get(table, closed));
}

static void a_clone_shares_files_and_not_numbers(void **state)
{
	struct file_table *clone;
	int fd = file_install(table, open_file(), 0, false);
	int marked = file_install(table, open_file(), 90, true);

	(void)state;
	clone = file_table_clone(table);
	assert_non_null(clone);
	for (int i = 0; i < FD_MAX; i++)
		assert_ptr_equal(file_table_get(clone, i), file_table_get(table, i));
	file_table_get(clone, fd)->pos = 77;
	assert_int_equal(file_table_get(table, fd)->pos, 77);
	assert_int_equal(file_close(clone, 0), 0);
	assert_non_null(file_table_get(table, 0));
	file_table_close_on_exec(clone);
	assert_null(file_table_get(clone, marked));
	assert_non_null(file_table_get(table, marked));
	assert_int_equal(file_close(table, fd), 0);
	assert_non_null(file_table_get(clone, fd));
	assert_int_equal(file_install(clone, open_file(), 0, false), 0);
	assert_null(file_table_get(table, fd));
	file_table_put(clone);
}

static void a_table_with_two_users_goes_with_the_second(void **state)
{
	(void)state;
	file_install(table, open_file(), 0, false);
	table->users++;
	file_table_put(table);
	assert_non_null(file_table_get(table, 3));
	assert_int_equal(inode->users, users_before + 1);
}

static void memory_comes_back_with_the_tables(void **state)
{
	static struct file_table *tables[100];
	uint64_t free = page_nr_free();

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		tables[i] = i % 2 ? file_table_clone(tables[i - 1]) : file_table_create();
		for (unsigned j = 0; j < 10; j++)
			file_install(tables[i], open_file(), 0, false);
	}
	for (unsigned i = 0; i < 100; i++)
		file_table_put(tables[i]);
	assert_true(page_nr_free() + 1 >= free); /* one more page of files at most */
}

static unsigned nr_closed;

static void note_close(struct file *file)
{
	(void)file;
	nr_closed++;
}

/* Most are closed in one offloaded call, and this one not in it. */
static void a_table_closes_all_kinds_of_files(void **state)
{
	static const struct file_ops ops = { .close = note_close };
	struct file_table *other = file_table_create();
	struct file *noticed = open_file(), *shared = open_file();

	(void)state;
	noticed->ops = &ops;
	nr_closed = 0;
	file_install(other, noticed, 0, false);
	file_install(other, open_file(), 0, false);
	file_install(other, file_get(shared), 0, false);
	file_install(other, file_get(noticed), 100, false);
	file_table_put(other);
	assert_int_equal(nr_closed, 1);
	assert_int_equal(shared->users, 1);
	assert_int_equal(inode->users, users_before + 1);
	file_put(shared);
}

static void without_memory_nothing_is_opened(void **state)
{
	static paddr_t hoard[8192];
	unsigned nr = 0, nr_opened = 0;
	struct file *file;

	(void)state;
	while ((hoard[nr] = page_alloc()))
		nr++;
	while (!file_open(inode, O_RDONLY, &file) && nr_opened < 100) {
		if (file_install(table, file, 0, false) < 0)
			file_put(file);
		nr_opened++;
	}
	if (nr_opened == 100)
		file_put(file);
	while (file_table_create())
		assert_true(nr_opened++ < 200);
	while (nr)
		page_put(hoard[--nr]);
}

/* ---- reading --------------------------------------------------------------------- */

static struct file *file_to_read;

static void make_space(void)
{
	struct process *p = become_process();

	p->space = space_create();
	assert_non_null(p->space);
	assert_int_equal(map_anon(p->space, AT(0), 2, PROT_RW), 0);
	file_to_read = open_file();
}

static void a_file_is_read_at_its_position(void **state)
{
	struct file *f;
	uint64_t pos = 0;

	(void)state;
	make_space();
	f = file_to_read;
	assert_true(f->ops->can_seek);
	assert_int_equal(f->ops->read(f, AT(0), 100, &pos), 100);
	assert_int_equal(pos, 100);
	assert_int_equal(f->ops->read(f, AT(1) - 50, 100, &pos), 100);
	assert_int_equal(pos, 200);
	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(peek(current()->space, AT(0) + i), fake_file_byte(i));
		assert_int_equal(peek(current()->space, AT(1) - 50 + i), fake_file_byte(100 + i));
	}
	pos = FILE_BYTES - 10;
	assert_int_equal(f->ops->read(f, AT(0), 100, &pos), 10);
	assert_int_equal(pos, FILE_BYTES);
	assert_int_equal(f->ops->read(f, AT(0), 100, &pos), 0);
	pos = UINT64_MAX;
	assert_int_equal(f->ops->read(f, AT(0), 100, &pos), 0);
	assert_int_equal(peek(current()->space, AT(0) + 10), fake_file_byte(10));
	file_put(f);
}

static void a_bad_buffer_does_not_move_the_position(void **state)
{
	uint64_t pos = 5;

	(void)state;
	make_space();
	assert_int_equal(file_to_read->ops->read(file_to_read, AT(5), 10, &pos), -EFAULT);
	assert_int_equal(file_to_read->ops->read(file_to_read, LDE_VA_DIRECT, 8, &pos), -EFAULT);
	assert_int_equal(pos, 5);
	/* As far as it is good, it is used. */
	assert_int_equal(file_to_read->ops->read(file_to_read, AT(2) - 4, 8, &pos), 4);
	assert_int_equal(pos, 9);
	file_put(file_to_read);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_new_table_has_the_three_streams),
		TEST(a_stream_that_is_closed_on_the_host_is_closed_here),
		TEST(numbers_out_of_range_name_nothing),
		TEST(the_lowest_free_number_is_taken),
		TEST(a_full_table_takes_no_more),
		TEST(a_closed_number_names_nothing),
		TEST(duplicates_share_one_open_file),
		TEST(a_duplicate_onto_an_open_number_closes_that),
		TEST(exec_closes_what_is_marked),
		TEST(a_clone_shares_files_and_not_numbers),
		TEST(a_table_with_two_users_goes_with_the_second),
		TEST(memory_comes_back_with_the_tables),
		TEST(a_table_closes_all_kinds_of_files),
		TEST(without_memory_nothing_is_opened),
		TEST(a_file_is_read_at_its_position),
		TEST(a_bad_buffer_does_not_move_the_position),
	};

	return cmocka_run_group_tests_name("kernel_file", tests, NULL, NULL);
}
