/* SPDX-License-Identifier: MIT */
/* The device tree, read back with libfdt and decompiled with dtc. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <libfdt.h>

#include <lde/boot.h>
#include <lde/device.h>

#include "vmm/dev/fdt.h"

static char *argv_first[] = {"first", "-x", "", NULL};
static char *argv_second[] = {"/bin/second", NULL};
static const struct dtree_program programs[] = {
	{.guest_path = "/opt/first", .argv = argv_first, .count = 3},
	{.guest_path = "/bin/second",
	 .argv = argv_second,
	 .count = 1,
	 .share = {.tickets = 75, .length_ns = 30000000}},
};
static char *env[] = {"PATH=/bin", "HOME=/", NULL};
static const char *without[] = {LDE_WITHOUT_PREEMPTION, NULL};

static struct dtree_config config;
static void *blob;
static size_t blob_len;

static int set_up(void **state)
{
	(void)state;
	config = (struct dtree_config){
		.memory_bytes = 0xc0000000,
		.tsc_hz = 2600000123,
		.quantum_ns = 10000000,
		.has_fsgsbase = true,
		.has_umip = true,
		.has_pv_eoi = true,
		.has_host_fsgsbase = true,
		.stdio_mode = {S_IFCHR | 0620, S_IFIFO | 0600, S_IFREG | 0644},
		.tty_mask = 1,
		.rows = 24,
		.columns = 80,
		.env = env,
		.programs = programs,
		.nr_programs = 2,
	};
	memset(config.rng_seed, 0xa5, sizeof(config.rng_seed));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(blob);
	blob = NULL;
	return 0;
}

static void build(void)
{
	assert_int_equal(dtree_build(&config, &blob, &blob_len), 0);
	assert_int_equal(fdt_check_full(blob, blob_len), 0);
}

static int node_at(const char *path)
{
	int node = fdt_path_offset(blob, path);

	assert_true(node >= 0);
	return node;
}

static const void *property(const char *path, const char *name, int expected_len)
{
	int len;
	const void *value = fdt_getprop(blob, node_at(path), name, &len);

	assert_non_null(value);
	if (expected_len >= 0)
		assert_int_equal(len, expected_len);
	return value;
}

static uint64_t u64_of(const char *path, const char *name)
{
	return fdt64_ld(property(path, name, 8));
}

static uint32_t cell_of(const char *path, const char *name, int nr_cells, int idx)
{
	return fdt32_ld((const fdt32_t *)property(path, name, 4 * nr_cells) + idx);
}

static void expect_list(const char *path, const char *name, const char *const *strings)
{
	int node = node_at(path);
	int nr = 0;

	for (; strings[nr]; nr++)
		assert_string_equal(fdt_stringlist_get(blob, node, name, nr, NULL), strings[nr]);
	assert_int_equal(fdt_stringlist_count(blob, node, name), nr);
}

static void memory_and_cpu_are_described(void **state)
{
	(void)state;
	build();
	assert_string_equal(property("/memory@0", "device_type", -1), "memory");
	assert_int_equal(cell_of("/memory@0", "reg", 4, 0), 0);
	assert_int_equal(cell_of("/memory@0", "reg", 4, 1), 0);
	assert_int_equal(cell_of("/memory@0", "reg", 4, 2), 0);
	assert_int_equal(cell_of("/memory@0", "reg", 4, 3), 0xc0000000);
	assert_string_equal(property("/cpus/cpu@0", "compatible", -1), LDE_DT_COMPAT_VCPU);
	assert_int_equal(cell_of("/cpus/cpu@0", "reg", 1, 0), 0);
	assert_int_equal(u64_of("/cpus/cpu@0", LDE_DT_TSC_HZ), 2600000123);
	expect_list("/cpus/cpu@0", LDE_DT_FEATURES,
		    (const char *[]){LDE_FEATURE_FSGSBASE, LDE_FEATURE_UMIP,
				    LDE_FEATURE_PV_EOI, LDE_FEATURE_HOST_FSGSBASE, NULL});
}

static void a_cpu_without_features_has_an_empty_list(void **state)
{
	(void)state;
	config.has_fsgsbase = config.has_umip = config.has_pv_eoi =
		config.has_host_fsgsbase = false;
	build();
	property("/cpus/cpu@0", LDE_DT_FEATURES, 0);
}

static void a_policy_is_passed_on_with_what_it_takes(void **state)
{
	const fdt64_t *quanta;

	(void)state;
	config.sched = (struct sched_config){
		.name = LDE_SCHED_MLFQ,
		.seed = 7,
		.quanta_ns = {1000000, 0, 4000000},
		.nr_levels = 3,
		.allotments = {5},
		.nr_allotments = 1,
		.boost_ns = 2000000000,
	};
	build();
	assert_string_equal(property("/chosen", LDE_DT_SCHED, -1), "mlfq");
	assert_int_equal(u64_of("/chosen", LDE_DT_SCHED_SEED), 7);
	quanta = property("/chosen", LDE_DT_SCHED_QUANTA, 24);
	assert_int_equal(fdt64_ld(&quanta[0]), 1000000);
	assert_int_equal(fdt64_ld(&quanta[1]), 0);
	assert_int_equal(fdt64_ld(&quanta[2]), 4000000);
	assert_int_equal(cell_of("/chosen", LDE_DT_SCHED_ALLOTMENT, 1, 0), 5);
	assert_int_equal(u64_of("/chosen", LDE_DT_SCHED_BOOST), 2000000000);
	assert_int_equal(cell_of("/workload/program@1", LDE_DT_TICKETS, 1, 0), 75);
	assert_int_equal(u64_of("/workload/program@1", LDE_DT_LENGTH_NS), 30000000);
	assert_null(fdt_getprop(blob, node_at("/workload/program@0"), LDE_DT_TICKETS, NULL));
	assert_null(fdt_getprop(blob, node_at("/workload/program@0"), LDE_DT_LENGTH_NS, NULL));
}

static void rules_and_draws_are_passed_on(void **state)
{
	static const char *const rules[] = {LDE_RULE_STAY, LDE_RULE_IO_BUMP, NULL};
	static const uint32_t draws[] = {5, 0, 4000000000};

	(void)state;
	config.sched = (struct sched_config){
		.name = LDE_SCHED_LOTTERY,
		.rules = {LDE_RULE_STAY, LDE_RULE_IO_BUMP},
		.allotments = {1, LDE_SCHED_ENDLESS},
		.nr_allotments = 2,
		.draws = draws,
		.nr_draws = 3,
	};
	build();
	expect_list("/chosen", LDE_DT_SCHED_RULES, rules);
	assert_int_equal(cell_of("/chosen", LDE_DT_SCHED_ALLOTMENT, 2, 1), LDE_SCHED_ENDLESS);
	assert_int_equal(cell_of("/chosen", LDE_DT_SCHED_DRAWS, 3, 0), 5);
	assert_int_equal(cell_of("/chosen", LDE_DT_SCHED_DRAWS, 3, 2), 4000000000);
}

static void many_draws_have_room(void **state)
{
	static uint32_t draws[100000];

	(void)state;
	draws[99999] = 7;
	config.sched.draws = draws;
	config.sched.nr_draws = 100000;
	build();
	assert_int_equal(cell_of("/chosen", LDE_DT_SCHED_DRAWS, 100000, 99999), 7);
}

static void the_clock_is_described(void **state)
{
	(void)state;
	build();
	assert_null(fdt_getprop(blob, node_at("/chosen"), LDE_DT_CLOCK, NULL));
	assert_null(fdt_getprop(blob, node_at("/chosen"), LDE_DT_SLOW_NS, NULL));
	free(blob);
	config.clock = (struct clock_config){.is_logical = true, .tick_ns = 5, .has_slow = true};
	build();
	assert_string_equal(property("/chosen", LDE_DT_CLOCK, -1), LDE_CLOCK_LOGICAL);
	assert_int_equal(u64_of("/chosen", LDE_DT_TICK_NS), 5);
	assert_int_equal(u64_of("/chosen", LDE_DT_SLOW_NS), 0); /* at once, but there */
}

