/* SPDX-License-Identifier: MIT */
#include "vmm/observe/trace_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmm/observe/trace_names.h"

#define METADATA_MAX (1u << 20)
#define READ_PACKETS 16

struct stream {
	int fd;
	char name[32];
	uint8_t *buffer; /* of READ_PACKETS packets */
	uint32_t nr_packets, packet; /* in buffer; the one being read */
	uint64_t nr_read;  /* packets before those in buffer */
	uint32_t at, end;  /* bytes in the packet */
	uint32_t vcpu;
	uint64_t ns; /* of record */
	bool has_record; /* record is the next of this stream */
	bool is_cut; /* behind the packets in buffer a part of one */
	struct lde_trace_record record;
};

struct trace_reader {
	struct trace_info info;
	struct trace_names names;
	struct stream streams[TRACE_VCPUS_MAX + 1];
	uint32_t nr_streams;
	int failed; /* -errno, for good */
	char error[200];
};

static __attribute__((format(printf, 3, 4))) int fail(struct trace_reader *reader, int err,
						      const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(reader->error, sizeof(reader->error), format, args);
	va_end(args);
	return reader->failed = err;
}

/* ---- fields ---------------------------------------------------------- */

struct cursor {
	const uint8_t *at, *end;
};

static const uint8_t *take(struct cursor *cursor, size_t len)
{
	const uint8_t *at = cursor->at;

	if ((size_t)(cursor->end - at) < len)
		return NULL;
	cursor->at += len;
	return at;
}

static bool take_name(struct cursor *cursor, struct lde_trace_record *record)
{
	size_t left = (size_t)(cursor->end - cursor->at);
	size_t len = strnlen((const char *)cursor->at, left);

	if (len == left || len >= LDE_TRACE_NAME_SIZE)
		return false;
	memcpy(&record->args[1], cursor->at, len);
	cursor->at += len + 1;
	return true;
}

static bool skip_string(struct cursor *cursor)
{
	size_t left = (size_t)(cursor->end - cursor->at);
	size_t len = strnlen((const char *)cursor->at, left);

	cursor->at += len + (len < left);
	return len < left;
}

/* See trace_writer.c. */
static uint64_t rdev_of(uint64_t dev)
{
	return (dev >> 20) << 8 | (dev & 0xff) | (dev & 0xfff00) << 12;
}

/* Into the place in the record that the field comes from, if it has one. */
static void put_value(struct lde_trace_record *record, uint8_t from, uint64_t value)
{
	if (from == TRACE_FROM_CODE)
		record->code = (uint32_t)value;
	else if (from == TRACE_FROM_DEV)
		record->args[0] = rdev_of(value);
	else if (from < TRACE_FROM_PID)
		record->args[from] = value;
}

static bool take_field(struct cursor *cursor, const struct trace_field *field,
		       struct lde_trace_record *record)
{
	uint32_t size = trace_schema_field_size(field);
	const uint8_t *bytes;
	uint64_t value = 0;

	if (field->type == TRACE_FIELD_NAME)
		return take_name(cursor, record);
	if (field->type == TRACE_FIELD_DEVICE)
		return skip_string(cursor);
	bytes = take(cursor, size);
	if (!bytes || field->type == TRACE_FIELD_COMM)
		return bytes;
	memcpy(&value, bytes, size);
	if (field->type == TRACE_FIELD_S32)
		value = (uint64_t)(int64_t)(int32_t)value;
	if (field->type == TRACE_FIELD_PID && value >= TRACE_NR_PIDS)
		return false;
	put_value(record, field->from, value);
	return true;
}

/* NULL, or what is wrong. */
static const char *decode(struct cursor *cursor, struct lde_trace_record *record, uint64_t *ns)
{
	struct trace_event_header header;
	const uint8_t *bytes = take(cursor, sizeof(header));
	uint32_t kind;

	if (!bytes)
		return "an event is cut off";
	memcpy(&header, bytes, sizeof(header));
	kind = trace_schema_kind_of_id(header.id);
	if (!kind)
		return "an event of no known kind";
	if (header.tid < 0 || header.tid >= TRACE_NR_PIDS)
		return "an event of no possible process";
	*record = (struct lde_trace_record){
		.kind = (uint16_t)kind,
		.pid = (uint16_t)header.tid,
	};
	for (const struct trace_field *f = trace_schema_kind(kind)->fields; f->type; f++)
		if (!take_field(cursor, f, record))
			return "a field makes no sense";
	if (trace_schema_id(kind, record->code) != header.id)
		return "a system call of two numbers";
	if (header.ns < *ns)
		return "time goes back";
	*ns = header.ns;
	return NULL;
}

