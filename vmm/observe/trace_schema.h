/* SPDX-License-Identifier: MIT */
/*
 * What the events of a trace are called in its files, and which fields they
 * have: one table, of which the metadata, the writer and the reader are made.
 *
 * Names and fields are those of LTTng's kernel tracer wherever it has the like,
 * so that babeltrace2 prints them and Trace Compass knows them; docs/trace-format.md
 * lists them all.
 */
#ifndef VMM_OBSERVE_TRACE_SCHEMA_H
#define VMM_OBSERVE_TRACE_SCHEMA_H

#include <stdint.h>

#include <lde/event.h>

enum trace_field_type {
	TRACE_FIELD_NONE = 0, /* ends a list */
	TRACE_FIELD_U32,
	TRACE_FIELD_S32,
	TRACE_FIELD_U64,
	TRACE_FIELD_S64,
	TRACE_FIELD_HEX, /* 64 bits */
	TRACE_FIELD_PID, /* 32 bits, below TRACE_NR_PIDS */
	TRACE_FIELD_COMM, /* the name of the pid in from; TRACE_COMM_SIZE characters */
	TRACE_FIELD_NAME, /* the name in arguments 1-4, a string */
	TRACE_FIELD_DEVICE, /* what raises the interrupt in the code, a string */
};

/* Which part of a record a field has. */
enum trace_field_from {
	TRACE_FROM_ARG0 = 0, /* and so on */
	TRACE_FROM_PID = 6,
	TRACE_FROM_CODE,
	TRACE_FROM_PRIO, /* a constant, since LTTng has it */
	TRACE_FROM_ZERO, /* another */
	TRACE_FROM_LINUX_STATE, /* of argument 0, as Linux numbers states */
	TRACE_FROM_LTTNG_OP,	/* of the code, as LTTng has kinds of requests: flags */
	TRACE_FROM_BYTES,	/* of as many sectors as argument 2 says */
	TRACE_FROM_DEV,		/* argument 0, a st_rdev, as the kernel of Linux packs it */
};

struct trace_field {
	const char *name;
	uint8_t type;
	uint8_t from;
};

struct trace_kind {
	const char *name; /* of the two of system calls: what comes before the call's */
	uint32_t class; /* LDE_TRACE_C_* */
	struct trace_field fields[10];
};

#define TRACE_NR_PIDS   65536
#define TRACE_COMM_SIZE 16
#define TRACE_PRIO      20

/* The kind, or NULL if there is none of that number. */
const struct trace_kind *trace_schema_kind(uint32_t kind);

/* What events of the kind are called; "syscall_entry" and "syscall_exit" for those
 * of system calls. NULL if there is none. */
const char *trace_schema_name(uint32_t kind);

/*
 * System calls have an event of their own each, as LTTng has it, so the number
 * of an event in a file is not always the kind.
 */
#define TRACE_ID_SYSCALL_ENTRY 0x400 /* + number, if that has a name */
#define TRACE_ID_SYSCALL_EXIT  0x800
uint32_t trace_schema_id(uint32_t kind, uint32_t code);
/* The other way; 0 if there is no such event. */
uint32_t trace_schema_kind_of_id(uint32_t id);

/* Bytes of a field in a file; 0 for a string. */
uint32_t trace_schema_field_size(const struct trace_field *field);

#endif
