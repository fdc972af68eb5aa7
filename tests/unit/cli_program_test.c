/* SPDX-License-Identifier: MIT */
/* From a word to a program: the lookup, and every file that is none. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "vmm/cli/program.h"

/* A program of two segments, code and data, as one that a linker makes. */
struct image {
	Elf64_Ehdr header;
	Elf64_Phdr segments[2];
	char code[64];
	char data[64];
};

static char work_dir[PATH_MAX];

static struct image image_make(void)
{
	struct image image = {
		.header =
			{
				.e_type = ET_EXEC,
				.e_machine = EM_X86_64,
				.e_version = EV_CURRENT,
				.e_entry = 0x400000 + offsetof(struct image, code),
				.e_phoff = offsetof(struct image, segments),
				.e_ehsize = sizeof(Elf64_Ehdr),
				.e_phentsize = sizeof(Elf64_Phdr),
				.e_phnum = 2,
			},
		.segments =
			{
				{.p_type = PT_LOAD,
				 .p_flags = PF_R | PF_X,
				 .p_vaddr = 0x400000,
				 .p_filesz = offsetof(struct image, data),
				 .p_memsz = offsetof(struct image, data),
				 .p_align = 4096},
				{.p_type = PT_LOAD,
				 .p_flags = PF_R | PF_W,
				 .p_offset = offsetof(struct image, data),
				 .p_vaddr = 0x401000 + offsetof(struct image, data),
				 .p_filesz = 64,
				 .p_memsz = 8192,
				 .p_align = 4096},
			},
	};

	memcpy(image.header.e_ident, ELFMAG, SELFMAG);
	image.header.e_ident[EI_CLASS] = ELFCLASS64;
	image.header.e_ident[EI_DATA] = ELFDATA2LSB;
	image.header.e_ident[EI_VERSION] = EV_CURRENT;
	return image;
}

static void write_file(const char *path, const void *data, size_t len, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), (ssize_t)len);
	close(fd);
	assert_int_equal(chmod(path, mode), 0);
}

static void write_image(const char *path, const struct image *image)
{
	write_file(path, image, sizeof(*image), 0755);
}

/* One with which nothing is wrong. */
static void write_program(const char *path)
{
	struct image image = image_make();

	write_image(path, &image);
}

static int find_in(const struct program_search *search, const char *name, struct program *program,
		   struct complaint *complaint)
{
	complaint->text[0] = '\0';
	return program_find(program, search, name, complaint);
}

/* It is found, and is that file of the guest, or of whatever name if guest_path is NULL;
 * program_fini is the caller's. */
static void find(const struct program_search *search, const char *name, const char *guest_path,
		 struct program *program)
{
	struct complaint complaint;
	int err = find_in(search, name, program, &complaint);

	if (err)
		fail_msg("%s: %d (%s)", name, err, complaint.text);
	if (guest_path)
		assert_string_equal(program->guest_path, guest_path);
}

/* It is not found, and the complaint has the text. */
static void miss(const struct program_search *search, const char *name, int err, const char *what)
{
	struct program program;
	struct complaint complaint;

	assert_int_equal(find_in(search, name, &program, &complaint), err);
	if (!strstr(complaint.text, what))
		fail_msg("%s: '%s' lacks '%s'", name, complaint.text, what);
}

/* ./file is refused with err, and the complaint has both texts. */
static void refuse(const char *name, int err, const char *what, const char *remedy)
{
	struct program_search search = {.host_paths = "bin:/nowhere"};
	struct program program;
	struct complaint complaint;
	int got = find_in(&search, name, &program, &complaint);

	if (got != err)
		fail_msg("%s: %d is not %d (%s)", name, got, err, complaint.text);
	if (!strstr(complaint.text, what) || !strstr(complaint.text, remedy))
		fail_msg("%s: '%s' lacks '%s' or '%s'", name, complaint.text, what, remedy);
	assert_null(program.host_path);
	assert_null(program.guest_path);
}

static void refuse_image(const struct image *image, const char *what, const char *remedy)
{
	write_image("image", image);
	refuse("./image", -ENOEXEC, what, remedy);
}

/* ---- lookup ---------------------------------------------------------- */

static void a_path_is_taken_as_it_is(void **state)
{
	struct program_search search = {.host_paths = "bin"};
	struct program program;
	char expected[PATH_MAX + 8];

	(void)state;
	write_program("prog");
	snprintf(expected, sizeof(expected), "%s/prog", work_dir);
	find(&search, "./prog", expected, &program);
	assert_string_equal(program.host_path, "./prog");
	assert_false(program.in_root);
	program_fini(&program);
}

