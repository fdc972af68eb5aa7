/* SPDX-License-Identifier: MIT */
#include "vmm/observe/gantt.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/observe/quantity.h"

#define LABEL_WIDTH 18 /* number and name, before the cells */
#define NR_KINDS    9  /* of what a cell may show: states first, then modes */
#define KIND_OF_MODE(mode) ((mode) + 5)
#define KIND_NOTHING 0
#define KIND_READY   1
#define KIND_RUNNING 2
#define KIND_BLOCKED 3
#define KIND_STOPPED 4
#define LETTER_RUN   3 /* cells that must be alike for a letter */

/* One row: the time of each kind in each cell. */
struct row {
	uint64_t (*cells)[NR_KINDS];
};

struct gantt {
	struct gantt_style style;
	const struct timeline *done;
	uint64_t begin_ns, length_ns;
	size_t nr_cells;
	uint32_t nr_processes; /* rows of them */
	struct row vcpus[TRACE_VCPUS_MAX];
	struct row *processes;
};

struct look {
	char letter;
	char ascii;
	const char *block;
	const char *sgr;
	const char *means;
};

static const struct look looks[NR_KINDS] = {
	[KIND_NOTHING] = {' ', ' ', " ", "", ""},
	[KIND_READY] = {'r', '-', "\u2592", "33", "ready"},
	[KIND_RUNNING] = {'R', '#', "\u2588", "32", "running"},
	[KIND_BLOCKED] = {'B', '.', "\u2591", "34", "blocked"},
	[KIND_STOPPED] = {'S', '_', "\u2581", "36", "stopped"},
	[KIND_OF_MODE(TIMELINE_IDLE)] = {'i', '.', "\u00b7", "90", "idle"},
	[KIND_OF_MODE(TIMELINE_USER)] = {'U', '#', "\u2588", "32", "user"},
	[KIND_OF_MODE(TIMELINE_KERNEL)] = {'K', '=', "\u2593", "31", "kernel"},
	[KIND_OF_MODE(TIMELINE_EXITED)] = {'V', '-', "\u2592", "35", "VMM"},
};

/* ---- filling ------------------------------------------------------------- */

static int row_create(struct row *row, size_t nr_cells)
{
	row->cells = calloc(nr_cells, sizeof(*row->cells));
	return row->cells ? 0 : -1;
}

static uint64_t cell_begin_ns(const struct gantt *g, size_t cell)
{
	return g->begin_ns +
	       (uint64_t)((unsigned __int128)g->length_ns * cell / g->nr_cells);
}

static void fill(struct gantt *g, struct row *row, unsigned int kind, uint64_t begin_ns,
		 uint64_t end_ns)
{
	uint64_t from_ns = begin_ns > g->begin_ns ? begin_ns - g->begin_ns : 0;
	size_t cell;

	if (!row->cells || !g->length_ns || from_ns >= g->length_ns)
		return;
	cell = (size_t)((unsigned __int128)from_ns * g->nr_cells / g->length_ns);
	for (; cell < g->nr_cells && begin_ns < end_ns; cell++) {
		uint64_t next_ns = cell_begin_ns(g, cell + 1);
		uint64_t until_ns = end_ns < next_ns ? end_ns : next_ns;

		if (until_ns > begin_ns) {
			row->cells[cell][kind] += until_ns - begin_ns;
			begin_ns = until_ns;
		}
	}
}

static void add_state(void *ctx, const struct timeline_span *span)
{
	struct gantt *g = ctx;

	static const uint8_t kinds[LDE_NR_STATES] = {
		[LDE_STATE_READY] = KIND_READY,
		[LDE_STATE_RUNNING] = KIND_RUNNING,
		[LDE_STATE_BLOCKED] = KIND_BLOCKED,
		[LDE_STATE_STOPPED] = KIND_STOPPED,
	};

	if (kinds[span->state] && span->process->idx < g->nr_processes)
		fill(g, &g->processes[span->process->idx], kinds[span->state], span->begin_ns,
		     span->end_ns);
}

