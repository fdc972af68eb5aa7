/* SPDX-License-Identifier: MIT */
/* Looking up paths. */
#include "tests/unit/fake/fake.h"

#include <stdio.h>
#include <string.h>

#include "guest/fs/dir.h"
#include "guest/fs/node.h"
#include "guest/fs/regular.h"
#include "guest/lib/errno.h"
#include "guest/mm/page.h"

static paddr_t next_data;

/* A text below the managed memory, as if it lay in the initrd. */
static const char *archived(const char *text)
{
	char *at = direct_map(next_data);

	strcpy(at, text);
	next_data += 512;
	return at;
}

static struct inode *add_inode(struct inode *dir, const char *name, struct inode *inode)
{
	assert_non_null(inode);
	assert_non_null(dir_add(dir, archived(name), (uint32_t)strlen(name), inode));
	inode_put(inode);
	return inode;
}

static struct inode *add(struct inode *dir, const char *name, uint32_t mode)
{
	return add_inode(dir, name, node_create(mode, 0));
}

static struct inode *child(const struct inode *dir, const char *name, uint32_t len)
{
	struct dir_entry *entry = dir_find(dir, name, len);

	return entry ? entry->inode : NULL;
}

static struct inode *add_link(struct inode *dir, const char *name, const char *text)
{
	char more[256];

	/* What lies behind the text must not be taken for a part of it. */
	snprintf(more, sizeof(more), "%s/not/part/of/it", text);
	return add_inode(dir, name, link_create(archived(more), strlen(text)));
}

static struct inode *root, *dir, *sub, *file, *deep;

/*
 * /dir/sub/deep, /dir/file, and links: /abs -> /dir/sub, /rel -> dir/sub,
 * /dir/up -> ../dir/file, /dir/chain -> up, /tofile -> dir/file,
 * /slashed -> dir/file/, /dirslash -> dir/, /loop -> loop, /a -> b, /b -> a,
 * /none -> missing, /empty -> (nothing), /toabs -> abs
 */
static int set_up(void **state)
{
	fake_set_up(state);
	next_data = MIB;
	root = inode_root();
	dir = add(root, "dir", MODE_DIR | 0755);
	sub = add(dir, "sub", MODE_DIR | 0755);
	file = add(dir, "file", MODE_REGULAR | 0644);
	deep = add(sub, "deep", MODE_REGULAR | 0644);
	add_link(root, "abs", "/dir/sub");
	add_link(root, "rel", "dir/sub");
	add_link(dir, "up", "../dir/file");
	add_link(dir, "chain", "up");
	add_link(root, "tofile", "dir/file");
	add_link(root, "slashed", "dir/file/");
	add_link(root, "dirslash", "dir/");
	add_link(root, "loop", "loop");
	add_link(root, "a", "b");
	add_link(root, "b", "a");
	add_link(root, "none", "missing");
	add_link(root, "empty", "");
	add_link(root, "toabs", "abs");
	return 0;
}

static void check(struct inode *from, const char *path, bool follow, struct inode *expected)
{
	uint32_t users = expected->users;
	struct inode *found = NULL;
	int err = inode_lookup(from, path, follow, &found);

	if (err)
		fail_msg("%s: %d", path, err);
	if (found != expected)
		fail_msg("%s leads to inode %u", path, found->number);
	assert_int_equal(expected->users, users + 1);
	inode_put(found);
}

static void check_error(const char *path, bool follow, int expected)
{
	struct inode *found = root;
	int err = inode_lookup(root, path, follow, &found);

	if (err != expected)
		fail_msg("%s: %d, not %d", path, err, expected);
}

static struct inode *link_at(const char *name)
{
	return child(root, name, (uint32_t)strlen(name));
}

static void plain_paths_lead_where_they_say(void **state)
{
	(void)state;
	check(root, "dir", true, dir);
	check(root, "dir/sub/deep", true, deep);
	check(root, "/dir/sub/deep", true, deep);
	check(sub, "deep", true, deep);
	check(sub, "/dir", true, dir);
}

static void slashes_count_once(void **state)
{
	(void)state;
	check(dir, "/", true, root);
	check(dir, "////", true, root);
	check(root, "//dir///sub//deep", true, deep);
	check(root, "dir/", true, dir);
	check(root, "dir/sub///", true, sub);
}

