/* SPDX-License-Identifier: MIT */
/*
 * A notice of the kernel as one line for people: which process, which
 * instruction and address, which trap, and why that is not allowed.
 */
#ifndef VMM_OBSERVE_NOTICE_H
#define VMM_OBSERVE_NOTICE_H

#include <stddef.h>

#include <lde/device.h>

#define NOTICE_TEXT_SIZE 640

/*
 * Writes the line, without a newline and always terminated, to out. The
 * strings in notice must be terminated and printable; every number may be
 * anything.
 */
void notice_format(const struct lde_notice *notice, char *out, size_t size);

/* "SIGSEGV", or "signal 99" in out for a number that has no name. */
const char *notice_signal_name(int signal, char *out, size_t size);

#endif
