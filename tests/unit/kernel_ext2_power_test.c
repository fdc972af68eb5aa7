/* SPDX-License-Identifier: MIT */
/* The end comes at any time: what was synced to ext2 is there afterwards. */
#include "tests/unit/fake/fake.h"

#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "guest/core/sched.h"
#include "guest/fs/ext2.h"
#include "guest/fs/ext2_fs.h"
#include "tests/unit/fake/fake_block.h"
#include "tests/unit/fake/fake_ext2.h"
#include "tests/unit/fake/fake_process.h"

static char data[1 << 20], back[1 << 20];

#define NR_FILES 24
#define NR_NAMES 8
#define NR_AT_ONCE 3
#define FILE_MAX 320000 /* far enough for blocks of numbers of such blocks */

static struct {
	char path[32];
	char earlier[NR_NAMES][32]; /* where it was since it was synced */
	unsigned nr_earlier;
	bool is_there, is_synced;
	uint32_t len, seed;
	uint32_t kept; /* so much of it was synced and has not been cut off since */
} files[NR_FILES];

static void pick_path(char *path)
{
	static unsigned number;

	sprintf(path, "d%u/f%u", (unsigned)fake_random_below(3), number++);
}

/* What a file is to have. Each process of several has a buffer, as it may wait. */
static const char *content_of(unsigned i)
{
	static char buffers[NR_AT_ONCE][FILE_MAX];
	char *buffer = buffers[i * NR_AT_ONCE / NR_FILES];

	fake_ext2_fill(buffer, files[i].len, files[i].seed);
	return buffer;
}

/* It is to go, or the disk has failed and what has become of it is not known. Others
 * may have the end of the disk come before this returns. */
static void lose_file(unsigned i)
{
	files[i].is_synced = false;
	t_unlink(files[i].path);
	files[i].is_there = files[i].is_synced = false;
}

static void write_file(unsigned i)
{
	files[i].len = (uint32_t)fake_random_below(60000);
	files[i].seed = (uint32_t)fake_random();
	if (t_write(files[i].path, 0, content_of(i), files[i].len) != files[i].len)
		lose_file(i);
}

/* The file goes on as it began, or ends sooner. */
static void resize_file(unsigned i)
{
	uint32_t len = files[i].len, end = (uint32_t)fake_random_below(FILE_MAX);
	bool is_done;

	files[i].len = end;
	files[i].kept = (uint32_t)min_u64(files[i].kept, end);
	if (end < len)
		is_done = !t_truncate(files[i].path, end);
	else
		is_done = t_write(files[i].path, len, content_of(i) + len, end - len) == end - len;
	if (!is_done)
		lose_file(i);
}

static void note_synced(unsigned i)
{
	files[i].is_synced = files[i].is_there;
	files[i].kept = files[i].len;
	files[i].nr_earlier = 0;
}

/* All of them: false when the disk has failed for good. A loss is told to the first who
 * asks, so among others this is no way to know. */
static bool sync_files(unsigned from, unsigned to)
{
	bool is_flaky = fake_ext2_disk.fails_one_in, has_failed;

	if (is_flaky && to - from < NR_FILES) {
		ext2_write_back(fake_ext2_fs);
		return true;
	}
	has_failed = ext2_sync(fake_ext2_fs);
	for (unsigned n = from; n < to; n++)
		if (!has_failed)
			note_synced(n);
		else if (is_flaky && files[n].is_there)
			lose_file(n);
	return !has_failed || is_flaky;
}