static void dots_stay_and_double_dots_go_up(void **state)
{
	(void)state;
	check(dir, ".", true, dir);
	check(root, "./dir/./sub/.", true, sub);
	check(sub, "..", true, dir);
	check(sub, "../..", true, root);
	check(sub, "../../../../..", true, root);
	check(root, "/..", true, root);
	check(root, "dir/sub/../file", true, file);
	check_error("...", true, -ENOENT);
	check_error("dir/.x", true, -ENOENT);
}

static void what_is_not_there_is_not_found(void **state)
{
	(void)state;
	check_error("", true, -ENOENT);
	check_error("missing", true, -ENOENT);
	check_error("missing/", true, -ENOENT);
	check_error("missing/x", true, -ENOENT);
	check_error("di", true, -ENOENT);
	check_error("dirr", true, -ENOENT);
	check_error("dir/sub/x", true, -ENOENT);
}

static void a_file_is_no_directory(void **state)
{
	(void)state;
	check_error("dir/file/", true, -ENOTDIR);
	check_error("dir/file/.", true, -ENOTDIR);
	check_error("dir/file/..", true, -ENOTDIR);
	check_error("dir/file/x", true, -ENOTDIR);
	check_error("tofile/", true, -ENOTDIR);
	check_error("tofile/x", false, -ENOTDIR);
	check_error("slashed", true, -ENOTDIR);
}

static void links_are_followed_in_the_middle_always(void **state)
{
	(void)state;
	for (unsigned follow = 0; follow < 2; follow++) {
		check(root, "abs/deep", follow, deep);
		check(root, "rel/deep", follow, deep);
		check(root, "abs/../file", follow, file); /* of where it led, not of where it is */
		check(root, "dirslash/file", follow, file);
		check(root, "toabs/deep", follow, deep); /* through a second link */
	}
}

static void a_link_at_the_end_is_followed_on_demand(void **state)
{
	(void)state;
	check(root, "abs", true, sub);
	check(root, "abs", false, link_at("abs"));
	check(root, "toabs", true, sub);
	check(root, "toabs", false, link_at("toabs"));
	check(root, "dir/chain", true, file);
	check(dir, "up", true, file);
	check(root, "none", false, link_at("none"));
	check(root, "loop", false, link_at("loop"));
}

static void a_slash_behind_a_link_follows_it(void **state)
{
	(void)state;
	check(root, "abs/", false, sub);
	check(root, "abs/.", false, sub);
	check(root, "toabs/", false, sub);
	check(root, "dirslash", true, dir);
	check_error("tofile/", false, -ENOTDIR);
	check_error("loop/", false, -ELOOP);
}

static void links_to_nowhere_are_not_found(void **state)
{
	(void)state;
	check_error("none", true, -ENOENT);
	check_error("none/x", false, -ENOENT);
	check_error("empty", true, -ENOENT);
	check_error("empty/x", false, -ENOENT);
}

static void loops_end(void **state)
{
	(void)state;
	check_error("loop", true, -ELOOP);
	check_error("loop/x", false, -ELOOP);
	check_error("a", true, -ELOOP);
	check_error("b/./x", true, -ELOOP);
	add_link(root, "grow", "grow/grow/x");
	check_error("grow", true, -ELOOP);
}

static char names[64][16];

/* link0 -> link1 -> ... -> dir/sub, nr links in all; tail follows each but the
 * last. */
static void make_chain(unsigned nr, const char *tail)
{
	for (unsigned i = 0; i < nr; i++) {
		char text[64];

		snprintf(names[i], sizeof(names[i]), "link%u", i);
		if (i + 1 < nr)
			snprintf(text, sizeof(text), "link%u%s", i + 1, tail);
		else
			snprintf(text, sizeof(text), "dir/sub");
		add_link(root, names[i], text);
	}
}

static void forty_links_are_followed_and_no_more(void **state)
{
	for (unsigned shape = 0; shape < 2; shape++) {
		set_up(state);
		make_chain(41, shape ? "/../sub" : "");
		check_error("link0", true, -ELOOP);
		check(root, "link1", true, sub);
		check(root, "link1/deep", false, deep);
	}
}

static void look_up_one_link(void)
{
	check(root, "link39", true, sub);
}

static void look_up_forty_links(void)
{
	check(root, "link0", true, sub);
}

