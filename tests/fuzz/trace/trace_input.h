/* SPDX-License-Identifier: MIT */
/*
 * Bytes as what a hostile guest writes into the ring for events, or as what a
 * hostile hand puts into the files of a trace.
 */
#ifndef TESTS_FUZZ_TRACE_INPUT_H
#define TESTS_FUZZ_TRACE_INPUT_H

#include <stddef.h>
#include <stdint.h>

/* Carries out len bytes in folder, which is made if it is not there. Aborts if
 * something does not hold. */
void trace_input_run(const char *folder, const uint8_t *bytes, size_t len);

#endif
