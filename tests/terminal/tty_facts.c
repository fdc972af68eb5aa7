/* SPDX-License-Identifier: MIT */
/*
 * What a program can do to its terminal, as facts that are the same natively and
 * in the guest. The runner types what it asks for: see there.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static struct termios usual;

static const char *error_name(void)
{
	static char number[16];

	switch (errno) {
	case EPERM: return "EPERM";
	case ESRCH: return "ESRCH";
	case EINTR: return "EINTR";
	case EIO: return "EIO";
	case ENXIO: return "ENXIO";
	case EAGAIN: return "EAGAIN";
	case EFAULT: return "EFAULT";
	case EINVAL: return "EINVAL";
	case ENOTTY: return "ENOTTY";
	default:
		snprintf(number, sizeof(number), "%d", errno);
		return number;
	}
}

#define SAY(call)                                                                                  \
	do {                                                                                       \
		long said = (call);                                                                \
		printf("%s: %s\n", #call, said < 0 ? error_name() : said ? "not 0" : "0");         \
	} while (0)

static void identity(void)
{
	struct stat by_name, open_one;
	const char *name = ttyname(0);
	int fd = open("/dev/tty", O_RDWR);

	printf("isatty %d%d%d\n", isatty(0), isatty(1), isatty(2));
	printf("it has a name: %d\n", name && !stat(name, &by_name) && !fstat(0, &open_one) &&
	       by_name.st_ino == open_one.st_ino && by_name.st_rdev == open_one.st_rdev);
	printf("/dev/tty: %d\n", fd >= 0 && isatty(fd));
	close(fd);
	printf("foreground %d\n", tcgetpgrp(0) == getpgrp());
	printf("session %d\n", tcgetsid(0) == getsid(0));
}

static void settings(void)
{
	struct termios t = usual, again;

	printf("%x %x %x\n", usual.c_iflag, usual.c_oflag, usual.c_lflag);
	for (int i = 0; i < 17; i++)
		printf("%x ", usual.c_cc[i]);
	printf("\n");
	t.c_lflag &= ~(tcflag_t)(ECHO | ICANON);
	t.c_cc[VMIN] = 3;
	t.c_oflag &= ~(tcflag_t)OPOST;
	SAY(tcsetattr(0, TCSANOW, &t));
	tcgetattr(1, &again);
	printf("%x %x %x min %d\r\n", again.c_iflag, again.c_oflag, again.c_lflag, again.c_cc[VMIN]);
	SAY(tcsetattr(0, TCSADRAIN, &usual));
	SAY(tcflush(0, TCIFLUSH));
	SAY(tcflush(0, 77));
	SAY(tcdrain(1));
	SAY(ioctl(0, TCGETS, 1));
	SAY(ioctl(0, TCSETS, 1));
	SAY(ioctl(0, TIOCGWINSZ, 1));
	SAY(ioctl(0, 0x54ff, 1));
}

static void window(void)
{
	struct winsize size = { 0 }, other = { .ws_row = 7, .ws_col = 9 };

	SAY(ioctl(0, TIOCGWINSZ, &size));
	printf("%d %d\n", size.ws_row, size.ws_col);
	signal(SIGWINCH, SIG_IGN);
	SAY(ioctl(0, TIOCSWINSZ, &other));
	ioctl(2, TIOCGWINSZ, &other);
	printf("%d %d\n", other.ws_row, other.ws_col);
	ioctl(0, TIOCSWINSZ, &size);
}

static void groups(void)
{
	pid_t none = 29999, mine = getpgrp();

	SAY(tcsetpgrp(0, mine));
	SAY(tcsetpgrp(0, -3));
	SAY(ioctl(0, TIOCSPGRP, &none));
	SAY(ioctl(0, TIOCSPGRP, 1));
	SAY(ioctl(0, TIOCSCTTY, 0));
}

/* In a child; says how it ended or stopped, and lets it go on. */
static void in_child(const char *what, void (*run)(void))
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		run();
		fflush(stdout);
		_exit(0);
	}
	for (;;) {
		waitpid(pid, &status, WUNTRACED);
		if (!WIFSTOPPED(status))
			break;
		printf("%s: stopped by %d\n", what, WSTOPSIG(status));
		fflush(stdout);
		tcsetpgrp(0, pid);
		kill(-pid, SIGCONT);
	}
	signal(SIGTTOU, SIG_IGN);
	tcsetpgrp(0, getpgrp());
	signal(SIGTTOU, SIG_DFL);
	printf("%s: %s %d\n", what, WIFEXITED(status) ? "exit" : "signal",
	       WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
}

static void without_terminal(void)
{
	SAY(setsid() < 0);
	SAY(open("/dev/tty", O_RDWR));
	SAY(tcgetpgrp(0));
	SAY(tcgetsid(0));
	SAY(ioctl(0, TIOCSCTTY, 0));
	SAY(ioctl(0, TIOCNOTTY));
	printf("and still isatty %d\n", isatty(0));
}

static void left(void)
{
	SAY(ioctl(0, TIOCNOTTY));
	SAY(ioctl(0, TIOCNOTTY));
	SAY(open("/dev/tty", O_RDWR));
	SAY(tcgetpgrp(0));
}

static void read_in_background(void)
{
	char line[64];
	ssize_t n;

	setpgid(0, 0);
	n = read(0, line, sizeof(line));
	printf("read %zd\n", n);
}

static void set_in_background(void)
{
	setpgid(0, 0);
	SAY(tcsetattr(0, TCSANOW, &usual));
}