static void a_word_is_looked_up_along_the_path(void **state)
{
	struct program_search search = {.host_paths = "/nowhere:empty:bin"};
	struct program program;
	char expected[PATH_MAX + 16];

	(void)state;
	mkdir("bin", 0755);
	mkdir("empty", 0755);
	write_program("bin/tool");
	snprintf(expected, sizeof(expected), "%s/bin/tool", work_dir);
	find(&search, "tool", expected, &program);
	assert_string_equal(program.host_path, "bin/tool");
	program_fini(&program);
}

static void what_cannot_be_executed_is_passed_over_along_the_path(void **state)
{
	struct program_search search = {.host_paths = "first:second"};
	struct program program;

	(void)state;
	mkdir("first", 0755);
	mkdir("first/dir", 0755);
	mkdir("second", 0755);
	write_file("first/data", "x", 1, 0644);
	write_program("second/data");
	write_program("second/dir");
	find(&search, "data", NULL, &program);
	assert_string_equal(program.host_path, "second/data");
	program_fini(&program);
	find(&search, "dir", NULL, &program);
	program_fini(&program);
	search.host_paths = "first";
	miss(&search, "data", -EACCES, "chmod +x");
}

static void an_empty_entry_of_the_path_is_this_directory(void **state)
{
	struct program_search search = {.host_paths = "/nowhere:"};
	struct program program;

	(void)state;
	write_program("here");
	find(&search, "here", NULL, &program);
	program_fini(&program);
}

static void what_is_not_there_is_not_found(void **state)
{
	(void)state;
	write_program("here");
	refuse("./missing", -ENOENT, "./missing", "no such file");
	refuse("here/under", -ENOENT, "here/under", "no such file");
	refuse("missing", -ENOENT, "missing", "not found in PATH");
	refuse("here", -ENOENT, "not found in PATH", "./here");
	refuse("", -ENOENT, "empty", "not a program");
}

static void nothing_is_found_without_a_path(void **state)
{
	struct program_search search = {.host_paths = NULL};

	(void)state;
	miss(&search, "sh", -ENOENT, "");
}

static void an_unknown_builtin_is_refused(void **state)
{
	(void)state;
	refuse("/lde/nonsense", -ENOENT, "no such built-in program", "there are:");
}

static void statuses_are_those_of_a_shell(void **state)
{
	(void)state;
	assert_int_equal(program_exit_status(-ENOENT), 127);
	assert_int_equal(program_exit_status(-ENOEXEC), 126);
	assert_int_equal(program_exit_status(-EACCES), 126);
	assert_int_equal(program_exit_status(-EISDIR), 126);
	assert_int_equal(program_exit_status(-ENOMEM), 125);
	assert_int_equal(program_exit_status(-EMFILE), 125);
}

/* ---- --root ---------------------------------------------------------- */

static void a_program_of_the_root_is_taken_from_there(void **state)
{
	struct program_search search = {.root_dir = "tree", .guest_paths = "/sbin:/bin"};
	struct program program;

	(void)state;
	mkdir("tree", 0755);
	mkdir("tree/bin", 0755);
	write_program("tree/bin/box");
	find(&search, "box", "/bin/box", &program);
	assert_true(program.in_root);
	program_fini(&program);
	find(&search, "/bin/box", "/bin/box", &program);
	program_fini(&program);
}

static void links_of_the_root_stay_inside_it(void **state)
{
	struct program_search search = {.root_dir = "tree", .guest_paths = "/bin"};
	struct program program;

	(void)state;
	mkdir("tree", 0755);
	mkdir("tree/bin", 0755);
	write_program("tree/bin/box");
	unlink("tree/bin/ls");
	unlink("tree/bin/out");
	assert_int_equal(symlink("/bin/box", "tree/bin/ls"), 0);
	assert_int_equal(symlink("../../../../etc/passwd", "tree/bin/out"), 0);
	find(&search, "ls", "/bin/box", &program);
	program_fini(&program);
	miss(&search, "out", -ENOENT, "--root");
}

static void what_the_root_has_not_comes_from_the_host(void **state)
{
	struct program_search search = {.root_dir = "tree", .guest_paths = "/bin"};
	struct program program;

	(void)state;
	mkdir("tree", 0755);
	write_program("prog");
	find(&search, "./prog", NULL, &program);
	assert_false(program.in_root);
	program_fini(&program);
}

/* ---- paths ----------------------------------------------------------- */

static void check_path(const char *base, const char *path, const char *expected)
{
	char *got = program_absolute_path(base, path);

	assert_string_equal(got, expected);
	free(got);
}

static void paths_are_made_absolute_by_name(void **state)
{
	(void)state;
	check_path("/home/u", "a", "/home/u/a");
	check_path("/home/u", "./a", "/home/u/a");
	check_path("/home/u", "../v/a", "/home/v/a");
	check_path("/home/u", "../../../../a", "/a");
	check_path("/home/u", "/bin//x/./y", "/bin/x/y");
	check_path("/", "a", "/a");
	check_path("/home", "..", "/");
	check_path("/home", "...", "/home/...");
	check_path("/home/", ".a/..b", "/home/.a/..b");
}

