/* SPDX-License-Identifier: MIT */
#include "vmm/cli/demo_run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmm/base/log.h"
#include "vmm/cli/output.h"
#include "vmm/cli/session.h"
#include "vmm/cli/show.h"
#include "vmm/cli/status.h"
#include "vmm/observe/notice.h"
#include "vmm/observe/report_story.h"

#define COLUMNS	  78
#define WORDS_MAX 64
#define NAME_SIZE 16

/* Stands in the output before the name of a trace, which ends the line. */
#define MARK '\f'

/* ---- a reader that goes away -------------------------------------------------- */

static volatile sig_atomic_t has_reader_gone;

static void note_reader_gone(int signal)
{
	(void)signal;
	has_reader_gone = 1;
}

/* One that is ignored stays so: then writing fails, and main says so. */
static void hold_pipe_signal(struct demo_stage *stage)
{
	const struct sigaction action = {.sa_handler = note_reader_gone};

	has_reader_gone = 0;
	sigaction(SIGPIPE, NULL, &stage->old_pipe);
	if (stage->old_pipe.sa_handler != SIG_IGN)
		sigaction(SIGPIPE, &action, NULL);
}

/* 0, or what to return at once: there is nobody to show something. */
static int check_reader(void)
{
	if (has_reader_gone)
		return STATUS_SIGNAL + SIGPIPE;
	if (!ferror(stdout))
		return 0;
	log_line("cannot write to standard output");
	return STATUS_LDE_FAILED;
}

/* Once nothing is left behind, lde ends as whoever writes to no reader. */
static void release_pipe_signal(const struct demo_stage *stage)
{
	sigaction(SIGPIPE, &stage->old_pipe, NULL);
	if (has_reader_gone)
		raise(SIGPIPE);
}

/* ---- the stage --------------------------------------------------------------- */

static int fail_to_open(struct demo_stage *stage, const char *what, int err)
{
	log_line("%s: %s; set TMPDIR to where you may write", what, strerror(err));
	if (stage->home >= 0)
		close(stage->home);
	scratch_remove(&stage->folder);
	release_pipe_signal(stage);
	return STATUS_LDE_FAILED;
}

int demo_stage_open(struct demo_stage *stage, FILE *page)
{
	int err = scratch_make(&stage->folder, "demo");

	stage->home = -1;
	stage->nr_traces = 0;
	stage->page = page;
	if (err) {
		log_line("cannot make a folder %s: %s; set TMPDIR to where you may write",
			 stage->folder.dir, strerror(-err));
		return STATUS_LDE_FAILED;
	}
	hold_pipe_signal(stage);
	stage->home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (stage->home < 0)
		return fail_to_open(stage, "cannot come back to this folder", errno);
	if (chdir(stage->folder.dir) < 0)
		return fail_to_open(stage, stage->folder.dir, errno);
	err = page ? capture_start_both(&stage->capture) : 0;
	if (!err)
		return 0;
	if (fchdir(stage->home) < 0)
		log_line("cannot come back to where it was started: %s", strerror(errno));
	return fail_to_open(stage, "cannot keep the output for the page", -err);
}

/* What was printed, with the timelines in it. */
static void write_page(FILE *out, const char *title, const char *text)
{
	char why[300], name[NAME_SIZE];

	report_story_begin(out, title);
	while (*text) {
		size_t len = strcspn(text, "\f");

		if (len)
			report_story_text(out, text, len);
		text += len;
		if (*text != MARK)
			continue;
		len = strcspn(text, "\n");
		snprintf(name, sizeof(name), "%.*s", (int)len - 1, text + 1);
		text += len + (text[len] == '\n');
		if (report_story_trace(out, name, why, sizeof(why)))
			report_story_text(out, why, strlen(why));
	}
	report_story_end(out);
}

/* 0, or the exit status after a message. */
static int flush_page(FILE *page)
{
	int err = output_flush(page);

	if (!err)
		return 0;
	if (!has_reader_gone)
		log_line("the page cannot be written: %s", strerror(-err));
	return STATUS_LDE_FAILED;
}

