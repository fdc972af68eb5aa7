/* SPDX-License-Identifier: MIT */
#include "vmm/observe/strip.h"

#include <lde/ledger.h>

static const char symbols[STRIP_NR_STATES + 1] = " -.=#";

void strip_init(struct strip *strip, uint64_t start_ns, uint64_t end_ns)
{
	*strip = (struct strip){.start_ns = start_ns, .end_ns = end_ns};
	if (end_ns <= start_ns)
		strip->end_ns = start_ns + 1;
	strip->disk.state = STRIP_BLOCKED;
}

/* Adds the time from then to now to the columns that it is in. */
static void book(const struct strip *strip, struct strip_line *line, uint64_t now_ns)
{
	const uint64_t length = strip->end_ns - strip->start_ns;
	uint64_t from = line->since_ns > strip->start_ns ? line->since_ns : strip->start_ns;
	uint64_t to = now_ns < strip->end_ns ? now_ns : strip->end_ns;

	line->since_ns = now_ns;
	while (from < to) {
		uint64_t column = (from - strip->start_ns) * STRIP_COLUMNS / length;
		/* Rounded up, as the column above is rounded down. */
		uint64_t end = strip->start_ns +
			       ((column + 1) * length + STRIP_COLUMNS - 1) / STRIP_COLUMNS;
		if (end > to)
			end = to;
		line->ns[column][line->state] += end - from;
		from = end;
	}
}

static void change(const struct strip *strip, struct strip_line *line, uint64_t now_ns,
		   enum strip_state state)
{
	book(strip, line, now_ns);
	line->state = state;
}

/* NULL: nobody, or one too many. */
static struct strip_line *find(struct strip *strip, uint64_t pid)
{
	for (unsigned int i = 0; i < strip->nr_processes; i++)
		if (strip->processes[i].pid == pid)
			return &strip->processes[i];
	if (!pid || strip->nr_processes == STRIP_PROCESSES_MAX)
		return NULL;
	struct strip_line *line = &strip->processes[strip->nr_processes++];
	line->pid = (uint32_t)pid;
	return line;
}

static enum strip_state state_of(uint64_t process_state)
{
	switch (process_state) {
	case LDE_STATE_READY:
		return STRIP_READY;
	case LDE_STATE_BLOCKED:
	case LDE_STATE_STOPPED:
		return STRIP_BLOCKED;
	default:
		return STRIP_ABSENT;
	}
}

static void on_switch(struct strip *strip, const struct trace_event *event)
{
	struct strip_line *before = find(strip, event->pid), *next = find(strip, event->args[1]);

	if (before)
		change(strip, before, event->ns, state_of(event->args[0]));
	if (next)
		change(strip, next, event->ns,
		       next->nr_requests ? STRIP_HOLDING : STRIP_RUNNING);
}

static void set_disk(struct strip *strip, uint64_t now_ns)
{
	change(strip, &strip->disk, now_ns,
	       strip->nr_requests ? STRIP_RUNNING : STRIP_BLOCKED);
}

static void on_issue(struct strip *strip, const struct trace_event *event)
{
	struct strip_line *line = find(strip, event->pid);

	if (strip->nr_requests == STRIP_REQUESTS_MAX)
		return;
	strip->requests[strip->nr_requests].number = event->args[3];
	strip->requests[strip->nr_requests].disk = (uint32_t)event->args[0];
	strip->requests[strip->nr_requests++].pid = event->pid;
	set_disk(strip, event->ns);
	if (!line)
		return;
	line->nr_requests++;
	if (line->state == STRIP_RUNNING)
		change(strip, line, event->ns, STRIP_HOLDING);
}

static void on_complete(struct strip *strip, const struct trace_event *event)
{
	for (unsigned int i = 0; i < strip->nr_requests; i++) {
		if (strip->requests[i].number != event->args[3] ||
		    strip->requests[i].disk != event->args[0])
			continue;
		struct strip_line *line = find(strip, strip->requests[i].pid);
		strip->requests[i] = strip->requests[--strip->nr_requests];
		set_disk(strip, event->ns);
		if (line && !--line->nr_requests && line->state == STRIP_HOLDING)
			change(strip, line, event->ns, STRIP_RUNNING);
		return;
	}
}

void strip_event(struct strip *strip, const struct trace_event *event)
{
	struct strip_line *line;

	switch (event->kind) {
	case LDE_TRACE_SCHED_SWITCH:
		on_switch(strip, event);
		break;
	case LDE_TRACE_SCHED_WAKEUP:
		line = find(strip, event->args[0]);
		if (line)
			change(strip, line, event->ns, STRIP_READY);
		break;
	case LDE_TRACE_BLOCK_ISSUE:
		on_issue(strip, event);
		break;
	case LDE_TRACE_BLOCK_COMPLETE:
		on_complete(strip, event);
		break;
	}
}

static void print_line(struct strip *strip, struct strip_line *line, FILE *out)
{
	change(strip, line, strip->end_ns > line->since_ns ? strip->end_ns : line->since_ns,
	       line->state);
	for (unsigned int column = 0; column < STRIP_COLUMNS; column++) {
		enum strip_state most = STRIP_ABSENT;
		for (enum strip_state s = STRIP_READY; s < STRIP_NR_STATES; s++)
			if (line->ns[column][s] > line->ns[column][most])
				most = s;
		fputc(symbols[most], out);
	}
}

void strip_print(struct strip *strip, FILE *out)
{
	for (unsigned int i = 0; i < strip->nr_processes; i++) {
		fprintf(out, " process %-4u |", strip->processes[i].pid);
		print_line(strip, &strip->processes[i], out);
		fputs("|\n", out);
	}
	fprintf(out, " disk         |");
	print_line(strip, &strip->disk, out);
	fputs("|\n", out);
}
