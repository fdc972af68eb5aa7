/* SPDX-License-Identifier: MIT */
/*
 * What the page is given, beside the tables of report_data.h:
 *
 *   names    what numbers of modes, states, reasons, kinds and so on mean
 *   spans    flat rows of numbers, one list for each sort of span; rows of
 *            events are preceded by their length
 *
 * Times are ns since the one before in the same list: small numbers are short.
 */
#include "vmm/observe/report_html.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/observe/report_data.h"
#include "vmm/observe/report_names.h"
#include "vmm/observe/trace_schema.h"

extern const char page_head[], page_style[], page_body[], page_data[], page_lanes[], page_view[],
	page_tables[];

/* Above it a number in JavaScript is not exact. */
#define EXACT_MAX (1ull << 53)

/* A list is made in memory, since they come mixed and are to stand apart. */
struct list {
	char *text;
	size_t size;
	FILE *file;
	struct json_stream json;
	uint64_t last_ns;
};

enum {
	LIST_STATES,
	LIST_OCCUPATION,
	LIST_CALLS,
	LIST_DISKS,
	LIST_EXITS,
	LIST_EVENTS,
	NR_LISTS,
};

struct page {
	struct list lists[NR_LISTS];
};

static const char *const list_names[NR_LISTS] = {
	"states", "occupation", "calls", "disks", "exits", "events",
};

/* ---- rows ---------------------------------------------------------------- */

static void add_number(struct list *list, uint64_t value)
{
	if (value <= EXACT_MAX)
		json_stream_number(&list->json, NULL, value);
	else
		json_stream_hex(&list->json, NULL, value);
}

/* Spans come when they end, so a begin may be before that of the last. */
static void add_span(struct list *list, uint64_t begin_ns, uint64_t end_ns)
{
	json_stream_signed(&list->json, NULL, (int64_t)(begin_ns - list->last_ns));
	json_stream_number(&list->json, NULL, end_ns - begin_ns);
	list->last_ns = begin_ns;
}

static void add_process(struct list *list, const struct timeline_process *process)
{
	json_stream_signed(&list->json, NULL, process ? (int64_t)process->idx : -1);
}

static void add_state(void *ctx, const struct timeline_span *span)
{
	struct list *list = &((struct page *)ctx)->lists[LIST_STATES];

	if (span->state == LDE_STATE_NONE || span->state == LDE_STATE_ZOMBIE)
		return;
	add_span(list, span->begin_ns, span->end_ns);
	add_process(list, span->process);
	add_number(list, span->state);
	add_number(list, span->reason);
	json_stream_signed(&list->json, NULL, span->syscall);
}

static void add_occupation(void *ctx, const struct timeline_occupation *span)
{
	struct list *list = &((struct page *)ctx)->lists[LIST_OCCUPATION];

	add_span(list, span->begin_ns, span->end_ns);
	add_number(list, span->vcpu);
	add_number(list, span->mode);
	add_process(list, span->process);
}

/* The result of a call that did not come back is null. */
static void add_call(void *ctx, const struct timeline_call_span *span)
{
	struct list *list = &((struct page *)ctx)->lists[LIST_CALLS];

	add_span(list, span->begin_ns, span->end_ns);
	add_process(list, span->process);
	add_number(list, span->number);
	if (!span->has_result)
		json_stream_null(&list->json, NULL);
	else if (span->result < 0)
		json_stream_signed(&list->json, NULL, span->result);
	else
		add_number(list, (uint64_t)span->result);
}

static void add_disk(void *ctx, const struct timeline_disk_span *span)
{
	struct list *list = &((struct page *)ctx)->lists[LIST_DISKS];
	const struct timeline_request *request = span->request;

	add_span(list, request->begin_ns, span->end_ns);
	add_process(list, span->process);
	add_number(list, request->disk);
	add_number(list, request->op);
	add_number(list, request->sector);
	add_number(list, request->nr_sectors);
}

static void add_exit(void *ctx, const struct timeline_exit_span *span)
{
	struct list *list = &((struct page *)ctx)->lists[LIST_EXITS];

	add_span(list, span->begin_ns, span->end_ns);
	add_process(list, span->process);
	add_number(list, span->vcpu);
	add_number(list, span->cause);
	add_number(list, span->address);
	json_stream_signed(&list->json, NULL, span->syscall);
}

/* Arguments at the end that are 0 are left out; a name is a string. */
static void add_event(void *ctx, const struct trace_event *event,
		      const struct timeline_process *process)
{
	struct list *list = &((struct page *)ctx)->lists[LIST_EVENTS];
	bool has_name = event->kind == LDE_TRACE_PROCESS_FORK ||
			event->kind == LDE_TRACE_PROCESS_EXEC;
	unsigned int nr = has_name ? 1 : 6;

	while (!has_name && nr && !event->args[nr - 1])
		nr--;
	add_number(list, 5 + nr + has_name);
	json_stream_number(&list->json, NULL, event->ns - list->last_ns);
	list->last_ns = event->ns;
	add_number(list, event->kind);
	add_number(list, event->vcpu);
	add_process(list, process);
	add_number(list, event->code);
	for (unsigned int i = 0; i < nr; i++)
		add_number(list, event->args[i]);
	if (has_name)
		json_stream_text(&list->json, NULL, trace_event_name(event));
}

/* ---- names ------------------------------------------------------------------ */

