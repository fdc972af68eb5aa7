/* SPDX-License-Identifier: MIT */
/*
 * lde top: a run, looked at while it goes. The machine runs in a process of its own,
 * whose output and samples come by pipes, so that nothing that happens to it leaves
 * the terminal in a bad state, and nobody else writes to the screen.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "vmm/base/log.h"
#include "vmm/cli/cli.h"
#include "vmm/cli/session.h"
#include "vmm/cli/session_timeline.h"
#include "vmm/cli/status.h"
#include "vmm/cli/top_screen.h"
#include "vmm/cli/usage.h"
#include "vmm/observe/notice.h"

#define SIGNAL_STATUS 128
#define READ_SIZE     65536
#define SAMPLE_SIZE   (sizeof(struct live_sample) + LIVE_ROWS_MAX * sizeof(struct live_row))

static void print_help(void)
{
	puts("Usage: lde top [OPTION]... [-n N] PROGRAM [ARG]...\n"
	     "              [: [-n N] PROGRAM [ARG]...]...\n"
	     "Run programs as lde run does, and show meanwhile who uses the virtual CPU: the\n"
	     "processes with their states, shares, exits and system calls a second. Their\n"
	     "output is shown below; all of it is printed when the screen is left. Standard\n"
	     "error that is redirected (2>FILE) goes there, as it comes. They have no standard\n"
	     "input.\n");
	usage_print_run();
	puts("  --help             this text\n"
	     "\n"
	     "Keys: q leave, space freeze, h help, P N T E C sort by CPU, number, time, exits,\n"
	     "system calls, R the other way round, Z without those that have ended. The exit\n"
	     "status is that of lde run.\n"
	     "\n"
	     "Example: lde top -n 3 /lde/hog 5000 : /lde/ticker 50");
}

struct top {
	struct top_view view;
	pid_t child; /* 0: it has ended */
	int status;  /* its exit status, then */
	int output_fd, sample_fd; /* -1: at its end */
	uint8_t sample[SAMPLE_SIZE];
	size_t sample_len; /* that has come */
	sigset_t outside; /* the signal mask while we wait */
};

/* ---- the run -------------------------------------------------------------------- */

static volatile sig_atomic_t ended_by; /* a signal */

static void note_signal(int signal)
{
	ended_by = signal;
}

static const int ending_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
#define NR_ENDING_SIGNALS (sizeof(ending_signals) / sizeof(ending_signals[0]))

/* They come while we wait, and only then. */
static void catch_signals(struct top *top)
{
	const struct sigaction action = {.sa_handler = note_signal};
	sigset_t blocked;

	sigemptyset(&blocked);
	for (unsigned int i = 0; i < NR_ENDING_SIGNALS; i++) {
		sigaddset(&blocked, ending_signals[i]);
		sigaction(ending_signals[i], &action, NULL);
	}
	sigprocmask(SIG_BLOCK, &blocked, &top->outside);
}

/* Once the screen is left, so that who does not want to wait need not. */
static void release_signals(const struct top *top)
{
	for (unsigned int i = 0; i < NR_ENDING_SIGNALS; i++)
		signal(ending_signals[i], SIG_DFL);
	sigprocmask(SIG_SETMASK, &top->outside, NULL);
}

/* In the child: the run itself. If the view dies, it is to end as well. Its group is its
 * own, so that keys do not reach it. */
static int run_machine(struct session *session, pid_t parent, int output, int samples,
		       bool has_errors_elsewhere)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent || null < 0)
		return STATUS_LDE_FAILED;
	setpgid(0, 0);
	dup2(null, STDIN_FILENO);
	dup2(output, STDOUT_FILENO);
	if (!has_errors_elsewhere)
		dup2(output, STDERR_FILENO);
	close(null);
	close(output);
	session->sample_fd = samples;
	session->options.quiet = true;
	return session_timeline_run(session);
}

/* ---- what comes from it ------------------------------------------------------------ */

static void close_end(int *fd)
{
	close(*fd);
	*fd = -1;
}

static void take_output(struct top *top)
{
	char text[READ_SIZE];
	ssize_t len = read(top->output_fd, text, sizeof(text));

	if (len > 0)
		top_output_add(&top->view.output, text, (size_t)len);
	else if (len == 0 || errno != EINTR)
		close_end(&top->output_fd);
}

/* Bytes of the sample at the beginning of the buffer, as far as that is known. */
static size_t sample_size(const struct top *top)
{
	struct live_sample head;

	if (top->sample_len < sizeof(head))
		return sizeof(head);
	memcpy(&head, top->sample, sizeof(head));
	return sizeof(head) + head.nr_rows * sizeof(struct live_row);
}

static void show_sample(struct top *top)
{
	static struct live_row rows[LIVE_ROWS_MAX];
	struct live_sample head;

	memcpy(&head, top->sample, sizeof(head));
	memcpy(rows, top->sample + sizeof(head), head.nr_rows * sizeof(rows[0]));
	/* Without memory for the next one, the last one stays. */
	if (!top->view.is_frozen)
		top_model_add(&top->view.model, &head, rows);
}

static void take_samples(struct top *top)
{
	size_t wanted = sample_size(top);
	ssize_t len;

	/* Never beyond one sample, which fits. */
	if (wanted > sizeof(top->sample)) {
		close_end(&top->sample_fd);
		return;
	}
	len = read(top->sample_fd, top->sample + top->sample_len, wanted - top->sample_len);
	if (len == 0 || (len < 0 && errno != EINTR)) {
		close_end(&top->sample_fd);
		return;
	}
	top->sample_len += len > 0 ? (size_t)len : 0;
	if (top->sample_len >= sizeof(struct live_sample) && top->sample_len == sample_size(top)) {
		show_sample(top);
		top->sample_len = 0;
	}
}

