/* SPDX-License-Identifier: MIT */
#include "vmm/cli/session_timeline.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmm/base/log.h"
#include "vmm/cli/show.h"
#include "vmm/cli/status.h"

#define DIR_SIZE 256

/* Makes a folder for a trace. 0, or the exit status after a message. */
static int make_folder(char dir[DIR_SIZE])
{
	const char *tmp = getenv("TMPDIR");

	snprintf(dir, DIR_SIZE, "%.200s/lde-timeline.XXXXXX",
		 tmp && *tmp ? tmp : "/tmp");
	if (mkdtemp(dir))
		return 0;
	log_line("--timeline: no folder for the trace: %s: %s; set TMPDIR, or give --trace DIR", dir,
		 strerror(errno));
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

static void delete_folder(const char *dir)
{
	DIR *open_dir = opendir(dir);
	const struct dirent *entry;

	while (open_dir && (entry = readdir(open_dir)))
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(open_dir), entry->d_name, 0);
	if (open_dir)
		closedir(open_dir);
	rmdir(dir);
}

int session_timeline_run(struct session *session)
{
	bool is_wanted = session->options.timeline;
	bool is_temporary = is_wanted && !session->options.trace_dir;
	void (*before)(int);
	char dir[DIR_SIZE];
	int status;

	if (is_temporary) {
		status = make_folder(dir);
		if (status)
			return status;
		session->options.trace_dir = dir;
		session->hides_trace = true;
	}
	status = session_run(session);
	/* Who reads the report may go away; the folder is to go in any case. */
	before = signal(SIGPIPE, SIG_IGN);
	if (is_wanted && session->ran)
		status = print_report(session->options.trace_dir, status);
	if (is_temporary) {
		delete_folder(dir);
		session->options.trace_dir = NULL;
	}
	signal(SIGPIPE, before);
	return status;
}
