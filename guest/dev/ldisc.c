/* SPDX-License-Identifier: MIT */
#include "guest/dev/ldisc.h"

#include <asm/signal.h>

#define DISABLED 0 /* as _POSIX_VDISABLE */

/* ---- the buffer ------------------------------------------------------ */

static uint8_t *byte_at(struct ldisc *ld, uint32_t pos)
{
	return &ld->bytes[pos % LDISC_SIZE];
}

static bool is_line_end(const struct ldisc *ld, uint32_t pos)
{
	pos %= LDISC_SIZE;
	return ld->line_ends[pos / 8] >> pos % 8 & 1;
}

static void set_line_end(struct ldisc *ld, uint32_t pos, bool is_end)
{
	uint8_t bit = 1u << pos % 8;

	pos %= LDISC_SIZE;
	if (is_end)
		ld->line_ends[pos / 8] |= bit;
	else
		ld->line_ends[pos / 8] &= ~bit;
}

static bool is_full(const struct ldisc *ld)
{
	return ld->end - ld->start >= LDISC_SIZE - 1;
}

static void put(struct ldisc *ld, uint8_t c)
{
	if (is_full(ld))
		return;
	*byte_at(ld, ld->end) = c;
	set_line_end(ld, ld->end, false);
	ld->end++;
}

/* c, which may be DISABLED for the end of input, completes the line; there is
 * always room for that. */
static void end_line(struct ldisc *ld, uint8_t c)
{
	if (is_full(ld))
		ld->end--;
	put(ld, c);
	set_line_end(ld, ld->end - 1, true);
	ld->line_start = ld->end;
}

uint32_t ldisc_room(const struct ldisc *ld)
{
	uint32_t room = LDISC_SIZE - 1 - (ld->end - ld->start);

	/* A line too long has to come to its end all the same. */
	if (!room && ldisc_is_canonical(ld) && !ldisc_has_input(ld, 1))
		return 1;
	return room;
}

void ldisc_flush_input(struct ldisc *ld)
{
	ld->start = ld->line_start = ld->end;
	ld->is_literal = ld->is_erasing = false;
}

void ldisc_set(struct ldisc *ld, const struct termios *settings)
{
	bool was_canonical = ldisc_is_canonical(ld);

	ld->settings = *settings;
	if (!(settings->c_iflag & IXON))
		ld->is_stopped = false;
	if (was_canonical == ldisc_is_canonical(ld))
		return;
	for (uint32_t i = 0; i < sizeof(ld->line_ends); i++)
		ld->line_ends[i] = 0;
	ld->is_literal = ld->is_erasing = false;
	ld->line_start = was_canonical ? ld->start : ld->end;
	if (!was_canonical && ld->end != ld->start)
		set_line_end(ld, ld->end - 1, true);
}

uint32_t ldisc_nr_readable(const struct ldisc *ld)
{
	uint32_t nr = 0;

	if (!ldisc_is_canonical(ld))
		return ld->end - ld->start;
	for (uint32_t pos = ld->start; pos != ld->line_start; pos++)
		nr += !is_line_end(ld, pos) || ld->bytes[pos % LDISC_SIZE] != DISABLED;
	return nr;
}

/* The place where it is at the end of input, which nobody reads. */
static bool is_end_mark(struct ldisc *ld, uint32_t pos)
{
	return is_line_end(ld, pos) && *byte_at(ld, pos) == DISABLED;
}

static uint32_t read_line(struct ldisc *ld, uint8_t *dst, uint32_t len)
{
	uint32_t n = 0;

	ld->is_split = false;
	while (ld->start != ld->line_start) {
		uint32_t pos = ld->start;
		bool is_mark = is_end_mark(ld, pos), is_end = is_line_end(ld, pos);

		/* A mark behind the last byte that was asked for goes with it. */
		if (n == len && !is_mark) {
			ld->is_split = true;
			break;
		}
		if (!is_mark)
			dst[n++] = *byte_at(ld, pos);
		ld->start++;
		if (is_end)
			break;
	}
	return n;
}

uint32_t ldisc_read(struct ldisc *ld, uint8_t *dst, uint32_t len)
{
	uint32_t n = 0;

	if (ldisc_is_canonical(ld))
		return read_line(ld, dst, len);
	while (n < len && ld->start != ld->end)
		dst[n++] = *byte_at(ld, ld->start++);
	ld->line_start = ld->start;
	return n;
}

/* ---- echo ------------------------------------------------------------ */

static bool has_local(const struct ldisc *ld, uint32_t flags)
{
	return (ld->settings.c_lflag & flags) == flags;
}

static void echo_byte(struct ldisc *ld, uint8_t c)
{
	if (ld->echo_end - ld->echo_start < LDISC_ECHO_SIZE)
		ld->echo[ld->echo_end++ % LDISC_ECHO_SIZE] = c;
}

static void echo_text(struct ldisc *ld, const char *text)
{
	for (; *text; text++)
		echo_byte(ld, *text);
}

