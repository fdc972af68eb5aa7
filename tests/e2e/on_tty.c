/* SPDX-License-Identifier: MIT */
/*
 * A helper on the host: runs a command on a terminal of its own, types KEYS
 * when the command has printed, or after ten seconds, shows what appeared, and
 * says on its last line how the command ended and whether it left the
 * terminal's settings as they were: on_tty KEYS COMMAND [ARG]...
 */
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

static int is_same(const struct termios *a, const struct termios *b)
{
	return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_cflag == b->c_cflag &&
	       a->c_lflag == b->c_lflag && memcmp(a->c_cc, b->c_cc, sizeof(a->c_cc)) == 0;
}

/* Copies what appears until nothing has for ms milliseconds; bytes seen. */
static long show(int master, int ms)
{
	struct pollfd poll_master = { .fd = master, .events = POLLIN };
	char buf[4096];
	long seen = 0;

	while (poll(&poll_master, 1, ms) > 0) {
		ssize_t n = read(master, buf, sizeof(buf));

		if (n <= 0)
			break;
		fwrite(buf, 1, (size_t)n, stdout);
		seen += n;
		ms = 200;
	}
	return seen;
}

int main(int argc, char **argv)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	struct termios before = { 0 }, after = { 0 };
	int master, slave, status = 0;
	pid_t pid;

	if (argc < 3 || openpty(&master, &slave, NULL, NULL, &size) < 0)
		return 2;
	tcgetattr(master, &before);
	pid = fork();
	if (pid == 0) {
		close(master);
		login_tty(slave);
		execv(argv[2], argv + 2);
		_exit(127);
	}
	show(master, 10000);
	if (write(master, argv[1], strlen(argv[1])) < 0)
		return 2;
	for (int i = 0; i < 600 && waitpid(pid, &status, WNOHANG) == 0; i++)
		show(master, 50);
	show(master, 50);
	tcgetattr(master, &after);
	printf("\nstatus %d, settings %s\n",
	       WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status),
	       is_same(&before, &after) ? "kept" : "CHANGED");
	return 0;
}
