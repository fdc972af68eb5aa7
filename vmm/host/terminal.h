/* SPDX-License-Identifier: MIT */
/*
 * The host's terminal, and that it is left as it was found: raw while the guest
 * has it and we are in its foreground, and put back when the run ends, when we
 * are stopped, and in a handler if we crash. Only SIGKILL, which nobody can
 * handle, leaves it raw (`stty sane` or `reset` mend that).
 *
 * Output goes on being processed as the guest's settings say: of a terminal
 * that others write to as well, only input is taken away from them.
 *
 * One in a process, since signal handlers have no argument.
 */
#ifndef VMM_HOST_TERMINAL_H
#define VMM_HOST_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>

/* The first of fd 0, 1, 2 that is a terminal, or -1. */
int terminal_find(void);

/* fd is borrowed; -1: there is none, and nothing below does anything. */
void terminal_init(int fd);

/*
 * Makes it raw, with output as it was. *nr_echoed: how many of the bytes that
 * will be read it has already echoed. In the background we are stopped for it
 * (SIGTTOU), and it is done when we are back. 0 or -errno.
 */
int terminal_take(uint32_t *nr_echoed);

/* From now on output is as c_oflag says. */
void terminal_set_output(uint32_t c_oflag);

/* The settings: before it was taken, if it has been. 0 or -errno. */
struct termios;
int terminal_get_settings(struct termios *settings);

/* Puts the settings back that it had when it was taken, for good. */
void terminal_fini(void);

/* Whether it has been taken, and what is typed is for us: not so in the
 * background. If it should be raw and is not, now it is. Any thread. */
bool terminal_is_ours(void);
bool terminal_is_taken(void);

/* Stops this process as the signal does by default, with the terminal as others
 * want it; returns when it goes on, or at once if nobody could continue it. */
void terminal_suspend(int signal);

/* False: unknown. */
bool terminal_get_size(uint32_t *rows, uint32_t *columns);

#endif
