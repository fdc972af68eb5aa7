/* SPDX-License-Identifier: MIT */
#include "vmm/dev/keyboard.h"

#include <string.h>

struct iovec keyboard_room(struct keyboard *keyboard)
{
	if (keyboard_is_empty(keyboard))
		keyboard->start = keyboard->end = 0;
	return (struct iovec){keyboard->bytes + keyboard->end, KEYBOARD_SIZE - keyboard->end};
}

/* True if this is the last of the keys of the way out. */
static bool count_escapes(struct keyboard *keyboard, uint8_t key, uint64_t now_ns)
{
	if (key != KEYBOARD_ESCAPE) {
		keyboard->nr_escapes = 0;
		return false;
	}
	if (!keyboard->nr_escapes || now_ns - keyboard->first_escape_ns > KEYBOARD_ESCAPE_NS) {
		keyboard->nr_escapes = 0;
		keyboard->first_escape_ns = now_ns;
	}
	return ++keyboard->nr_escapes == KEYBOARD_ESCAPES;
}

bool keyboard_add(struct keyboard *keyboard, size_t len, uint64_t now_ns)
{
	bool escaped = false;

	for (size_t i = 0; i < len; i++)
		if (count_escapes(keyboard, keyboard->bytes[keyboard->end++], now_ns))
			escaped = true;
	return escaped;
}

size_t keyboard_take(struct keyboard *keyboard, const struct iovec *iov, unsigned int nr_iov)
{
	size_t taken = 0;

	for (unsigned int i = 0; i < nr_iov; i++) {
		size_t len = keyboard->end - keyboard->start;
		if (len > iov[i].iov_len)
			len = iov[i].iov_len;
		memcpy(iov[i].iov_base, keyboard->bytes + keyboard->start, len);
		keyboard->start += len;
		taken += len;
	}
	return taken;
}