static void add_names(struct json_stream *json, const char *key, const char *(*name)(uint32_t),
		      uint32_t nr)
{
	json_stream_array(json, key);
	for (uint32_t i = 0; i < nr; i++)
		json_stream_text(json, NULL, name(i));
	json_stream_array_end(json);
}

static const char *call_name(uint32_t number)
{
	static char name[40];

	return report_call_name(number, name, sizeof(name));
}

/* How the page prints a field. */
enum {
	PAGE_PLAIN,
	PAGE_HEX,
	PAGE_SIGNED,
};

/* The kinds of events: name, then for each field which argument it is (-1: the
 * code), its name, and how to print it. */
static void add_kinds(struct json_stream *json)
{
	json_stream_array(json, "kinds");
	for (uint32_t i = 0; i < LDE_TRACE_NR_KINDS; i++) {
		const struct trace_kind *kind = trace_schema_kind(i);

		json_stream_array(json, NULL);
		json_stream_text(json, NULL, kind ? kind->name : "");
		for (const struct trace_field *f = kind ? kind->fields : NULL; f && f->type; f++) {
			int64_t arg = f->from == TRACE_FROM_CODE  ? -1
				      : f->from == TRACE_FROM_DEV ? 0
								  : (int64_t)f->from;

			if (arg >= TRACE_FROM_PID || f->type == TRACE_FIELD_DEVICE)
				continue;
			bool is_signed = f->type == TRACE_FIELD_S32 || f->type == TRACE_FIELD_S64;

			if (f->type == TRACE_FIELD_COMM)
				continue;
			json_stream_signed(json, NULL, arg);
			json_stream_text(json, NULL, f->name);
			json_stream_number(json, NULL,
					   f->type == TRACE_FIELD_HEX ? PAGE_HEX
					   : is_signed		      ? PAGE_SIGNED
								      : PAGE_PLAIN);
		}
		json_stream_array_end(json);
	}
	json_stream_array_end(json);
}

static void add_all_names(struct json_stream *json)
{
	json_stream_object(json, "names");
	add_names(json, "modes", timeline_mode_name, TIMELINE_NR_MODES);
	add_names(json, "states", timeline_state_name, LDE_NR_STATES);
	add_names(json, "reasons", timeline_reason_name, TIMELINE_NR_REASONS);
	add_names(json, "causes", report_cause_name, NR_EXIT_CAUSES + 1);
	add_names(json, "ops", report_block_op_name, 3);
	add_names(json, "leaves", report_switch_reason_name, 5);
	add_names(json, "results", report_fault_result_name, 4);
	add_names(json, "calls", call_name, LDE_NR_SYSCALLS);
	add_kinds(json);
	json_stream_object_end(json);
}

/* ---- the whole ------------------------------------------------------------------ */

static void page_close(struct page *page)
{
	for (unsigned int i = 0; i < NR_LISTS; i++) {
		if (page->lists[i].file)
			fclose(page->lists[i].file);
		free(page->lists[i].text);
	}
}

static int page_open(struct page *page)
{
	for (unsigned int i = 0; i < NR_LISTS; i++) {
		struct list *list = &page->lists[i];

		list->file = open_memstream(&list->text, &list->size);
		if (!list->file)
			return -ENOMEM;
		json_stream_init(&list->json, list->file);
		json_stream_array(&list->json, NULL);
	}
	return 0;
}

static int read_lists(struct page *page, const char *dir, char *why, size_t why_size)
{
	const struct timeline_sink sink = {page,     add_state, add_occupation, add_call,
					   add_disk, add_exit,	add_event};
	struct timeline again;
	int err = timeline_read(&again, dir, &sink, why, why_size);

	timeline_fini(&again);
	return err == -EBADMSG ? 0 : err;
}

static int print_lists(struct page *page, struct json_stream *json)
{
	json_stream_object(json, "spans");
	for (unsigned int i = 0; i < NR_LISTS; i++) {
		struct list *list = &page->lists[i];

		json_stream_array_end(&list->json);
		if (fflush(list->file) != 0 || !list->text)
			return -ENOMEM;
		json_stream_break(json);
		json_stream_raw(json, list_names[i], list->text);
	}
	json_stream_object_end(json);
	return 0;
}

static int print_page(struct page *page, const struct timeline *done, FILE *out)
{
	struct json_stream json;
	int err;

	fprintf(out, "%s<style>\n%s</style>\n%s", page_head, page_style, page_body);
	fputs("<script type=\"application/json\" id=\"trace\">", out);
	json_stream_init(&json, out);
	json_stream_object(&json, NULL);
	report_data_add(&json, done);
	add_all_names(&json);
	err = print_lists(page, &json);
	json_stream_object_end(&json);
	fprintf(out, "</script>\n<script>\n\"use strict\";\n%s%s%s%s</script>\n</body>\n</html>\n",
		page_data, page_lanes, page_view, page_tables);
	return err;
}

int report_print_html(const struct timeline *done, const char *dir, FILE *out, char *why,
		      size_t why_size)
{
	struct page page = {0};
	int err = page_open(&page);

	if (err)
		snprintf(why, why_size, "out of memory");
	else
		err = read_lists(&page, dir, why, why_size);
	if (!err)
		err = print_page(&page, done, out);
	if (err == -ENOMEM)
		snprintf(why, why_size, "out of memory");
	page_close(&page);
	return err;
}