static void add_occupation(void *ctx, const struct timeline_occupation *span)
{
	struct gantt *g = ctx;

	fill(g, &g->vcpus[span->vcpu], KIND_OF_MODE(span->mode), span->begin_ns, span->end_ns);
}

struct timeline_sink gantt_sink(struct gantt *gantt)
{
	return (struct timeline_sink){
		.ctx = gantt, .state = add_state, .occupation = add_occupation};
}

struct gantt *gantt_create(const struct timeline *done, const struct gantt_style *style)
{
	struct gantt *g = calloc(1, sizeof(*g));
	int err = 0;

	if (!g)
		return NULL;
	g->style = *style;
	g->done = done;
	g->begin_ns = done->begin_ns;
	g->length_ns = timeline_length_ns(done);
	g->nr_cells = style->width - LABEL_WIDTH - 1;
	g->nr_processes = done->nr_processes < style->rows_max ? done->nr_processes
							       : (uint32_t)style->rows_max;
	g->processes = calloc(g->nr_processes + 1, sizeof(*g->processes));
	err = g->processes ? 0 : -1;
	for (unsigned int i = 0; !err && i < TRACE_VCPUS_MAX; i++)
		if (done->vcpus[i].is_used)
			err = row_create(&g->vcpus[i], g->nr_cells);
	for (uint32_t i = 0; !err && i < g->nr_processes; i++)
		err = row_create(&g->processes[i], g->nr_cells);
	if (!err)
		return g;
	gantt_destroy(g);
	return NULL;
}

void gantt_destroy(struct gantt *gantt)
{
	if (!gantt)
		return;
	for (uint32_t i = 0; gantt->processes && i < gantt->nr_processes; i++)
		free(gantt->processes[i].cells);
	for (unsigned int i = 0; i < TRACE_VCPUS_MAX; i++)
		free(gantt->vcpus[i].cells);
	free(gantt->processes);
	free(gantt);
}

/* ---- printing ------------------------------------------------------------- */

/* The one with most time; of a process, RUNNING if it ran at least an eighth. */
static unsigned int kind_of(const uint64_t *cell, uint64_t whole_ns)
{
	unsigned int most = KIND_NOTHING;
	uint64_t known_ns = 0;

	for (unsigned int i = 1; i < NR_KINDS; i++) {
		known_ns += cell[i];
		if (cell[i] > cell[most])
			most = i;
	}
	if (cell[KIND_RUNNING] && cell[KIND_RUNNING] >= whole_ns / 8)
		return KIND_RUNNING;
	return known_ns >= whole_ns / 2 ? most : KIND_NOTHING;
}

/* A block as high as the part of the cell in which the process ran. */
static const char *running_block(uint64_t ran_ns, uint64_t whole_ns)
{
	static const char *const blocks[] = {"\u2581", "\u2582", "\u2583", "\u2584",
					     "\u2585", "\u2586", "\u2587", "\u2588"};
	uint64_t eighths = (ran_ns >> 1) / ((whole_ns >> 4) + 1);

	return blocks[eighths > 7 ? 7 : eighths];
}

static void print_cell(const struct gantt *g, const uint64_t *cell, unsigned int kind,
		       bool letter, uint64_t whole_ns, FILE *out)
{
	const struct look *look = &looks[kind];

	if (letter)
		fputc(look->letter, out);
	else if (!g->style.unicode)
		fputc(look->ascii, out);
	else if (kind == KIND_RUNNING)
		fputs(running_block(cell[KIND_RUNNING], whole_ns), out);
	else
		fputs(look->block, out);
}

