/* SPDX-License-Identifier: MIT */
/* libFuzzer's entry: make fuzz-trace. */
#include "tests/fuzz/trace/trace_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	trace_input_run("files", bytes, len);
	return 0;
}
