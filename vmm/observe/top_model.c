/* SPDX-License-Identifier: MIT */
#include "vmm/observe/top_model.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "vmm/observe/notice.h"
#include "vmm/observe/quantity.h"

#define NS_PER_S 1e9
#define NR_PIDS	 65536

/* ---- from samples to rates ------------------------------------------------ */

/* What came between two values of a counter, which the guest has written. */
static uint64_t since(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

static double rate(uint64_t now, uint64_t before, uint64_t ns)
{
	return ns ? (double)since(now, before) * NS_PER_S / (double)ns : 0;
}

static double percent(uint64_t part_ns, uint64_t ns)
{
	double value = ns ? 100.0 * (double)part_ns / (double)ns : 0;

	return value > 100 ? 100 : value;
}

static uint64_t total_exits(const struct live_sample *sample)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < NR_EXIT_CAUSES; i++)
		sum += sample->nr_exits[i];
	return sum;
}

/* Whether before can be the same process at an earlier time: a number may be given
 * again. */
static bool is_earlier(const struct live_row *before, const struct live_row *now)
{
	return before->nr_syscalls <= now->nr_syscalls && before->nr_faults <= now->nr_faults &&
	       before->nr_switches <= now->nr_switches;
}

static void set_row(struct top_row *row, const struct live_row *now, const struct live_row *before,
		    uint64_t ns)
{
	static const struct live_row none;

	if (!before || !is_earlier(before, now))
		before = &none;
	row->now = *now;
	row->cpu_percent = percent(since(now->state_ns[LDE_STATE_RUNNING],
					 before->state_ns[LDE_STATE_RUNNING]), ns);
	row->exits_per_s = rate(now->nr_exits, before->nr_exits, ns);
	row->calls_per_s = rate(now->nr_syscalls, before->nr_syscalls, ns);
	row->faults_per_s = rate(now->nr_faults, before->nr_faults, ns);
	/* Who had ended before has not done anything since. */
	if (now->state == LDE_STATE_ZOMBIE && (before == &none || before->state == LDE_STATE_ZOMBIE))
		row->cpu_percent = row->exits_per_s = row->calls_per_s = row->faults_per_s = 0;
}

static void set_totals(struct top_model *model, const struct live_sample *sample)
{
	const struct live_sample *before = &model->now;
	uint64_t ns = since(sample->ns, before->ns);

	/* The first one is of all the time so far. */
	if (!before->ns)
		ns = sample->run_ns;
	model->vmm_percent = percent(since(sample->exits_ns, before->exits_ns), ns);
	model->exits_per_s = rate(total_exits(sample), total_exits(before), ns);
	model->calls_per_s = rate(sample->nr_syscalls, before->nr_syscalls, ns);
	model->faults_per_s = rate(sample->nr_faults, before->nr_faults, ns);
	model->switches_per_s = rate(sample->nr_switches, before->nr_switches, ns);
}

int top_model_add(struct top_model *model, const struct live_sample *sample,
		  const struct live_row *rows)
{
	uint64_t ns = model->now.ns ? since(sample->ns, model->now.ns) : sample->run_ns;
	uint32_t *by_pid = calloc(NR_PIDS, sizeof(*by_pid)); /* index + 1 of the row before */
	struct top_row *now = calloc(sample->nr_rows + 1, sizeof(*now));

	if (!by_pid || !now) {
		free(by_pid);
		free(now);
		return -ENOMEM;
	}
	/* From the end: who lives comes first and is the one that stays. */
	for (uint32_t i = model->nr_rows; i > 0; i--)
		by_pid[model->rows[i - 1].now.pid % NR_PIDS] = i;
	model->cpu_percent = 0;
	for (uint32_t i = 0; i < sample->nr_rows; i++) {
		uint32_t before = by_pid[rows[i].pid % NR_PIDS];

		set_row(&now[i], &rows[i], before ? &model->rows[before - 1].now : NULL, ns);
		model->cpu_percent += now[i].cpu_percent;
	}
	if (model->cpu_percent > 100)
		model->cpu_percent = 100;
	set_totals(model, sample);
	free(by_pid);
	free(model->rows);
	model->rows = now;
	model->nr_rows = sample->nr_rows;
	model->now = *sample;
	top_model_sort(model);
	return 0;
}