static int status_of_wait(int status, char *text, size_t size)
{
	char name[40];

	if (WIFSIGNALED(status)) {
		snprintf(text, size, "killed by %s",
			 notice_signal_name(WTERMSIG(status), name, sizeof(name)));
		return SIGNAL_STATUS + WTERMSIG(status);
	}
	snprintf(text, size, "exit status %d", WEXITSTATUS(status));
	return WEXITSTATUS(status);
}

static void reap(struct top *top)
{
	int status;

	while (waitpid(top->child, &status, 0) < 0)
		if (errno != EINTR)
			return;
	top->child = 0;
	top->status = status_of_wait(status, top->view.end, sizeof(top->view.end));
	top->view.has_ended = true;
	top->view.is_frozen = false;
}

/* ---- looking at it ------------------------------------------------------------------- */

static void wait_for_something(struct top *top)
{
	struct pollfd fds[] = {
		{.fd = STDIN_FILENO, .events = POLLIN},
		{.fd = top->output_fd, .events = POLLIN},
		{.fd = top->sample_fd, .events = POLLIN},
	};

	if (ppoll(fds, sizeof(fds) / sizeof(fds[0]), NULL, &top->outside) <= 0)
		return;
	/* A terminal that is gone. */
	if (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL))
		ended_by = SIGHUP;
	if (fds[1].revents)
		take_output(top);
	if (fds[2].revents)
		take_samples(top);
}

static void look(struct top *top)
{
	while (!ended_by && !top_screen_take_keys(&top->view)) {
		top_screen_draw(&top->view);
		wait_for_something(top);
		if (top->child && top->output_fd < 0 && top->sample_fd < 0)
			reap(top);
	}
}

/* Whoever leaves the view ends the run; what it still says is kept. */
static void end_run(struct top *top)
{
	if (!top->child)
		return;
	kill(top->child, ended_by ? ended_by : SIGTERM);
	while (top->output_fd >= 0)
		take_output(top);
	reap(top);
}

static int print_output(struct top *top)
{
	int err = top_output_copy(&top->view.output, stdout);

	if (!err)
		return 0;
	log_line("the programs' output is not complete: %s", strerror(-err));
	return STATUS_LDE_FAILED;
}

static void refuse_terminal(int err)
{
	const char *term = getenv("TERM");

	if (err == -EOPNOTSUPP)
		log_line("TERM=%s: the cursor of this terminal cannot be moved; use another, or "
			 "lde stat",
			 term ? term : "");
	else
		log_line("TERM=%s: this terminal is not known; install ncurses-base, or give TERM "
			 "another value",
			 term ? term : "");
}

static int show(struct top *top)
{
	int err = top_output_init(&top->view.output), screen, status = 0;

	if (err) {
		log_line("no file for the programs' output: %s; is there room in /tmp?",
			 strerror(-err));
		status = STATUS_LDE_FAILED;
	} else if ((screen = top_screen_open())) {
		refuse_terminal(screen);
		status = STATUS_LDE_FAILED;
	} else {
		look(top);
		top_screen_close();
	}
	release_signals(top);
	end_run(top);
	if (!err && print_output(top) && !status)
		status = STATUS_LDE_FAILED;
	top_output_fini(&top->view.output);
	top_model_fini(&top->view.model);
	return status			     ? status
	       : ended_by && !top->status ? SIGNAL_STATUS + ended_by
					     : top->status;
}

/* Whether standard error is neither closed nor the terminal of the screen, by whatever
 * name: /dev/tty is another file. */
static bool is_error_elsewhere(void)
{
	if (fcntl(STDERR_FILENO, F_GETFD) < 0)
		return false;
	return !isatty(STDERR_FILENO) || tcgetsid(STDERR_FILENO) != tcgetsid(STDOUT_FILENO);
}

static int run_and_show(struct session *session, bool has_errors_elsewhere)
{
	static struct top top;
	int output[2], samples[2];
	pid_t parent = getpid();

	if (pipe2(output, O_CLOEXEC) || pipe2(samples, O_CLOEXEC)) {
		log_line("no pipe: %s", strerror(errno));
		return STATUS_LDE_FAILED;
	}
	fflush(stdout);
	top.view.has_errors_elsewhere = has_errors_elsewhere;
	top.child = fork();
	if (top.child < 0) {
		log_line("no second process: %s", strerror(errno));
		return STATUS_LDE_FAILED;
	}
	if (!top.child) {
		close(output[0]);
		close(samples[0]);
		return run_machine(session, parent, output[1], samples[1],
				   top.view.has_errors_elsewhere);
	}
	close(output[1]);
	close(samples[1]);
	top.output_fd = output[0];
	top.sample_fd = samples[0];
	catch_signals(&top);
	return show(&top);
}

static int check_terminal(void)
{
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		return 0;
	log_line("top needs a terminal for standard input and output; lde stat prints what a run "
		 "took, wherever it goes");
	return STATUS_LDE_FAILED;
}

int cli_top(int argc, char **argv)
{
	bool has_errors_elsewhere = is_error_elsewhere(); /* before we open anything */
	struct session session;
	int status = session_prepare(&session, OPTIONS_TOP, argc, argv, print_help);

	if (status == SESSION_READY)
		status = check_terminal();
	if (!status && session.found && !session.options.help)
		status = run_and_show(&session, has_errors_elsewhere);
	session_fini(&session);
	return status;
}