/* ---- packets --------------------------------------------------------- */

static int damaged(struct trace_reader *reader, const struct stream *s, const char *what)
{
	return fail(reader, -EBADMSG, "%s: packet %llu is damaged: %s", s->name,
		    (unsigned long long)s->nr_read + s->packet, what);
}

static const char *check_packet(const struct trace_reader *reader, const struct stream *s,
				const struct trace_packet_header *header)
{
	if (header->magic != TRACE_CTF_MAGIC)
		return "it does not begin as one";
	if (memcmp(header->uuid, reader->info.uuid, TRACE_UUID_SIZE) != 0)
		return "it belongs to another trace";
	if (header->stream_id != 0 || header->packet_bits != TRACE_PACKET_SIZE * 8)
		return "its size is not that of packets";
	if (header->content_bits % 8 || header->content_bits / 8 > TRACE_PACKET_SIZE ||
	    header->content_bits / 8 < sizeof(*header))
		return "its content does not fit into it";
	if (header->cpu_id >= TRACE_VCPUS_MAX)
		return "it is of no possible vCPU";
	if (header->seq != s->nr_read + s->packet)
		return "it is not in its place";
	return NULL;
}

/* 1: more packets, 0: none. */
static int refill(struct trace_reader *reader, struct stream *s)
{
	size_t len = 0;
	ssize_t got;

	s->nr_read += s->nr_packets;
	do {
		got = read(s->fd, s->buffer + len, READ_PACKETS * TRACE_PACKET_SIZE - len);
		if (got < 0 && errno != EINTR)
			return fail(reader, -errno, "%s: %s", s->name, strerror(errno));
		len += got > 0 ? (size_t)got : 0;
	} while (got && len < READ_PACKETS * TRACE_PACKET_SIZE);
	s->packet = 0;
	s->nr_packets = (uint32_t)(len / TRACE_PACKET_SIZE);
	s->is_cut = s->is_cut || len % TRACE_PACKET_SIZE;
	return s->nr_packets > 0;
}

static int next_packet(struct trace_reader *reader, struct stream *s)
{
	struct trace_packet_header header;
	const char *wrong;
	int more = 1;

	if (++s->packet >= s->nr_packets)
		more = refill(reader, s);
	/* Whatever ends a writer leaves whole packets: somebody has cut the file. */
	if (!more && s->is_cut)
		return damaged(reader, s, "the file ends in the middle of it");
	if (more <= 0)
		return more;
	memcpy(&header, s->buffer + s->packet * TRACE_PACKET_SIZE, sizeof(header));
	wrong = check_packet(reader, s, &header);
	if (wrong)
		return damaged(reader, s, wrong);
	s->vcpu = header.cpu_id;
	s->at = sizeof(header);
	s->end = (uint32_t)(header.content_bits / 8);
	return 1;
}

/* Fetches the stream's next record. 0 also at its end. */
static int advance(struct trace_reader *reader, struct stream *s)
{
	const uint8_t *packet;
	struct cursor cursor;
	const char *wrong;

	s->has_record = false;
	while (s->at == s->end) {
		int more = next_packet(reader, s);

		if (more <= 0)
			return more;
	}
	packet = s->buffer + s->packet * TRACE_PACKET_SIZE;
	cursor = (struct cursor){packet + s->at, packet + s->end};
	wrong = decode(&cursor, &s->record, &s->ns);
	if (wrong)
		return damaged(reader, s, wrong);
	s->at = (uint32_t)(cursor.at - packet);
	s->has_record = true;
	return 0;
}

/* ---- events ---------------------------------------------------------- */

static struct stream *earliest(struct trace_reader *reader)
{
	struct stream *first = NULL;

	for (uint32_t i = 0; i < reader->nr_streams; i++) {
		struct stream *s = &reader->streams[i];

		if (s->has_record && (!first || s->ns < first->ns))
			first = s;
	}
	return first;
}

