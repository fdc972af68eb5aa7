/* SPDX-License-Identifier: MIT */
#include "vmm/observe/report_json.h"

#include <errno.h>

#include "vmm/observe/report_data.h"
#include "vmm/observe/report_names.h"

static void add_state(void *ctx, const struct timeline_span *span)
{
	struct json_stream *json = ctx;
	char name[40];

	if (span->state == LDE_STATE_NONE || span->state == LDE_STATE_ZOMBIE)
		return;
	json_stream_break(json);
	json_stream_object(json, NULL);
	json_stream_number(json, "process", span->process->idx);
	json_stream_number(json, "pid", span->process->pid);
	json_stream_text(json, "state", timeline_state_name(span->state));
	if (span->reason)
		json_stream_text(json, "reason", timeline_reason_name(span->reason));
	if (span->state == LDE_STATE_BLOCKED && span->syscall >= 0)
		json_stream_text(json, "syscall",
				 report_call_name((uint32_t)span->syscall, name, sizeof(name)));
	json_stream_number(json, "begin_ns", span->begin_ns);
	json_stream_number(json, "end_ns", span->end_ns);
	json_stream_object_end(json);
}

int report_print_json(const struct timeline *done, const char *dir, FILE *out, char *why,
		      size_t why_size)
{
	struct json_stream json;
	const struct timeline_sink sink = {.ctx = &json, .state = add_state};
	struct timeline again;
	int err;

	json_stream_init(&json, out);
	json_stream_object(&json, NULL);
	report_data_add(&json, done);
	json_stream_array(&json, "spans");
	err = timeline_read(&again, dir, &sink, why, why_size);
	timeline_fini(&again);
	json_stream_array_end(&json);
	json_stream_object_end(&json);
	json_stream_break(&json);
	return err == -EBADMSG ? 0 : err;
}