/* A step of a life with the files [from, to): false when the disk has failed. */
static bool live(unsigned from, unsigned to)
{
	unsigned i = from + (unsigned)fake_random_below(to - from);
	char path[32];

	if (!files[i].is_there) {
		pick_path(files[i].path);
		files[i].nr_earlier = 0;
		files[i].is_synced = false;
		files[i].is_there = !t_create(files[i].path, 0644);
		if (files[i].is_there)
			write_file(i);
	} else if (fake_random_below(4) == 0) {
		lose_file(i);
	} else if (fake_random_below(3) == 0) {
		resize_file(i);
	} else if (fake_random_below(2)) {
		pick_path(path);
		if (files[i].nr_earlier == NR_NAMES)
			return true;
		/* Each of them may be on the disk: it is written to at other times too, and
		 * before this has returned. */
		strcpy(files[i].earlier[files[i].nr_earlier++], path);
		if (t_rename(files[i].path, path, 0))
			return true;
		strcpy(files[i].earlier[files[i].nr_earlier - 1], files[i].path);
		strcpy(files[i].path, path);
	}
	if (files[i].is_there && fake_random_below(4) == 0) {
		if (!t_fsync(files[i].path))
			note_synced(i);
		else if (fake_ext2_disk.fails_one_in)
			lose_file(i);
		else
			return false;
	}
	return fake_random_below(12) || sync_files(from, to);
}

static bool begins_with(const char *path, uint32_t len, uint32_t seed)
{
	fake_ext2_fill(data, len, seed);
	return *path && t_size(path) >= len && t_read(path, 0, back, len) == len &&
	       !memcmp(back, data, len);
}

static bool is_anywhere(unsigned i)
{
	if (begins_with(files[i].path, files[i].kept, files[i].seed))
		return true;
	for (unsigned n = 0; n < files[i].nr_earlier; n++)
		if (begins_with(files[i].earlier[n], files[i].kept, files[i].seed))
			return true;
	return false;
}

static void check_synced(void)
{
	for (unsigned i = 0; i < NR_FILES; i++)
		if (files[i].is_synced && !is_anywhere(i))
			fail_msg("%s, moved %u times, is lost", files[i].path, files[i].nr_earlier);
}

/* The disk fails after some writes, and never works again. */
static void begin_life(void)
{
	memset(files, 0, sizeof(files));
	fake_ext2_make(fake_ext2_any_options(), "8M");
	fake_ext2_mount();
	for (unsigned i = 0; i < 3; i++) {
		char dir[8];

		sprintf(dir, "d%u", i);
		assert_int_equal(t_mkdir(dir), 0);
	}
	fake_ext2_disk.fail_after = (int64_t)fake_random_below(2000);
	fake_ext2_disk.nr_fail = UINT64_MAX;
}

static void end_life(bool loses_power)
{
	if (loses_power)
		fake_block_cut_power(&fake_ext2_disk);
	fake_ext2_stop();
	fake_ext2_repair();
	fake_ext2_mount();
	check_synced();
	fake_ext2_finish();
}

static void one_life(bool loses_power)
{
	begin_life();
	for (unsigned i = 0; i < 800 && live(0, NR_FILES); i++)
		;
	end_life(loses_power);
}

/* The disk fails at times, and works again. */
static void begin_flaky_life(void)
{
	begin_life();
	fake_ext2_disk.nr_fail = 0;
	fake_ext2_disk.fails_one_in = 5 + fake_random_below(200);
}

static void what_was_synced_survives_a_disk_that_fails_at_times(void **state)
{
	(void)state;
	fake_random_start();
	for (unsigned life = 0; life < 20; life++) {
		begin_flaky_life();
		for (unsigned i = 0; i < 400; i++)
			live(0, NR_FILES);
		end_life(life % 2);
	}
}

static void live_beside_others(void *arg)
{
	unsigned from = (unsigned)(uintptr_t)arg;

	fake_ext2_make_memory();
	for (unsigned i = 0; i < 300 && live(from, from + NR_FILES / NR_AT_ONCE); i++)
		;
	fake_stop("the first one has ended");
}

