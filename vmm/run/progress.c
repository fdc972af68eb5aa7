/* SPDX-License-Identifier: MIT */
#include "vmm/run/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "vmm/base/periodic.h"
#include "vmm/base/status_line.h"
#include "vmm/host/terminal.h"
#include "vmm/observe/quantity.h"

#define BEGIN_NS  UINT64_C(2000000000) /* shorter runs have no line */
#define PERIOD_NS UINT64_C(250000000)
#define NS_PER_S  UINT64_C(1000000000)

struct progress {
	bool (*facts)(void *ctx, struct progress_facts *facts);
	void *ctx;
	struct periodic *periodic;
	uint64_t start_ns;
	uint64_t last_ns, last_exits;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

void progress_format(const struct progress_facts *facts, uint64_t elapsed_ns,
		     uint64_t exits_per_s, char *out, unsigned long size)
{
	static const struct {
		enum lde_process_state state;
		const char *name;
	} shown[] = {
		{LDE_STATE_RUNNING, "running"}, {LDE_STATE_READY, "ready"},
		{LDE_STATE_BLOCKED, "blocked"}, {LDE_STATE_STOPPED, "stopped"},
		{LDE_STATE_ZOMBIE, "ended"},
	};
	char exits[QUANTITY_SIZE];
	unsigned long len = 0;

	len += (unsigned long)snprintf(out, size, "lde: %" PRIu64 ".%" PRIu64 " s", elapsed_ns / NS_PER_S,
				       elapsed_ns % NS_PER_S / (NS_PER_S / 10));
	for (unsigned int i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		if (facts->states[shown[i].state] && len < size)
			len += (unsigned long)snprintf(out + len, size - len, ", %" PRIu32 " %s",
						       facts->states[shown[i].state],
						       shown[i].name);
	if (len < size)
		snprintf(out + len, size - len, ", %s exits/s",
			 quantity_format_count(exits_per_s, exits, sizeof(exits)));
}

/* In the background the terminal is another's. */
static bool may_write(void)
{
	return !terminal_is_taken() && tcgetpgrp(STDERR_FILENO) == getpgrp();
}

static size_t columns(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_col ? 80 : size.ws_col;
}

static void show(void *ctx)
{
	struct progress *progress = ctx;
	struct progress_facts facts = {0};
	uint64_t now = now_ns(), past = now - progress->last_ns, rate;
	char text[200];

	if (!may_write() || !progress->facts(progress->ctx, &facts)) {
		status_line_hide();
		return;
	}
	rate = past ? (facts.nr_exits - progress->last_exits) * NS_PER_S / past : 0;
	progress->last_ns = now;
	progress->last_exits = facts.nr_exits;
	progress_format(&facts, now - progress->start_ns, rate, text, sizeof(text));
	status_line_show(text, columns());
}

struct progress *progress_start(bool (*facts)(void *ctx, struct progress_facts *facts), void *ctx)
{
	struct progress *progress = calloc(1, sizeof(*progress));

	if (!progress)
		return NULL;
	progress->facts = facts;
	progress->ctx = ctx;
	progress->start_ns = progress->last_ns = now_ns();
	progress->periodic = periodic_start(show, progress, BEGIN_NS, PERIOD_NS);
	if (progress->periodic)
		return progress;
	free(progress);
	return NULL;
}

void progress_stop(struct progress *progress)
{
	if (!progress)
		return;
	periodic_stop(progress->periodic);
	status_line_hide();
	free(progress);
}
