/* SPDX-License-Identifier: MIT */
#include "vmm/cli/probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/base/log.h"
#include "vmm/cli/capture.h"
#include "vmm/cli/session.h"
#include "vmm/cli/session_summary.h"
#include "vmm/observe/quantity.h"

/* Long for a machine that answers at all; a hung one must not hang doctor. */
#define PROBE_TIMEOUT "20s"

struct probe_key {
	const char *name;
	uint64_t *value;
	bool in_cycles;
};

static void probe_take(struct probe *probe, const char *key, const char *value)
{
	const struct probe_key keys[] = {
		{"ring", &probe->ring, false},
		{"syscall_cycles", &probe->syscall_ns, true},
		{"page_fault_cycles", &probe->page_fault_ns, true},
		{"yield_cycles", &probe->yield_ns, true},
		{"write_cycles", &probe->write_ns, true},
		{"timer_late_ns", &probe->timer_late_ns, false},
		{"timer_late_worst_ns", &probe->timer_late_worst_ns, false},
	};

	if (strcmp(key, "features") == 0)
		snprintf(probe->features, sizeof(probe->features), "%s", value);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(key, keys[i].name) != 0)
			continue;
		*keys[i].value = strtoull(value, NULL, 10);
		if (keys[i].in_cycles)
			*keys[i].value = quantity_tsc_to_ns(*keys[i].value, probe->tsc_hz);
	}
}

void probe_parse(struct probe *probe, const char *text)
{
	char line[PROBE_FEATURES_SIZE + 32];

	while (*text) {
		size_t len = strcspn(text, "\n");
		char *equals;

		snprintf(line, sizeof(line), "%.*s", (int)len, text);
		equals = strchr(line, '=');
		if (equals) {
			*equals = '\0';
			probe_take(probe, line, equals + 1);
		}
		text += len + (text[len] == '\n');
	}
}

static void probe_take_report(struct probe *probe, const struct session *session)
{
	const struct machine_report *report = &session->report;
	const struct exit_counter *console = &report->exits.causes[EXIT_CONSOLE];
	struct session_summary built;

	probe->tsc_hz = report->tsc_hz;
	if (console->count)
		probe->exit_ns = exits_percentile_ns(console, 50);
	probe->started = report->ledger != NULL;
	if (report->ledger)
		probe->ring0_emulated = report->ledger->flags & LDE_LEDGER_F_RING0_EMULATED;
	if (session_summary_build(&built, session, 0) == 0) {
		probe->start_ns = summary_start_ns(&built.summary);
		session_summary_fini(&built);
	}
}

static bool probe_run_session(struct probe *probe, struct session *session)
{
	struct capture capture;
	char *text = NULL;
	int status, err = capture_start(&capture);

	if (err) {
		log_line("no probe: its output cannot be caught: %s", strerror(-err));
		return false;
	}
	status = session_run(session);
	err = capture_stop(&capture, &text);
	if (session->ran)
		probe_take_report(probe, session);
	if (session->ran && session->report.end == MACHINE_END_SIGNAL)
		probe->ended_by = session->report.signal;
	if (text)
		probe_parse(probe, text);
	free(text);
	return status == 0 && err == 0;
}

bool probe_run(struct probe *probe)
{
	char *argv[] = {(char *)"run", (char *)"--timeout", (char *)PROBE_TIMEOUT,
			(char *)PROBE_PROGRAM, NULL};
	struct session session;

	*probe = (struct probe){0};
	if (session_prepare(&session, OPTIONS_RUN, 4, argv, NULL) == SESSION_READY)
		probe->finished = probe_run_session(probe, &session);
	session_fini(&session);
	return probe->finished;
}
