/* SPDX-License-Identifier: MIT */
#include "vmm/cli/session_timeline.h"

#include <signal.h>
#include <string.h>

#include "vmm/base/log.h"
#include "vmm/base/scratch.h"
#include "vmm/cli/show.h"
#include "vmm/cli/status.h"

/* Makes a folder for a trace. 0, or the exit status after a message. */
static int make_folder(struct scratch *scratch)
{
	int err = scratch_make(scratch, "timeline");

	if (!err)
		return 0;
	log_line("--timeline: no folder for the trace: %s: %s; set TMPDIR, or give --trace DIR",
		 scratch->dir, strerror(-err));
	return STATUS_LDE_FAILED;
}

static int print_report(const char *dir, int status)
{
	struct timeline timeline;
	char why[300];
	int err = timeline_read(&timeline, dir, NULL, why, sizeof(why)), shown;

	if (err && !timeline.nr_events) {
		shown = show_failed("no timeline", why);
	} else {
		if (err)
			log_line("%s: %s; this is what comes before", dir, why);
		shown = show_text(&timeline, dir, SHOW_ROWS_DEFAULT, stderr);
	}
	timeline_fini(&timeline);
	return status ? status : shown;
}

int session_timeline_run(struct session *session)
{
	bool is_wanted = session->options.timeline;
	bool is_temporary = is_wanted && !session->options.trace_dir;
	void (*before)(int);
	struct scratch scratch;
	int status;

	if (is_temporary) {
		status = make_folder(&scratch);
		if (status)
			return status;
		session->options.trace_dir = scratch.dir;
		session->hides_trace = true;
	}
	status = session_run(session);
	/* Who reads the report may go away; the folder is to go in any case. */
	before = signal(SIGPIPE, SIG_IGN);
	if (is_wanted && session->ran)
		status = print_report(session->options.trace_dir, status);
	if (is_temporary) {
		session->options.trace_dir = NULL;
		scratch_remove(&scratch);
	}
	signal(SIGPIPE, before);
	return status;
}
