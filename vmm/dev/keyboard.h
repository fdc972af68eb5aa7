/* SPDX-License-Identifier: MIT */
/*
 * What has been typed and not been asked for yet, and the way out: whoever types
 * ^] three times within a second wants the run to end, whatever the guest does.
 */
#ifndef VMM_DEV_KEYBOARD_H
#define VMM_DEV_KEYBOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define KEYBOARD_SIZE       4096
#define KEYBOARD_ESCAPE     0x1d /* ^] */
#define KEYBOARD_ESCAPES    3
#define KEYBOARD_ESCAPE_NS  1000000000ull

struct keyboard {
	uint8_t bytes[KEYBOARD_SIZE];
	size_t start, end;
	unsigned int nr_escapes; /* one after the other */
	uint64_t first_escape_ns;
	bool has_ended; /* nothing more will come */
	int error;      /* why: 0, or -errno */
};

/* Where the next bytes go; empty: there is no room. */
struct iovec keyboard_room(struct keyboard *keyboard);

/* So many have been put there at that time. True: the way out was typed. */
bool keyboard_add(struct keyboard *keyboard, size_t len, uint64_t now_ns);

/* Moves what there is into iov; bytes. */
size_t keyboard_take(struct keyboard *keyboard, const struct iovec *iov, unsigned int nr_iov);

static inline bool keyboard_is_empty(const struct keyboard *keyboard)
{
	return keyboard->start == keyboard->end;
}

#endif