static void chosen_says_what_the_kernel_is_given(void **state)
{
	(void)state;
	build();
	assert_int_equal(u64_of("/chosen", LDE_DT_QUANTUM_NS), 10000000);
	assert_memory_equal(property("/chosen", "rng-seed", LDE_DT_RNG_SEED_SIZE),
			    config.rng_seed, LDE_DT_RNG_SEED_SIZE);
	assert_string_equal(property("/chosen", "bootargs", -1), "");
	assert_null(fdt_getprop(blob, node_at("/chosen"), LDE_DT_WITHOUT, NULL));
}

static void limits_that_are_taken_away_are_listed(void **state)
{
	(void)state;
	config.without = without;
	build();
	expect_list("/chosen", LDE_DT_WITHOUT, without);
}

static void an_export_is_there_only_if_wanted(void **state)
{
	static const char *const paths[] = {"/out", "/var/log", NULL};

	(void)state;
	build();
	assert_true(fdt_path_offset(blob, "/ports/export@640") < 0);
	free(blob);
	config.export_paths = paths;
	build();
	expect_list("/ports/export@640", LDE_DT_PATHS, paths);
}

static void mounts_are_listed(void **state)
{
	static const char *mounts[] = {"vda:/mnt", "vdb:/data:ro", NULL};

	(void)state;
	build();
	assert_null(fdt_getprop(blob, node_at("/chosen"), LDE_DT_MOUNTS, NULL));
	free(blob);
	config.mounts = mounts;
	build();
	expect_list("/chosen", LDE_DT_MOUNTS, mounts);
}

