/* SPDX-License-Identifier: MIT */
#include "guest/dev/tty.h"

#include <asm/poll.h>
#include <asm/signal.h>

#include "guest/arch/direct.h"
#include "guest/arch/insn.h"
#include "guest/arch/offload.h"
#include "guest/core/clock.h"
#include "guest/core/watch.h"
#include "guest/dev/ldisc.h"
#include "guest/lib/errno.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"
#include "guest/mm/usercopy.h"

static struct {
	const struct tty_job_ops *ops; /* NULL: there is no terminal */
	uint32_t session, foreground;
	struct winsize size;
	bool is_taken;
	bool is_hung_up;
	bool is_reading; /* the VMM has typed[] */
	bool is_echoing; /* the VMM has a piece of ld.echo */
	struct wait_queue readers, writers;
	struct wait_queue echo; /* output of programs, behind the echo */
	struct watch_source source;
} tty = {
	.session = TTY_NO_SESSION,
	.readers = WAIT_QUEUE_INIT(tty.readers),
	.writers = WAIT_QUEUE_INIT(tty.writers),
	.echo = WAIT_QUEUE_INIT(tty.echo),
	.source = WATCH_SOURCE_INIT(tty.source),
};

static struct ldisc ld;
static struct lde_terminal shared __attribute__((aligned(64)));
static uint8_t typed[PAGE_SIZE] __attribute__((aligned(4096)));

static void command(enum lde_terminal_command command)
{
	shared.command = command;
	insn_outl(console_info()->port + LDE_CONSOLE_TERMINAL, (uint32_t)image_paddr(&shared));
}

/* As the host's terminal is set, or was when it was taken. */
static void host_settings(struct termios *settings)
{
	*settings = (struct termios){
		.c_iflag = shared.flags[0],
		.c_oflag = shared.flags[1],
		.c_cflag = shared.flags[2],
		.c_lflag = shared.flags[3],
	};
	memcpy(settings->c_cc, shared.chars, sizeof(settings->c_cc));
}

void tty_init(const struct tty_job_ops *ops)
{
	const struct console_info *info = console_info();

	if (!info->tty)
		return;
	tty.ops = ops;
	tty.session = 0;
	tty.size.ws_row = info->window[0];
	tty.size.ws_col = info->window[1];
	command(LDE_TERMINAL_ATTACH);
	host_settings(&ld.settings);
}

bool tty_exists(void)
{
	return tty.ops;
}

/* ---- sessions -------------------------------------------------------- */

bool tty_is_controlling(const struct process *p)
{
	return tty.ops && p->session == tty.session && !p->has_left_tty;
}

uint32_t tty_session(void)
{
	return tty.session;
}

uint32_t tty_foreground(void)
{
	return tty.foreground;
}

void tty_set_foreground(uint32_t group)
{
	tty.foreground = group;
}

void tty_set_session(uint32_t session, uint32_t foreground)
{
	tty.session = session;
	tty.foreground = foreground;
}

void tty_end_session(void)
{
	tty.ops->signal(tty.foreground, SIGHUP);
	tty.ops->signal(tty.foreground, SIGCONT);
	tty_set_session(TTY_NO_SESSION, 0);
}

static int check_background(int sig)
{
	if (!tty_is_controlling(current()) || current()->group == tty.foreground)
		return 0;
	return tty.ops->background(sig);
}

int tty_check_change(void)
{
	return check_background(SIGTTOU);
}

/* ---- to and from the VMM --------------------------------------------- */

static void wake_readers(void)
{
	wait_wake_all(&tty.readers);
	watch_notify(&tty.source);
}

static void hang_up(void)
{
	uint32_t leader = tty.session;

	if (tty.is_hung_up)
		return;
	tty.is_hung_up = true;
	wake_readers();
	wait_wake_all(&tty.writers);
	if (leader && leader != TTY_NO_SESSION && leader != tty.foreground)
		tty.ops->signal(leader, SIGHUP);
	tty.ops->signal(tty.foreground, SIGHUP);
	tty.ops->signal(tty.foreground, SIGCONT);
}

/* Sends what of the echo is there, if nobody else is writing just so. */
static void send_echo(void)
{
	int64_t done;

	for (;;) {
		uint32_t at = ld.echo_start % LDISC_ECHO_SIZE, len = ld.echo_end - ld.echo_start;
		uint32_t first = min_u64(len, LDISC_ECHO_SIZE - at);
		struct lde_console_seg segs[2] = {
			{ image_paddr(&ld.echo[at]), first },
			{ image_paddr(ld.echo), len - first },
		};

		if (!tty.is_echoing) {
			if (!len || ld.is_stopped || !tty.is_taken ||
			    !console_begin(LDE_STREAM_TERMINAL_OUT, segs, len > first ? 2 : 1))
				return;
			tty.is_echoing = true;
		}
		if (!console_finish(LDE_STREAM_TERMINAL_OUT, &done))
			return;
		tty.is_echoing = false;
		wait_wake_all(&tty.echo);
		ld.echo_start = done > 0 ? ld.echo_start + (uint32_t)done : ld.echo_end;
	}
}

