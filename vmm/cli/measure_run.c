/* SPDX-License-Identifier: MIT */
#include "vmm/cli/measure_run.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmm/base/log.h"
#include "vmm/base/write_all.h"
#include "vmm/boot/embedded.h"
#include "vmm/cli/capture.h"
#include "vmm/cli/session.h"
#include "vmm/cli/status.h"

#define METER "meter"
#define CANNOT_EXECUTE 127 /* meter itself ends with less */
/* Long for a machine that answers at all. */
#define TIMEOUT "60s"

static int take_text(struct measure_result *result, const char *op, const char *text)
{
	int err = sample_parse(&result->sample, text);

	if (!err)
		return 0;
	log_line("measuring %s: %s", op,
		 err == -ENOMEM ? "out of memory" : "the program printed something else");
	return STATUS_LDE_FAILED;
}

/* ---- in the guest --------------------------------------------------------- */

static void take_report(struct measure_result *result, const struct machine_report *report)
{
	result->tsc_hz = report->tsc_hz;
	result->ring0_emulated =
		report->ledger && report->ledger->flags & LDE_LEDGER_F_RING0_EMULATED;
	for (size_t i = 0; i < report->nr_kvm_stats && result->ring0_emulated; i++)
		if (strcmp(report->kvm_stats[i].name, "insn_emulation") == 0)
			result->insns_emulated = report->kvm_stats[i].value;
}

static int run_captured(struct session *session, const char *op, struct measure_result *result)
{
	struct capture capture;
	char *text = NULL;
	int status, err = capture_start(&capture);

	if (err) {
		log_line("measuring %s: its output cannot be caught: %s", op, strerror(-err));
		return STATUS_LDE_FAILED;
	}
	session->want_kvm_stats = true;
	status = session_run(session);
	err = capture_stop(&capture, &text);
	if (!status && (err || !text))
		status = STATUS_LDE_FAILED;
	if (!status)
		status = take_text(result, op, text);
	if (!status)
		take_report(result, &session->report);
	free(text);
	return status;
}

int measure_in_guest(const char *op, unsigned int nr_samples, const char *option,
		     struct measure_result *result)
{
	char nr[16];
	const char *argv[] = {"run", "--timeout", TIMEOUT, option ? option : "--syscalls=kernel",
			      "/lde/" METER, op, nr, NULL};
	struct session session;
	int status;

	*result = (struct measure_result){0};
	snprintf(nr, sizeof(nr), "%u", nr_samples);
	/* getopt may permute what it is given, but with "+" it does not. */
	status = session_prepare(&session, OPTIONS_RUN, 7, (char **)argv, NULL);
	if (status == SESSION_READY)
		status = run_captured(&session, op, result);
	session_fini(&session);
	return status;
}

/* ---- natively --------------------------------------------------------------- */

/* The built-in program as a file, or -errno. */
static int open_meter(void)
{
	const struct embedded_program *program = embedded_find(METER);
	size_t size = (size_t)(program->end - program->start);
	int err, fd = memfd_create(METER, MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	err = write_all(fd, program->start, size);
	if (!err)
		return fd;
	close(fd);
	return err;
}

static _Noreturn void become_meter(int program, int output, const char *op, const char *nr)
{
	char *argv[] = {(char *)METER, (char *)op, (char *)nr, NULL};
	char *env[] = {NULL};

	dup2(output, STDOUT_FILENO);
	signal(SIGXFSZ, SIG_DFL); /* which main ignores */
	fexecve(program, argv, env);
	_exit(CANNOT_EXECUTE);
}

/* All that comes out of fd, malloced and terminated; NULL: no memory. */
static char *read_all(int fd)
{
	FILE *in = fdopen(fd, "r");
	char *text = NULL;
	size_t size = 0;

	if (!in) {
		close(fd);
		return NULL;
	}
	if (getdelim(&text, &size, '\0', in) < 0) {
		free(text);
		text = calloc(1, 1);
	}
	fclose(in);
	return text;
}

/* 0 or -errno: -ENOEXEC if the program did not start, -EIO if it failed, for which
 * it has said why. */
static int run_natively(int program, const char *op, const char *nr, char **text)
{
	int ends[2], status;
	pid_t pid;

	*text = NULL;
	if (pipe(ends) < 0)
		return -errno;
	pid = fork();
	if (pid < 0) {
		int err = -errno;

		close(ends[0]);
		close(ends[1]);
		return err;
	}
	if (pid == 0)
		become_meter(program, ends[1], op, nr);
	close(ends[1]);
	*text = read_all(ends[0]);
	if (waitpid(pid, &status, 0) < 0)
		return -errno;
	if (WIFEXITED(status) && WEXITSTATUS(status) == CANNOT_EXECUTE)
		return -ENOEXEC;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

int measure_natively(const char *op, unsigned int nr_samples, struct measure_result *result)
{
	char nr[16], *text = NULL;
	int err, program = open_meter();

	*result = (struct measure_result){0};
	snprintf(nr, sizeof(nr), "%u", nr_samples);
	err = program < 0 ? program : run_natively(program, op, nr, &text);
	if (program >= 0)
		close(program);
	if (!err && !text)
		err = -ENOMEM;
	if (err)
		log_line("measuring %s natively: %s", op, strerror(-err));
	else
		err = take_text(result, op, text);
	free(text);
	return err ? STATUS_LDE_FAILED : 0;
}

void measure_fini(struct measure_result *result)
{
	sample_fini(&result->sample);
}
