/* SPDX-License-Identifier: MIT */
/*
 * The host's terminal, which is a pseudo terminal here: raw while it is taken,
 * and put back whatever happens; and what the guest is told of it.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "vmm/dev/console.h"
#include "vmm/dev/vtty.h"
#include "vmm/host/terminal.h"

#define SIZE     (8ull << 20)
#define TERMINAL 0x10000
#define REQUEST  0x20000
#define BUFFER   0x30000
#define WAIT_MS  5000

static struct guestmem mem;
static struct vtty vtty;
static struct vconsole console;
static int master, slave, interrupts;
static unsigned int nr_escapes;
static struct termios before;

static void on_interrupt(void *ctx)
{
	(void)ctx;
	assert_int_equal(write(interrupts, &(uint64_t){1}, sizeof(uint64_t)), sizeof(uint64_t));
}

static void on_escape(void *ctx)
{
	(void)ctx;
	nr_escapes++;
	on_interrupt(ctx);
}

static void wait_for_interrupt(void)
{
	struct pollfd pollfd = {.fd = interrupts, .events = POLLIN};
	uint64_t ignored;

	assert_int_equal(poll(&pollfd, 1, WAIT_MS), 1);
	assert_int_equal(read(interrupts, &ignored, sizeof(ignored)), sizeof(ignored));
}

static int set_up(void **state)
{
	struct winsize size = {.ws_row = 11, .ws_col = 22};

	(void)state;
	interrupts = eventfd(0, EFD_SEMAPHORE);
	if (interrupts < 0 || openpty(&master, &slave, NULL, NULL, &size) ||
	    guestmem_init(&mem, SIZE) || tcgetattr(slave, &before))
		return -1;
	nr_escapes = 0;
	terminal_init(slave);
	vtty = (struct vtty){.mem = &mem, .interrupt = on_interrupt, .end = on_escape};
	vconsole_init(&console, &(struct vconsole_config){
					.mem = &mem,
					.fds = {-1, -1, -1, slave, slave},
					.interrupt = on_interrupt,
					.escape = on_escape,
				});
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	terminal_fini();
	vconsole_fini(&console, false);
	terminal_init(-1);
	close(master);
	close(slave);
	close(interrupts);
	guestmem_fini(&mem);
	return 0;
}

static struct termios settings(void)
{
	struct termios t;

	assert_int_equal(tcgetattr(slave, &t), 0);
	return t;
}

static bool is_as_before(void)
{
	struct termios t = settings();

	return t.c_iflag == before.c_iflag && t.c_oflag == before.c_oflag &&
	       t.c_cflag == before.c_cflag && t.c_lflag == before.c_lflag &&
	       !memcmp(t.c_cc, before.c_cc, sizeof(t.c_cc));
}

static struct lde_terminal *guest(void)
{
	return guestmem_at(&mem, gpa_of(TERMINAL), sizeof(struct lde_terminal));
}

static void command(uint32_t command)
{
	guest()->command = command;
	vtty_command(&vtty, TERMINAL);
}

static struct lde_console_req *read_typed(uint32_t len)
{
	struct portbus_access access = {.size = 4, .is_write = true, .value = REQUEST};
	struct lde_console_req *req = guestmem_at(&mem, gpa_of(REQUEST), sizeof(*req));

	*req = (struct lde_console_req){.op = LDE_CONSOLE_READ,
					.stream = LDE_STREAM_TERMINAL_IN,
					.nr_segs = 1,
					.result = LDE_CONSOLE_PENDING,
					.segs = {{BUFFER, len}}};
	vconsole_access(&console, &access);
	return req;
}

static void type(const char *keys)
{
	assert_int_equal(write(master, keys, strlen(keys)), (ssize_t)strlen(keys));
}

/* ---- the host's side ------------------------------------------------- */