/* What was echoed comes before what is written then. */
static void wait_for_echo(void)
{
	while (tty.is_echoing)
		wait_uninterrupted(&tty.echo);
}

/* A key. With the programs of the command line gone nobody is there to whom the
 * user could mean it: SIGINT is for the run as a whole. */
static void send_signal(int sig)
{
	if (sig == SIGINT && !tty.ops->has_jobs())
		command(LDE_TERMINAL_END);
	else
		tty.ops->signal(tty.foreground, sig);
}

static void send_signals(void)
{
	static const int signals[] = { SIGINT, SIGQUIT, SIGTSTP };
	uint32_t set = ld.signals;

	ld.signals = 0;
	for (unsigned i = 0; set && i < ARRAY_SIZE(signals); i++)
		if (set >> signals[i] & 1)
			send_signal(signals[i]);
}

static uint64_t receive_run(void *arg)
{
	ldisc_receive(&ld, typed, *(const int64_t *)arg);
	return 0;
}

/* So many bytes have been typed. */
static void receive(int64_t len)
{
	offload_call(receive_run, &len);
	send_echo();
	if (!ld.is_stopped)
		wait_wake_all(&tty.writers);
	if (ldisc_has_input(&ld, 1))
		wake_readers();
	send_signals();
}

/* Takes what has been typed, and asks for more while there is room. */
static void pump(void)
{
	int64_t len;

	while (tty.is_taken && !tty.is_hung_up) {
		struct lde_console_seg seg = { image_paddr(typed),
					       min_u64(ldisc_room(&ld), sizeof(typed)) };

		if (!tty.is_reading) {
			if (!seg.len || !console_begin(LDE_STREAM_TERMINAL_IN, &seg, 1))
				return;
			tty.is_reading = true;
		}
		if (!console_finish(LDE_STREAM_TERMINAL_IN, &len))
			return;
		tty.is_reading = false;
		if (len > 0)
			receive(len);
		else
			hang_up();
	}
}

/* From the first time on the terminal is ours; what is typed comes by pump. */
static void take(void)
{
	if (tty.is_taken)
		return;
	command(LDE_TERMINAL_TAKE);
	tty.is_taken = true;
	host_settings(&ld.settings);
	shared.output_flags = ld.settings.c_oflag;
	ld.nr_echoed = shared.nr_echoed;
}

/* What becomes of output is done there. */
static void set_output(void)
{
	if (shared.output_flags == ld.settings.c_oflag)
		return;
	wait_for_echo();
	shared.output_flags = ld.settings.c_oflag;
	command(LDE_TERMINAL_TAKE);
}

void tty_interrupt(void)
{
	const uint16_t rows = shared.rows, columns = shared.columns;
	uint32_t events;

	if (!tty.ops)
		return;
	events = __atomic_exchange_n(&shared.events, 0, __ATOMIC_ACQUIRE);
	if (events & LDE_TERMINAL_F_WINDOW)
		tty_set_size(&(struct winsize){ .ws_row = rows, .ws_col = columns });
	if (events & LDE_TERMINAL_F_CONTINUED)
		tty.ops->resume();
	if (events & LDE_TERMINAL_F_INTERRUPT)
		send_signal(SIGINT);
	if (events & LDE_TERMINAL_F_QUIT)
		send_signal(SIGQUIT);
	if (events & LDE_TERMINAL_F_HANGUP)
		hang_up();
	pump();
	send_echo();
}

void tty_suspend(int sig)
{
	if (!tty.ops)
		return;
	shared.signal = sig;
	command(LDE_TERMINAL_SUSPEND);
}

/* ---- reading and writing --------------------------------------------- */

#define TICKS_PER_SECOND 10 /* what VTIME counts */

static uint64_t deadline_after(uint32_t tenths)
{
	return clock_timer_now() + clock_ns_to_timer(tenths * (1000000000ull / TICKS_PER_SECOND));
}

/*
 * Waits until a read of len bytes may return: 0, or -EAGAIN, -ERESTARTSYS or
 * what a process in the background gets. Without lines VMIN and VTIME say how
 * long (termios(3)): VTIME runs from the start if VMIN is 0, else from each byte.
 */
