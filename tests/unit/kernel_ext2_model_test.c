/* SPDX-License-Identifier: MIT */
/* Random work on ext2, as the host's file system does it. */
#include "tests/unit/fake/fake.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest/fs/ext2.h"
#include "guest/fs/ext2_fs.h"
#include "tests/unit/fake/fake_ext2.h"

static char data[1 << 20], back[1 << 20];

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

struct results {
	int ours, theirs;
};

/* What adds, moves and removes names; 0 to 7 for what. */
static struct results change_names(unsigned what, const char *a, const char *b, unsigned flag)
{
	switch (what) {
	case 0:
	case 1:
		return (struct results){ t_create(a, 0644), host_create(model_path(a)) };
	case 2:
		return (struct results){ t_mkdir(a), host_result(mkdir(model_path(a), 0755)) };
	case 3:
		return (struct results){ t_unlink(a), host_result(unlink(model_path(a))) };
	case 4:
		return (struct results){ t_rmdir(a), host_result(rmdir(model_path(a))) };
	case 5:
		return (struct results){ t_rename(a, b, flag),
					 host_result(syscall(SYS_renameat2, AT_FDCWD, model_path(a),
							     AT_FDCWD, model_path(b), flag)) };
	case 6:
		return (struct results){ t_link(a, b),
					 host_result(link(model_path(a), model_path(b))) };
	default:
		return (struct results){ t_symlink(b, a), host_result(symlink(b, model_path(a))) };
	}
}

static struct results resize_file(const char *path, uint64_t size)
{
	return (struct results){ t_truncate(path, size),
				 host_result(truncate(model_path(path), (off_t)size)) };
}

static struct results write_file(const char *path, uint64_t offset, uint64_t len)
{
	fake_ext2_fill(data, len, (unsigned)fake_random());
	return (struct results){ (int)t_write(path, offset, data, len),
				 host_write(model_path(path), offset, len) };
}

enum { STEP_LINK = 6, STEP_SYMLINK, STEP_RESIZE, STEP_COMPARE, STEP_SYNC, STEP_WRITE, NR_STEPS };

static void random_step(void)
{
	static const unsigned flags[] = { 0, 0, RENAME_NOREPLACE, RENAME_EXCHANGE };
	char a[64], b[64];
	unsigned what = (unsigned)fake_random_below(NR_STEPS), flag = flags[fake_random_below(4)];
	uint64_t offset = fake_random_below(40000), len = fake_random_below(30000);
	struct results results;

	random_path(a);
	random_path(b);
	if (what == STEP_SYNC) {
		if (!fake_random_below(10))
			assert_int_equal(ext2_sync(fake_ext2_fs), 0);
		return;
	}
	if ((what == STEP_LINK || what > STEP_SYMLINK) && !is_file(a))
		return;
	if (what == STEP_COMPARE) {
		check_same_content(a);
		return;
	}
	results = what == STEP_RESIZE ? resize_file(a, offset) :
		  what == STEP_WRITE ? write_file(a, offset, len) :
				       change_names(what, a, b, flag);
	if (results.ours != results.theirs)
		fail_msg("%u %s %s (flags %u): %d, the host: %d", what, a, b, flag, results.ours,
			 results.theirs);
}

static void random_work_has_the_host_as_its_model(void **state)
{
	char copy[64], command[256];
	const char *out;

	(void)state;
	fake_random_start();
	for (unsigned round = 0; round < 4; round++) {
		fake_ext2_make(fake_ext2_any_options(), "16M");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_work_has_the_host_as_its_model),
	};

	return cmocka_run_group_tests(tests, fake_ext2_group_set_up, fake_ext2_group_tear_down);
}