void top_model_fini(struct top_model *model)
{
	free(model->rows);
	*model = (struct top_model){0};
}

/* ---- order ------------------------------------------------------------------ */

static double key(const struct top_row *row, enum top_order order)
{
	switch (order) {
	case TOP_BY_PID:
		return -(double)row->now.pid;
	case TOP_BY_TIME:
		return (double)row->now.state_ns[LDE_STATE_RUNNING];
	case TOP_BY_EXITS:
		return row->exits_per_s;
	case TOP_BY_CALLS:
		return row->calls_per_s;
	default:
		return row->cpu_percent;
	}
}

/* Who lives before who has ended, the greatest first, then by number. */
static int compare(const void *a, const void *b, void *ctx)
{
	const struct top_row *x = a, *y = b;
	const struct top_model *model = ctx;
	bool x_ended = x->now.state == LDE_STATE_ZOMBIE, y_ended = y->now.state == LDE_STATE_ZOMBIE;
	double difference = key(y, model->order) - key(x, model->order);

	if (x_ended != y_ended)
		return x_ended - y_ended;
	if (difference != 0)
		return (difference > 0) != model->is_reversed ? 1 : -1;
	return x->now.pid < y->now.pid ? -1 : x->now.pid > y->now.pid;
}

void top_model_sort(struct top_model *model)
{
	if (model->nr_rows)
		qsort_r(model->rows, model->nr_rows, sizeof(*model->rows), compare, model);
}

uint32_t top_model_nr_shown(const struct top_model *model)
{
	uint32_t nr = 0;

	while (nr < model->nr_rows &&
	       !(model->hides_ended && model->rows[nr].now.state == LDE_STATE_ZOMBIE))
		nr++;
	return nr;
}

/* ---- lines -------------------------------------------------------------------- */

/* As the chart of a report has it. */
static char state_letter(uint32_t state)
{
	static const char letters[LDE_NR_STATES] = {
		[LDE_STATE_NONE] = '-',	   [LDE_STATE_READY] = 'r',  [LDE_STATE_RUNNING] = 'R',
		[LDE_STATE_BLOCKED] = 'B', [LDE_STATE_ZOMBIE] = 'E', [LDE_STATE_STOPPED] = 'S',
	};

	return state < LDE_NR_STATES ? letters[state] : '?';
}

static void format_processes(const struct live_sample *s, char *out)
{
	char run[QUANTITY_SIZE];
	uint32_t nr = 0;

	for (unsigned int i = LDE_STATE_NONE + 1; i < LDE_NR_STATES; i++)
		nr += s->nr_in_state[i];
	quantity_format_ns(s->run_ns, run, sizeof(run));
	snprintf(out, TOP_LINE_SIZE,
		 "lde top - %s, %" PRIu32 " process%s: %" PRIu32 " running, %" PRIu32
		 " ready, %" PRIu32 " blocked, %" PRIu32 " stopped, %" PRIu32 " ended",
		 run, nr, nr == 1 ? "" : "es", s->nr_in_state[LDE_STATE_RUNNING],
		 s->nr_in_state[LDE_STATE_READY], s->nr_in_state[LDE_STATE_BLOCKED],
		 s->nr_in_state[LDE_STATE_STOPPED], s->nr_in_state[LDE_STATE_ZOMBIE]);
}

static void format_rates(const struct top_model *m, char *out)
{
	char exits[QUANTITY_SIZE], calls[QUANTITY_SIZE], faults[QUANTITY_SIZE],
		switches[QUANTITY_SIZE];

	quantity_format_count((uint64_t)m->exits_per_s, exits, sizeof(exits));
	quantity_format_count((uint64_t)m->calls_per_s, calls, sizeof(calls));
	quantity_format_count((uint64_t)m->faults_per_s, faults, sizeof(faults));
	quantity_format_count((uint64_t)m->switches_per_s, switches, sizeof(switches));
	snprintf(out, TOP_LINE_SIZE,
		 "a second: %s exits, %s system calls, %s page faults, %s switches", exits, calls,
		 faults, switches);
}