static void what_was_synced_among_others_survives_a_power_cut(void **state)
{
	(void)state;
	fake_random_start();
	for (unsigned life = 0; life < 30; life++) {
		if (life < 20)
			begin_life();
		else
			begin_flaky_life();
		fake_ext2_disk.delay_ticks = 200;
		fake_ext2_disk.completes_backwards = life % 2;
		for (unsigned i = 0; i < NR_AT_ONCE; i++)
			assert_non_null(spawn(live_beside_others,
					      (void *)(uintptr_t)(i * NR_FILES / NR_AT_ONCE)));
		assert_string_equal(run_processes(), "the first one has ended");
		end_life(true);
	}
}

static void what_was_synced_survives_a_kill(void **state)
{
	(void)state;
	fake_random_start();
	for (unsigned i = 0; i < 30; i++)
		one_life(false);
}

static void what_was_synced_survives_a_power_cut(void **state)
{
	(void)state;
	fake_random_start();
	for (unsigned i = 0; i < 30; i++)
		one_life(true);
}

/* So many that the inodes before and after them lie in different blocks. */
static void make_fillers(const char *prefix)
{
	char name[16];

	for (unsigned i = 0; i < 33; i++) {
		sprintf(name, "%s%u", prefix, i);
		assert_int_equal(t_create(name, 0644), 0);
	}
}

static void sync_one(void *arg)
{
	(void)arg;
	fake_ext2_make_memory();
	if (!t_fsync("d0/a"))
		files[0].is_synced = true;
	fake_stop("synced");
}

static void move_another(void *arg)
{
	(void)arg;
	fake_ext2_make_memory();
	t_rename("d0/b", "far/b", 0);
}

/* Both are in one folder: the fsync of the one writes that, but not without the name
 * that the other has got elsewhere, while its data were waited for. */
static void a_name_that_moves_during_an_fsync_is_there_after_a_power_cut(void **state)
{
	(void)state;
	fake_random_start();
	for (unsigned nth = 0; nth < 40; nth++) {
		begin_life();
		fake_ext2_disk.nr_fail = 0;
		make_fillers("x");
		assert_int_equal(t_mkdir("far"), 0);
		make_fillers("y");
		assert_int_equal(t_create("d0/b", 0644), 0);
		assert_int_equal(t_write("d0/b", 0, "b", 1), 1);
		make_fillers("z");
		assert_int_equal(ext2_sync(fake_ext2_fs), 0);
		assert_int_equal(t_create("d0/a", 0644), 0);
		assert_int_equal(t_write("d0/a", 0, "a", 1), 1);
		fake_ext2_disk.delay_ticks = 200;
		fake_ext2_disk.fail_after = nth;
		fake_ext2_disk.nr_fail = UINT64_MAX;
		assert_non_null(spawn(sync_one, NULL));
		assert_non_null(spawn(move_another, NULL));
		assert_string_equal(run_processes(), "synced");
		fake_block_cut_power(&fake_ext2_disk);
		fake_ext2_stop();
		fake_ext2_repair();
		fake_ext2_mount();
		if (t_size("d0/b") != 1 && t_size("far/b") != 1)
			fail_msg("the name is lost after %u requests", nth);
		if (files[0].is_synced)
			assert_int_equal(t_size("d0/a"), 1);
		fake_ext2_finish();
	}
}

/* ---- folders that move ------------------------------------------------- */

#define NR_DIRS 6

/* parents[i]: the folder that folder i is in; NR_DIRS: the root. */
static unsigned parents[NR_DIRS];

static const char *path_of_dir(char *path, unsigned i)
{
	char above[256] = "";

	if (i == NR_DIRS)
		return strcpy(path, "");
	path_of_dir(above, parents[i]);
	sprintf(path, "%s%sd%u", above, *above ? "/" : "", i);
	return path;
}

static bool is_in(unsigned dir, unsigned above)
{
	while (dir != NR_DIRS && dir != above)
		dir = parents[dir];
	return dir == above;
}

