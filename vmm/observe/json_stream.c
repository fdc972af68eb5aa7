/* SPDX-License-Identifier: MIT */
#include "vmm/observe/json_stream.h"

#include <assert.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#include "vmm/observe/json_text.h"

#define DIGITS_MAX 20

void json_stream_init(struct json_stream *stream, FILE *out)
{
	*stream = (struct json_stream){.out = out};
}

static void put(const struct json_stream *stream, const char *text)
{
	fputs_unlocked(text, stream->out);
}

static void put_number(const struct json_stream *stream, uint64_t value, unsigned int digits_min)
{
	char text[DIGITS_MAX];
	unsigned int at = sizeof(text);

	do {
		text[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value || sizeof(text) - at < digits_min);
	fwrite_unlocked(text + at, 1, sizeof(text) - at, stream->out);
}

/* What stands before a value. */
static void begin_member(struct json_stream *stream, const char *key)
{
	if (stream->has_members[stream->depth])
		put(stream, ",");
	stream->has_members[stream->depth] = true;
	if (key) {
		put(stream, "\"");
		put(stream, key);
		put(stream, "\":");
	}
}

static void descend(struct json_stream *stream, const char *key, const char *bracket)
{
	begin_member(stream, key);
	put(stream, bracket);
	assert(stream->depth + 1 < JSON_STREAM_DEPTH_MAX);
	stream->has_members[++stream->depth] = false;
}

static void ascend(struct json_stream *stream, const char *bracket)
{
	assert(stream->depth > 0);
	stream->depth--;
	put(stream, bracket);
}

void json_stream_object(struct json_stream *stream, const char *key)
{
	descend(stream, key, "{");
}

void json_stream_object_end(struct json_stream *stream)
{
	ascend(stream, "}");
}

void json_stream_array(struct json_stream *stream, const char *key)
{
	descend(stream, key, "[");
}

void json_stream_array_end(struct json_stream *stream)
{
	ascend(stream, "]");
}

void json_stream_number(struct json_stream *stream, const char *key, uint64_t value)
{
	begin_member(stream, key);
	put_number(stream, value, 1);
}

void json_stream_signed(struct json_stream *stream, const char *key, int64_t value)
{
	begin_member(stream, key);
	if (value < 0)
		put(stream, "-");
	put_number(stream, value < 0 ? -(uint64_t)value : (uint64_t)value, 1);
}

void json_stream_us(struct json_stream *stream, const char *key, uint64_t ns)
{
	begin_member(stream, key);
	put_number(stream, ns / 1000, 1);
	put(stream, ".");
	put_number(stream, ns % 1000, 3);
	/* Perfetto before v52 multiplies by 1000 and cuts the fraction off, which makes one in
	 * a hundred a nanosecond less; then slices cross each other, and it drops them. */
	if ((uint64_t)((double)ns / 1000 * 1000) != ns)
		put(stream, "1");
}

void json_stream_hex(struct json_stream *stream, const char *key, uint64_t value)
{
	begin_member(stream, key);
	fprintf(stream->out, "\"0x%" PRIx64 "\"", value);
}

static bool needs_no_escape(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~' || *text == '"' || *text == '\\' || *text == '<')
			return false;
	return true;
}

/* "</script" and "<!--" would mean something to a page. */
void json_stream_text(struct json_stream *stream, const char *key, const char *text)
{
	struct json_object *object;
	const char *escaped;

	begin_member(stream, key);
	if (needs_no_escape(text)) {
		put(stream, "\"");
		put(stream, text);
		put(stream, "\"");
		return;
	}
	object = json_text_object(text);
	escaped = object ? json_object_to_json_string(object) : "\"\"";
	for (const char *at = escaped; *at; at++)
		if (*at == '<')
			put(stream, "\\u003c");
		else
			putc_unlocked(*at, stream->out);
	json_object_put(object);
}

void json_stream_bool(struct json_stream *stream, const char *key, bool value)
{
	begin_member(stream, key);
	put(stream, value ? "true" : "false");
}

void json_stream_null(struct json_stream *stream, const char *key)
{
	json_stream_raw(stream, key, "null");
}

void json_stream_raw(struct json_stream *stream, const char *key, const char *text)
{
	begin_member(stream, key);
	put(stream, text);
}

void json_stream_break(struct json_stream *stream)
{
	put(stream, "\n");
}
