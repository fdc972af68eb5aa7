/* SPDX-License-Identifier: MIT */
/* For tests of the console: guest memory, and pipes for the host's streams. */
#ifndef TESTS_UNIT_CONSOLE_HOST_SIDE_H
#define TESTS_UNIT_CONSOLE_HOST_SIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmm/host/memory.h"

#define WAIT_MS 5000 /* for what has to come */

enum { IN, OUT, ERR };

extern struct guestmem mem;
extern int host[3];    /* the console's ends; -1: none */
extern int remote[3];  /* the other ends */
extern int interrupts; /* eventfd(2) */

/* 0, or -1: it cannot be had. event_flags are of eventfd(2). */
int host_open(uint64_t memory_bytes, int event_flags);
void host_close(void);
void close_end(int *fd);

/* For the console: counts. */
void on_interrupt(void *ctx);
bool has_interrupt_within(int ms);

/* The next bytes of the stream are these; whether there are more. */
void expect_output(int stream, const char *text);
bool is_readable(int fd);

/* Returns how many bytes it took. */
size_t fill_pipe(int fd);
/* No more than was filled in: what is behind that is the console's. */
void drain_pipe(int fd, size_t filled);

#endif