static bool is_control(uint8_t c)
{
	return c < ' ' || c == 0x7f;
}

/* Whether c shows as two characters. */
static bool shows_caret(const struct ldisc *ld, uint8_t c)
{
	return has_local(ld, ECHOCTL) && is_control(c) && c != '\t';
}

static void echo_char(struct ldisc *ld, uint8_t c)
{
	if (shows_caret(ld, c)) {
		echo_byte(ld, '^');
		echo_byte(ld, c ^ 0100);
	} else {
		echo_byte(ld, c);
	}
}

static void finish_erasing(struct ldisc *ld)
{
	if (ld->is_erasing)
		echo_byte(ld, '/');
	ld->is_erasing = false;
}

/* Ordinary input, and what ends a line. */
static void echo_input(struct ldisc *ld, uint8_t c)
{
	if (!has_local(ld, ECHO))
		return;
	finish_erasing(ld);
	if (c == '\n')
		echo_byte(ld, c);
	else
		echo_char(ld, c);
}

/* ---- editing --------------------------------------------------------- */

static bool is_continuation(const struct ldisc *ld, uint8_t c)
{
	return ld->settings.c_iflag & IUTF8 && (c & 0xc0) == 0x80;
}

static bool is_word(uint8_t c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' ||
	       c >= 0xc0;
}

/* Columns from the start of the line to pos; a tab goes to the next eighth. What
 * the program wrote before is not known, so that it counts from a margin. */
static uint32_t column_of(struct ldisc *ld, uint32_t pos)
{
	uint32_t column = 0;

	for (uint32_t at = ld->line_start; at != pos; at++) {
		uint8_t c = *byte_at(ld, at);

		if (c == '\t')
			column = (column | 7) + 1;
		else if (shows_caret(ld, c))
			column += 2;
		else if (!is_control(c) && !is_continuation(ld, c))
			column++;
	}
	return column;
}

/* What was at pos, now the end of the line, goes from the screen. */
static void wipe(struct ldisc *ld, uint32_t pos)
{
	uint8_t c = *byte_at(ld, pos);

	if (c == '\t') {
		uint32_t before = column_of(ld, pos);

		for (uint32_t n = ((before | 7) + 1) - before; n; n--)
			echo_byte(ld, '\b');
		return;
	}
	if (shows_caret(ld, c))
		echo_text(ld, "\b \b");
	if (shows_caret(ld, c) || !is_control(c))
		echo_text(ld, "\b \b");
}

/* As a printing terminal shows it: what is erased, between \ and /. */
static void print_erased(struct ldisc *ld, uint32_t pos, uint32_t len)
{
	if (!ld->is_erasing)
		echo_byte(ld, '\\');
	ld->is_erasing = true;
	echo_char(ld, *byte_at(ld, pos));
	for (uint32_t i = 1; i < len; i++)
		echo_byte(ld, *byte_at(ld, pos + i));
}

/* Where the last character of the line begins. */
static uint32_t last_char(struct ldisc *ld)
{
	uint32_t pos = ld->end;

	do
		pos--;
	while (pos != ld->line_start && is_continuation(ld, *byte_at(ld, pos)));
	return pos;
}

/* Takes the last character off; erase is what was typed for it. */
static void erase_char(struct ldisc *ld, uint8_t erase)
{
	uint32_t pos = last_char(ld), len = ld->end - pos;

	ld->end = pos;
	if (!has_local(ld, ECHO))
		return;
	if (has_local(ld, ECHOPRT))
		print_erased(ld, pos, len);
	else if (erase && !has_local(ld, ECHOE))
		echo_char(ld, erase);
	else
		wipe(ld, pos);
}

static bool is_line_empty(const struct ldisc *ld)
{
	return ld->end == ld->line_start;
}

static void finish_erasing_line(struct ldisc *ld)
{
	if (is_line_empty(ld) && has_local(ld, ECHO))
		finish_erasing(ld);
}

static void erase_word(struct ldisc *ld)
{
	bool is_in_word = false;

	while (!is_line_empty(ld)) {
		bool is_words = is_word(*byte_at(ld, last_char(ld)));

		if (is_in_word && !is_words)
			break;
		is_in_word = is_words;
		erase_char(ld, DISABLED);
	}
	finish_erasing_line(ld);
}

static void kill_line(struct ldisc *ld, uint8_t kill)
{
	if (is_line_empty(ld))
		return;
	if (has_local(ld, ECHO) && !has_local(ld, ECHOK | ECHOKE | ECHOE)) {
		ld->end = ld->line_start;
		finish_erasing(ld);
		echo_char(ld, kill);
		if (has_local(ld, ECHOK))
			echo_byte(ld, '\n');
		return;
	}
	while (!is_line_empty(ld))
		erase_char(ld, DISABLED);
	finish_erasing_line(ld);
}

/* The line once more, on a fresh one. */
static void reprint_line(struct ldisc *ld, uint8_t c)
{
	finish_erasing(ld);
	echo_char(ld, c);
	echo_byte(ld, '\n');
	for (uint32_t pos = ld->line_start; pos != ld->end; pos++)
		echo_char(ld, *byte_at(ld, pos));
}

