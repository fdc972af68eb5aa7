/* SPDX-License-Identifier: MIT */
/* ext2 with what make fuzz-ext2 has found, and with garbage of the day. */
#include "tests/unit/fake/fake.h"

#include "tests/fuzz/ext2/ext2_input.h"
#include "tests/unit/fake/fake_ext2.h"

#define NR_GARBAGE 300

static void what_the_fuzzer_has_found_does_no_harm(void **state)
{
	(void)state;
	assert_true(ext2_input_run_folder("tests/fuzz/ext2/corpus") > 20);
}

static void garbage_does_no_harm(void **state)
{
	static uint8_t bytes[400];

	(void)state;
	fake_random_start();
	for (unsigned i = 0; i < NR_GARBAGE; i++) {
		for (unsigned n = 0; n < sizeof(bytes); n++)
			bytes[n] = (uint8_t)fake_random();
		ext2_input_run(bytes, sizeof(bytes));
	}
}

static int set_up(void **state)
{
	(void)state;
	ext2_input_begin();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_fuzzer_has_found_does_no_harm),
		cmocka_unit_test(garbage_does_no_harm),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