/* ---- files that are no programs -------------------------------------- */

static void files_that_may_not_be_executed_are_refused(void **state)
{
	struct image image = image_make();

	(void)state;
	mkdir("folder", 0755);
	refuse("./folder", -EISDIR, "./folder", "directory");
	write_file("plain", &image, sizeof(image), 0644);
	refuse("./plain", -EACCES, "no permission to execute", "chmod +x ./plain");
	assert_true(mkfifo("pipe", 0755) == 0 || errno == EEXIST);
	refuse("./pipe", -EACCES, "./pipe", "not a regular file");
	refuse("/dev/null", -EACCES, "/dev/null", "not a regular file");
}

static void a_file_that_cannot_be_read_is_refused(void **state)
{
	struct image image = image_make();

	(void)state;
	if (geteuid() == 0)
		skip(); /* root reads everything */
	write_file("secret", &image, sizeof(image), 0111);
	refuse("./secret", -EACCES, "cannot be read", "chmod +r");
}

static void what_lde_lacks_is_no_fault_of_the_file(void **state)
{
	struct image image = image_make();
	struct rlimit before, few;

	(void)state;
	write_file("image", &image, sizeof(image), 0755);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	refuse("./image", -EMFILE, "cannot be opened", "Too many open files");
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

static void files_of_another_kind_are_refused(void **state)
{
	static const char script[] = "#! /bin/sh -e\necho\n", bare[] = "#!\n";

	(void)state;
	write_file("image", "", 0, 0755);
	refuse("./image", -ENOEXEC, "empty file", "0 bytes");
	write_file("image", "x", 1, 0755);
	refuse("./image", -ENOEXEC, "not an ELF file", "cc -static");
	write_file("image", "MZ and more than four bytes", 27, 0755);
	refuse("./image", -ENOEXEC, "not an ELF file", "cc -static");
	write_file("image", script, sizeof(script) - 1, 0755);
	refuse("./image", -ENOEXEC, "a script for /bin/sh -e", "lde run --root . /bin/sh -e /image");
	write_file("image", bare, sizeof(bare) - 1, 0755);
	refuse("./image", -ENOEXEC, "script", "no interpreter");
}

static void programs_for_other_machines_are_refused(void **state)
{
	struct image image = image_make();

	(void)state;
	image.header.e_ident[EI_CLASS] = ELFCLASS32;
	refuse_image(&image, "32-bit", "cc -m64 -static");
	image.header.e_ident[EI_CLASS] = 9;
	refuse_image(&image, "unknown class", "9");
	image = image_make();
	image.header.e_ident[EI_DATA] = ELFDATA2MSB;
	refuse_image(&image, "big-endian", "x86-64");
	image = image_make();
	image.header.e_machine = EM_AARCH64;
	refuse_image(&image, "64-bit Arm", "build it for x86-64");
	image.header.e_machine = 0xbeef;
	refuse_image(&image, "another machine", "48879");
}

static void elf_files_that_are_no_programs_are_refused(void **state)
{
	struct image image = image_make();

	(void)state;
	image.header.e_type = ET_REL;
	refuse_image(&image, "object file", "link it");
	image.header.e_type = ET_CORE;
	refuse_image(&image, "core dump", "not a program");
	image.header.e_type = 99;
	refuse_image(&image, "ELF type 99", "not an executable");
	image = image_make();
	image.header.e_type = ET_DYN;
	image.header.e_entry = 0;
	refuse_image(&image, "shared library", "not a program");
}

static void a_dynamic_program_is_told_how_to_link(void **state)
{
	struct image image = image_make();

	(void)state;
	strcpy(image.data, "/lib64/ld-linux-x86-64.so.2");
	image.segments[1] = (Elf64_Phdr){
		.p_type = PT_INTERP, .p_offset = offsetof(struct image, data), .p_filesz = 28};
	refuse_image(&image, "wants the interpreter /lib64/ld-linux-x86-64.so.2",
		     "link it statically: cc -static");
	image.segments[1].p_offset = 1 << 20;
	refuse_image(&image, "truncated", "copy it again");
}

static void truncated_programs_are_refused(void **state)
{
	struct image image = image_make();

	(void)state;
	for (size_t len = 4; len < sizeof(image); len += 12) {
		write_file("image", &image, len, 0755);
		refuse("./image", -ENOEXEC, "truncated", "again");
	}
}

static void broken_headers_are_refused(void **state)
{
	struct image image = image_make();

	(void)state;
	image.header.e_phnum = 0;
	refuse_image(&image, "no usable program headers", "nothing to load");
	image.header.e_phnum = 1000;
	refuse_image(&image, "1000 program headers", "at most");
	image = image_make();
	image.header.e_phentsize = 32;
	refuse_image(&image, "no usable program headers", "nothing to load");
	image = image_make();
	image.header.e_phoff = UINT64_MAX - 4;
	refuse_image(&image, "truncated", "beyond its end");
	image = image_make();
	image.segments[0].p_type = image.segments[1].p_type = PT_NOTE;
	refuse_image(&image, "no segment to load", "nothing to run");
}

static void broken_segments_are_refused(void **state)
{
	struct image image = image_make();

	(void)state;
	image.segments[1].p_memsz = 1;
	refuse_image(&image, "broken", "larger in the file");
	image = image_make();
	image.segments[1].p_filesz = image.segments[1].p_memsz = UINT64_MAX;
	refuse_image(&image, "broken", "0xffffffffffffffff bytes");
	image = image_make();
	image.segments[1].p_vaddr = 0xffff800000000000 + image.segments[1].p_offset;
	refuse_image(&image, "0xffff8", "user half");
	image = image_make();
	image.segments[1].p_memsz = 1ull << 47;
	refuse_image(&image, "user half", "segment");
	image = image_make();
	image.segments[1].p_vaddr += 8;
	refuse_image(&image, "broken", "page size");
}

static void overlapping_segments_are_refused(void **state)
{
	struct image image = image_make();

	(void)state;
	image.segments[1].p_vaddr = 0x400000 + image.segments[1].p_offset;
	image.segments[0].p_memsz = 4096;
	refuse_image(&image, "overlap", "0x4000");
}

static void an_entry_point_outside_is_refused(void **state)
{
	struct image image = image_make();

	(void)state;
	image.header.e_entry = 0x500000;
	refuse_image(&image, "entry point 0x500000", "executable segments");
	image.header.e_entry = image.segments[1].p_vaddr;
	refuse_image(&image, "entry point", "executable segments");
	image.header.e_entry = 0;
	refuse_image(&image, "entry point 0x0", "broken");
}

static void a_static_pie_is_a_program(void **state)
{
	struct program_search search = {0};
	struct image image = image_make();
	struct program program;
	struct complaint complaint;

	(void)state;
	image.header.e_type = ET_DYN;
	image.header.e_entry -= 0x400000;
	image.segments[0].p_vaddr -= 0x400000;
	image.segments[1].p_vaddr -= 0x400000;
	write_image("pie", &image);
	assert_int_equal(find_in(&search, "./pie", &program, &complaint), 0);
	program_fini(&program);
}

/* ---- set up ---------------------------------------------------------- */

static int enter_work_dir(void **state)
{
	char template[] = "/tmp/lde-program.XXXXXX";

	(void)state;
	if (!mkdtemp(template) || chdir(template) < 0 || !getcwd(work_dir, sizeof(work_dir)))
		return -1;
	return setenv("PWD", work_dir, 1);
}

static int leave_work_dir(void **state)
{
	char command[PATH_MAX + 16];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", work_dir);
	return chdir("/") < 0 || system(command) != 0 ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_is_taken_as_it_is),
		cmocka_unit_test(a_word_is_looked_up_along_the_path),
		cmocka_unit_test(what_cannot_be_executed_is_passed_over_along_the_path),
		cmocka_unit_test(an_empty_entry_of_the_path_is_this_directory),
		cmocka_unit_test(what_is_not_there_is_not_found),
		cmocka_unit_test(nothing_is_found_without_a_path),
		cmocka_unit_test(an_unknown_builtin_is_refused),
		cmocka_unit_test(statuses_are_those_of_a_shell),
		cmocka_unit_test(a_program_of_the_root_is_taken_from_there),
		cmocka_unit_test(links_of_the_root_stay_inside_it),
		cmocka_unit_test(what_the_root_has_not_comes_from_the_host),
		cmocka_unit_test(paths_are_made_absolute_by_name),
		cmocka_unit_test(files_that_may_not_be_executed_are_refused),
		cmocka_unit_test(a_file_that_cannot_be_read_is_refused),
		cmocka_unit_test(what_lde_lacks_is_no_fault_of_the_file),
		cmocka_unit_test(files_of_another_kind_are_refused),
		cmocka_unit_test(programs_for_other_machines_are_refused),
		cmocka_unit_test(elf_files_that_are_no_programs_are_refused),
		cmocka_unit_test(a_dynamic_program_is_told_how_to_link),
		cmocka_unit_test(truncated_programs_are_refused),
		cmocka_unit_test(broken_headers_are_refused),
		cmocka_unit_test(broken_segments_are_refused),
		cmocka_unit_test(overlapping_segments_are_refused),
		cmocka_unit_test(an_entry_point_outside_is_refused),
		cmocka_unit_test(a_static_pie_is_a_program),
	};

	return cmocka_run_group_tests(tests, enter_work_dir, leave_work_dir);
}