static void a_terminal_that_is_taken_gives_every_byte(void **state)
{
	uint32_t nr_echoed;

	(void)state;
	assert_false(terminal_is_ours());
	assert_int_equal(terminal_take(&nr_echoed), 0);
	assert_int_equal(nr_echoed, 0);
	assert_true(terminal_is_ours());
	assert_int_equal(settings().c_lflag & (ICANON | ECHO | ISIG | IEXTEN), 0);
	assert_int_equal(settings().c_iflag & (ICRNL | IXON), 0);
	assert_int_equal(settings().c_oflag, before.c_oflag); /* others write, too */
	terminal_fini();
	assert_true(is_as_before());
	assert_false(terminal_is_ours());
}

static void output_is_processed_as_the_guest_says(void **state)
{
	uint32_t nr_echoed;

	(void)state;
	terminal_take(&nr_echoed);
	terminal_set_output(0);
	assert_int_equal(settings().c_oflag, 0);
	terminal_set_output(OPOST | ONLCR);
	assert_int_equal(settings().c_oflag, OPOST | ONLCR);
	terminal_fini();
	assert_true(is_as_before());
}

/* The host echoes in its own time. */
static void wait_for_echo(size_t len)
{
	struct pollfd pollfd = {.fd = master, .events = POLLIN};
	char shown[64];

	for (size_t seen = 0; seen < len;) {
		assert_int_equal(poll(&pollfd, 1, WAIT_MS), 1);
		ssize_t n = read(master, shown, sizeof(shown));
		assert_true(n > 0);
		seen += (size_t)n;
	}
}

static void what_was_echoed_before_is_counted(void **state)
{
	uint32_t nr_echoed;

	(void)state;
	type("early\nsh");
	wait_for_echo(strlen("early\r\nsh"));
	terminal_take(&nr_echoed);
	assert_int_equal(nr_echoed, 8);
}

/* In a child, which ends by sig with the terminal taken. */
static void end_by(int sig)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		uint32_t nr_echoed;

		signal(sig, SIG_DFL);
		terminal_take(&nr_echoed);
		raise(sig);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), sig);
}

static void a_crash_leaves_the_terminal_as_it_was(void **state)
{
	static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS};

	(void)state;
	for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++) {
		end_by(crashes[i]);
		assert_true(is_as_before());
	}
}

/* Its parent sees it stop, and the terminal as it was. */
static void stopping_gives_the_terminal_back(void **state)
{
	uint32_t nr_echoed;
	int status;
	pid_t pid = fork();

	(void)state;
	if (!pid) {
		terminal_take(&nr_echoed);
		terminal_suspend(SIGSTOP);
		_exit(settings().c_lflag & ICANON ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFSTOPPED(status));
	assert_true(is_as_before());
	kill(pid, SIGCONT);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0); /* raw again */
}

static void without_a_terminal_nothing_can_be_taken(void **state)
{
	uint32_t nr_echoed, rows, columns;

	(void)state;
	terminal_init(-1);
	assert_int_equal(terminal_take(&nr_echoed), -ENOTTY);
	assert_false(terminal_is_ours());
	assert_false(terminal_get_size(&rows, &columns));
	terminal_fini();
}

/* ---- the guest's side ------------------------------------------------ */

static void the_guest_learns_the_settings(void **state)
{
	(void)state;
	command(LDE_TERMINAL_ATTACH);
	assert_int_equal(guest()->flags[3], before.c_lflag);
	assert_int_equal(guest()->chars[VINTR], before.c_cc[VINTR]);
	assert_true(is_as_before());
	command(LDE_TERMINAL_TAKE);
	assert_int_equal(guest()->flags[0], before.c_iflag); /* not the raw ones */
	assert_int_equal(settings().c_lflag & ICANON, 0);
	guest()->output_flags = OPOST;
	command(LDE_TERMINAL_TAKE);
	assert_int_equal(settings().c_oflag, OPOST);
}

