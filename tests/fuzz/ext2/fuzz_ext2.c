/* SPDX-License-Identifier: MIT */
/* libFuzzer's entry: make fuzz-ext2. */
#include "tests/fuzz/ext2/ext2_input.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	ext2_input_begin();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	ext2_input_run(bytes, len);
	return 0;
}