static void a_self_check_is_asked_for_only_if_wanted(void **state)
{
	(void)state;
	build();
	assert_null(fdt_getprop(blob, node_at("/chosen"), LDE_DT_SELF_CHECK, NULL));
	assert_null(fdt_getprop(blob, node_at("/chosen"), LDE_DT_PROCESSES, NULL));
	free(blob);
	config.self_check = true;
	config.processes_max = 77;
	build();
	assert_int_equal(fdt32_ld(fdt_getprop(blob, node_at("/chosen"), LDE_DT_PROCESSES, NULL)), 77);
	assert_non_null(fdt_getprop(blob, node_at("/chosen"), LDE_DT_SELF_CHECK, NULL));
}

static void the_place_of_the_initrd_is_filled_in_later(void **state)
{
	(void)state;
	build();
	assert_int_equal(dtree_set_initrd(blob, 0x123000, 0x4567890ab), 0);
	assert_int_equal(u64_of("/chosen", "linux,initrd-start"), 0x123000);
	assert_int_equal(u64_of("/chosen", "linux,initrd-end"), 0x4567890ab);
	assert_int_equal(fdt_totalsize(blob), blob_len);
}

static void a_foreign_tree_has_no_place_for_an_initrd(void **state)
{
	char other[256];

	(void)state;
	assert_int_equal(fdt_create_empty_tree(other, sizeof(other)), 0);
	assert_int_equal(dtree_set_initrd(other, 1, 2), -EINVAL);
}

static void the_devices_are_at_their_ports(void **state)
{
	(void)state;
	build();
	assert_string_equal(property("/ports", "compatible", -1), LDE_DT_COMPAT_PORTS);
	assert_string_equal(property("/ports/console@600", "compatible", -1),
			    LDE_DT_COMPAT_CONSOLE);
	assert_int_equal(cell_of("/ports/console@600", "reg", 2, 0), LDE_CONSOLE_PORT);
	assert_int_equal(cell_of("/ports/console@600", "interrupts", 1, 0), LDE_CONSOLE_VECTOR);
	assert_int_equal(cell_of("/ports/console@600", LDE_DT_STDIO_MODE, 3, 1), S_IFIFO | 0600);
	assert_int_equal(cell_of("/ports/console@600", LDE_DT_TTY, 1, 0), 1);
	assert_int_equal(cell_of("/ports/console@600", LDE_DT_WINSIZE, 2, 1), 80);
	assert_string_equal(property("/ports/monitor@610", "compatible", -1),
			    LDE_DT_COMPAT_MONITOR);
	assert_int_equal(cell_of("/ports/monitor@610", "reg", 2, 1), LDE_MONITOR_PORT_SIZE);
}

