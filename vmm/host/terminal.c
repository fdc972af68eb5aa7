/* SPDX-License-Identifier: MIT */
#include "vmm/host/terminal.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* What ends a process by its own fault. */
static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP};
#define NR_CRASHES (sizeof(crashes) / sizeof(crashes[0]))

static struct {
	int fd;
	volatile sig_atomic_t is_raw; /* now */
	struct termios saved, raw;
	pthread_mutex_t lock; /* for what is above, but in the crash handler */
	bool is_taken; /* for good; atomic */
	bool is_held;  /* we are about to be stopped; atomic */
} terminal = {.fd = -1, .lock = PTHREAD_MUTEX_INITIALIZER};

int terminal_find(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (isatty(fd))
			return fd;
	return -1;
}

void terminal_init(int fd)
{
	terminal.fd = fd;
	terminal.is_taken = terminal.is_held = false;
	terminal.is_raw = 0;
}

/* tcsetattr(3) from the background does not stop us where SIGTTOU is blocked. */
static void set_whatever_happens(const struct termios *settings)
{
	sigset_t stop, before;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTTOU);
	pthread_sigmask(SIG_BLOCK, &stop, &before);
	tcsetattr(terminal.fd, TCSANOW, settings);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void on_crash(int signal)
{
	if (terminal.is_raw)
		set_whatever_happens(&terminal.saved);
	/* SA_RESETHAND: now it is the default action's turn. */
	raise(signal);
}

/* Where nobody else handles them, as a sanitizer does. */
static void watch_for_crashes(void)
{
	struct sigaction action = {.sa_handler = on_crash, .sa_flags = SA_RESETHAND}, old;

	sigfillset(&action.sa_mask);
	for (size_t i = 0; i < NR_CRASHES; i++)
		if (!sigaction(crashes[i], NULL, &old) && old.sa_handler == SIG_DFL)
			sigaction(crashes[i], &action, NULL);
}

static void make_raw(struct termios *raw, const struct termios *saved)
{
	*raw = *saved;
	raw->c_iflag &= ~(tcflag_t)(BRKINT | IGNBRK | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL |
				    IUCLC | IXON | IXOFF | IXANY);
	raw->c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	raw->c_cc[VMIN] = 1;
	raw->c_cc[VTIME] = 0;
}

static bool is_in_foreground(void)
{
	pid_t group = tcgetpgrp(terminal.fd);

	/* A terminal that is not our controlling one has no background. */
	return group < 0 || group == getpgrp();
}

int terminal_take(uint32_t *nr_echoed)
{
	int before = 0;

	*nr_echoed = 0;
	if (terminal.fd < 0)
		return -ENOTTY;
	/* Without the lock: we may be stopped in here, for long. What it is set to
	 * until then is the shell's, for its own line. */
	if (!is_in_foreground())
		raise(SIGTTOU);
	if (tcgetattr(terminal.fd, &terminal.saved))
		return -errno;
	watch_for_crashes();
	make_raw(&terminal.raw, &terminal.saved);
	terminal.is_raw = 1; /* before it is, for a crash in between */
	if (tcsetattr(terminal.fd, TCSANOW, &terminal.raw)) {
		terminal.is_raw = 0;
		return -errno;
	}
	__atomic_store_n(&terminal.is_taken, true, __ATOMIC_RELAXED);
	if (terminal.saved.c_lflag & ECHO && !ioctl(terminal.fd, FIONREAD, &before) && before > 0)
		*nr_echoed = (uint32_t)before;
	return 0;
}

bool terminal_is_taken(void)
{
	return __atomic_load_n(&terminal.is_taken, __ATOMIC_RELAXED);
}

void terminal_set_output(uint32_t c_oflag)
{
	pthread_mutex_lock(&terminal.lock);
	terminal.raw.c_oflag = c_oflag;
	if (terminal.is_raw)
		set_whatever_happens(&terminal.raw);
	pthread_mutex_unlock(&terminal.lock);
}

int terminal_get_settings(struct termios *settings)
{
	if (terminal_is_taken()) {
		*settings = terminal.saved;
		return 0;
	}
	return tcgetattr(terminal.fd, settings) ? -errno : 0;
}

static void restore(void)
{
	if (terminal.is_raw)
		set_whatever_happens(&terminal.saved);
	terminal.is_raw = 0;
}

void terminal_fini(void)
{
	pthread_mutex_lock(&terminal.lock);
	restore();
	__atomic_store_n(&terminal.is_taken, false, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&terminal.lock);
}

bool terminal_is_ours(void)
{
	if (!terminal_is_taken() || __atomic_load_n(&terminal.is_held, __ATOMIC_RELAXED) ||
	    !is_in_foreground())
		return false;
	pthread_mutex_lock(&terminal.lock);
	bool is_ours = terminal.is_taken && !terminal.is_held;
	if (is_ours && !terminal.is_raw) {
		set_whatever_happens(&terminal.raw);
		terminal.is_raw = 1;
	}
	pthread_mutex_unlock(&terminal.lock);
	return is_ours;
}

static void hold(bool is_held)
{
	pthread_mutex_lock(&terminal.lock);
	terminal.is_held = is_held;
	if (is_held)
		restore();
	pthread_mutex_unlock(&terminal.lock);
}

void terminal_suspend(int signal)
{
	struct sigaction normal = {.sa_handler = SIG_DFL}, old;
	sigset_t set, before;

	hold(true);
	sigaction(signal, &normal, &old); /* refused for SIGSTOP, which needs it not */
	sigemptyset(&set);
	sigaddset(&set, signal);
	pthread_sigmask(SIG_UNBLOCK, &set, &before);
	raise(signal);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (signal != SIGSTOP)
		sigaction(signal, &old, NULL);
	hold(false);
	terminal_is_ours();
}

bool terminal_get_size(uint32_t *rows, uint32_t *columns)
{
	struct winsize size;

	if (terminal.fd < 0 || ioctl(terminal.fd, TIOCGWINSZ, &size))
		return false;
	*rows = size.ws_row;
	*columns = size.ws_col;
	return true;
}