static int finish_page(struct demo_stage *stage, const char *title, int status)
{
	char *text = NULL;

	if (capture_stop(&stage->capture, &text) || !text) {
		log_line("the output for the page is lost");
		return status ? status : STATUS_LDE_FAILED;
	}
	if (status) {
		fputs(text, stderr); /* it says why */
	} else {
		write_page(stage->page, title, text);
		status = flush_page(stage->page);
	}
	free(text);
	return status;
}

int demo_stage_close(struct demo_stage *stage, const char *title, int status)
{
	if (stage->page)
		status = finish_page(stage, title, status);
	if (fchdir(stage->home) < 0)
		log_line("cannot come back to where it was started: %s", strerror(errno));
	close(stage->home);
	scratch_remove(&stage->folder);
	release_pipe_signal(stage);
	return status;
}

/* ---- runs ------------------------------------------------------------------------ */

/* Words in lines, the later ones behind indent; prefix is what the first begins with. */
static void print_wrapped(const char *prefix, const char *indent, const char *const *words,
			  const char *line_end)
{
	size_t column = strlen(prefix);

	fputs(prefix, stdout);
	for (; *words; words++) {
		if (column + 1 + strlen(*words) > COLUMNS) {
			printf("%s\n%s", line_end, indent);
			column = strlen(indent);
		}
		column += (size_t)printf(" %s", *words);
	}
	putchar('\n');
}

static void print_command(const char *const *argv)
{
	print_wrapped("  $ lde", "       ", argv, " \\");
	putchar('\n');
	fflush(stdout); /* before the programs write past stdio */
}

/* A terminal would break these long lines anywhere. */
static void print_notice(void *ctx, const struct lde_notice *notice)
{
	char text[NOTICE_TEXT_SIZE], *rest = text;
	const char *words[NOTICE_TEXT_SIZE / 2 + 1];
	size_t nr = 0;

	(void)ctx;
	notice_format(notice, text, sizeof(text));
	while ((words[nr] = strsep(&rest, " ")))
		nr++;
	print_wrapped("lde:", "    ", words, "");
	fflush(stdout);
}

/* The command with --trace, if it is to have one: into argv, whose length is returned. */
static int complete(struct demo_stage *stage, const struct demo_command *command,
		    const char **argv, char trace[NAME_SIZE])
{
	int argc = 0;

	trace[0] = '\0';
	if (command->trace)
		snprintf(trace, NAME_SIZE, "%s", command->trace);
	else if (stage->page)
		snprintf(trace, NAME_SIZE, "run%u", ++stage->nr_traces);
	for (const char *const *word = command->argv; *word && argc < WORDS_MAX - 3; word++) {
		argv[argc++] = *word;
		if (argc == 1 && trace[0]) {
			argv[argc++] = "--trace";
			argv[argc++] = trace;
		}
	}
	argv[argc] = NULL;
	return argc;
}

static int show_trace(const struct demo_stage *stage, const struct demo_command *command,
		      const char *trace)
{
	if (stage->page) {
		printf("%c%s\n", MARK, trace);
		return 0;
	}
	if (!command->has_chart)
		return 0;
	printf("\n  $ lde report %s          (the tables that follow are left out)\n\n", trace);
	return show_chart(trace, stdout);
}

int demo_run(struct demo_stage *stage, const struct demo_command *command)
{
	const char *argv[WORDS_MAX];
	char trace[NAME_SIZE];
	int argc = complete(stage, command, argv, trace);
	struct session session;
	int status;

	print_command(argv);
	status = check_reader();
	if (status)
		return status;
	/* getopt may permute what it is given, but with "+" it does not. */
	status = session_prepare(&session, OPTIONS_RUN, argc, (char **)argv, NULL);
	session.hides_trace = true;
	session.print_notice = print_notice;
	if (status == SESSION_READY) {
		status = session_run(&session);
		if (session.ran && command->take)
			command->take(command->ctx, &session.report);
		if (session.ran && trace[0] && show_trace(stage, command, trace))
			status = STATUS_LDE_FAILED;
	}
	session_fini(&session);
	putchar('\n');
	return status;
}
