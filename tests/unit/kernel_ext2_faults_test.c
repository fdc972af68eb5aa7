/* SPDX-License-Identifier: MIT */
/* ext2 when things go wrong: images that lie, disks that fail, power that goes; and
 * long random work, with the host's file system as the model. */
#include "tests/unit/fake/fake.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest/core/sched.h"
#include "guest/fs/ext2.h"
#include "guest/fs/ext2_fs.h"
#include "guest/fs/wanted.h"
#include "guest/mm/page.h"
#include "tests/unit/fake/fake_block.h"
#include "tests/unit/fake/fake_ext2.h"
#include "tests/unit/fake/fake_process.h"

static char data[1 << 20], back[1 << 20];

static void fill(char *to, size_t len, unsigned seed)
{
	for (size_t i = 0; i < len; i++)
		to[i] = (char)(i * 13 + seed + i / 509);
}

static const char *any_options(void)
{
	static const char *const options[] = { "-b 1024", "-b 4096 -N 512", "-b 2048 -I 128" };

	return options[fake_random_below(ARRAY_SIZE(options))];
}

/* ---- random work, as the host does it ---------------------------------- */

#define MODEL_DIR "/tmp/lde-ext2-model"

static const char *model_path(const char *path)
{
	static char paths[2][256];
	static unsigned next;

	next = !next;
	snprintf(paths[next], sizeof(paths[next]), MODEL_DIR "-%d/%s", getpid(), path);
	return paths[next];
}

static int host_result(int64_t result)
{
	return result < 0 ? -errno : (int)result;
}

/* A path of up to three short names, so that many are met again. */
static void random_path(char *path)
{
	unsigned depth = (unsigned)fake_random_below(3);
	char *p = path;

	for (unsigned i = 0; i <= depth; i++)
		p += sprintf(p, "%s%c", i ? "/" : "", (char)('a' + fake_random_below(i ? 3 : 6)));
}

static int host_write(const char *path, uint64_t offset, uint64_t len)
{
	int fd = open(path, O_WRONLY | O_NOFOLLOW), n;

	if (fd < 0)
		return -errno;
	n = host_result(pwrite(fd, data, len, (off_t)offset));
	close(fd);
	return n;
}

static int host_create(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static bool is_file(const char *path)
{
	struct inode *inode;
	bool is;

	if (t_lookup(path, &inode))
		return false;
	is = inode_is_regular(inode);
	inode_put(inode);
	return is;
}

static void check_same_content(const char *path)
{
	int fd = open(model_path(path), O_RDONLY), n;
	static char theirs[sizeof(back)];

	assert_true(fd >= 0);
	n = (int)read(fd, theirs, sizeof(theirs));
	close(fd);
	assert_int_equal(t_size(path), n);
	assert_int_equal(t_read(path, 0, back, sizeof(back)), n);
	assert_memory_equal(back, theirs, n);
}

static void random_step(void)
{
	static const unsigned flags[] = { 0, 0, RENAME_NOREPLACE, RENAME_EXCHANGE };
	char a[64], b[64];
	unsigned what = (unsigned)fake_random_below(12), flag = flags[fake_random_below(4)];
	uint64_t offset = fake_random_below(40000), len = fake_random_below(30000);
	int ours = 0, theirs = 0;

	random_path(a);
	random_path(b);
	switch (what) {
	case 0:
	case 1:
		ours = t_create(a, 0644);
		theirs = host_create(model_path(a));
		break;
	case 2:
		ours = t_mkdir(a);
		theirs = host_result(mkdir(model_path(a), 0755));
		break;
	case 3:
		ours = t_unlink(a);
		theirs = host_result(unlink(model_path(a)));
		break;
	case 4:
		ours = t_rmdir(a);
		theirs = host_result(rmdir(model_path(a)));
		break;
	case 5:
		ours = t_rename(a, b, flag);
		theirs = host_result(syscall(SYS_renameat2, AT_FDCWD, model_path(a), AT_FDCWD,
					     model_path(b), flag));
		break;
	case 6:
		if (!is_file(a))
			return;
		ours = t_link(a, b);
		theirs = host_result(link(model_path(a), model_path(b)));
		break;
	case 7:
		ours = t_symlink(b, a);
		theirs = host_result(symlink(b, model_path(a)));
		break;
	case 8:
		if (!is_file(a))
			return;
		ours = t_truncate(a, offset);
		theirs = host_result(truncate(model_path(a), (off_t)offset));
		break;
	case 9:
		if (!is_file(a))
			return;
		check_same_content(a);
		return;
	case 10:
		if (fake_random_below(10))
			return;
		assert_int_equal(ext2_sync(fake_ext2_fs), 0);
		return;
	default:
		if (!is_file(a))
			return;
		fill(data, len, (unsigned)fake_random());
		ours = (int)t_write(a, offset, data, len);
		theirs = host_write(model_path(a), offset, len);
	}
	if (ours != theirs)
		fail_msg("%u %s %s (flags %u): %d, the host: %d", what, a, b, flag, ours, theirs);
}

static void random_work_has_the_host_as_its_model(void **state)
{
	char copy[64], command[256];
	const char *out;

	(void)state;
	fake_random_start();
	for (unsigned round = 0; round < 4; round++) {
		fake_ext2_make(any_options(), "16M");
		assert_int_equal(mkdir(model_path(""), 0755), 0);
		fake_ext2_mount();
		for (unsigned i = 0; i < 1500; i++) {
			random_step();
			if (i % 500 == 499) {
				fake_ext2_finish();
				fake_ext2_mount();
			}
		}
		fake_ext2_finish();
		snprintf(copy, sizeof(copy), MODEL_DIR "-%d-copy", getpid());
		assert_int_equal(mkdir(copy, 0755), 0);
		fake_ext2_dump(copy);
		snprintf(command, sizeof(command), "rmdir %s/lost+found; diff -r --no-dereference %s %s",
			 copy, copy, model_path(""));
		if (fake_ext2_tool(&out, "%s", command))
			fail_msg("%s", out);
		fake_ext2_tool(NULL, "rm -rf %s %s", copy, model_path(""));
	}
}

/* ---- the end comes at any time ----------------------------------------- */

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

	fill(buffer, files[i].len, files[i].seed);
	return buffer;
}