static void the_last_virtio_device_may_be_the_console(void **state)
{
	(void)state;
	config.nr_virtio = 2;
	build();
	assert_int_equal(cell_of("/virtio_mmio@d0001000", "interrupts", 1, 0),
			 LDE_VIRTIO_VECTOR + 1);
	assert_null(fdt_getprop(blob, node_at("/virtio_mmio@d0001000"), LDE_DT_IS_CONSOLE, NULL));
	free(blob);
	blob = NULL;
	config.has_virtio_console = true;
	build();
	assert_int_equal(cell_of("/virtio_mmio@d0001000", "interrupts", 1, 0),
			 LDE_VIRTIO_CONSOLE_VECTOR);
	property("/virtio_mmio@d0001000", LDE_DT_IS_CONSOLE, 0);
	assert_null(fdt_getprop(blob, node_at("/virtio_mmio@d0000000"), LDE_DT_IS_CONSOLE, NULL));
}

static void interrupts_lead_to_the_lapic(void **state)
{
	(void)state;
	build();
	uint32_t parent = cell_of("/", "interrupt-parent", 1, 0);
	int lapic = fdt_node_offset_by_phandle(blob, parent);
	assert_int_equal(lapic, node_at("/interrupt-controller"));
	assert_int_equal(fdt_node_check_compatible(blob, lapic, LDE_DT_COMPAT_LAPIC), 0);
	assert_int_equal(cell_of("/interrupt-controller", "#interrupt-cells", 1, 0), 1);
	property("/interrupt-controller", "interrupt-controller", 0);
}

static void the_programs_keep_their_order_and_arguments(void **state)
{
	(void)state;
	build();
	expect_list("/workload", LDE_DT_ENV, (const char *const *)env);
	assert_string_equal(property("/workload/program@0", LDE_DT_PATH, -1), "/opt/first");
	expect_list("/workload/program@0", LDE_DT_ARGV, (const char *const *)argv_first);
	assert_int_equal(cell_of("/workload/program@0", LDE_DT_COUNT, 1, 0), 3);
	assert_string_equal(property("/workload/program@1", LDE_DT_PATH, -1), "/bin/second");
	assert_int_equal(cell_of("/workload/program@1", "reg", 1, 0), 1);
	assert_int_equal(fdt_subnode_offset(blob, node_at("/workload"), "program@2"),
			 -FDT_ERR_NOTFOUND);
}

static void the_nodes_are_in_the_order_of_the_contract(void **state)
{
	static const char *const names[] = {"memory@0", "cpus", "chosen", "ports",
					    "interrupt-controller", "workload"};
	int node, nr = 0;

	(void)state;
	build();
	fdt_for_each_subnode(node, blob, 0)
		assert_string_equal(fdt_get_name(blob, node, NULL), names[nr++]);
	assert_int_equal(nr, 6);
}

static void an_environment_is_optional(void **state)
{
	(void)state;
	config.env = NULL;
	build();
	assert_null(fdt_getprop(blob, node_at("/workload"), LDE_DT_ENV, NULL));
}

static void hundreds_of_programs_fit(void **state)
{
	struct dtree_program many[500];
	char path[40];

	(void)state;
	for (size_t i = 0; i < 500; i++)
		many[i] = programs[i % 2];
	config.programs = many;
	config.nr_programs = 500;
	build();
	snprintf(path, sizeof(path), "/workload/program@%x", 499u);
	assert_string_equal(property(path, LDE_DT_PATH, -1), "/bin/second");
}

static char *text_of_length(size_t len)
{
	char *text = malloc(len + 1);

	assert_non_null(text);
	memset(text, 'x', len);
	text[len] = '\0';
	return text;
}

static void a_large_environment_fits(void **state)
{
	char *large = text_of_length(1u << 20);

	(void)state;
	config.env = (char *[]){large, NULL};
	build();
	expect_list("/workload", LDE_DT_ENV, (const char *const *)config.env);
	free(large);
}

