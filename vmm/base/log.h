/* SPDX-License-Identifier: MIT */
/*
 * Messages for people, on stderr, one line each, in one write(2) so that
 * lines of threads and of the guest's programs do not mix:
 *
 *   lde: cannot open /dev/kvm: Permission denied; add yourself to group kvm
 *
 * An error says what failed, why, and what would help. Functions below return
 * -errno upward without a message; the top of each operation logs it once.
 */
#ifndef VMM_BASE_LOG_H
#define VMM_BASE_LOG_H

#include <stdarg.h>

/* Prints "lde: " and the message and a newline; cut at about 1000 bytes. */
void log_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_vline(const char *fmt, va_list args) __attribute__((format(printf, 1, 0)));

#endif
