/* SPDX-License-Identifier: MIT */
/*
 * A helper on the host: somebody at a terminal, with a shell's part in job
 * control. Runs a command in the foreground of a terminal of its own:
 *
 *	typist STEP... -- COMMAND [ARG]...
 *
 *	+TEXT   wait until TEXT has appeared since the last such step
 *	=KEYS   type; ^X is a control key, ^M Enter, ^^ a caret
 *	@RxC    make the window R rows high and C columns wide
 *	!N      send signal N to the command
 *	?raw, ?lines   wait until the terminal is so
 *	%stop   wait until the command has stopped; says if the settings are kept
 *	%fg, %bg       continue it there
 *	%back          put it in the background as it runs
 *	%hangup close the terminal
 *	~MS     wait; TYPIST_PACE in the environment makes it so many times as long
 *
 * Then it waits for the command's end, shows what has appeared, and says on its
 * last line how the command ended and whether it left the settings as they were.
 * TEST_SLOW in the environment allows it so many times as long.
 */
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 30000

static int master, slave;
static pid_t command;
static struct termios before;
static char seen[1 << 20];
static size_t nr_seen, nr_passed;
static long patience_ms = PATIENCE_MS;
static long pace = 1;
static int status;
static int has_ended, has_hung_up;

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void give_up(const char *what)
{
	fwrite(seen, 1, nr_seen, stdout);
	printf("\ntypist: %s\n", what);
	fflush(stdout);
	kill(-command, SIGKILL);
	_exit(1);
}

/* Collects what appears within ms. */
static void look(int ms)
{
	struct pollfd pollfd = { .fd = master, .events = POLLIN };

	if (has_hung_up) {
		usleep((useconds_t)ms * 1000);
		return;
	}
	if (poll(&pollfd, 1, ms) > 0 && nr_seen < sizeof(seen)) {
		ssize_t n = read(master, seen + nr_seen, sizeof(seen) - nr_seen);

		if (n > 0)
			nr_seen += (size_t)n;
		else
			usleep((useconds_t)ms * 1000);
	}
}

static void expect(const char *text)
{
	long until = now_ms() + patience_ms;

	while (now_ms() < until) {
		char *at = memmem(seen + nr_passed, nr_seen - nr_passed, text, strlen(text));

		if (at) {
			nr_passed = (size_t)(at - seen) + strlen(text);
			return;
		}
		look(50);
	}
	fprintf(stderr, "typist: waited for \"%s\"\n", text);
	give_up("it did not appear");
}

static void type(const char *keys)
{
	for (; *keys; keys++) {
		char key = *keys;

		if (key == '^' && keys[1])
			key = *++keys == '^' ? '^' : (char)(*keys == '?' ? 0x7f : *keys & 0x1f);
		if (write(master, &key, 1) != 1)
			give_up("cannot type");
	}
}

static int is_raw(void)
{
	struct termios t;

	return !tcgetattr(master, &t) && !(t.c_lflag & ICANON);
}

static int is_kept(void)
{
	struct termios t = { 0 }; /* the C library leaves some of it alone */

	return !tcgetattr(master, &t) && t.c_iflag == before.c_iflag &&
	       t.c_oflag == before.c_oflag && t.c_cflag == before.c_cflag &&
	       t.c_lflag == before.c_lflag && !memcmp(t.c_cc, before.c_cc, sizeof(t.c_cc));
}

static void expect_mode(int raw)
{
	long until = now_ms() + patience_ms;

	while (is_raw() != raw && now_ms() < until)
		look(20);
	if (is_raw() != raw)
		give_up("the terminal's mode did not change");
}

/* Until the command has ended, or stopped. */
static void wait_for_command(int options)
{
	long until = now_ms() + patience_ms;

	while (!has_ended) {
		pid_t pid = waitpid(command, &status, options | WNOHANG);

		if (pid == command) {
			has_ended = !WIFSTOPPED(status);
			return;
		}
		if (now_ms() > until)
			give_up("it did not end or stop");
		look(20);
	}
}

