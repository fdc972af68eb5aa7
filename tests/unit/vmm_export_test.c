/* SPDX-License-Identifier: MIT */
/* The export device: requests right and wrong, on plain memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/dev/export.h"

#define SIZE   (2ull << 20)
#define REQ    0x5000
#define PATH   0x8000
#define TARGET 0x9000
#define DATA   0x10000

static const char *const wanted[] = {"/out/f", "/out/g", NULL};
static char dir[64];
static struct guestmem mem;
static struct vexport export;
static unsigned int nr_progress;

static void on_progress(void *ctx)
{
	assert_ptr_equal(ctx, &mem);
	nr_progress++;
}

static int begin(const char *strip, const char *const *names)
{
	const struct vexport_config config = {
		.mem = &mem,
		.dir = dir,
		.strip = strip,
		.wanted = names,
		.progress = on_progress,
		.ctx = &mem,
	};

	strcpy(dir, "/tmp/lde-export-XXXXXX");
	nr_progress = 0;
	return !mkdtemp(dir) || guestmem_init(&mem, SIZE) || vexport_init(&export, &config) ? -1 : 0;
}

static int set_up(void **state)
{
	(void)state;
	return begin("/out", NULL);
}

static int set_up_named(void **state)
{
	(void)state;
	return begin(NULL, wanted);
}

static int tear_down(void **state)
{
	char command[100];

	(void)state;
	guestmem_fini(&mem);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

static void out(uint16_t offset, uint8_t size, uint32_t value)
{
	struct portbus_access access = {
		.offset = offset, .size = size, .is_write = true, .value = value};

	vexport_access(&export, &access);
}

static struct lde_export_req *request(void)
{
	return guestmem_at(&mem, gpa_of(REQ), sizeof(struct lde_export_req));
}

static int ring(void)
{
	request()->result = 1;
	out(0, 4, REQ);
	return request()->result;
}

static int node(const char *path, uint32_t mode, uint64_t size)
{
	*request() = (struct lde_export_req){
		.op = LDE_EXPORT_NODE,
		.mode = mode,
		.path_gpa = PATH,
		.target_gpa = TARGET,
		.size = size,
	};
	guestmem_write(&mem, gpa_of(PATH), path, strlen(path) + 1);
	return ring();
}

static int data(uint64_t offset, uint32_t nr_segs, uint32_t gpa, uint32_t len)
{
	*request() = (struct lde_export_req){
		.op = LDE_EXPORT_DATA, .offset = offset, .nr_segs = nr_segs};
	for (uint32_t i = 0; i < nr_segs && i < LDE_EXPORT_SEGS_MAX; i++)
		request()->segs[i] = (struct lde_console_seg){gpa + i * len, len};
	return ring();
}

static long size_of(const char *name)
{
	char path[200];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return lstat(path, &st) ? -1 : (long)st.st_size;
}

static void files_arrive(void **state)
{
	(void)state;
	assert_int_equal(node("/out", S_IFDIR | 0755, 0), 0);
	assert_int_equal(node("/out/d", S_IFDIR | 0755, 0), 0);
	assert_int_equal(node("/out/d/f", S_IFREG | 0644, 10), 0);
	assert_int_equal(data(0, 2, DATA, 5), 0);
	guestmem_write(&mem, gpa_of(TARGET), "d/f", 4);
	assert_int_equal(node("/out/l", S_IFLNK | 0777, 3), 0);
	assert_int_equal(node("/out/fifo", S_IFIFO | 0644, 0), 0);
	assert_int_equal(nr_progress, 6);
	assert_int_equal(vexport_fini(&export, true), 0);
	assert_int_equal(size_of("d/f"), 10);
	assert_int_equal(size_of("l"), 3);
	assert_int_equal(size_of("fifo"), -1);
}

static void what_does_not_come_is_missed(void **state)
{
	(void)state;
	assert_int_equal(node("/out/f", S_IFREG | 0644, 0), 0);
	assert_int_equal(vexport_fini(&export, true), -EIO);
	assert_int_equal(size_of("out/f"), 0);
}

static void what_comes_whole_is_well(void **state)
{
	(void)state;
	assert_int_equal(node("/out/f", S_IFREG | 0644, 0), 0);
	assert_int_equal(node("/out/g", S_IFREG | 0644, 0), 0);
	assert_int_equal(vexport_fini(&export, true), 0);
}

static void a_file_that_is_cut_short_is_removed(void **state)
{
	(void)state;
	assert_int_equal(node("/out/f", S_IFREG | 0644, 10), 0);
	assert_int_equal(vexport_fini(&export, false), -EIO);
	assert_int_equal(size_of("f"), -1);
}

static void paths_that_were_not_asked_for_are_refused(void **state)
{
	static const char *const bad[] = {"",	   "/",	       "out/f",	       "/other",
					  "/outer", "/out/../f", "/out/d/../../f", "/out//f", "/out/"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(node(bad[i], S_IFREG | 0644, 0), -EINVAL);
		assert_int_equal(data(0, 1, DATA, 1), -EINVAL);
	}
	assert_int_equal(vexport_fini(&export, true), -EIO);
}

static void a_path_without_an_end_is_too_long(void **state)
{
	(void)state;
	assert_int_equal(node("/out/f", S_IFREG | 0644, 0), 0);
	memset(guestmem_at(&mem, gpa_of(PATH), 4096), 'x', 4096);
	request()->op = LDE_EXPORT_NODE;
	assert_int_equal(ring(), -ENAMETOOLONG);
	request()->path_gpa = SIZE - 1; /* nothing behind it */
	*(char *)guestmem_at(&mem, gpa_of(SIZE - 1), 1) = 'x';
	assert_int_equal(ring(), -ENAMETOOLONG);
	request()->path_gpa = UINT32_MAX;
	assert_int_equal(ring(), -ENAMETOOLONG);
	assert_int_equal(vexport_fini(&export, true), -EIO);
}