static int wait_for_input(uint64_t len, bool may_wait)
{
	uint32_t min = ld.settings.c_cc[VMIN], time = ld.settings.c_cc[VTIME], last = 0;
	bool is_timed = !ldisc_is_canonical(&ld) && time;
	uint64_t deadline = is_timed && !min ? deadline_after(time) : WAIT_FOREVER;

	for (;;) {
		uint32_t here = ld.end - ld.start;
		int err = check_background(SIGTTIN);

		if (err)
			return err;
		take();
		pump();
		if (tty.is_hung_up || ldisc_has_input(&ld, max_u64(min_u64(min, len), 1)))
			return 0;
		if (!ldisc_is_canonical(&ld) && !min && !time)
			return 0;
		if (!may_wait)
			return ldisc_has_input(&ld, 1) ? 0 : -EAGAIN;
		if (is_timed && min && here != last)
			deadline = deadline_after(time);
		last = here;
		err = wait_on(&tty.readers, deadline);
		if (err == -ETIMEDOUT)
			return 0;
		if (err)
			return ldisc_has_input(&ld, 1) && !ldisc_is_canonical(&ld) ? 0 : -ERESTARTSYS;
	}
}

bool tty_has_more(void)
{
	return ldisc_is_canonical(&ld) ? ld.is_split : ld.start != ld.end;
}

/* Bytes on their way to a program, which may have to be waited for. */
struct piece {
	uint32_t size;
	uint8_t bytes[512];
};

static uint64_t read_run(void *arg)
{
	struct piece *piece = arg;

	return ldisc_read(&ld, piece->bytes, piece->size);
}

int64_t tty_read(vaddr_t buf, uint64_t len, bool may_wait)
{
	struct piece piece;
	uint64_t done = 0, n;
	int err;

	if (!len)
		return 0;
	err = wait_for_input(len, may_wait);
	if (err)
		return err;
	do {
		piece.size = min_u64(len - done, sizeof(piece.bytes));
		n = offload_call(read_run, &piece);
		if (user_write(current()->space, buf + done, piece.bytes, n))
			return done ? (int64_t)done : -EFAULT;
		done += n;
	} while (n == piece.size && done < len && tty_has_more());
	pump(); /* there is room again */
	return done;
}

int64_t tty_write(unsigned stream, const struct user_piece *pieces, unsigned nr, bool may_wait)
{
	int err = ld.settings.c_lflag & TOSTOP ? check_background(SIGTTOU) : 0;
	int64_t done;

	if (err)
		return err;
	while (ld.is_stopped && !tty.is_hung_up) {
		if (!may_wait)
			return -EAGAIN;
		if (wait_on(&tty.writers, WAIT_FOREVER))
			return -ERESTARTSYS;
	}
	if (tty.is_hung_up)
		return -EIO;
	wait_for_echo();
	done = console_write(stream, pieces, nr);
	send_echo();
	return done;
}

uint32_t tty_poll(struct watcher *watcher)
{
	const uint8_t *keys = ld.settings.c_cc;
	uint32_t events = POLLOUT | POLLWRNORM;

	take();
	pump();
	if (watcher)
		watch_add(watcher, &tty.source);
	if (tty.is_hung_up)
		return events | POLLIN | POLLRDNORM | POLLHUP;
	if (ldisc_has_input(&ld, !keys[VTIME] && keys[VMIN] ? keys[VMIN] : 1))
		events |= POLLIN | POLLRDNORM;
	return events;
}

static uint64_t count_run(void *arg)
{
	(void)arg;
	return ldisc_nr_readable(&ld);
}

uint32_t tty_nr_readable(void)
{
	take();
	pump();
	return offload_call(count_run, NULL);
}

/* ---- settings -------------------------------------------------------- */

void tty_get_settings(struct termios *settings)
{
	if (!tty.is_taken) { /* others may set it, too */
		command(LDE_TERMINAL_ATTACH);
		host_settings(&ld.settings);
	}
	*settings = ld.settings;
}

static uint64_t set_run(void *arg)
{
	ldisc_set(&ld, arg);
	return 0;
}

void tty_set_settings(const struct termios *settings, bool flushes)
{
	struct termios copy = *settings;

	take(); /* with what it is set to; what comes now is for the new settings */
	if (flushes)
		ldisc_flush_input(&ld);
	offload_call(set_run, &copy);
	set_output();
	pump();
	send_echo();
	if (!ld.is_stopped)
		wait_wake_all(&tty.writers);
	wake_readers(); /* what there is may be enough now */
}

void tty_flush_input(void)
{
	take();
	pump(); /* what is on its way is flushed, too */
	ldisc_flush_input(&ld);
	pump();
}

void tty_stop_output(bool stops)
{
	ld.is_stopped = stops;
	if (!stops) {
		wait_wake_all(&tty.writers);
		send_echo();
	}
}

void tty_get_size(struct winsize *size)
{
	*size = tty.size;
}

void tty_set_size(const struct winsize *size)
{
	if (!memcmp(&tty.size, size, sizeof(*size)))
		return;
	tty.size = *size;
	tty.ops->signal(tty.foreground, SIGWINCH);
}