void top_format_head(const struct top_model *m, unsigned int line, char out[TOP_LINE_SIZE])
{
	char used[QUANTITY_SIZE], all[QUANTITY_SIZE];

	switch (line) {
	case 0:
		format_processes(&m->now, out);
		break;
	case 1:
		snprintf(out, TOP_LINE_SIZE, "vCPU: %.1f %% processes, %.1f %% idle; %.1f %% in the VMM",
			 m->cpu_percent, 100 - m->cpu_percent, m->vmm_percent);
		break;
	case 2:
		format_rates(m, out);
		break;
	default:
		quantity_format_bytes(since(m->now.memory_bytes, m->now.free_bytes), used,
				      sizeof(used));
		quantity_format_bytes(m->now.memory_bytes, all, sizeof(all));
		snprintf(out, TOP_LINE_SIZE, "memory: %s of %s used", used, all);
	}
}

/* The column that it is sorted by has a mark. */
void top_format_title(const struct top_model *model, char out[TOP_LINE_SIZE])
{
	static const struct {
		const char *title;
		int width;
		enum top_order order;
	} columns[] = {
		{"PID", 6, TOP_BY_PID},	      {"PPID", 6, TOP_NR_ORDERS},
		{"S", 2, TOP_NR_ORDERS},      {"%CPU", 7, TOP_BY_CPU},
		{"TIME", 11, TOP_BY_TIME},    {"EXITS/s", 9, TOP_BY_EXITS},
		{"CALLS/s", 9, TOP_BY_CALLS}, {"FAULTS/s", 9, TOP_NR_ORDERS},
		{"SWITCHES", 10, TOP_NR_ORDERS},
	};
	size_t len = 0;

	for (unsigned int i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		char title[20];

		snprintf(title, sizeof(title), "%s%s",
			 columns[i].order != model->order ? "" : model->is_reversed ? "^" : "*",
			 columns[i].title);
		len += (size_t)snprintf(out + len, TOP_LINE_SIZE - len, "%*s", columns[i].width,
					title);
	}
	snprintf(out + len, TOP_LINE_SIZE - len, "  PROGRAM");
}

static void format_status(const struct live_row *row, char *out, size_t size)
{
	char name[40];

	out[0] = '\0';
	if (row->state != LDE_STATE_ZOMBIE)
		return;
	if (WIFSIGNALED(row->status))
		snprintf(out, size, " (%s)",
			 notice_signal_name(WTERMSIG(row->status), name, sizeof(name)));
	else
		snprintf(out, size, " (exit %d)", WEXITSTATUS(row->status));
}

void top_format_row(const struct top_row *row, char out[TOP_LINE_SIZE])
{
	const struct live_row *p = &row->now;
	char status[60], exits[QUANTITY_SIZE], calls[QUANTITY_SIZE], faults[QUANTITY_SIZE],
		switches[QUANTITY_SIZE];
	uint64_t ms = p->state_ns[LDE_STATE_RUNNING] / 1000000;

	format_status(p, status, sizeof(status));
	quantity_format_count((uint64_t)row->exits_per_s, exits, sizeof(exits));
	quantity_format_count((uint64_t)row->calls_per_s, calls, sizeof(calls));
	quantity_format_count((uint64_t)row->faults_per_s, faults, sizeof(faults));
	quantity_format_count(p->nr_switches, switches, sizeof(switches));
	snprintf(out, TOP_LINE_SIZE,
		 "%6" PRIu32 "%6" PRIu32 " %c%7.1f%4" PRIu64 ":%02" PRIu64 ".%03" PRIu64
		 "%9s%9s%9s%10s  %.*s%s",
		 p->pid, p->ppid, state_letter(p->state), row->cpu_percent, ms / 60000,
		 ms / 1000 % 60, ms % 1000, exits, calls, faults, switches, LIVE_NAME_SIZE, p->name,
		 status);
}
