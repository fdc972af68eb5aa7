/* SPDX-License-Identifier: MIT */
/* The exit counters, and what is said of a KVM that cannot be used. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vmm/host/kvm.h"
#include "vmm/observe/counters.h"

static void nothing_counted_is_all_zero(void **state)
{
	struct exit_counter counter = {0};

	(void)state;
	assert_int_equal(exits_percentile_ns(&counter, 50), 0);
	assert_int_equal(exits_percentile_ns(&counter, 100), 0);
}

static void count_total_and_extremes_are_exact(void **state)
{
	struct exit_counter counter = {0};

	(void)state;
	exits_add(&counter, 700);
	exits_add(&counter, 100);
	exits_add(&counter, 90000);
	assert_int_equal(counter.count, 3);
	assert_int_equal(counter.total_ns, 90800);
	assert_int_equal(counter.min_ns, 100);
	assert_int_equal(counter.max_ns, 90000);
}

static void each_bucket_holds_what_its_floor_says(void **state)
{
	(void)state;
	for (unsigned int idx = 0; idx + 1 < NR_EXIT_BUCKETS; idx++) {
		struct exit_counter counter = {0};
		assert_true(exits_bucket_floor_ns(idx) < exits_bucket_floor_ns(idx + 1));
		exits_add(&counter, exits_bucket_floor_ns(idx));
		exits_add(&counter, exits_bucket_floor_ns(idx + 1) - 1);
		assert_int_equal(counter.buckets[idx], 2);
	}
}

static void a_time_beyond_the_last_bucket_is_in_it(void **state)
{
	struct exit_counter counter = {0};

	(void)state;
	exits_add(&counter, UINT64_MAX);
	assert_int_equal(counter.buckets[NR_EXIT_BUCKETS - 1], 1);
	assert_int_equal(exits_percentile_ns(&counter, 50), UINT64_MAX);
}

static void a_percentile_is_right_within_a_quarter(void **state)
{
	struct exit_counter counter = {0};

	(void)state;
	for (uint64_t ns = 1; ns <= 100000; ns++)
		exits_add(&counter, ns);
	assert_in_range(exits_percentile_ns(&counter, 50), 50000, 62500);
	assert_in_range(exits_percentile_ns(&counter, 99), 99000, 100000);
	assert_int_equal(exits_percentile_ns(&counter, 100), 100000);
	assert_in_range(exits_percentile_ns(&counter, 0), 0, 1);
}

static void one_outlier_is_above_the_99th_of_200(void **state)
{
	struct exit_counter counter = {0};

	(void)state;
	for (int i = 0; i < 199; i++)
		exits_add(&counter, 1000);
	exits_add(&counter, 1000000);
	assert_true(exits_percentile_ns(&counter, 99) < 1300);
}

static void merging_adds_up(void **state)
{
	struct exit_counter a = {0}, b = {0}, empty = {0};

	(void)state;
	exits_add(&a, 50);
	exits_add(&b, 10);
	exits_add(&b, 900);
	exits_merge(&a, &empty);
	exits_merge(&a, &b);
	assert_int_equal(a.count, 3);
	assert_int_equal(a.min_ns, 10);
	assert_int_equal(a.max_ns, 900);
	exits_merge(&empty, &a);
	assert_memory_equal(&empty, &a, sizeof(a));
}

static void each_cause_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int a = 0; a < NR_EXIT_CAUSES; a++)
		for (int b = 0; b < a; b++)
			assert_string_not_equal(exits_cause_name(a), exits_cause_name(b));
	assert_string_equal(exits_cause_name(NR_EXIT_CAUSES), "other");
}

static void expect_told(struct kvm_error error, const char *text, const char *remedy)
{
	char buf[200];

	assert_string_equal(kvm_error_text(&error, buf, sizeof(buf)), text);
	assert_non_null(strstr(kvm_error_remedy(&error), remedy));
}

static void each_reason_that_kvm_is_unusable_has_its_remedy(void **state)
{
	(void)state;
	expect_told((struct kvm_error){KVM_STEP_OPEN, -ENOENT, 0},
		    "cannot open /dev/kvm: No such file or directory", "modprobe");
	expect_told((struct kvm_error){KVM_STEP_OPEN, -EACCES, 0},
		    "cannot open /dev/kvm: Permission denied", "usermod -aG kvm");
	expect_told((struct kvm_error){KVM_STEP_OPEN, -ENODEV, 0},
		    "cannot open /dev/kvm: No such device", "modprobe");
	expect_told((struct kvm_error){KVM_STEP_CREATE_VM, -EBUSY, 0},
		    "cannot create a virtual machine: Device or resource busy", "VirtualBox");
	expect_told((struct kvm_error){KVM_STEP_OPEN, -EISDIR, 0},
		    "cannot open /dev/kvm: Is a directory", "--device /dev/kvm and not with -v");
	expect_told((struct kvm_error){KVM_STEP_VERSION, -ENOTTY, -1},
		    "cannot use this KVM's interface: Inappropriate ioctl for device", "is not KVM's device");
	expect_told((struct kvm_error){KVM_STEP_VERSION, -EPROTO, 11},
		    "cannot use this KVM's interface: it has version 11, not 12", "4.14");
	expect_told((struct kvm_error){KVM_STEP_CAPABILITY, -ENOTSUP, KVM_CAP_SIGNAL_MSI},
		    "cannot use this KVM: it does not have KVM_CAP_SIGNAL_MSI", "4.14");
	expect_told((struct kvm_error){KVM_STEP_MEMORY, -ENOMEM, 0},
		    "cannot give the machine its memory: Cannot allocate memory", "--memory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_counted_is_all_zero),
		cmocka_unit_test(count_total_and_extremes_are_exact),
		cmocka_unit_test(each_bucket_holds_what_its_floor_says),
		cmocka_unit_test(a_time_beyond_the_last_bucket_is_in_it),
		cmocka_unit_test(a_percentile_is_right_within_a_quarter),
		cmocka_unit_test(one_outlier_is_above_the_99th_of_200),
		cmocka_unit_test(merging_adds_up),
		cmocka_unit_test(each_cause_has_a_name_of_its_own),
		cmocka_unit_test(each_reason_that_kvm_is_unusable_has_its_remedy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
