/* SPDX-License-Identifier: MIT */
/* Values of the options of run and stat: which are taken, and how others are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/cli/command_line.h"
#include "vmm/cli/options.h"

static void memory_is_taken_in_units(void **state)
{
	struct parsed parsed;

	(void)state;
	cli_parse(&parsed, "--memory 64M a");
	assert_int_equal(parsed.options.memory_bytes, 64 << 20);
	options_fini(&parsed.options);
	cli_parse(&parsed, "--memory=3G a");
	assert_true(parsed.options.memory_bytes == 3ull << 30);
	options_fini(&parsed.options);
	cli_parse(&parsed, "--memory 1.5G a");
	assert_true(parsed.options.memory_bytes == 3ull << 29);
	options_fini(&parsed.options);
	cli_parse(&parsed, "--mem 268435456 a");
	assert_int_equal(parsed.options.memory_bytes, 256 << 20);
	options_fini(&parsed.options);
}

static void senseless_memory_is_refused(void **state)
{
	(void)state;
	cli_refuse("--memory 0 a", "--memory 0: too small", "64M to 3G");
	cli_refuse("--memory 1 a", "--memory 1: too small", "64M to 3G");
	cli_refuse("--memory 62M a", "too small", "64M to 3G");
	cli_refuse("--memory 4G a", "too large", "64M to 3G");
	cli_refuse("--memory 3073M a", "too large", "64M to 3G");
	cli_refuse("--memory 65M a", "not a multiple of 2M", "64M or 66M");
	cli_refuse("--memory 99999999999999999999G a", "--memory", "64M to 3G");
	cli_refuse("--memory -1 a", "--memory -1", "64M to 3G");
	cli_refuse("--memory huge a", "--memory huge", "64M to 3G");
	cli_refuse("--memory 64X a", "--memory 64X", "256M");
	cli_refuse("--memory '' a", "--memory", "64M to 3G");
	cli_refuse("--memory", "--memory", "needs a value");
}

static void durations_are_taken_in_units(void **state)
{
	struct parsed parsed;

	(void)state;
	cli_parse(&parsed, "--quantum 1us --timeout 1.5s a");
	assert_int_equal(parsed.options.quantum_ns, 1000);
	assert_int_equal(parsed.options.timeout_ns, 1500000000);
	options_fini(&parsed.options);
	cli_parse(&parsed, "--quantum 1h --timeout 1ms a");
	assert_true(parsed.options.quantum_ns == 3600000000000ull);
	assert_int_equal(parsed.options.timeout_ns, 1000000);
	options_fini(&parsed.options);
}

static void the_console_is_at_its_port_unless_asked_otherwise(void **state)
{
	struct parsed parsed;

	(void)state;
	cli_parse(&parsed, "a");
	assert_int_equal(parsed.err, 0);
	assert_false(parsed.options.virtio_console);
	options_fini(&parsed.options);
	cli_parse(&parsed, "--console virtio a");
	assert_true(parsed.options.virtio_console);
	options_fini(&parsed.options);
	cli_parse(&parsed, "--console virtio --console port --tag a");
	assert_int_equal(parsed.err, 0);
	assert_false(parsed.options.virtio_console);
	options_fini(&parsed.options);
	cli_refuse("--console serial a", "--console serial", "or virtio");
	cli_refuse("--console virtio --tag a", "--tag", "--console virtio");
}

static void a_limit_of_processes_is_taken(void **state)
{
	struct parsed parsed;

	(void)state;
	cli_parse(&parsed, "a");
	assert_int_equal(parsed.options.processes_max, 0);
	options_fini(&parsed.options);
	cli_parse(&parsed, "--processes 3 -n 2 a : b");
	assert_int_equal(parsed.options.processes_max, 3);
	options_fini(&parsed.options);
	cli_parse(&parsed, "--processes 32767 a");
	assert_int_equal(parsed.options.processes_max, 32767);
	options_fini(&parsed.options);
	cli_refuse("--processes 0 a", "--processes 0", "1 to 32767");
	cli_refuse("--processes 32768 a", "--processes 32768", "1 to 32767");
	cli_refuse("--processes many a", "--processes many", "1 to 32767");
	cli_refuse("--processes 99999999999999999999 a", "--processes 9", "1 to 32767");
	cli_refuse("--processes 2 -n 2 a : b", "--processes 2", "starts 3");
}

static void senseless_durations_are_refused(void **state)
{
	(void)state;
	cli_refuse("--quantum 0ms a", "too short", "1us to 1h");
	cli_refuse("--quantum 999ns a", "too short", "1us to 1h");
	cli_refuse("--quantum 2h a", "too long", "--without preemption");
	cli_refuse("--quantum 10 a", "--quantum 10", "10ms");
	cli_refuse("--quantum -1ms a", "--quantum -1ms", "1us to 1h");
	cli_refuse("--quantum fast a", "--quantum fast", "10ms");
	cli_refuse("--timeout 0s a", "too short", "no --timeout");
	cli_refuse("--timeout 10us a", "too short", "1ms");
	cli_refuse("--timeout 9000h a", "too long", "8760h");
	cli_refuse("--timeout 10 a", "--timeout 10", "10ms");
	cli_refuse("--timeout", "--timeout", "needs a value");
}

static void a_limit_can_be_taken_away(void **state)
{
	struct parsed parsed;

	(void)state;
	cli_parse(&parsed, "--without preemption a");
	assert_string_equal(parsed.options.without[0], "preemption");
	assert_null(parsed.options.without[1]);
	options_fini(&parsed.options);
}

static void an_unknown_limit_is_refused_with_the_list(void **state)
{
	(void)state;
	cli_refuse("--without gravity a", "gravity", "preemption");
	cli_refuse("--without '' a", "--without", "preemption");
	cli_refuse("--without preemptions a", "preemptions", "taken away: preemption");
}

static void files_and_flags_are_taken(void **state)
{
	struct parsed parsed;

	(void)state;
	cli_parse(&parsed, "--root /srv/tree --dump-dtb x.dtb --tag a");
	assert_string_equal(parsed.options.root_dir, "/srv/tree");
	assert_string_equal(parsed.options.dump_dtb, "x.dtb");
	assert_true(parsed.options.tag);
	options_fini(&parsed.options);
}

static void results_are_named(void **state)
{
	struct parsed parsed;

	(void)state;
	cli_parse(&parsed, "--out res --take /a/b --take / a");
	assert_string_equal(parsed.options.out_dir, "res");
	assert_int_equal(parsed.options.nr_take, 2);
	assert_string_equal(parsed.options.take[0], "/a/b");
	assert_string_equal(parsed.options.take[1], "/");
	assert_null(parsed.options.take[2]);
	options_fini(&parsed.options);
	cli_parse(&parsed, "--out res a --take x");
	assert_null(parsed.options.take);
	options_fini(&parsed.options);
	cli_refuse("--take /a a", "--take /a", "--out DIR");
	cli_refuse("--out res --take a b", "--take a", "not absolute");
	cli_refuse("--out res --take '' b", "--take", "not absolute");
	cli_refuse("--out res --take /a/.. b", "/a/..", "own path");
	cli_refuse("--out res --take /a/ b", "/a/", "own path");
	cli_refuse("--out '' b", "--out", "give a path");
}

static void empty_file_names_are_refused(void **state)
{
	(void)state;
	cli_refuse("--root '' a", "--root", "give a path");
	cli_refuse("--dump-dtb '' a", "--dump-dtb", "give a path");
	cli_refuse("--root", "--root", "needs a value");
}

static void mounts_are_handed_on_without_dev(void **state)
{
	struct parsed parsed;

	(void)state;
	cli_parse(&parsed, "--mount /dev/vdb:/b/c:ro --disk one --disk two --mount vda:/a:b x");
	assert_int_equal(parsed.options.nr_mounts, 2);
	assert_string_equal(parsed.options.mounts[0], "vdb:/b/c:ro");
	assert_string_equal(parsed.options.mounts[1], "vda:/a:b");
	assert_null(parsed.options.mounts[2]);
	options_fini(&parsed.options);
}

static void mounts_that_make_no_sense_are_refused(void **state)
{
	(void)state;
	cli_refuse_as(OPTIONS_RUN, "--disk d --mount /dev/vdb:/mnt x", "no disk vdb", "--disk FILE");
	cli_refuse_as(OPTIONS_RUN, "--mount /dev/vda:/mnt x", "no disk vda", "--disk FILE");
	cli_refuse_as(OPTIONS_RUN, "--disk d --mount vda:/a --mount vda:/b x", "vda", "mounted already");
	cli_refuse_as(OPTIONS_RUN, "--disk d --mount vda x", "give a disk and a folder", "/dev/vda:/mnt");
	cli_refuse_as(OPTIONS_RUN, "--disk d --mount vda: x", "must begin with /", "vda:");
	cli_refuse_as(OPTIONS_RUN, "--disk d --mount vda:mnt x", "must begin with /", "vda:mnt");
	cli_refuse_as(OPTIONS_RUN, "--disk d --mount vda:/ x", "below", "--root");
	cli_refuse_as(OPTIONS_RUN, "--disk d --mount vda:// x", "below", "--root");
	cli_refuse_as(OPTIONS_RUN, "--disk d --mount vda:/:ro x", "below", "--root");
	cli_refuse_as(OPTIONS_RUN, "--disk d --mount vda:/a/.. x", "without", "..");
	cli_refuse_as(OPTIONS_RUN, "--disk d --mount vda:/./a x", "without", "..");
	cli_refuse_as(OPTIONS_RUN, "--disk d --mount vda:/a:rw x", "vda:/a:rw", "leave :rw out");
	cli_refuse_as(OPTIONS_RUN, "--disk d --mount sda:/a x", "sda:/a", "/dev/vda:/mnt");
	cli_refuse_as(OPTIONS_RUN, "--disk d --mount v x", "v", "/dev/vda:/mnt");
	cli_refuse_as(OPTIONS_RUN, "--disk d --mount '' x", "--mount", "/dev/vda:/mnt");
}

#define TAKE_OF_DISK "--out o --disk d --disk e --mount vda:/mnt --mount vdb://a//b/:ro "

static void what_is_on_a_disk_is_not_taken(void **state)
{
	struct parsed parsed;

	(void)state;
	cli_refuse_as(OPTIONS_RUN, TAKE_OF_DISK "--take /mnt/x/y x", "--take /mnt/x/y", "/dev/vda:/mnt");
	cli_refuse_as(OPTIONS_RUN, TAKE_OF_DISK "--take /mnt x", "--take /mnt", "/dev/vda:/mnt");
	cli_refuse_as(OPTIONS_RUN, TAKE_OF_DISK "--take /a --take /a/b x", "--take /a/b", "/dev/vdb");
	cli_refuse_as(OPTIONS_RUN, TAKE_OF_DISK "--take /a/b/c x", "--take /a/b/c", "on none");
	cli_parse(&parsed, TAKE_OF_DISK "--take / --take /a --take /a/bc --take /mn --take /x/mnt "
					"--take /a/c/b x");
	assert_int_equal(parsed.options.nr_take, 6);
	options_fini(&parsed.options);
}

static void out_of_a_disk_is_refused(void **state)
{
	struct parsed parsed;

	(void)state;
	cli_refuse_as(OPTIONS_RUN, "--out o --disk d --mount vda:/out x", "--out o", "/dev/vda:/out");
	cli_refuse_as(OPTIONS_RUN, "--mount vda://out/:ro --disk d --out o x", "--out o", "--take");
	cli_parse(&parsed, "--out o --disk d --disk e --mount vda:/outer --mount vdb:/out/deep x");
	options_fini(&parsed.options);
	cli_parse(&parsed, "--out o --disk d --mount vda:/out --take /tmp x");
	options_fini(&parsed.options);
	cli_parse(&parsed, "--disk d --mount vda:/out x");
	options_fini(&parsed.options);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mounts_are_handed_on_without_dev),
		cmocka_unit_test(mounts_that_make_no_sense_are_refused),
		cmocka_unit_test(what_is_on_a_disk_is_not_taken),
		cmocka_unit_test(out_of_a_disk_is_refused),
		cmocka_unit_test(memory_is_taken_in_units),
		cmocka_unit_test(senseless_memory_is_refused),
		cmocka_unit_test(durations_are_taken_in_units),
		cmocka_unit_test(the_console_is_at_its_port_unless_asked_otherwise),
		cmocka_unit_test(a_limit_of_processes_is_taken),
		cmocka_unit_test(senseless_durations_are_refused),
		cmocka_unit_test(a_limit_can_be_taken_away),
		cmocka_unit_test(an_unknown_limit_is_refused_with_the_list),
		cmocka_unit_test(files_and_flags_are_taken),
		cmocka_unit_test(results_are_named),
		cmocka_unit_test(empty_file_names_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
