/* SPDX-License-Identifier: MIT */
#include "vmm/observe/trace_writer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lde/ledger.h>

#include "vmm/observe/quantity.h"
#include "vmm/observe/trace_names.h"

#define NS_PER_SEC    1000000000ull
#define BATCH_PACKETS 16 /* written in one go */

struct stream {
	int fd;
	uint32_t vcpu;
	uint64_t last_ns;
	uint64_t seq;
	uint32_t nr_full; /* packets in batch, but the one being filled */
	uint32_t used;    /* bytes of that one; 0: not begun */
	uint8_t *batch;
};

struct trace_writer {
	struct trace_info info;
	struct trace_names names;
	struct stream *streams;
	uint32_t nr_streams;
	int dir_fd; /* locked */
	uint64_t counts[LDE_TRACE_NR_KINDS];
	int failed; /* the first error of writing: nothing is added after it */
};

/* ---- packets --------------------------------------------------------- */

static struct trace_packet_header *packet_of(const struct stream *s)
{
	return (struct trace_packet_header *)(s->batch + s->nr_full * TRACE_PACKET_SIZE);
}

static void packet_begin(const struct trace_writer *writer, struct stream *s)
{
	struct trace_packet_header *packet = packet_of(s);

	memset(packet, 0, TRACE_PACKET_SIZE);
	*packet = (struct trace_packet_header){
		.magic = TRACE_CTF_MAGIC,
		.begin_ns = s->last_ns,
		.packet_bits = TRACE_PACKET_SIZE * 8,
		.seq = s->seq++,
		.cpu_id = s->vcpu,
	};
	memcpy(packet->uuid, writer->info.uuid, TRACE_UUID_SIZE);
	s->used = sizeof(*packet);
}

static void packet_end(struct stream *s)
{
	struct trace_packet_header *packet = packet_of(s);

	packet->end_ns = s->last_ns;
	packet->content_bits = (uint64_t)s->used * 8;
	s->nr_full++;
	s->used = 0;
}

/* From here on nothing half-written may stay: the packets are dropped also if
 * they could not be written, and the file ends with the last whole one. */
static int batch_write(struct stream *s)
{
	const uint8_t *at = s->batch;
	size_t left = (size_t)s->nr_full * TRACE_PACKET_SIZE;
	off_t start = lseek(s->fd, 0, SEEK_CUR);
	int err = 0;

	s->nr_full = 0;
	while (left && !err) {
		ssize_t written = write(s->fd, at, left);

		if (written > 0) {
			at += written;
			left -= (size_t)written;
		} else if (written == 0 || errno != EINTR) {
			err = written ? -errno : -ENOSPC;
		}
	}
	if (err && start >= 0) {
		off_t whole = (at - s->batch) / TRACE_PACKET_SIZE * TRACE_PACKET_SIZE;

		if (ftruncate(s->fd, start + whole) == 0)
			lseek(s->fd, start + whole, SEEK_SET);
	}
	return err;
}

/* ---- events ---------------------------------------------------------- */

/* As Linux numbers the states, for programs that know those. */
static uint64_t linux_state(uint64_t state)
{
	switch (state) {
	case LDE_STATE_BLOCKED:
		return 1; /* TASK_INTERRUPTIBLE */
	case LDE_STATE_STOPPED:
		return 4; /* TASK_STOPPED */
	case LDE_STATE_ZOMBIE:
		return 64; /* TASK_DEAD, up to Linux 4.13 and for Trace Compass */
	default:
		return 0; /* TASK_RUNNING, as a READY one is there */
	}
}

/* The flags of LTTng's block events. */
static uint64_t lttng_op(uint32_t op)
{
	switch (op) {
	case LDE_BLOCK_READ:
		return 1 << 2;
	case LDE_BLOCK_WRITE:
		return 1 << 0;
	case LDE_BLOCK_FLUSH:
		return 1 << 8;
	case LDE_BLOCK_DISCARD:
		return 1 << 1;
	default:
		return 0;
	}
}

/* Major and minor number, as programs see them and as Linux itself has them: 12 and 20
 * bits. */
static uint64_t linux_dev(uint64_t rdev)
{
	return (rdev >> 8 & 0xfff) << 20 | (rdev & 0xff) | (rdev >> 12 & 0xfff00);
}

static uint64_t field_value(const struct lde_trace_record *record, uint8_t from)
{
	switch (from) {
	case TRACE_FROM_PID:
		return record->pid;
	case TRACE_FROM_CODE:
		return record->code;
	case TRACE_FROM_PRIO:
		return TRACE_PRIO;
	case TRACE_FROM_ZERO:
		return 0;
	case TRACE_FROM_LINUX_STATE:
		return linux_state(record->args[0]);
	case TRACE_FROM_LTTNG_OP:
		return lttng_op(record->code);
	case TRACE_FROM_BYTES:
		return record->args[2] * LDE_BLOCK_SECTOR;
	case TRACE_FROM_DEV:
		return linux_dev(record->args[0]);
	default:
		return record->args[from];
	}
}

