/* SPDX-License-Identifier: MIT */
/* Between console.c and console_thread.c. */
#ifndef VMM_DEV_CONSOLE_STREAM_H
#define VMM_DEV_CONSOLE_STREAM_H

#include <stdbool.h>
#include <stdint.h>

struct vconsole;
struct vconsole_stream;

/*
 * Moves what can be moved now. Returns true if the request is complete, with
 * *result for the guest, or false if it has to wait for the descriptor.
 */
bool vconsole_stream_advance(struct vconsole_stream *stream, int64_t *result);

/* The same for what is typed, which the I/O thread has read before. */
bool vconsole_serve_keyboard(struct vconsole *console, struct vconsole_stream *stream,
			     int64_t *result);

/* Stores a result where the guest finds it, after all that was moved. */
void vconsole_store_result(const struct vconsole *console, uint32_t req_gpa, int64_t result);

/* Starts the I/O thread unless there is one. 0 or -errno. */
int vconsole_thread_start(struct vconsole *console);

/* Gives the stream's request to the I/O thread, started if need be. 0 or
 * -errno; then the request is still the caller's. */
int vconsole_thread_take(struct vconsole *console, struct vconsole_stream *stream);

/* Takes the stream's request from it again, if it has one. */
void vconsole_thread_drop(struct vconsole *console, struct vconsole_stream *stream);

/* Whether the stream's request is the I/O thread's. */
bool vconsole_is_pending(struct vconsole *console, const struct vconsole_stream *stream);

/* Ends the thread, if there is one. */
void vconsole_thread_stop(struct vconsole *console);

#endif