int trace_reader_next(struct trace_reader *reader, struct trace_event *event)
{
	struct stream *s = earliest(reader);
	const struct lde_trace_record *record;

	if (reader->failed)
		return reader->failed;
	if (!s)
		return 0;
	record = &s->record;
	trace_names_note(&reader->names, record);
	*event = (struct trace_event){
		.ns = s->ns,
		.kind = record->kind,
		.vcpu = s->vcpu,
		.pid = record->pid,
		.code = record->code,
	};
	memcpy(event->args, record->args, sizeof(event->args));
	/* An error is for the next call: this event is good. */
	advance(reader, s);
	return 1;
}

const char *trace_reader_error(const struct trace_reader *reader)
{
	return reader->error;
}

const struct trace_info *trace_reader_info(const struct trace_reader *reader)
{
	return &reader->info;
}

const char *trace_reader_name(const struct trace_reader *reader, uint64_t pid)
{
	return trace_names_of(&reader->names, pid);
}

const char *trace_event_name(const struct trace_event *event)
{
	return (const char *)&event->args[1];
}

/* ---- opening --------------------------------------------------------- */

static int read_metadata(struct trace_reader *reader, int dir_fd)
{
	int fd = openat(dir_fd, TRACE_FILE_METADATA, O_RDONLY | O_CLOEXEC);
	char *text = fd < 0 ? NULL : malloc(METADATA_MAX + 1);
	size_t len = 0;
	const char *wrong;
	ssize_t got;

	if (fd < 0 && errno == ENOENT)
		return fail(reader, -ENOENT, "no metadata in it: %s; give the folder of a trace",
			    strerror(ENOENT));
	if (fd < 0)
		return fail(reader, -errno, "its metadata cannot be opened: %s", strerror(errno));
	while (text && len < METADATA_MAX && (got = read(fd, text + len, METADATA_MAX - len)) > 0)
		len += (size_t)got;
	close(fd);
	if (!text)
		return fail(reader, -ENOMEM, "out of memory");
	text[len] = '\0';
	wrong = trace_metadata_parse(text, &reader->info);
	free(text);
	return wrong ? fail(reader, -EBADMSG, "%s", wrong) : 0;
}

/* 0 also if there is no such file. */
static int open_stream(struct trace_reader *reader, int dir_fd, const char *name)
{
	struct stream *s = &reader->streams[reader->nr_streams];
	int fd = openat(dir_fd, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return fail(reader, -errno, "%s: %s", name, strerror(errno));
	*s = (struct stream){.fd = fd, .buffer = malloc(READ_PACKETS * TRACE_PACKET_SIZE)};
	snprintf(s->name, sizeof(s->name), "%s", name);
	reader->nr_streams++;
	if (!s->buffer)
		return fail(reader, -ENOMEM, "out of memory");
	return advance(reader, s);
}

static int open_streams(struct trace_reader *reader, int dir_fd)
{
	int err = open_stream(reader, dir_fd, TRACE_FILE_VMM);

	for (uint32_t vcpu = 0; !err && vcpu < TRACE_VCPUS_MAX; vcpu++) {
		char name[32];

		snprintf(name, sizeof(name), TRACE_FILE_CPU "%u", vcpu);
		err = open_stream(reader, dir_fd, name);
	}
	if (!err && !reader->nr_streams)
		err = fail(reader, -ENOENT, "no stream of events in it");
	return err;
}

static int open_all(struct trace_reader *reader, const char *dir)
{
	int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err;

	if (dir_fd < 0)
		return fail(reader, -errno, "%s", strerror(errno));
	err = trace_names_init(&reader->names);
	if (err)
		fail(reader, err, "out of memory");
	else
		err = read_metadata(reader, dir_fd);
	if (!err)
		err = open_streams(reader, dir_fd);
	close(dir_fd);
	return err;
}

int trace_reader_open(struct trace_reader **reader, const char *dir, char *why, size_t why_size)
{
	struct trace_reader *r = calloc(1, sizeof(*r));
	int err;

	if (!r) {
		snprintf(why, why_size, "%s: out of memory", dir);
		return -ENOMEM;
	}
	err = open_all(r, dir);
	if (err) {
		snprintf(why, why_size, "%s: %s", dir, r->error);
		trace_reader_close(r);
		return err;
	}
	*reader = r;
	return 0;
}

void trace_reader_close(struct trace_reader *reader)
{
	for (uint32_t i = 0; i < reader->nr_streams; i++) {
		close(reader->streams[i].fd);
		free(reader->streams[i].buffer);
	}
	trace_names_fini(&reader->names);
	free(reader);
}