static void a_link_without_an_end_is_refused(void **state)
{
	(void)state;
	memset(guestmem_at(&mem, gpa_of(TARGET), 4096), 'x', 4096);
	assert_int_equal(node("/out/l", S_IFLNK | 0777, 3), -EINVAL);
	assert_int_equal(size_of("l"), -1);
	vexport_fini(&export, true);
}

static void data_that_is_not_there_is_refused(void **state)
{
	(void)state;
	assert_int_equal(data(0, 1, DATA, 1), -EINVAL);
	assert_int_equal(node("/out/f", S_IFREG | 0644, 10), 0);
	assert_int_equal(data(0, 0, DATA, 1), -EINVAL);
	assert_int_equal(data(0, UINT32_MAX, DATA, 1), -EINVAL);
	assert_int_equal(data(0, 1, SIZE - 4, 5), -EFAULT);
	/* It is gone by now. */
	assert_int_equal(data(0, 1, DATA, 5), -EINVAL);
	assert_int_equal(node("/out/f", S_IFREG | 0644, 10), 0);
	assert_int_equal(data(6, 1, DATA, 5), -EINVAL);
	assert_int_equal(node("/out/f", S_IFREG | 0644, UINT64_MAX), -EFBIG);
	assert_int_equal(vexport_fini(&export, true), -EIO);
	assert_int_equal(size_of("f"), -1);
}

static void what_is_no_request_is_ignored(void **state)
{
	(void)state;
	out(0, 2, REQ);
	out(1, 4, REQ);
	out(0, 4, REQ + 8);
	out(0, 4, SIZE);
	out(0, 4, 0xfffff000);
	request()->op = 77;
	assert_int_equal(ring(), -EINVAL);
	assert_int_equal(export.nr_refused, 6);
	assert_int_equal(vexport_fini(&export, true), -EIO);
}

#define TEST(name)       cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define TEST_NAMED(name) cmocka_unit_test_setup_teardown(name, set_up_named, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(files_arrive),
		TEST_NAMED(what_does_not_come_is_missed),
		TEST_NAMED(what_comes_whole_is_well),
		TEST(a_file_that_is_cut_short_is_removed),
		TEST(paths_that_were_not_asked_for_are_refused),
		TEST(a_path_without_an_end_is_too_long),
		TEST(a_link_without_an_end_is_refused),
		TEST(data_that_is_not_there_is_refused),
		TEST(what_is_no_request_is_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