static void wait_for_stop(void)
{
	char line[80];

	wait_for_command(WUNTRACED);
	if (has_ended)
		give_up("it ended instead of stopping");
	tcsetpgrp(slave, getpgrp());
	look(50);
	snprintf(line, sizeof(line), "\r\n[stopped by %d, settings %s]\r\n", WSTOPSIG(status),
		 is_kept() ? "kept" : "CHANGED");
	if (nr_seen + strlen(line) < sizeof(seen)) {
		memcpy(seen + nr_seen, line, strlen(line));
		nr_seen += strlen(line);
	}
}

static void resume(int in_foreground)
{
	if (in_foreground)
		tcsetpgrp(slave, command);
	kill(-command, SIGCONT);
}

static void hang_up(void)
{
	close(slave);
	close(master);
	has_hung_up = 1;
}

static void step(const char *what)
{
	struct winsize size = { 0 };

	switch (what[0]) {
	case '+':
		expect(what + 1);
		break;
	case '=':
		type(what + 1);
		break;
	case '@':
		if (sscanf(what, "@%hux%hu", &size.ws_row, &size.ws_col) == 2)
			ioctl(master, TIOCSWINSZ, &size);
		break;
	case '!':
		kill(command, atoi(what + 1));
		break;
	case '?':
		expect_mode(!strcmp(what, "?raw"));
		break;
	case '~':
		for (long until = now_ms() + pace * atol(what + 1); now_ms() < until;)
			look(20);
		break;
	default:
		if (!strcmp(what, "%stop"))
			wait_for_stop();
		else if (!strcmp(what, "%fg") || !strcmp(what, "%bg"))
			resume(what[1] == 'f');
		else if (!strcmp(what, "%back"))
			tcsetpgrp(slave, getpgrp());
		else if (!strcmp(what, "%hangup"))
			hang_up();
		else
			give_up("no such step");
	}
}

static void start(char **argv)
{
	command = fork();
	if (command == 0) {
		setpgid(0, 0);
		tcsetpgrp(slave, getpid());
		signal(SIGTTOU, SIG_DFL);
		signal(SIGHUP, SIG_DFL);
		for (int fd = 0; fd < 3; fd++)
			dup2(slave, fd);
		close(slave);
		close(master);
		execv(argv[0], argv);
		_exit(127);
	}
	setpgid(command, command);
	tcsetpgrp(slave, command);
}

/* What the command has written may still be on its way when it has ended, for as long
 * as the host likes; what we write comes after it. */
static void look_at_the_rest(void)
{
	const char mark = '\036';
	long until = now_ms() + patience_ms;
	char *at = NULL;

	if (has_hung_up)
		return;
	tcflow(slave, TCOON);
	if (write(slave, &mark, 1) != 1)
		give_up("the terminal cannot be written to");
	while (!at && nr_seen < sizeof(seen) && now_ms() < until) {
		look(50);
		at = memchr(seen, mark, nr_seen);
	}
	if (at)
		memmove(at, at + 1, (size_t)(seen + --nr_seen - at));
}

static int session(int nr_steps, char **steps, char **argv)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };

	signal(SIGTTOU, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	if (setsid() < 0 || openpty(&master, &slave, NULL, NULL, &size) < 0 ||
	    ioctl(slave, TIOCSCTTY, 0) < 0)
		return 2;
	tcgetattr(master, &before);
	start(argv);
	for (int i = 0; i < nr_steps; i++)
		step(steps[i]);
	wait_for_command(0);
	look_at_the_rest();
	fwrite(seen, 1, nr_seen, stdout);
	printf("\nstatus %d, settings %s\n",
	       WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status),
	       has_hung_up || is_kept() ? "kept" : "CHANGED");
	return 0;
}

int main(int argc, char **argv)
{
	const char *slow = getenv("TEST_SLOW"), *how = getenv("TYPIST_PACE");
	int i = 1, result;
	pid_t pid;

	while (i < argc && strcmp(argv[i], "--") != 0)
		i++;
	if (i + 1 >= argc)
		return 2;
	if (slow && atol(slow) > 0)
		patience_ms *= atol(slow);
	if (how && atol(how) > 0)
		pace = atol(how);
	fflush(stdout);
	pid = fork(); /* setsid(2) is not for the leader of a group */
	if (pid == 0) {
		result = session(i - 1, argv + 1, argv + i + 1);
		fflush(stdout);
		_exit(result);
	}
	return waitpid(pid, &result, 0) == pid && WIFEXITED(result) ? WEXITSTATUS(result) : 2;
}
