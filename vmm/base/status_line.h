/* SPDX-License-Identifier: MIT */
/*
 * One line at the bottom of the terminal that comes and goes, and is never in
 * the way: whoever writes something else to the terminal does so between
 * status_line_begin and status_line_end, and the line is not there meanwhile.
 * It needs no other state of the terminal than any line of text does.
 *
 * One in a process, as standard error is. Any thread.
 */
#ifndef VMM_BASE_STATUS_LINE_H
#define VMM_BASE_STATUS_LINE_H

#include <stddef.h>

/* Shows text, of at most columns - 1 characters, in the place of what is
 * shown, unless the terminal stands within a line of somebody else. */
void status_line_show(const char *text, size_t columns);
void status_line_hide(void);

/* Around other output: last is the last character of it, -1: there was none. */
void status_line_begin(void);
void status_line_end(int last);

#endif