static void print_row(const struct gantt *g, const struct row *row, FILE *out)
{
	unsigned int last = KIND_NOTHING;
	size_t end = 0;

	for (size_t i = 0; i < g->nr_cells; i++) {
		uint64_t whole_ns = cell_begin_ns(g, i + 1) - cell_begin_ns(g, i);
		unsigned int kind = kind_of(row->cells[i], whole_ns);

		if (i == end) { /* a new run of cells that are alike */
			for (end = i + 1; end < g->nr_cells; end++)
				if (kind_of(row->cells[end], cell_begin_ns(g, end + 1) -
								      cell_begin_ns(g, end)) != kind)
					break;
			if (g->style.colour && kind != last)
				fprintf(out, "\033[%sm", looks[kind].sgr);
			last = kind;
			print_cell(g, row->cells[i], kind, end - i >= LETTER_RUN, whole_ns, out);
		} else {
			print_cell(g, row->cells[i], kind, false, whole_ns, out);
		}
	}
	fputs(g->style.colour && last != KIND_NOTHING ? "\033[m\n" : "\n", out);
}

static void print_axis(const struct gantt *g, FILE *out)
{
	size_t nr_marks = g->nr_cells / 18, at = LABEL_WIDTH, left;
	char text[QUANTITY_SIZE];

	fprintf(out, "%*s", LABEL_WIDTH, "");
	for (size_t i = 0; i < nr_marks; i++) {
		size_t cell = i * g->nr_cells / nr_marks;

		if (at < LABEL_WIDTH + cell)
			at += (size_t)fprintf(out, "%*s", (int)(LABEL_WIDTH + cell - at), "");
		at += (size_t)fprintf(out, "|%s", quantity_format_ns(cell_begin_ns(g, cell), text,
								     sizeof(text)));
	}
	quantity_format_ns(g->begin_ns + g->length_ns, text, sizeof(text));
	left = LABEL_WIDTH + g->nr_cells > at ? LABEL_WIDTH + g->nr_cells - at : 0;
	fprintf(out, "%*s|\n", (int)left, strlen(text) < left ? text : "");
}

static void print_looks(const struct gantt *g, const char *title, unsigned int first,
			unsigned int last, FILE *out)
{
	fprintf(out, " %-*s", LABEL_WIDTH - 1, title);
	for (unsigned int i = first; i <= last; i++) {
		const struct look *look = &looks[i];
		const char *sgr = g->style.colour ? look->sgr : NULL;

		fprintf(out, "%s%s%s%c", sgr ? "\033[" : "", sgr ? sgr : "", sgr ? "m" : "",
			look->letter);
		if (g->style.unicode)
			fprintf(out, "%s%s", look->block, look->block);
		else
			fprintf(out, "%c%c", look->ascii, look->ascii);
		fprintf(out, "%s %s%s", sgr ? "\033[m" : "", look->means, i < last ? "   " : "");
	}
	fputc('\n', out);
}

void gantt_print(const struct gantt *gantt, FILE *out)
{
	const struct timeline *done = gantt->done;

	print_axis(gantt, out);
	for (unsigned int i = 0; i < TRACE_VCPUS_MAX; i++)
		if (gantt->vcpus[i].cells) {
			fprintf(out, " vCPU %-*u", LABEL_WIDTH - 6, i);
			print_row(gantt, &gantt->vcpus[i], out);
		}
	for (uint32_t i = 0; i < gantt->nr_processes; i++) {
		const struct timeline_process *p = &done->processes[i];

		fprintf(out, " %4" PRIu32 " %-11.11s ", p->pid, p->name[0] ? p->name : "?");
		print_row(gantt, &gantt->processes[i], out);
	}
	if (done->nr_processes > gantt->nr_processes)
		fprintf(out, " ... and %" PRIu32 " more (--rows N shows N)\n",
			done->nr_processes - gantt->nr_processes);
	fputc('\n', out);
	print_looks(gantt, "vCPUs", KIND_OF_MODE(TIMELINE_IDLE), KIND_OF_MODE(TIMELINE_EXITED),
		    out);
	print_looks(gantt, "processes", KIND_READY, KIND_STOPPED, out);
}
