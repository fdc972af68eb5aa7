/* SPDX-License-Identifier: MIT */
/*
 * A trace on disk, as its writer and its reader see it: a folder with a file
 * "metadata" and a file for each stream, in CTF 1.8 (diamon.org/ctf/v1.8.2).
 *
 * A stream is a sequence of packets of one page each. A page is written whole
 * or not at all, so whatever ends the writer, what is there can be read.
 */
#ifndef VMM_OBSERVE_TRACE_FILE_H
#define VMM_OBSERVE_TRACE_FILE_H

#include <stdint.h>
#include <stdio.h>

#include <lde/event.h>

#define TRACE_PACKET_SIZE 4096
#define TRACE_UUID_SIZE   16
#define TRACE_CTF_MAGIC   0xc1fc1fc1u

#define TRACE_FILE_METADATA "metadata"
#define TRACE_FILE_VMM      "vmm"
#define TRACE_FILE_CPU      "cpu_" /* and the number of the vCPU */
#define TRACE_VCPUS_MAX     64

/* Sizes in bits are CTF's. */
struct trace_packet_header {
	uint32_t magic;
	uint8_t uuid[TRACE_UUID_SIZE];
	uint32_t stream_id; /* 0 */
	uint64_t begin_ns, end_ns;
	uint64_t content_bits, packet_bits;
	uint64_t seq;
	uint64_t discarded;
	uint32_t cpu_id;
} __attribute__((packed));
_Static_assert(sizeof(struct trace_packet_header) == 76, "as the metadata says");

struct trace_event_header {
	uint16_t id;
	uint64_t ns; /* since origin */
	int32_t tid;
} __attribute__((packed));
_Static_assert(sizeof(struct trace_event_header) == 14, "as the metadata says");

#define TRACE_COMMAND_MAX 1024

/* What holds for the whole of a trace. */
struct trace_info {
	uint8_t uuid[TRACE_UUID_SIZE];
	uint64_t tsc_hz;
	uint64_t origin_tsc; /* at the start of the run: 0 ns */
	uint64_t origin_real_ns; /* CLOCK_REALTIME then */
	uint32_t classes; /* LDE_TRACE_C_* that were recorded */
	char command[TRACE_COMMAND_MAX]; /* the programs, one printable line */
};

/* What came of it. */
struct trace_totals {
	uint64_t counts[LDE_TRACE_NR_KINDS]; /* events in the files, by kind */
	uint64_t nr_written; /* by the guest into its ring */
	uint64_t nr_left_out; /* of them: not asked for, or without a meaning */
	uint64_t nr_added;   /* to them, since they follow from them: trace_follow.h */
	uint64_t nr_stalls;  /* times that the guest found the ring full */
	uint64_t nr_lost;    /* because of error, or made no sense */
	int error;           /* why the trace ended early: 0 or -errno */
};

/* The whole of the file "metadata". 0 or -errno of writing. */
int trace_metadata_print(const struct trace_info *info, FILE *out);

/* What trace_metadata_print printed; text ends with NUL. NULL, or what is wrong. */
const char *trace_metadata_parse(const char *text, struct trace_info *info);

#endif