static void write_file(unsigned i)
{
	files[i].len = (uint32_t)fake_random_below(60000);
	files[i].seed = (uint32_t)fake_random();
	t_write(files[i].path, 0, content_of(i), files[i].len);
}

/* The file goes on as it began, or ends sooner. */
static void resize_file(unsigned i)
{
	uint32_t len = files[i].len, end = (uint32_t)fake_random_below(FILE_MAX);

	files[i].len = end;
	files[i].kept = (uint32_t)min_u64(files[i].kept, end);
	if (end < len)
		t_truncate(files[i].path, end);
	else
		t_write(files[i].path, len, content_of(i) + len, end - len);
}

static void note_synced(unsigned i)
{
	files[i].is_synced = files[i].is_there;
	files[i].kept = files[i].len;
	files[i].nr_earlier = 0;
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
		write_file(i);
	} else if (fake_random_below(4) == 0) {
		t_unlink(files[i].path);
		files[i].is_there = files[i].is_synced = false;
	} else if (fake_random_below(3) == 0) {
		resize_file(i);
	} else if (fake_random_below(2)) {
		pick_path(path);
		if (files[i].nr_earlier == NR_NAMES || t_rename(files[i].path, path, 0))
			return true;
		/* Each of them may be on the disk: it is written to at other times too. */
		strcpy(files[i].earlier[files[i].nr_earlier++], files[i].path);
		strcpy(files[i].path, path);
	}
	if (files[i].is_there && fake_random_below(4) == 0) {
		if (t_fsync(files[i].path))
			return false;
		note_synced(i);
	}
	if (fake_random_below(12))
		return true;
	if (ext2_sync(fake_ext2_fs))
		return false;
	for (unsigned n = from; n < to; n++)
		note_synced(n);
	return true;
}