static void write_in_background(void)
{
	struct termios t = usual;

	setpgid(0, 0);
	printf("written\n");
	fflush(stdout);
	signal(SIGTTOU, SIG_IGN);
	t.c_lflag |= TOSTOP;
	SAY(tcsetattr(0, TCSANOW, &t));
	printf("ignored, written\n");
	fflush(stdout);
	signal(SIGTTOU, SIG_DFL);
	printf("written at last\n");
	fflush(stdout);
	SAY(tcsetattr(0, TCSANOW, &usual));
}

static void ignoring_in_background(void)
{
	char byte;

	setpgid(0, 0);
	signal(SIGTTIN, SIG_IGN);
	SAY(read(0, &byte, 1));
}

static int orphan_goes[2]; /* has a writer until the orphan is to begin... */
static int orphan_done[2]; /* ...and until it has said all */

static void orphan_in_background(void)
{
	/* Its parent is gone at once, and with it who could continue it. */
	char byte;

	if (fork())
		return;
	setpgid(0, 0);
	close(orphan_goes[1]);
	if (read(orphan_goes[0], &byte, 1))
		return;
	SAY(read(0, &byte, 1));
	SAY(tcsetattr(0, TCSANOW, &usual));
}

static void say_ready(const char *what)
{
	printf("%s?\n", what);
	fflush(stdout);
}

static long ms_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - start->tv_sec) * 1000 + (now.tv_nsec - start->tv_nsec) / 1000000;
}

static void lines(void)
{
	struct pollfd pollfd = { .fd = 0, .events = POLLIN };
	char buf[64];
	int here = -1;
	ssize_t n;

	printf("poll %d\n", poll(&pollfd, 1, 0));
	say_ready("line");
	printf("poll %d\n", poll(&pollfd, 1, 10000));
	ioctl(0, FIONREAD, &here);
	printf("here %d\n", here);
	n = read(0, buf, 3);
	printf("read %zd %.*s\n", n, (int)n, buf);
	n = read(0, buf, sizeof(buf));
	printf("read %zd\n", n);
	say_ready("end");
	n = read(0, buf, sizeof(buf));
	printf("read %zd\n", n);
	fcntl(0, F_SETFL, O_NONBLOCK);
	SAY(read(0, buf, sizeof(buf)));
	fcntl(0, F_SETFL, 0);
}

static void raw(void)
{
	struct pollfd pollfd = { .fd = 0, .events = POLLIN };
	struct termios t = usual;
	struct timespec start;
	char buf[64];
	ssize_t n;

	t.c_lflag &= ~(tcflag_t)(ECHO | ICANON | ISIG);
	t.c_cc[VMIN] = 4;
	t.c_cc[VTIME] = 0;
	tcsetattr(0, TCSANOW, &t);
	say_ready("four keys");
	n = read(0, buf, sizeof(buf));
	printf("read %zd\n", n);
	t.c_cc[VMIN] = 0;
	tcsetattr(0, TCSANOW, &t);
	SAY(read(0, buf, sizeof(buf)));
	fcntl(0, F_SETFL, O_NONBLOCK);
	SAY(read(0, buf, sizeof(buf)));
	t.c_cc[VMIN] = 1;
	tcsetattr(0, TCSANOW, &t);
	SAY(read(0, buf, sizeof(buf)));
	fcntl(0, F_SETFL, 0);
	t.c_cc[VMIN] = 0;
	t.c_cc[VTIME] = 3;
	tcsetattr(0, TCSANOW, &t);
	clock_gettime(CLOCK_MONOTONIC, &start);
	SAY(read(0, buf, sizeof(buf)));
	printf("it waited: %d\n", ms_since(&start) >= 250);
	t.c_cc[VMIN] = 200;
	t.c_cc[VTIME] = 2;
	tcsetattr(0, TCSANOW, &t);
	say_ready("one key");
	n = read(0, buf, sizeof(buf));
	printf("read %zd\n", n);
	printf("poll %d\n", poll(&pollfd, 1, 0));
	say_ready("a control key");
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	tcsetattr(0, TCSANOW, &t);
	n = read(0, buf, sizeof(buf));
	printf("read %zd: %d\n", n, buf[0]);
	tcsetattr(0, TCSAFLUSH, &usual);
}

static volatile sig_atomic_t nr_signals;

static void on_signal(int sig)
{
	nr_signals++;
	(void)sig;
}

static void keys(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	char buf[64];

	sigaction(SIGINT, &action, NULL);
	say_ready("interrupt");
	SAY(read(0, buf, sizeof(buf)));
	printf("signals %d\n", nr_signals);
	action.sa_flags = SA_RESTART;
	sigaction(SIGINT, &action, NULL);
	say_ready("interrupt, line");
	printf("read %zd\n", read(0, buf, sizeof(buf)));
	printf("signals %d\n", nr_signals);
	signal(SIGINT, SIG_DFL);
}

int main(void)
{
	char byte;

	setvbuf(stdout, NULL, _IOLBF, 0);
	tcgetattr(0, &usual);
	identity();
	settings();
	window();
	groups();
	in_child("new session", without_terminal);
	in_child("left it", left);
	in_child("read", read_in_background);
	in_child("set", set_in_background);
	in_child("write", write_in_background);
	in_child("read, ignoring", ignoring_in_background);
	if (pipe(orphan_goes) || pipe(orphan_done))
		return 1;
	in_child("orphan", orphan_in_background);
	close(orphan_goes[1]);
	close(orphan_done[1]);
	printf("%zd\n", read(orphan_done[0], &byte, 1));
	lines();
	raw();
	keys();
	printf("done\n");
	return 0;
}