static uint8_t *put_name(uint8_t *at, const struct lde_trace_record *record)
{
	const char *name = (const char *)&record->args[1];
	size_t len = strnlen(name, LDE_TRACE_NAME_SIZE - 1);

	for (size_t i = 0; i < len; i++)
		*at++ = (uint8_t)name[i] < ' ' || name[i] == 0x7f ? '?' : (uint8_t)name[i];
	*at++ = '\0';
	return at;
}

static uint8_t *put_device(uint8_t *at, uint64_t vector)
{
	const char *name = vector == LDE_TRACE_IRQ_TIMER ? "timer" : "device";

	memcpy(at, name, strlen(name) + 1);
	return at + strlen(name) + 1;
}

static uint8_t *put_field(const struct trace_writer *writer, uint8_t *at,
			  const struct trace_field *field, const struct lde_trace_record *record)
{
	uint64_t value = field_value(record, field->from);
	uint32_t size = trace_schema_field_size(field);

	if (field->type == TRACE_FIELD_NAME)
		return put_name(at, record);
	if (field->type == TRACE_FIELD_DEVICE)
		return put_device(at, value);
	if (field->type == TRACE_FIELD_COMM) {
		memset(at, 0, size);
		memcpy(at, trace_names_of(&writer->names, value),
		       strnlen(trace_names_of(&writer->names, value), TRACE_COMM_SIZE - 1));
	} else {
		if (field->type == TRACE_FIELD_PID && value >= TRACE_NR_PIDS)
			value = 0; /* the guest's word; no process has it */
		memcpy(at, &value, size); /* little-endian, as the trace is */
	}
	return at + size;
}

#define EVENT_SIZE_MAX 160 /* more than any kind takes */

static uint32_t encode(const struct trace_writer *writer, const struct trace_kind *kind,
		       const struct lde_trace_record *record, uint64_t ns, uint8_t *to)
{
	const struct trace_event_header header = {
		.id = (uint16_t)trace_schema_id(record->kind, record->code),
		.ns = ns,
		.tid = record->pid,
	};
	uint8_t *at = to + sizeof(header);

	memcpy(to, &header, sizeof(header));
	for (const struct trace_field *f = kind->fields; f->type; f++)
		at = put_field(writer, at, f, record);
	return (uint32_t)(at - to);
}

/* Since the start; the time stamp is the guest's word, and may be any. */
static uint64_t time_of(const struct trace_writer *writer, const struct lde_trace_record *record)
{
	const struct trace_info *info = &writer->info;
	uint64_t ticks = record->tsc > info->origin_tsc ? record->tsc - info->origin_tsc : 0;

	return ticks / (info->tsc_hz + 1) < UINT64_MAX / NS_PER_SEC
		       ? quantity_tsc_to_ns(ticks, info->tsc_hz)
		       : UINT64_MAX;
}

int trace_writer_add(struct trace_writer *writer, uint32_t stream,
		     const struct lde_trace_record *record)
{
	const struct trace_kind *kind = trace_schema_kind(record->kind);
	uint8_t event[EVENT_SIZE_MAX];
	struct stream *s;
	uint64_t ns;
	uint32_t len;

	if (!kind || stream >= writer->nr_streams)
		return -EINVAL;
	if (writer->failed)
		return writer->failed;
	s = &writer->streams[stream];
	trace_names_note(&writer->names, record);
	ns = time_of(writer, record);
	if (ns > s->last_ns)
		s->last_ns = ns;
	len = encode(writer, kind, record, s->last_ns, event);
	if (s->used + len > TRACE_PACKET_SIZE)
		packet_end(s);
	if (s->nr_full == BATCH_PACKETS)
		writer->failed = batch_write(s);
	if (writer->failed)
		return writer->failed;
	if (!s->used)
		packet_begin(writer, s);
	memcpy((uint8_t *)packet_of(s) + s->used, event, len);
	s->used += len;
	writer->counts[record->kind]++;
	return 0;
}

int trace_writer_flush(struct trace_writer *writer)
{
	for (uint32_t i = 0; !writer->failed && i < writer->nr_streams; i++) {
		struct stream *s = &writer->streams[i];

		if (s->used)
			packet_end(s);
		if (s->nr_full)
			writer->failed = batch_write(s);
	}
	return writer->failed;
}

uint64_t trace_writer_count(const struct trace_writer *writer, uint32_t kind)
{
	return kind < LDE_TRACE_NR_KINDS ? writer->counts[kind] : 0;
}

