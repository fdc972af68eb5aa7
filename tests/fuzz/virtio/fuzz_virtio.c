/* SPDX-License-Identifier: MIT */
/* libFuzzer's entry: make fuzz-virtio. FUZZ_TARGET says which device. */
#include <stdarg.h>

#include "tests/fuzz/virtio/virtio_input.h"
#include "vmm/base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	virtio_input_run(&FUZZ_TARGET, bytes, len);
	return 0;
}

/* In the place of vmm/base/log.c: what the device says is not of interest. */
void log_vline(const char *fmt, va_list args)
{
	(void)fmt;
	(void)args;
}

void log_line(const char *fmt, ...)
{
	(void)fmt;
}