static void more_arguments_than_memory_holds_are_refused(void **state)
{
	char *large = text_of_length(9u << 20);

	(void)state;
	config.env = (char *[]){large, large, NULL};
	assert_int_equal(dtree_build(&config, &blob, &blob_len), -E2BIG);
	free(large);
}

static void a_program_without_arguments_has_an_empty_list(void **state)
{
	struct dtree_program bare = {
		.guest_path = "/bare", .argv = (char *[]){NULL}, .count = 1};

	(void)state;
	config.programs = &bare;
	config.nr_programs = 1;
	build();
	property("/workload/program@0", LDE_DT_ARGV, 0);
}

/* The guest pays for each byte. */
static void the_tree_is_small(void **state)
{
	(void)state;
	build();
	assert_true(blob_len < 2048 + LDE_DT_RNG_SEED_SIZE);
}

static void dtc_has_nothing_to_complain_of(void **state)
{
	char path[] = "/tmp/vmm_fdt_test.XXXXXX";
	char command[200], complaint[200] = "";

	(void)state;
	if (system("command -v dtc >/dev/null 2>&1"))
		skip();
	config.without = without;
	build();
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, blob, blob_len), blob_len);
	close(fd);
	snprintf(command, sizeof(command), "dtc -I dtb -O dts -o /dev/null %s 2>&1", path);
	FILE *dtc = popen(command, "r");
	assert_non_null(dtc);
	if (!fgets(complaint, sizeof(complaint), dtc))
		complaint[0] = '\0';
	int status = pclose(dtc);
	unlink(path);
	assert_string_equal(complaint, "");
	assert_int_equal(status, 0);
}

static void descriptors_are_probed(void **state)
{
	int pipe_fds[2];
	int saved = dup(STDIN_FILENO);

	(void)state;
	assert_int_equal(pipe(pipe_fds), 0);
	assert_int_equal(dup2(pipe_fds[0], STDIN_FILENO), STDIN_FILENO);
	dtree_probe_stdio(&config);
	dup2(saved, STDIN_FILENO);
	close(saved);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	assert_true(S_ISFIFO(config.stdio_mode[0]));
	assert_int_equal(config.tty_mask & 1, 0);
}

static void a_closed_descriptor_has_no_mode(void **state)
{
	int saved = dup(STDIN_FILENO);

	(void)state;
	close(STDIN_FILENO);
	dtree_probe_stdio(&config);
	if (saved >= 0) {
		dup2(saved, STDIN_FILENO);
		close(saved);
	}
	assert_int_equal(config.stdio_mode[0], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(memory_and_cpu_are_described, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_cpu_without_features_has_an_empty_list, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_policy_is_passed_on_with_what_it_takes, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(rules_and_draws_are_passed_on, set_up, tear_down),
		cmocka_unit_test_setup_teardown(many_draws_have_room, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_clock_is_described, set_up, tear_down),
		cmocka_unit_test_setup_teardown(chosen_says_what_the_kernel_is_given, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_self_check_is_asked_for_only_if_wanted, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(an_export_is_there_only_if_wanted, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(limits_that_are_taken_away_are_listed, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(mounts_are_listed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_place_of_the_initrd_is_filled_in_later, set_up,
						tear_down),
		cmocka_unit_test(a_foreign_tree_has_no_place_for_an_initrd),
		cmocka_unit_test_setup_teardown(the_devices_are_at_their_ports, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_last_virtio_device_may_be_the_console, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(interrupts_lead_to_the_lapic, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_programs_keep_their_order_and_arguments, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(the_nodes_are_in_the_order_of_the_contract, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(an_environment_is_optional, set_up, tear_down),
		cmocka_unit_test_setup_teardown(hundreds_of_programs_fit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_large_environment_fits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(more_arguments_than_memory_holds_are_refused,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_program_without_arguments_has_an_empty_list,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_tree_is_small, set_up, tear_down),
		cmocka_unit_test_setup_teardown(dtc_has_nothing_to_complain_of, set_up, tear_down),
		cmocka_unit_test_setup(descriptors_are_probed, set_up),
		cmocka_unit_test_setup(a_closed_descriptor_has_no_mode, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
