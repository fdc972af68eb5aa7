/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/trace/trace_input.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/observe/trace_follow.h"
#include "vmm/observe/trace_reader.h"
#include "vmm/observe/trace_ring.h"
#include "vmm/observe/trace_schema.h"
#include "vmm/observe/trace_writer.h"

#define RECORDS 64
#define STEP    24 /* bytes of input for a record */

/* What the first byte of input stands for. */
enum mode { MODE_RING, MODE_PACKETS, MODE_FILE, MODE_METADATA, NR_MODES };

static void check(int holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

static const struct trace_info info = {
	.tsc_hz = 1000000000, .origin_tsc = 1000, .classes = LDE_TRACE_C_ALL, .command = "fuzz"};

static struct trace_writer *create(const char *folder)
{
	struct trace_writer *writer;

	check(!trace_writer_create(&writer, folder, &info, 1), "the folder can be written");
	return writer;
}

/* Reads all there is. What comes out is what the reader promises. */
static uint64_t read_all(const char *folder, int *end)
{
	struct trace_reader *reader;
	struct trace_event event;
	char why[200] = "";
	uint64_t nr = 0, last = 0;

	*end = trace_reader_open(&reader, folder, why, sizeof(why));
	check(!*end || why[0], "an error has a text");
	if (*end)
		return 0;
	while ((*end = trace_reader_next(reader, &event)) == 1) {
		check(event.ns >= last, "time does not go back");
		check(trace_schema_kind(event.kind) != NULL, "the kind is known");
		check(event.pid < TRACE_NR_PIDS, "the process has a possible number");
		check(strlen(trace_reader_name(reader, event.pid)) < LDE_TRACE_NAME_SIZE,
		      "names end");
		last = event.ns;
		nr++;
	}
	check(!*end || trace_reader_error(reader)[0], "an error has a text");
	trace_reader_close(reader);
	return nr;
}

/* ---- a hostile guest --------------------------------------------------- */

/* The guest's next record, or its position to be anything. */
static void write_record(struct lde_trace_ring *shared, const uint8_t *step)
{
	struct lde_trace_record *records = (void *)((uint8_t *)shared + LDE_TRACE_RING_OFFSET);
	struct lde_trace_record record = {.kind = step[0] % 32, .pid = step[1]};
	uint64_t words[2];

	memcpy(words, step + 8, sizeof(words));
	memcpy(&record.tsc, step + 4, 4);
	record.code = words[0] & 0xff;
	for (int i = 0; i < 6; i++)
		record.args[i] = words[i % 2] >> (i * 7 % 40);
	if (step[0] >= 0xfe)
		shared->head = words[0] >> (words[1] & 63);
	else
		records[shared->head++ % RECORDS] = record;
}

static uint64_t take(struct trace_follower *follower, struct trace_writer *writer,
		     struct lde_trace_record *record)
{
	struct lde_trace_record added[TRACE_ADDED_MAX];
	uint64_t nr_added = 0;
	unsigned int nr;

	if (trace_follower_complete(follower, record))
		nr_added += !trace_writer_add(writer, TRACE_STREAM_CPU, record);
	nr = trace_follower_add(follower, record, added);
	check(nr <= TRACE_ADDED_MAX, "no more is added than there is room for");
	for (unsigned int i = 0; i < nr; i++)
		nr_added += !trace_writer_add(writer, TRACE_STREAM_CPU, &added[i]);
	return nr_added;
}

/* As the recorder does. Returns how many records went into the file. */
static uint64_t drain(struct trace_ring *ring, struct trace_follower *follower,
		      struct trace_writer *writer)
{
	struct lde_trace_record batch[16];
	uint64_t nr_added = 0;
	int64_t nr;

	do {
		nr = trace_ring_take(ring, batch, 16);
		for (int64_t i = 0; i < nr; i++)
			if (batch[i].kind && !lde_trace_is_of_vmm(batch[i].kind))
				nr_added += take(follower, writer, &batch[i]);
	} while (nr == 16);
	return nr_added;
}

/* Whatever the guest writes, the VMM's file is a good one, with all that it took. */
static void run_ring(const char *folder, const uint8_t *bytes, size_t len)
{
	static _Alignas(4096) uint8_t memory[LDE_TRACE_RING_OFFSET + RECORDS * LDE_RECORD_SIZE];
	struct trace_writer *writer = create(folder);
	struct trace_follower follower;
	struct trace_ring ring;
	uint64_t nr_added = 0;
	int end;

	trace_ring_init(&ring, memory, sizeof(memory));
	check(!trace_follower_init(&follower, LDE_TRACE_C_ALL, info.tsc_hz), "there is memory");
	for (; len >= STEP; bytes += STEP, len -= STEP) {
		write_record(ring.shared, bytes);
		if (bytes[2] % 8 == 0)
			nr_added += drain(&ring, &follower, writer);
	}
	nr_added += drain(&ring, &follower, writer);
	trace_follower_fini(&follower);
	check(!trace_writer_close(writer), "the trace can be closed");
	check(read_all(folder, &end) == nr_added && end == 0, "all of it can be read");
}

/* ---- a hostile hand ------------------------------------------------------ */

static void overwrite(const char *folder, const char *name, const uint8_t *bytes, size_t len)
{
	char path[200];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	check(fd >= 0 && write(fd, bytes, len) == (ssize_t)len, "the file can be written");
	close(fd);
}

/* Packets whose headers are right, so that it is the events which are read. */
static void write_packets(const char *folder, const char *name, const uint8_t *bytes, size_t len)
{
	static uint8_t packets[4 * TRACE_PACKET_SIZE];
	struct trace_packet_header header = {
		.magic = TRACE_CTF_MAGIC, .packet_bits = TRACE_PACKET_SIZE * 8};
	const size_t room = TRACE_PACKET_SIZE - sizeof(header);
	size_t nr = 0;

	memset(packets, 0, sizeof(packets));
	for (; nr < 4 && len; nr++) {
		size_t part = len < room ? len : room;

		header.content_bits = (sizeof(header) + part) * 8;
		header.seq = nr;
		memcpy(packets + nr * TRACE_PACKET_SIZE, &header, sizeof(header));
		memcpy(packets + nr * TRACE_PACKET_SIZE + sizeof(header), bytes, part);
		bytes += part;
		len -= part;
	}
	overwrite(folder, name, packets, nr * TRACE_PACKET_SIZE);
}

/* Metadata with a UUID of zeroes, as the packets above have it, and without the
 * description of the events, which the reader does not look at. */
static void write_metadata(const char *folder)
{
	static char text[200000];
	FILE *out = fmemopen(text, sizeof(text), "w");

	check(out && !trace_metadata_print(&info, out) && !fclose(out), "metadata can be written");
	overwrite(folder, "metadata", (const uint8_t *)text,
		  (size_t)(strstr(text, "\nevent {") - text));
}

static void run_files(const char *folder, enum mode mode, const uint8_t *bytes, size_t len)
{
	int end;

	mkdir(folder, 0777);
	if (mode == MODE_METADATA) {
		overwrite(folder, "metadata", bytes, len);
	} else {
		write_metadata(folder);
		if (mode == MODE_FILE)
			overwrite(folder, "cpu_0", bytes, len);
		else
			write_packets(folder, "cpu_0", bytes, len);
	}
	read_all(folder, &end);
}

void trace_input_run(const char *folder, const uint8_t *bytes, size_t len)
{
	if (!len)
		return;
	if (bytes[0] % NR_MODES == MODE_RING)
		run_ring(folder, bytes + 1, len - 1);
	else
		run_files(folder, bytes[0] % NR_MODES, bytes + 1, len - 1);
}