static void events_are_told_once(void **state)
{
	(void)state;
	assert_false(vtty_post(&vtty, LDE_TERMINAL_F_INTERRUPT)); /* nobody listens */
	command(LDE_TERMINAL_ATTACH);
	assert_true(vtty_post(&vtty, LDE_TERMINAL_F_INTERRUPT));
	wait_for_interrupt();
	assert_false(vtty_post(&vtty, LDE_TERMINAL_F_INTERRUPT)); /* it has not looked */
	assert_true(vtty_post(&vtty, LDE_TERMINAL_F_WINDOW));
	assert_int_equal(guest()->events, LDE_TERMINAL_F_INTERRUPT | LDE_TERMINAL_F_WINDOW);
	assert_int_equal(guest()->rows, 11);
	assert_int_equal(guest()->columns, 22);
	guest()->events = 0;
	assert_true(vtty_post(&vtty, LDE_TERMINAL_F_INTERRUPT));
}

static void the_guest_may_end_the_run(void **state)
{
	(void)state;
	command(LDE_TERMINAL_END);
	assert_int_equal(nr_escapes, 1);
	assert_int_equal(vtty.nr_refused, 0);
}

static void bad_commands_are_refused(void **state)
{
	(void)state;
	command(0);
	command(77);
	guest()->signal = SIGKILL;
	command(LDE_TERMINAL_SUSPEND);
	vtty_command(&vtty, TERMINAL + 2);
	vtty_command(&vtty, SIZE - 8);
	vtty_command(&vtty, UINT32_MAX & ~3u);
	assert_int_equal(vtty.nr_refused, 6);
	assert_int_equal(vtty.gpa, 0);
	assert_true(is_as_before());
}

static void keys_reach_the_reader_one_by_one(void **state)
{
	(void)state;
	command(LDE_TERMINAL_TAKE);
	struct lde_console_req *req = read_typed(100);
	assert_int_equal(req->result, LDE_CONSOLE_PENDING);
	type("\3");
	wait_for_interrupt();
	assert_int_equal(req->result, 1);
	assert_memory_equal(guestmem_at(&mem, gpa_of(BUFFER), 1), "\3", 1);
}

static void what_nobody_asked_for_is_kept(void **state)
{
	(void)state;
	command(LDE_TERMINAL_TAKE);
	read_typed(1);
	type("abcdef");
	wait_for_interrupt();
	struct lde_console_req *req = read_typed(3);
	if (req->result == LDE_CONSOLE_PENDING)
		wait_for_interrupt();
	assert_int_equal(req->result, 3);
	assert_memory_equal(guestmem_at(&mem, gpa_of(BUFFER), 3), "bcd", 3);
}

static void the_way_out_is_seen_without_a_reader(void **state)
{
	(void)state;
	command(LDE_TERMINAL_TAKE);
	read_typed(1);
	type("a");
	wait_for_interrupt();
	type("\x1d\x1d\x1d");
	wait_for_interrupt();
	assert_int_equal(nr_escapes, 1);
}

static void a_terminal_that_is_gone_ends_the_input(void **state)
{
	(void)state;
	command(LDE_TERMINAL_TAKE);
	struct lde_console_req *req = read_typed(1);
	close(master);
	wait_for_interrupt();
	assert_true(req->result == 0 || req->result == -EIO);
	req = read_typed(1);
	assert_true(req->result == 0 || req->result == -EIO);
	master = open("/dev/null", O_RDWR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		T(a_terminal_that_is_taken_gives_every_byte),
		T(output_is_processed_as_the_guest_says),
		T(what_was_echoed_before_is_counted),
		T(a_crash_leaves_the_terminal_as_it_was),
		T(stopping_gives_the_terminal_back),
		T(without_a_terminal_nothing_can_be_taken),
		T(the_guest_learns_the_settings),
		T(events_are_told_once),
		T(the_guest_may_end_the_run),
		T(bad_commands_are_refused),
		T(keys_reach_the_reader_one_by_one),
		T(what_nobody_asked_for_is_kept),
		T(the_way_out_is_seen_without_a_reader),
		T(a_terminal_that_is_gone_ends_the_input),
	};

	if (access("/dev/ptmx", R_OK | W_OK)) {
		print_message("there are no pseudo terminals here\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