static void move_dir(unsigned i, unsigned to)
{
	char old[256], new[300], above[256];

	if (to != NR_DIRS && is_in(to, i))
		return;
	path_of_dir(old, i);
	path_of_dir(above, to);
	sprintf(new, "%s%sd%u", above, *above ? "/" : "", i);
	if (!strcmp(old, new))
		return;
	if (!t_rename(old, new, 0))
		parents[i] = to;
}

/* Makes file i in a folder and syncs it; false when the disk has failed. */
static bool make_synced(unsigned i)
{
	char path[300], dir[256];

	path_of_dir(dir, (unsigned)fake_random_below(NR_DIRS + 1));
	sprintf(path, "%s%sf%u", dir, *dir ? "/" : "", i);
	files[i].len = 1 + (uint32_t)fake_random_below(20000);
	files[i].seed = (uint32_t)fake_random();
	fake_ext2_fill(data, files[i].len, files[i].seed);
	if (t_create(path, 0644) || t_write(path, 0, data, files[i].len) != files[i].len ||
	    t_fsync(path))
		return false;
	files[i].is_synced = true;
	return true;
}

/* Whether file i is somewhere below the folder, by its name and with its content. */
static bool is_below(const char *dir, unsigned i, unsigned depth)
{
	char names[4096], path[600], own[16], *next;

	sprintf(own, "f%u", i);
	if (depth > NR_DIRS + 2 || t_list(dir, names, sizeof(names)) < 0)
		return false;
	for (char *name = names; *name; name = next) {
		next = strchr(name, '\n');
		*next++ = '\0';
		snprintf(path, sizeof(path), "%.500s%s%.80s", dir, *dir ? "/" : "", name);
		if (!strcmp(name, own))
			return begins_with(path, files[i].len, files[i].seed);
		if (*name == 'd' && is_below(path, i, depth + 1))
			return true;
	}
	return false;
}

static void move_dirs_and_make_files(void)
{
	unsigned nr = 0;

	for (unsigned i = 0; i < 400 && nr < NR_FILES; i++)
		if (fake_random_below(4)) {
			move_dir((unsigned)fake_random_below(NR_DIRS),
				 (unsigned)fake_random_below(NR_DIRS + 1));
		} else if (fake_random_below(8) == 0) {
			if (ext2_sync(fake_ext2_fs))
				return;
		} else if (!make_synced(nr++)) {
			return;
		}
}

static void what_was_synced_in_folders_that_move_survives_a_power_cut(void **state)
{
	(void)state;
	fake_random_start();
	for (unsigned life = 0; life < 15; life++) {
		begin_life();
		fake_ext2_disk.nr_fail = 0;
		for (unsigned i = 0; i < NR_DIRS; i++) {
			char dir[8];

			sprintf(dir, "d%u", i);
			parents[i] = NR_DIRS;
			if (i >= 3)
				assert_int_equal(t_mkdir(dir), 0);
		}
		assert_int_equal(ext2_sync(fake_ext2_fs), 0);
		fake_ext2_disk.fail_after = (int64_t)fake_random_below(700);
		fake_ext2_disk.nr_fail = UINT64_MAX;
		move_dirs_and_make_files();
		fake_block_cut_power(&fake_ext2_disk);
		fake_ext2_stop();
		fake_ext2_repair();
		fake_ext2_mount();
		for (unsigned i = 0; i < NR_FILES; i++)
			if (files[i].is_synced && !is_below("", i, 0))
				fail_msg("f%u is lost", i);
		fake_ext2_finish();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_synced_survives_a_kill),
		cmocka_unit_test(what_was_synced_survives_a_power_cut),
		cmocka_unit_test(what_was_synced_survives_a_disk_that_fails_at_times),
		cmocka_unit_test(a_name_that_moves_during_an_fsync_is_there_after_a_power_cut),
		cmocka_unit_test(what_was_synced_in_folders_that_move_survives_a_power_cut),
		cmocka_unit_test(what_was_synced_among_others_survives_a_power_cut),
	};

	return cmocka_run_group_tests(tests, fake_ext2_group_set_up, fake_ext2_group_tear_down);
}
