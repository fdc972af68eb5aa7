/* SPDX-License-Identifier: MIT */
/*
 * One line for people: what is wrong, and what would do instead.
 *
 * Code below the subcommands fills in a complaint and returns -errno; only a
 * subcommand prints it. So every refusal can be tested without a process.
 */
#ifndef VMM_BASE_COMPLAINT_H
#define VMM_BASE_COMPLAINT_H

#define COMPLAINT_SIZE 640

struct complaint {
	char text[COMPLAINT_SIZE]; /* no newline, cut if it is longer */
};

/* Fills in the complaint and returns err, so that it can stand in a return. */
int complaint_set(struct complaint *complaint, int err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