/* ---- what is typed --------------------------------------------------- */

static bool is_key(const struct ldisc *ld, unsigned key, uint8_t c)
{
	return c != DISABLED && c == ld->settings.c_cc[key];
}

/* VSTART, VSTOP: true if it was one. */
static bool control_flow(struct ldisc *ld, uint8_t c)
{
	if (!(ld->settings.c_iflag & IXON))
		return false;
	if (is_key(ld, VSTART, c)) {
		ld->is_stopped = false;
		return true;
	}
	if (is_key(ld, VSTOP, c)) {
		ld->is_stopped = true;
		return true;
	}
	return false;
}

static bool raise_signal(struct ldisc *ld, uint8_t c)
{
	int signal = is_key(ld, VINTR, c) ? SIGINT :
		     is_key(ld, VQUIT, c) ? SIGQUIT :
		     is_key(ld, VSUSP, c) ? SIGTSTP : 0;

	if (!signal || !has_local(ld, ISIG))
		return false;
	ld->signals |= 1u << signal;
	if (!has_local(ld, NOFLSH))
		ldisc_flush_input(ld);
	if (ld->settings.c_iflag & IXON)
		ld->is_stopped = false;
	if (has_local(ld, ECHO))
		echo_char(ld, c);
	return true;
}

/* The keys that edit a line: true if it was one. */
static bool edit_line(struct ldisc *ld, uint8_t c)
{
	bool is_extended = has_local(ld, IEXTEN);

	if (is_key(ld, VERASE, c)) {
		if (!is_line_empty(ld))
			erase_char(ld, c);
		finish_erasing_line(ld);
	} else if (is_key(ld, VKILL, c)) {
		kill_line(ld, c);
	} else if (is_extended && is_key(ld, VWERASE, c)) {
		erase_word(ld);
	} else if (is_extended && is_key(ld, VREPRINT, c) && has_local(ld, ECHO)) {
		reprint_line(ld, c);
	} else {
		return false;
	}
	return true;
}

/* What completes a line: true if it did. */
static bool complete_line(struct ldisc *ld, uint8_t c)
{
	if (c == '\n') {
		if (has_local(ld, ECHO) || has_local(ld, ECHONL)) {
			finish_erasing(ld);
			echo_byte(ld, '\n');
		}
		end_line(ld, c);
	} else if (is_key(ld, VEOF, c)) {
		end_line(ld, DISABLED);
	} else if (is_key(ld, VEOL, c) || (has_local(ld, IEXTEN) && is_key(ld, VEOL2, c))) {
		echo_input(ld, c);
		end_line(ld, c);
	} else {
		return false;
	}
	return true;
}

static void take(struct ldisc *ld, uint8_t c)
{
	if (is_full(ld))
		return;
	echo_input(ld, c);
	if (ld->settings.c_iflag & PARMRK && c == 0xff)
		put(ld, c); /* told from the mark of an error */
	put(ld, c);
}

/* VLNEXT: true if it was that. */
static bool quote_next(struct ldisc *ld, uint8_t c)
{
	if (!has_local(ld, IEXTEN) || !is_key(ld, VLNEXT, c))
		return false;
	ld->is_literal = true;
	if (has_local(ld, ECHO)) {
		finish_erasing(ld);
		if (has_local(ld, ECHOCTL))
			echo_text(ld, "^\b");
	}
	return true;
}

/* ISTRIP, IUCLC. */
static uint8_t reduce(const struct ldisc *ld, uint8_t c)
{
	if (ld->settings.c_iflag & ISTRIP)
		c &= 0x7f;
	if (ld->settings.c_iflag & IUCLC && has_local(ld, IEXTEN) && c >= 'A' && c <= 'Z')
		c |= 0x20;
	return c;
}

static void receive(struct ldisc *ld, uint8_t c)
{
	uint32_t flags = ld->settings.c_iflag;

	c = reduce(ld, c);
	if (ld->is_literal) {
		ld->is_literal = false;
		take(ld, c);
		return;
	}
	if (control_flow(ld, c) || raise_signal(ld, c))
		return;
	if (flags & IXON && flags & IXANY)
		ld->is_stopped = false;
	if (c == '\r') {
		if (flags & IGNCR)
			return;
		if (flags & ICRNL)
			c = '\n';
	} else if (c == '\n' && flags & INLCR) {
		c = '\r';
	}
	if (ldisc_is_canonical(ld) &&
	    (edit_line(ld, c) || quote_next(ld, c) || complete_line(ld, c)))
		return;
	take(ld, c);
}

void ldisc_receive(struct ldisc *ld, const uint8_t *bytes, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++) {
		uint32_t echo_end = ld->echo_end;

		receive(ld, bytes[i]);
		if (ld->nr_echoed) {
			ld->nr_echoed--;
			ld->echo_end = echo_end;
		}
	}
}
