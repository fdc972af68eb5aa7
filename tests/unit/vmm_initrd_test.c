/* SPDX-License-Identifier: MIT */
/* The archive of the guest's files, read back by a reader of newc of its own. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <lde/layout.h>

#include "vmm/boot/initrd.h"
#include "vmm/boot/root.h"

#define START  0x107000
#define MEMORY (8ull << 20)

static struct guestmem mem;
static struct archive archive;
static char dir[] = "/tmp/vmm_initrd_test.XXXXXX";

/* ---- a reader -------------------------------------------------------- */

struct entry {
	char name[512];
	uint32_t mode, uid, gid, nlink, mtime, size, inode;
	uint64_t data_gpa;
};

static uint32_t field(const char *header, unsigned int idx)
{
	char digits[9] = "";

	memcpy(digits, header + 6 + 8 * idx, 8);
	assert_int_equal(strspn(digits, "0123456789abcdefABCDEF"), 8);
	return (uint32_t)strtoul(digits, NULL, 16);
}

/* Reads the entry at *gpa and moves on; false at the end mark. */
static bool next_entry(uint64_t *gpa, struct entry *entry)
{
	char header[110];

	assert_int_equal(*gpa % 4, 0);
	assert_int_equal(guestmem_read(&mem, gpa_of(*gpa), header, sizeof(header)), 0);
	assert_memory_equal(header, "070701", 6);
	*entry = (struct entry){
		.inode = field(header, 0),
		.mode = field(header, 1),
		.uid = field(header, 2),
		.gid = field(header, 3),
		.nlink = field(header, 4),
		.mtime = field(header, 5),
		.size = field(header, 6),
	};
	uint32_t name_size = field(header, 11);
	const char *name = guestmem_at(&mem, gpa_of(*gpa + 110), name_size);
	assert_non_null(name);
	assert_int_equal(name[name_size - 1], '\0');
	assert_true(strlen(name) < sizeof(entry->name));
	strcpy(entry->name, name);
	for (uint32_t i = (uint32_t)strlen(name); i < name_size; i++)
		assert_int_equal(name[i], '\0');
	entry->data_gpa = (*gpa + 110 + name_size + 3) & ~3ull;
	*gpa = (entry->data_gpa + entry->size + 3) & ~3ull;
	return strcmp(name, "TRAILER!!!") != 0;
}

static bool find_entry(const char *name, struct entry *entry)
{
	uint64_t gpa = archive.start_gpa;

	while (next_entry(&gpa, entry))
		if (!strcmp(entry->name, name))
			return true;
	assert_int_equal(gpa, archive.end_gpa);
	return false;
}

static unsigned int count_entries(void)
{
	uint64_t gpa = archive.start_gpa;
	struct entry entry;
	unsigned int nr = 0;

	while (next_entry(&gpa, &entry))
		nr++;
	return nr;
}

static struct entry get_entry(const char *name)
{
	struct entry entry;

	assert_true(find_entry(name, &entry));
	return entry;
}

static void expect_data(const struct entry *entry, const char *data)
{
	assert_int_equal(entry->size, strlen(data));
	assert_memory_equal(guestmem_at(&mem, gpa_of(entry->data_gpa), entry->size), data,
			    entry->size);
}

/* ---- host files ------------------------------------------------------ */

static const char *host_path(const char *name)
{
	static char path[600];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void make_file(const char *name, const void *data, size_t len)
{
	int fd = open(host_path(name), O_WRONLY | O_CREAT | O_TRUNC, 0640);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), len);
	close(fd);
}

static int set_up(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/vmm_initrd_test.XXXXXX");
	if (!mkdtemp(dir) || guestmem_init(&mem, MEMORY))
		return -1;
	archive_init(&archive, &mem, gpa_of(START));
	return 0;
}