/* A kernel stack is a page. */
static void the_stack_does_not_grow_with_the_number_of_links(void **state)
{
	(void)state;
	make_chain(40, "/../sub");
	assert_true(fake_stack_use(look_up_forty_links) < fake_stack_use(look_up_one_link) + 256);
}

static void a_name_has_at_most_255_bytes(void **state)
{
	char longest[256 + 1];

	(void)state;
	memset(longest, 'n', sizeof(longest));
	longest[255] = '\0';
	check_error(longest, true, -ENOENT);
	add(root, longest, MODE_DIR | 0700);
	check(root, longest, true, child(root, longest, 255));
	longest[255] = 'n';
	longest[256] = '\0';
	check_error(longest, true, -ENAMETOOLONG);
}

static void names_are_compared_whole(void **state)
{
	(void)state;
	assert_ptr_equal(child(root, "dir/sub", 3), dir);
	assert_null(child(root, "dir", 2));
}

static void numbers_are_unique(void **state)
{
	(void)state;
	assert_int_not_equal(root->number, dir->number);
	assert_int_not_equal(dir->number, sub->number);
	assert_int_not_equal(root->number, 0);
}

static void an_absolute_path_fits_exactly_or_not_at_all(void **state)
{
	char buf[32];

	(void)state;
	for (uint64_t size = 0; size < 20; size++) {
		int64_t len;

		memset(buf, '#', sizeof(buf));
		len = inode_path(deep, buf, size);
		assert_int_equal(len, size < sizeof("/dir/sub/deep") ? -ERANGE :
								       (int64_t)sizeof("/dir/sub/deep"));
		if (len > 0)
			assert_string_equal(buf, "/dir/sub/deep");
		for (uint64_t i = size; i < sizeof(buf); i++)
			assert_int_equal(buf[i], '#');
	}
	assert_int_equal(inode_path(root, buf, 2), 2);
	assert_string_equal(buf, "/");
	assert_int_equal(inode_path(root, buf, 1), -ERANGE);
	assert_int_equal(inode_path(dir, buf, 5), 5);
	assert_string_equal(buf, "/dir");
}

static void reading_stops_at_the_end(void **state)
{
	char buf[16];

	(void)state;
	memcpy(direct_map(MIB), "0123456789abcdef", 16);
	regular_set_archive(file, MIB, 10);
	assert_int_equal(inode_read(file, 0, buf, 16), 10);
	assert_memory_equal(buf, "0123456789", 10);
	assert_int_equal(inode_read(file, 7, buf, 2), 2);
	assert_memory_equal(buf, "78", 2);
	assert_int_equal(inode_read(file, 10, buf, 1), 0);
	assert_int_equal(inode_read(file, UINT64_MAX, buf, UINT64_MAX), 0);
	assert_int_equal(inode_read(file, 5, buf, UINT64_MAX), 5);
}

static void without_memory_there_is_no_child(void **state)
{
	static const char unknown[1000] = "name"; /* as long as the longest that is asked for */
	struct inode *inode = node_create(MODE_REGULAR | 0644, 0);
	unsigned nr = 0;

	(void)state;
	while (page_alloc())
		;
	while (nr < 1000 && dir_add(dir, archived("name"), nr, inode))
		nr++;
	assert_true(nr < 1000);
	assert_null(child(dir, unknown, nr));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
	const struct CMUnitTest tests[] = {
		TEST(plain_paths_lead_where_they_say),
		TEST(slashes_count_once),
		TEST(dots_stay_and_double_dots_go_up),
		TEST(what_is_not_there_is_not_found),
		TEST(a_file_is_no_directory),
		TEST(links_are_followed_in_the_middle_always),
		TEST(a_link_at_the_end_is_followed_on_demand),
		TEST(a_slash_behind_a_link_follows_it),
		TEST(links_to_nowhere_are_not_found),
		TEST(loops_end),
		TEST(forty_links_are_followed_and_no_more),
		TEST(the_stack_does_not_grow_with_the_number_of_links),
		TEST(a_name_has_at_most_255_bytes),
		TEST(names_are_compared_whole),
		TEST(numbers_are_unique),
		TEST(an_absolute_path_fits_exactly_or_not_at_all),
		TEST(reading_stops_at_the_end),
		TEST(without_memory_there_is_no_child),
	};

	return cmocka_run_group_tests_name("kernel_inode", tests, NULL, NULL);
}
