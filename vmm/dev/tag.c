/* SPDX-License-Identifier: MIT */
#include "vmm/dev/tag.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_SIZE 64

static int text_append(struct tagger_text *text, const void *bytes, size_t len)
{
	if (!len)
		return 0;
	if (len > text->size - text->len) {
		size_t size = (text->len + len) * 2;
		char *grown = realloc(text->bytes, size);
		if (!grown)
			return -ENOMEM;
		text->bytes = grown;
		text->size = size;
	}
	memcpy(text->bytes + text->len, bytes, len);
	text->len += len;
	return 0;
}

void tagger_init(struct tagger *tagger, tagger_name *name, void *ctx)
{
	*tagger = (struct tagger){.name = name, .ctx = ctx};
}

void tagger_fini(struct tagger *tagger)
{
	for (unsigned int i = 0; i < tagger->nr_partials; i++)
		free(tagger->partials[i].text.bytes);
	tagger->nr_partials = 0;
}

static int put_tag(struct tagger *tagger, uint32_t pid, struct tagger_text *out)
{
	char name_buf[NAME_SIZE], tag[NAME_SIZE + 24];
	const char *name = tagger->name ? tagger->name(tagger->ctx, pid, name_buf, NAME_SIZE) : NULL;

	int len = name && *name ? snprintf(tag, sizeof(tag), "[%u %.*s] ", pid, NAME_SIZE, name)
				: snprintf(tag, sizeof(tag), "[%u] ", pid);
	return text_append(out, tag, (size_t)len);
}

/* One line: its tag, what was kept of it, the rest, and a newline. */
static int put_line(struct tagger *tagger, struct tagger_partial *partial, const char *rest,
		    size_t len, struct tagger_text *out)
{
	int err = put_tag(tagger, partial->pid, out);

	if (!err)
		err = text_append(out, partial->text.bytes, partial->text.len);
	if (!err)
		err = text_append(out, rest, len);
	if (!err)
		err = text_append(out, "\n", 1);
	partial->text.len = 0;
	return err;
}

/* An entry for another process: a free one, or one whose line is cut off. */
static int claim_partial(struct tagger *tagger, struct tagger_text *out,
			 struct tagger_partial **claimed)
{
	for (unsigned int i = 0; i < tagger->nr_partials; i++)
		if (!tagger->partials[i].text.len) {
			*claimed = &tagger->partials[i];
			return 0;
		}
	if (tagger->nr_partials < TAGGER_PARTIALS_MAX) {
		*claimed = &tagger->partials[tagger->nr_partials++];
		return 0;
	}
	*claimed = &tagger->partials[tagger->next_evicted];
	tagger->next_evicted = (tagger->next_evicted + 1) % TAGGER_PARTIALS_MAX;
	return put_line(tagger, *claimed, NULL, 0, out);
}

static int find_partial(struct tagger *tagger, uint32_t pid,
			struct tagger_text *out, struct tagger_partial **found)
{
	for (unsigned int i = 0; i < tagger->nr_partials; i++) {
		struct tagger_partial *partial = &tagger->partials[i];
		if (partial->pid == pid) {
			*found = partial;
			return 0;
		}
	}
	int err = claim_partial(tagger, out, found);
	if (!err)
		(*found)->pid = pid;
	return err;
}

static int take_bytes(struct tagger *tagger, struct tagger_partial *partial, const char *bytes,
		      size_t len, struct tagger_text *out)
{
	int err = 0;

	while (len && !err) {
		/* What is kept is always less than a full line. */
		size_t room = TAGGER_LINE_MAX - partial->text.len;
		size_t look = len < room ? len : room;
		const char *newline = memchr(bytes, '\n', look);
		size_t taken = newline ? (size_t)(newline - bytes) : look;
		if (newline || look == room)
			err = put_line(tagger, partial, bytes, taken, out);
		else
			err = text_append(&partial->text, bytes, taken);
		taken += newline != NULL;
		bytes += taken;
		len -= taken;
	}
	return err;
}

int tagger_take(struct tagger *tagger, uint32_t pid, const struct iovec *iov,
		unsigned int nr_iov, struct tagger_text *out)
{
	struct tagger_partial *partial;

	int err = find_partial(tagger, pid, out, &partial);
	for (unsigned int i = 0; i < nr_iov && !err; i++)
		err = take_bytes(tagger, partial, iov[i].iov_base, iov[i].iov_len, out);
	return err;
}

int tagger_flush(struct tagger *tagger, struct tagger_text *out)
{
	int err = 0;

	for (unsigned int i = 0; i < tagger->nr_partials && !err; i++) {
		struct tagger_partial *partial = &tagger->partials[i];
		if (partial->text.len)
			err = put_line(tagger, partial, NULL, 0, out);
	}
	return err;
}