/* ---- the folder ------------------------------------------------------ */

static bool is_stream_name(const char *name)
{
	return strcmp(name, TRACE_FILE_VMM) == 0 ||
	       strncmp(name, TRACE_FILE_CPU, strlen(TRACE_FILE_CPU)) == 0;
}

/* The names in the folder; NULL and errno. */
static DIR *list_folder(int dir_fd)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir && fd >= 0)
		close(fd);
	return dir;
}

/* Whether nothing is in the folder but what a trace has. */
static int check_folder(int dir_fd)
{
	DIR *dir = list_folder(dir_fd);
	struct dirent *entry;
	int err = 0;

	if (!dir)
		return -errno;
	while (!err && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    strcmp(entry->d_name, TRACE_FILE_METADATA) != 0 &&
		    !is_stream_name(entry->d_name))
			err = -EEXIST;
	closedir(dir);
	return err;
}

static void empty_folder(int dir_fd)
{
	DIR *dir = list_folder(dir_fd);
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (strcmp(entry->d_name, TRACE_FILE_METADATA) == 0 ||
		    is_stream_name(entry->d_name))
			unlinkat(dir_fd, entry->d_name, 0);
	closedir(dir);
}

/* One writer at a time; where nothing can be locked, users have to see to that. */
static int lock_folder(int dir_fd)
{
	return flock(dir_fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK ? -EBUSY : 0;
}

/* A descriptor, which holds the lock. */
static int open_folder(const char *path)
{
	int fd, err;

	if (mkdir(path, 0777) < 0 && errno != EEXIST)
		return -errno;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = lock_folder(fd);
	if (!err)
		err = check_folder(fd);
	if (err) {
		close(fd);
		return err;
	}
	empty_folder(fd);
	return fd;
}

static int write_metadata(const struct trace_writer *writer, int dir_fd)
{
	int fd = openat(dir_fd, TRACE_FILE_METADATA, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
	int err;

	if (!out) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	err = trace_metadata_print(&writer->info, out);
	return fclose(out) && !err ? -errno : err;
}

static int open_stream(struct stream *s, int dir_fd, uint32_t idx)
{
	char name[32] = TRACE_FILE_VMM;

	if (idx >= TRACE_STREAM_CPU) {
		s->vcpu = idx - TRACE_STREAM_CPU;
		snprintf(name, sizeof(name), TRACE_FILE_CPU "%u", s->vcpu);
	}
	s->fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (s->fd < 0)
		return -errno;
	/* One packet more than a batch: the one being filled when it is full. */
	s->batch = malloc((BATCH_PACKETS + 1) * TRACE_PACKET_SIZE);
	return s->batch ? 0 : -ENOMEM;
}

static void release(struct trace_writer *writer)
{
	for (uint32_t i = 0; writer->streams && i < writer->nr_streams; i++) {
		if (writer->streams[i].fd >= 0)
			close(writer->streams[i].fd);
		free(writer->streams[i].batch);
	}
	if (writer->dir_fd >= 0)
		close(writer->dir_fd);
	free(writer->streams);
	trace_names_fini(&writer->names);
	free(writer);
}

static int create_files(struct trace_writer *writer, const char *dir)
{
	int err;

	writer->dir_fd = open_folder(dir);
	err = writer->dir_fd < 0 ? writer->dir_fd : write_metadata(writer, writer->dir_fd);
	for (uint32_t i = 0; !err && i < writer->nr_streams; i++)
		err = open_stream(&writer->streams[i], writer->dir_fd, i);
	return err;
}

int trace_writer_create(struct trace_writer **writer, const char *dir,
			const struct trace_info *info, uint32_t nr_vcpus)
{
	struct trace_writer *w = calloc(1, sizeof(*w));
	int err = w ? trace_names_init(&w->names) : -ENOMEM;

	if (!w)
		return err;
	w->info = *info;
	w->dir_fd = -1;
	w->nr_streams = TRACE_STREAM_CPU + nr_vcpus;
	w->streams = calloc(w->nr_streams, sizeof(*w->streams));
	if (!w->streams)
		err = -ENOMEM;
	for (uint32_t i = 0; !err && i < w->nr_streams; i++)
		w->streams[i].fd = -1;
	if (!err && getrandom(w->info.uuid, TRACE_UUID_SIZE, 0) != TRACE_UUID_SIZE)
		err = -EIO;
	if (!err)
		err = create_files(w, dir);
	if (err) {
		release(w);
		return err;
	}
	*writer = w;
	return 0;
}

int trace_writer_close(struct trace_writer *writer)
{
	int err;

	if (!writer)
		return 0;
	err = trace_writer_flush(writer);
	release(writer);
	return err;
}
