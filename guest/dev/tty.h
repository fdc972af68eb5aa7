/* SPDX-License-Identifier: MIT */
/*
 * The terminal: one, if a standard stream of the host's is one. It has a line
 * discipline (ldisc.h), belongs to a session, and one group of processes of that
 * is in its foreground.
 *
 * As long as no program reads from it or sets it, it stays with the host, which
 * edits lines and echoes; then it is taken over, for the rest of the run
 * (docs/decisions/0010-terminal.md).
 */
#ifndef GUEST_DEV_TTY_H
#define GUEST_DEV_TTY_H

#include <asm/termios.h>

#include "guest/dev/console.h"

struct process;
struct watcher;

/* What job control does, which is above this layer. */
struct tty_job_ops {
	void (*signal)(uint32_t group, int sig); /* from the kernel */
	/* The running process is in the background and did what sig is for: 0 if
	 * it may all the same, -EIO, or, after sig was sent, -ERESTARTSYS. */
	int (*background)(int sig);
	bool (*has_jobs)(void); /* a program of the command line lives */
	void (*resume)(void); /* lde had been stopped and goes on */
};

#define TTY_NO_SESSION UINT32_MAX

void tty_init(const struct tty_job_ops *ops);
void tty_interrupt(void);

bool tty_exists(void);
/* Whether it is p's controlling terminal. */
bool tty_is_controlling(const struct process *p);
uint32_t tty_session(void);
uint32_t tty_foreground(void);
void tty_set_foreground(uint32_t group);
/* Gives it to another session, or to none. */
void tty_set_session(uint32_t session, uint32_t foreground);
/* The session's leader lets go of it: SIGHUP and SIGCONT to the foreground. */
void tty_end_session(void);

/* As console_read; 0 also if the terminal is gone. */
int64_t tty_read(vaddr_t buf, uint64_t len, bool may_wait);
/* As console_write, to that stream. */
int64_t tty_write(unsigned stream, const struct user_piece *pieces, unsigned nr, bool may_wait);
/* As poll(2) has it; with a watcher, one who is to know of changes. */
uint32_t tty_poll(struct watcher *watcher);
/* The rest of what was read in part: a line is not put together with the next. */
bool tty_has_more(void);
uint32_t tty_nr_readable(void);

/* Before a change: what becomes of a process in the background. */
int tty_check_change(void);
void tty_get_settings(struct termios *settings);
void tty_set_settings(const struct termios *settings, bool flushes);
void tty_flush_input(void);
/* VSTOP and VSTART by system call. */
void tty_stop_output(bool stops);
void tty_get_size(struct winsize *size);
/* SIGWINCH to the foreground if it is another one. */
void tty_set_size(const struct winsize *size);

/* Stops lde, with signal sig, if there is a terminal to give back. It returns when
 * that goes on, of which an interrupt tells. */
void tty_suspend(int sig);

#endif
