/* SPDX-License-Identifier: MIT */
/*
 * JSON that is written while it is made, for what is too large to be held as a
 * tree of objects. Numbers are written here; strings are escaped by json-c, and
 * in a way that allows them inside a script element of a page.
 */
#ifndef VMM_OBSERVE_JSON_STREAM_H
#define VMM_OBSERVE_JSON_STREAM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_STREAM_DEPTH_MAX 16

struct json_stream {
	FILE *out;
	unsigned int depth;
	bool has_members[JSON_STREAM_DEPTH_MAX];
};

void json_stream_init(struct json_stream *stream, FILE *out);

/* key: NULL in an array, and for the outermost. Keys need no escape. */
void json_stream_object(struct json_stream *stream, const char *key);
void json_stream_object_end(struct json_stream *stream);
void json_stream_array(struct json_stream *stream, const char *key);
void json_stream_array_end(struct json_stream *stream);
void json_stream_number(struct json_stream *stream, const char *key, uint64_t value);
void json_stream_signed(struct json_stream *stream, const char *key, int64_t value);
/* ns as microseconds with three decimals; four where a thousand times that, as a double,
 * would be less than ns. */
void json_stream_us(struct json_stream *stream, const char *key, uint64_t ns);
/* A string "0x...". */
void json_stream_hex(struct json_stream *stream, const char *key, uint64_t value);
void json_stream_text(struct json_stream *stream, const char *key, const char *text);
void json_stream_bool(struct json_stream *stream, const char *key, bool value);
void json_stream_null(struct json_stream *stream, const char *key);
/* What is JSON already. */
void json_stream_raw(struct json_stream *stream, const char *key, const char *text);

/* A new line, where readers may like one; no member. */
void json_stream_break(struct json_stream *stream);

#endif
