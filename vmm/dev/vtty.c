/* SPDX-License-Identifier: MIT */
#include "vmm/dev/vtty.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <termios.h>

#include "vmm/base/log.h"
#include "vmm/host/terminal.h"

static void refuse(struct vtty *vtty, uint32_t gpa)
{
	if (!vtty->nr_refused++)
		log_line("the guest's kernel made a bad request of the terminal: at %#x", gpa);
}

static bool is_stop(uint32_t signal)
{
	return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

/* Tells the guest how the terminal is set, or was before it was taken. */
static void fill_settings(struct lde_terminal *guest)
{
	struct termios settings;

	if (terminal_get_settings(&settings))
		return; /* it is gone, and says so when it is read */
	guest->flags[0] = settings.c_iflag;
	guest->flags[1] = settings.c_oflag;
	guest->flags[2] = settings.c_cflag;
	guest->flags[3] = settings.c_lflag;
	memcpy(guest->chars, settings.c_cc, sizeof(guest->chars));
}

static void take(struct lde_terminal *guest, uint32_t output_flags)
{
	uint32_t nr_echoed;

	if (terminal_is_taken()) {
		terminal_set_output(output_flags);
		return;
	}
	int err = terminal_take(&nr_echoed);
	if (err && err != -EIO)
		log_line("cannot set the terminal: %s; what is typed comes by lines, and twice",
			 strerror(-err));
	guest->nr_echoed = nr_echoed;
	fill_settings(guest);
}

void vtty_command(struct vtty *vtty, uint32_t gpa)
{
	struct lde_terminal *guest = guestmem_at(vtty->mem, gpa_of(gpa), sizeof(*guest));
	struct lde_terminal copy;

	if (gpa % _Alignof(struct lde_terminal) || !guest ||
	    guestmem_read(vtty->mem, gpa_of(gpa), &copy, sizeof(copy))) {
		refuse(vtty, gpa);
		return;
	}
	switch (copy.command) {
	case LDE_TERMINAL_ATTACH:
		vtty->gpa = gpa;
		fill_settings(guest);
		break;
	case LDE_TERMINAL_TAKE:
		take(guest, copy.output_flags);
		break;
	case LDE_TERMINAL_SUSPEND:
		if (is_stop(copy.signal)) {
			terminal_suspend((int)copy.signal);
			vtty_post(vtty, LDE_TERMINAL_F_CONTINUED | LDE_TERMINAL_F_WINDOW);
		} else {
			refuse(vtty, gpa);
		}
		break;
	case LDE_TERMINAL_END:
		vtty->end(vtty->ctx);
		break;
	default:
		refuse(vtty, gpa);
	}
}

bool vtty_post(struct vtty *vtty, uint32_t events)
{
	struct lde_terminal *guest = guestmem_at(vtty->mem, gpa_of(vtty->gpa), sizeof(*guest));
	uint32_t rows, columns;

	if (!vtty->gpa || !guest)
		return false;
	if (events & LDE_TERMINAL_F_WINDOW && terminal_get_size(&rows, &columns)) {
		guest->rows = rows;
		guest->columns = columns;
	}
	uint32_t before = __atomic_fetch_or(&guest->events, events, __ATOMIC_RELEASE);
	vtty->interrupt(vtty->ctx);
	return !(before & events);
}