static bool begins_with(const char *path, uint32_t len, uint32_t seed)
{
	fill(data, len, seed);
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
	fake_ext2_make(any_options(), "8M");
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
	for (unsigned life = 0; life < 20; life++) {
		begin_life();
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

/* ---- images that lie --------------------------------------------------- */

static void make_tree(const char *options)
{
	fake_ext2_make(options, "4M");
	fake_ext2_mount();
	fill(data, 400000, 1);
	assert_int_equal(t_mkdir("d"), 0);
	assert_int_equal(t_mkdir("d/e"), 0);
	assert_int_equal(t_create("d/f", 0644), 0);
	assert_int_equal(t_write("d/f", 0, data, 400000), 400000);
	assert_int_equal(t_create("g", 0644), 0);
	assert_int_equal(t_write("g", 0, data, 100), 100);
	assert_int_equal(t_symlink("d/f", "l"), 0);
	fake_ext2_finish();
}

/* Walks all of it, and then changes all of it. Errors are welcome. */
static void use_everything(const char *dir, unsigned depth)
{
	static char names[4][4096];
	char *next, path[1024];

	if (depth == ARRAY_SIZE(names) || t_list(dir, names[depth], sizeof(names[depth]) - 300) < 0)
		return;
	for (char *name = names[depth]; *name; name = next) {
		struct inode *inode;

		next = strchr(name, '\n');
		*next++ = '\0';
		if (snprintf(path, sizeof(path), "%s%s%s", dir, *dir ? "/" : "", name) >=
			    (int)sizeof(path) || t_lookup(path, &inode))
			continue;
		if (inode_is_regular(inode)) {
			t_read_inode(inode, 0, back, sizeof(back));
			t_truncate(path, 3000);
			t_write_inode(inode, 20000, data, 5000);
		} else if (inode_is_dir(inode)) {
			use_everything(path, depth + 1);
		}
		inode_put(inode);
		t_unlink(path);
		t_rmdir(path);
	}
	for (unsigned i = 0; i < 5; i++) {
		snprintf(path, sizeof(path), "%.900s%snew%u", dir, *dir ? "/" : "", i);
		if (i % 2)
			t_mkdir(path);
		else if (!t_create(path, 0644))
			t_write(path, 0, data, 30000);
	}
}

static void use_image(void)
{
	if (!fake_ext2_try_mount(false)) {
		use_everything("", 0);
		ext2_sync(fake_ext2_fs);
		ext2_unmount(fake_ext2_fs);
	}
}

static void lies_cost_nothing_but_errors(void **state)
{
	static uint8_t image[4 << 20];
	uint8_t *bytes;

	(void)state;
	fake_random_start();
	for (unsigned l = 0; l < 2; l++) {
		make_tree(l ? "-b 4096 -N 128" : "-b 1024");
		fake_ext2_mount();
		memcpy(image, fake_ext2_disk.bytes, sizeof(image));
		fake_ext2_finish();
		for (unsigned i = 0; i < 80; i++) {
			unsigned nr = 1 + (unsigned)fake_random_below(30);
			uint64_t part = fake_random_below(4) ? 200 << 10 : 3 << 10;

			fake_ext2_mount(); /* for the disk alone */
			bytes = fake_ext2_disk.bytes;
			memcpy(bytes, image, sizeof(image));
			while (nr--)
				bytes[fake_random_below(part)] = (uint8_t)(
					fake_random_below(2) ? fake_random() : 255);
			fake_ext2_stop();
			use_image();
			/* So that the next mount above is of a good one. */
			memcpy(fake_ext2_disk.bytes, image, sizeof(image));
			fake_ext2_stop();
		}
	}
}

static void check_lie(const char *debugfs, const char *path, int64_t expected)
{
	int64_t result;

	make_tree("-b 1024");
	fake_ext2_tool(NULL, "debugfs -w -R '%s' %s", debugfs, fake_ext2_image());
	fake_ext2_mount();
	fake.nr_notices = 0;
	result = t_read(path, 0, back, 400000);
	if (result > 0 && result < t_size(path)) /* what came before the bad place */
		result = t_read(path, (uint64_t)result, back, 1000);
	if (result != expected)
		fail_msg("%s, %s: %d", debugfs, path, (int)result);
	ext2_sync(fake_ext2_fs);
	t_create("report", 0600); /* a line is written with the next piece of work */
	if (expected == -EIO)
		assert_true(fake.nr_notices);
	use_everything("", 0);
	ext2_unmount(fake_ext2_fs);
	fake_ext2_stop();
	fake_ext2_repair();
}

static void each_lie_is_found_where_it_is(void **state)
{
	(void)state;
	check_lie("set_inode_field d/f block[IND] 99999999", "d/f", -EIO);
	check_lie("set_inode_field d/f block[DIND] 0", "d/f", 400000);
	check_lie("set_inode_field d/f block[0] 4294967295", "d/f", -EIO);
	check_lie("set_inode_field d block[0] 0", "d/f", -EIO);
	check_lie("set_inode_field d block[0] 70000", "d/f", -EIO);
	check_lie("set_inode_field d size 100", "d/f", -EIO);
	check_lie("set_inode_field d/f mode 0170644", "d/f", -EIO);
	check_lie("set_inode_field d/f links_count 0", "d/f", -EIO);
	check_lie("set_inode_field d/f flags 0x80000", "d/f", -EIO);
	check_lie("link d d/e/up", "d/e/up/f", -EIO); /* a ring */
	check_lie("link d/e twice", "d/f", 400000);
	check_lie("link <2> d/e/root", "d/e/root/g", -EIO);
	check_lie("link <1> d/bad", "d/bad", -EIO);
	check_lie("clri d/f", "d/f", -EIO);
	check_lie("freeb 20 3000", "d/f", 400000);
}

static void a_superblock_that_lies_is_refused(void **state)
{
	static const char *const lies[] = {
		"set_super_value blocks_count 9000", "set_super_value inodes_count 7",
		"set_super_value blocks_per_group 9000", "set_super_value inodes_per_group 0",
		"set_super_value log_block_size 30", "set_super_value inode_size 100",
		"set_super_value first_data_block 5", "set_super_value first_ino 99999",
		"set_bg 0 inode_table 99999", "set_bg 0 block_bitmap 0",
		"set_inode_field <2> mode 0100644", "set_inode_field <2> links_count 0",
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(lies); i++) {
		make_tree("-b 1024");
		fake_ext2_tool(NULL, "debugfs -w -R '%s' %s", lies[i], fake_ext2_image());
		if (!fake_ext2_try_mount(false))
			fail_msg("mounted: %s", lies[i]);
	}
}

/* ---- disks that fail --------------------------------------------------- */

static void a_bad_sector_is_an_error_where_it_is_needed(void **state)
{
	(void)state;
	make_tree("-b 1024");
	fake_ext2_mount();
	for (uint64_t sector = 0; sector < 1200; sector += 2) {
		char names[256];

		fake_ext2_disk.bad_sector = sector;
		cache_begin();
		cache_shrink(10000);
		t_list("", names, sizeof(names));
		t_read("d/f", 0, back, 400000);
		t_read("g", 0, back, 100);
	}
	fake_ext2_disk.bad_sector = UINT64_MAX;
	cache_begin();
	cache_shrink(10000);
	assert_int_equal(t_read("d/f", 0, back, 400000), 400000);
	fill(data, 400000, 1);
	assert_memory_equal(back, data, 400000);
	fake_ext2_finish();
}

static void an_error_of_writing_is_told_once(void **state)
{
	(void)state;
	make_tree("-b 1024");
	fake_ext2_mount();
	assert_int_equal(t_write("g", 0, data, 100), 100);
	fake_ext2_disk.nr_fail = 1;
	assert_int_equal(ext2_sync(fake_ext2_fs), -EIO);
	assert_int_equal(ext2_sync(fake_ext2_fs), 0);
	fake_ext2_finish();
}

/* ---- several at a time ------------------------------------------------- */

static unsigned nr_running;

static void life_of_one(void *arg)
{
	unsigned number = (unsigned)(uintptr_t)arg;
	char dir[16], path[32];

	sprintf(dir, "p%u", number);
	assert_int_equal(t_mkdir(dir), 0);
	for (unsigned i = 0; i < 30; i++) {
		char text[64];
		struct inode *inode;

		sprintf(path, "%s/f%u", dir, i % 7);
		sprintf(text, "process %u, step %u", number, i);
		if (i >= 7)
			assert_int_equal(t_unlink(path), 0);
		assert_int_equal(t_create(path, 0644), 0);
		assert_int_equal(t_lookup(path, &inode), 0);
		inode->mtime_ns = i;
		inode_changed(inode);
		inode_put(inode);
		if (i % 10 == number)
			assert_int_equal(ext2_sync(fake_ext2_fs), 0);
		if (number % 2)
			assert_int_equal(t_create("shared", 0644), i || number > 1 ? -EEXIST : 0);
	}
	if (!--nr_running)
		fake_stop("all done");
}

static void processes_wait_for_the_disk_and_others_run(void **state)
{
	(void)state;
	fake_ext2_make("-b 1024", "4M");
	fake_ext2_mount();
	fake_ext2_finish();
	fake_ext2_make("-b 1024", "4M");
	fake_ext2_mount();
	assert_int_equal(t_create("shared0", 0644), 0);
	fake_ext2_disk.delay_ticks = 500;
	nr_running = 3;
	for (unsigned i = 0; i < 3; i++)
		assert_non_null(spawn(life_of_one, (void *)(uintptr_t)(i * 2)));
	assert_string_equal(run_processes(), "all done");
	assert_true(fake.nr_switches > 10);
	fake_ext2_disk.delay_ticks = 0;
	fake_ext2_finish();
}

int main(void)
{
#define TEST(name) cmocka_unit_test(name)
	const struct CMUnitTest tests[] = {
		TEST(random_work_has_the_host_as_its_model),
		TEST(what_was_synced_survives_a_kill),
		TEST(what_was_synced_survives_a_power_cut),
		TEST(what_was_synced_among_others_survives_a_power_cut),
		TEST(lies_cost_nothing_but_errors),
		TEST(each_lie_is_found_where_it_is),
		TEST(a_superblock_that_lies_is_refused),
		TEST(a_bad_sector_is_an_error_where_it_is_needed),
		TEST(an_error_of_writing_is_told_once),
		TEST(processes_wait_for_the_disk_and_others_run),
	};

	return cmocka_run_group_tests(tests, fake_ext2_group_set_up, fake_ext2_group_tear_down);
}