static int tear_down(void **state)
{
	char command[100];

	(void)state;
	archive_fini(&archive);
	guestmem_fini(&mem);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

/* ---- single files ---------------------------------------------------- */

static void an_empty_archive_is_an_end_mark(void **state)
{
	(void)state;
	assert_int_equal(archive_finish(&archive), 0);
	assert_int_equal(count_entries(), 0);
}

static void a_blob_becomes_an_executable_file(void **state)
{
	(void)state;
	assert_int_equal(archive_add_blob(&archive, "contents", 8, "/prog"), 0);
	assert_int_equal(archive_finish(&archive), 0);
	struct entry entry = get_entry("prog");
	expect_data(&entry, "contents");
	assert_int_equal(entry.mode, S_IFREG | 0755);
	assert_int_equal(entry.nlink, 1);
}

static void file_data_starts_on_a_page(void **state)
{
	char path[64] = "/";

	(void)state;
	/* Names of each length, so that the padding is of each length modulo 4. */
	for (size_t i = 1; i < 40; i++) {
		path[i] = 'a';
		assert_int_equal(archive_add_blob(&archive, path, i, path), 0);
	}
	assert_int_equal(archive_finish(&archive), 0);
	assert_int_equal(count_entries(), 39);
	for (size_t i = 39; i > 0; i--) {
		assert_int_equal(get_entry(path + 1).data_gpa % LDE_PAGE_SIZE, 0);
		path[i] = '\0';
	}
}

static void parents_come_first_and_once(void **state)
{
	uint64_t gpa = START;
	struct entry entry;

	(void)state;
	assert_int_equal(archive_add_blob(&archive, "1", 1, "/usr/bin/one"), 0);
	assert_int_equal(archive_add_blob(&archive, "2", 1, "/usr/bin/two"), 0);
	assert_int_equal(archive_finish(&archive), 0);
	assert_true(next_entry(&gpa, &entry));
	assert_string_equal(entry.name, "usr");
	assert_int_equal(entry.mode, S_IFDIR | 0755);
	assert_int_equal(entry.nlink, 2);
	assert_true(next_entry(&gpa, &entry));
	assert_string_equal(entry.name, "usr/bin");
	assert_true(next_entry(&gpa, &entry));
	assert_string_equal(entry.name, "usr/bin/one");
	assert_true(next_entry(&gpa, &entry));
	assert_string_equal(entry.name, "usr/bin/two");
	assert_false(next_entry(&gpa, &entry));
}

static void a_host_file_keeps_its_mode_owner_and_time(void **state)
{
	struct stat st;

	(void)state;
	make_file("prog", "some data", 9);
	assert_int_equal(stat(host_path("prog"), &st), 0);
	assert_int_equal(archive_add_file(&archive, host_path("prog"), "/home/me/prog"), 0);
	assert_int_equal(archive_finish(&archive), 0);
	struct entry entry = get_entry("home/me/prog");
	expect_data(&entry, "some data");
	assert_int_equal(entry.data_gpa % LDE_PAGE_SIZE, 0);
	assert_int_equal(entry.mode, st.st_mode);
	assert_int_equal(entry.uid, st.st_uid);
	assert_int_equal(entry.gid, st.st_gid);
	assert_int_equal(entry.mtime, st.st_mtime);
}

static void a_file_of_many_pages_is_whole(void **state)
{
	enum { LEN = 3 * 4096 + 17 };
	static uint8_t data[LEN];

	(void)state;
	for (int i = 0; i < LEN; i++)
		data[i] = (uint8_t)(i * 7);
	make_file("large", data, LEN);
	assert_int_equal(archive_add_file(&archive, host_path("large"), "/large"), 0);
	assert_int_equal(archive_add_blob(&archive, "after", 5, "/after"), 0);
	assert_int_equal(archive_finish(&archive), 0);
	struct entry entry = get_entry("large");
	assert_int_equal(entry.size, LEN);
	assert_memory_equal(guestmem_at(&mem, gpa_of(entry.data_gpa), LEN), data, LEN);
	entry = get_entry("after");
	expect_data(&entry, "after");
}

static void an_empty_file_has_no_data(void **state)
{
	(void)state;
	make_file("empty", "", 0);
	assert_int_equal(archive_add_file(&archive, host_path("empty"), "/empty"), 0);
	assert_int_equal(archive_finish(&archive), 0);
	struct entry entry = get_entry("empty");
	assert_int_equal(entry.size, 0);
	assert_true(S_ISREG(entry.mode));
}

/* Files under /proc say that they are empty, or have more or less than they
 * say: the header must match what was read. */
static void a_file_shorter_than_its_size_is_recorded_as_read(void **state)
{
	(void)state;
	int err = archive_add_file(&archive, "/sys/kernel/mm/transparent_hugepage/enabled", "/thp");
	if (err)
		skip();
	assert_int_equal(archive_add_blob(&archive, "next", 4, "/next"), 0);
	assert_int_equal(archive_finish(&archive), 0);
	struct entry entry = get_entry("thp");
	assert_true(entry.size > 0 && entry.size < 4096);
	entry = get_entry("next");
	expect_data(&entry, "next");
}

static void the_first_of_a_name_stays(void **state)
{
	(void)state;
	assert_int_equal(archive_add_blob(&archive, "first", 5, "/prog"), 0);
	assert_int_equal(archive_add_blob(&archive, "second", 6, "/prog"), 0);
	assert_int_equal(archive_add_file(&archive, "/no/such/file", "/prog"), 0);
	assert_int_equal(archive_finish(&archive), 0);
	struct entry entry = get_entry("prog");
	expect_data(&entry, "first");
	assert_int_equal(count_entries(), 1);
}

static void inodes_differ(void **state)
{
	(void)state;
	archive_add_blob(&archive, "a", 1, "/a");
	archive_add_blob(&archive, "b", 1, "/b");
	archive_finish(&archive);
	assert_int_not_equal(get_entry("a").inode, get_entry("b").inode);
}

static void what_is_no_file_is_refused(void **state)
{
	(void)state;
	assert_int_equal(archive_add_file(&archive, "/no/such/file", "/a"), -ENOENT);
	assert_int_equal(archive_add_file(&archive, "/", "/b"), -EISDIR);
	assert_int_equal(archive_add_file(&archive, "/dev/null", "/c"), -EINVAL);
	assert_int_equal(mkfifo(host_path("fifo"), 0600), 0);
	assert_int_equal(archive_add_file(&archive, host_path("fifo"), "/d"), -EINVAL);
	assert_int_equal(archive_finish(&archive), 0);
	assert_int_equal(count_entries(), 0);
}

static void a_path_that_is_not_plain_is_refused(void **state)
{
	static const char *const paths[] = {"",      "prog",     "/",     "//prog", "/a//b",
					    "/../a", "/a/../b", "/a/..", "/./a",   "/a/"};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_int_equal(archive_add_blob(&archive, "x", 1, paths[i]), -EINVAL);
}

static void a_path_that_is_too_long_is_refused(void **state)
{
	char path[5000];

	(void)state;
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(archive_add_blob(&archive, "x", 1, path), -ENAMETOOLONG);
}

static void dots_in_names_are_allowed(void **state)
{
	(void)state;
	assert_int_equal(archive_add_blob(&archive, "x", 1, "/..a/.b/c..d/..."), 0);
	archive_finish(&archive);
	get_entry("..a/.b/c..d/...");
}

static void memory_that_is_full_is_an_error(void **state)
{
	(void)state;
	make_file("large", "", 0);
	assert_int_equal(truncate(host_path("large"), MEMORY), 0);
	assert_int_equal(archive_add_file(&archive, host_path("large"), "/large"), -ENOSPC);
	assert_int_equal(archive_add_blob(&archive, "x", 1, "/small"), 0);
	assert_int_equal(archive_finish(&archive), 0);
	get_entry("small");
}

static void a_file_larger_than_the_format_holds_is_refused(void **state)
{
	(void)state;
	make_file("huge", "", 0);
	if (truncate(host_path("huge"), 5ll << 30))
		skip();
	assert_int_equal(archive_add_file(&archive, host_path("huge"), "/huge"), -EFBIG);
}

/* ---- trees ----------------------------------------------------------- */

static void make_tree(void)
{
	mkdir(host_path("root"), 0755);
	mkdir(host_path("root/bin"), 0755);
	mkdir(host_path("root/etc"), 0700);
	make_file("root/bin/tool", "tool of root", 12);
	make_file("root/etc/config", "key=value\n", 10);
	assert_int_equal(symlink("tool", host_path("root/bin/link")), 0);
	assert_int_equal(symlink("/nowhere", host_path("root/etc/broken")), 0);
	assert_int_equal(symlink("bin", host_path("root/sbin")), 0);
}

static int add_root(void)
{
	char root[600];

	strcpy(root, host_path("root"));
	return archive_add_tree(&archive, root);
}

static void a_tree_is_copied_with_its_links(void **state)
{
	(void)state;
	make_tree();
	assert_int_equal(add_root(), 0);
	assert_int_equal(archive_finish(&archive), 0);
	assert_int_equal(archive.nr_skipped, 0);
	struct entry entry = get_entry("bin/tool");
	expect_data(&entry, "tool of root");
	entry = get_entry("bin/link");
	assert_true(S_ISLNK(entry.mode));
	expect_data(&entry, "tool");
	entry = get_entry("etc/broken");
	expect_data(&entry, "/nowhere");
	entry = get_entry("etc");
	assert_int_equal(entry.mode, S_IFDIR | 0700);
	assert_int_equal(entry.size, 0);
	assert_int_equal(count_entries(), 7);
}

static void a_slash_after_the_root_makes_no_difference(void **state)
{
	char root[700];

	(void)state;
	make_tree();
	snprintf(root, sizeof(root), "%s//", host_path("root"));
	assert_int_equal(archive_add_tree(&archive, root), 0);
	assert_int_equal(archive_finish(&archive), 0);
	get_entry("bin/tool");
	assert_int_equal(count_entries(), 7);
}

static void a_program_of_the_tree_is_not_replaced(void **state)
{
	(void)state;
	make_tree();
	assert_int_equal(add_root(), 0);
	assert_int_equal(archive_add_blob(&archive, "mine", 4, "/bin/tool"), 0);
	assert_int_equal(archive_add_blob(&archive, "mine", 4, "/bin/other"), 0);
	assert_int_equal(archive_finish(&archive), 0);
	struct entry entry = get_entry("bin/tool");
	expect_data(&entry, "tool of root");
	entry = get_entry("bin/other");
	expect_data(&entry, "mine");
}

static void a_special_file_is_left_out(void **state)
{
	(void)state;
	make_tree();
	assert_int_equal(mkfifo(host_path("root/fifo"), 0600), 0);
	assert_int_equal(add_root(), 0);
	assert_int_equal(archive_finish(&archive), 0);
	assert_int_equal(archive.nr_skipped, 1);
	struct entry entry;
	assert_false(find_entry("fifo", &entry));
}

static void a_root_that_is_no_directory_is_refused(void **state)
{
	(void)state;
	make_file("root", "x", 1);
	assert_int_equal(add_root(), -ENOTDIR);
	assert_int_equal(archive_add_tree(&archive, "/no/such/dir"), -ENOENT);
}

static void a_tree_larger_than_memory_is_an_error(void **state)
{
	(void)state;
	make_tree();
	assert_int_equal(truncate(host_path("root/bin/tool"), MEMORY), 0);
	assert_int_equal(add_root(), -ENOSPC);
}

static void lookups_follow_links_inside_the_root(void **state)
{
	struct root root;

	(void)state;
	make_tree();
	assert_int_equal(root_open(&root, host_path("root")), 0);
	assert_true(root_has(&root, "/bin/tool"));
	assert_true(root_has(&root, "/sbin/tool"));
	assert_true(root_has(&root, "/bin/link"));
	assert_false(root_has(&root, "/bin/other"));
	assert_false(root_has(&root, "/etc/broken"));
	root_close(&root);
}

static void expect_place(const struct root *root, const char *path, const char *expected)
{
	char place[4096];

	assert_int_equal(root_place(root, path, place, sizeof(place)), 0);
	assert_string_equal(place, expected);
}

static void a_program_is_put_behind_the_links_of_the_root(void **state)
{
	struct root root;
	char place[8];

	(void)state;
	make_tree();
	assert_int_equal(root_open(&root, host_path("root")), 0);
	expect_place(&root, "/sbin/new", "/bin/new");
	expect_place(&root, "/sbin/deep/er/new", "/bin/deep/er/new");
	expect_place(&root, "/bin/new", "/bin/new");
	expect_place(&root, "/opt/new", "/opt/new");
	expect_place(&root, "/new", "/new");
	assert_int_equal(root_place(&root, "/sbin/new", place, sizeof(place)), -ENAMETOOLONG);
	root_close(&root);
	expect_place(&root, "/sbin/new", "/sbin/new");
}

static void without_a_root_nothing_is_found(void **state)
{
	struct root root;

	(void)state;
	assert_int_equal(root_open(&root, NULL), 0);
	assert_false(root_has(&root, "/"));
	root_close(&root);
	assert_int_equal(root_open(&root, "/no/such/dir"), -ENOENT);
}

/* ---- others' readers -------------------------------------------------- */

static void cpio_lists_the_archive(void **state)
{
	char command[700], listing[2000] = "";

	(void)state;
	if (system("command -v cpio >/dev/null 2>&1"))
		skip();
	make_tree();
	assert_int_equal(add_root(), 0);
	assert_int_equal(archive_add_blob(&archive, "12345", 5, "/usr/prog"), 0);
	assert_int_equal(archive_finish(&archive), 0);
	size_t len = archive.end_gpa - archive.start_gpa;
	make_file("initrd", guestmem_at(&mem, gpa_of(START), len), len);
	snprintf(command, sizeof(command), "cpio -t --quiet <%s 2>&1", host_path("initrd"));
	FILE *cpio = popen(command, "r");
	assert_non_null(cpio);
	assert_true(fread(listing, 1, sizeof(listing) - 1, cpio) > 0);
	assert_int_equal(pclose(cpio), 0);
	assert_string_equal(listing, "bin\nbin/link\nbin/tool\netc\netc/broken\netc/config\n"
				     "sbin\nusr\nusr/prog\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_empty_archive_is_an_end_mark),
		TEST(a_blob_becomes_an_executable_file),
		TEST(file_data_starts_on_a_page),
		TEST(parents_come_first_and_once),
		TEST(a_host_file_keeps_its_mode_owner_and_time),
		TEST(a_file_of_many_pages_is_whole),
		TEST(an_empty_file_has_no_data),
		TEST(a_file_shorter_than_its_size_is_recorded_as_read),
		TEST(the_first_of_a_name_stays),
		TEST(inodes_differ),
		TEST(what_is_no_file_is_refused),
		TEST(a_path_that_is_not_plain_is_refused),
		TEST(a_path_that_is_too_long_is_refused),
		TEST(dots_in_names_are_allowed),
		TEST(memory_that_is_full_is_an_error),
		TEST(a_file_larger_than_the_format_holds_is_refused),
		TEST(a_tree_is_copied_with_its_links),
		TEST(a_slash_after_the_root_makes_no_difference),
		TEST(a_program_of_the_tree_is_not_replaced),
		TEST(a_special_file_is_left_out),
		TEST(a_root_that_is_no_directory_is_refused),
		TEST(a_tree_larger_than_memory_is_an_error),
		TEST(lookups_follow_links_inside_the_root),
		TEST(a_program_is_put_behind_the_links_of_the_root),
		TEST(without_a_root_nothing_is_found),
		TEST(cpio_lists_the_archive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
