/* SPDX-License-Identifier: MIT */
/* The file "metadata" of a trace: TSDL, CTF 1.8. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/observe/linux_names.h"
#include "vmm/observe/trace_file.h"
#include "vmm/observe/trace_schema.h"

#define NS_PER_SEC 1000000000u

/* ---- writing --------------------------------------------------------- */

static const char head[] =
	"/* CTF 1.8 */\n"
	"\n"
	"typealias integer { size = 8; align = 8; signed = false; encoding = UTF8; } := char8_t;\n"
	"typealias integer { size = 8; align = 8; signed = false; } := uint8_t;\n"
	"typealias integer { size = 16; align = 8; signed = false; } := uint16_t;\n"
	"typealias integer { size = 32; align = 8; signed = false; } := uint32_t;\n"
	"typealias integer { size = 32; align = 8; signed = true; } := int32_t;\n"
	"typealias integer { size = 64; align = 8; signed = false; } := uint64_t;\n"
	"typealias integer { size = 64; align = 8; signed = true; } := int64_t;\n"
	"typealias integer { size = 64; align = 8; signed = false; base = 16; } := hex64_t;\n"
	"\n";

static const char stream[] =
	"typealias integer {\n"
	"\tsize = 64; align = 8; signed = false;\n"
	"\tmap = clock.run.value;\n"
	"} := run_ns_t;\n"
	"\n"
	"stream {\n"
	"\tid = 0;\n"
	"\tpacket.context := struct {\n"
	"\t\trun_ns_t timestamp_begin;\n"
	"\t\trun_ns_t timestamp_end;\n"
	"\t\tuint64_t content_size;\n"
	"\t\tuint64_t packet_size;\n"
	"\t\tuint64_t packet_seq_num;\n"
	"\t\tuint64_t events_discarded;\n"
	"\t\tuint32_t cpu_id;\n"
	"\t};\n"
	"\tevent.header := struct {\n"
	"\t\tuint16_t id;\n"
	"\t\trun_ns_t timestamp;\n"
	"\t};\n"
	"\tevent.context := struct {\n"
	"\t\tint32_t _tid;\n"
	"\t};\n"
	"};\n";

static void print_uuid(const struct trace_info *info, FILE *out)
{
	for (int i = 0; i < TRACE_UUID_SIZE; i++)
		fprintf(out, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
			info->uuid[i]);
}

static void print_trace(const struct trace_info *info, FILE *out)
{
	fprintf(out, "trace {\n\tmajor = 1;\n\tminor = 8;\n\tuuid = \"");
	print_uuid(info, out);
	fprintf(out, "\";\n"
		     "\tbyte_order = le;\n"
		     "\tpacket.header := struct {\n"
		     "\t\tuint32_t magic;\n"
		     "\t\tuint8_t uuid[16];\n"
		     "\t\tuint32_t stream_id;\n"
		     "\t};\n"
		     "};\n\n");
}

/* A TSDL string; what is not plain ASCII is left out of it. */
static void print_string(const char *text, FILE *out)
{
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(*text >= ' ' && *text < 0x7f ? *text : '?', out);
	}
}

/* domain and tracer_* are what Trace Compass goes by when it asks itself what
 * the events may be called; the others are ours. */
static void print_env(const struct trace_info *info, FILE *out)
{
	fprintf(out,
		"env {\n"
		"\tdomain = \"kernel\";\n"
		"\ttracer_name = \"lttng-modules\";\n"
		"\ttracer_major = 2;\n"
		"\ttracer_minor = 13;\n"
		"\ttracer_patchlevel = 0;\n"
		"\tlde_version = %d;\n"
		"\tlde_tsc_hz = %" PRIu64 ";\n"
		"\tlde_origin_tsc = %" PRIu64 ";\n"
		"\tlde_origin_real_ns = %" PRIu64 ";\n"
		"\tlde_classes = %" PRIu32 ";\n"
		"\tlde_command = \"",
		LDE_TRACE_VERSION, info->tsc_hz, info->origin_tsc, info->origin_real_ns, info->classes);
	print_string(info->command, out);
	fprintf(out, "\";\n};\n\n");
}

/* Of 1 GHz: Trace Compass takes time stamps of another frequency for floating-point
 * numbers, together with the offset, and is off by up to 256 ns then. */
static void print_clock(const struct trace_info *info, FILE *out)
{
	fprintf(out,
		"clock {\n"
		"\tname = \"run\";\n"
		"\tdescription = \"since the start of the run, by the guest's time-stamp counter\";\n"
		"\tfreq = 1000000000;\n"
		"\toffset_s = %" PRIu64 ";\n"
		"\toffset = %" PRIu64 ";\n"
		"};\n\n",
		info->origin_real_ns / NS_PER_SEC, info->origin_real_ns % NS_PER_SEC);
}

static const char *type_name(const struct trace_field *field)
{
	switch (field->type) {
	case TRACE_FIELD_U32:
		return "uint32_t";
	case TRACE_FIELD_S32:
	case TRACE_FIELD_PID:
		return "int32_t";
	case TRACE_FIELD_U64:
		return "uint64_t";
	case TRACE_FIELD_S64:
		return "int64_t";
	case TRACE_FIELD_HEX:
		return "hex64_t";
	case TRACE_FIELD_COMM:
		return "char8_t";
	default:
		return "string";
	}
}

static void print_event(const struct trace_kind *kind, const char *suffix, uint32_t id, FILE *out)
{
	fprintf(out, "\nevent {\n\tname = \"%s%s\";\n\tid = %" PRIu32 ";\n\tstream_id = 0;\n"
		     "\tfields := struct {\n",
		kind->name, suffix, id);
	for (const struct trace_field *f = kind->fields; f->type; f++)
		fprintf(out, "\t\t%s _%s%s;\n", type_name(f), f->name,
			f->type == TRACE_FIELD_COMM ? "[16]" : "");
	fprintf(out, "\t};\n};\n");
}

static void print_syscalls(uint32_t kind, uint32_t base, FILE *out)
{
	print_event(trace_schema_kind(kind), "unknown", kind, out);
	for (uint32_t nr = 0; nr < TRACE_ID_SYSCALL_EXIT - TRACE_ID_SYSCALL_ENTRY; nr++)
		if (linux_syscall_name(nr))
			print_event(trace_schema_kind(kind), linux_syscall_name(nr), base + nr,
				    out);
}

int trace_metadata_print(const struct trace_info *info, FILE *out)
{
	_Static_assert(TRACE_COMM_SIZE == 16, "print_event");
	fputs(head, out);
	print_trace(info, out);
	print_env(info, out);
	print_clock(info, out);
	fputs(stream, out);
	for (uint32_t kind = 0; kind < LDE_TRACE_NR_KINDS; kind++) {
		if (kind == LDE_TRACE_SYSCALL_ENTRY)
			print_syscalls(kind, TRACE_ID_SYSCALL_ENTRY, out);
		else if (kind == LDE_TRACE_SYSCALL_EXIT)
			print_syscalls(kind, TRACE_ID_SYSCALL_EXIT, out);
		else if (trace_schema_kind(kind))
			print_event(trace_schema_kind(kind), "", kind, out);
	}
	return fflush(out) ? -errno : 0;
}

/* ---- reading --------------------------------------------------------- */

/* What comes after "\n\tkey = ", or NULL. */
static const char *find_value(const char *text, const char *key)
{
	char pattern[64];
	const char *at;

	snprintf(pattern, sizeof(pattern), "\n\t%s = ", key);
	at = strstr(text, pattern);
	return at ? at + strlen(pattern) : NULL;
}

static int parse_number(const char *text, const char *key, uint64_t *value)
{
	const char *at = find_value(text, key);
	char *end;

	if (!at || *at < '0' || *at > '9')
		return -EINVAL;
	errno = 0;
	*value = strtoull(at, &end, 10);
	return errno || *end != ';' ? -EINVAL : 0;
}

static int parse_uuid(const char *text, uint8_t *uuid)
{
	const char *at = find_value(text, "uuid");

	if (!at || *at++ != '"')
		return -EINVAL;
	for (int i = 0; i < TRACE_UUID_SIZE; i++) {
		unsigned int byte;

		if (*at == '-')
			at++;
		if (strspn(at, "0123456789abcdef") < 2 || sscanf(at, "%2x", &byte) != 1)
			return -EINVAL;
		uuid[i] = (uint8_t)byte;
		at += 2;
	}
	return 0;
}

static void parse_command(const char *text, char *command)
{
	const char *at = find_value(text, "lde_command");
	size_t len = 0;

	if (at && *at == '"')
		for (at++; *at && *at != '"' && *at != '\n' && len < TRACE_COMMAND_MAX - 1; at++) {
			if (*at == '\\' && at[1])
				at++;
			command[len++] = *at >= ' ' && *at < 0x7f ? *at : '?';
		}
	command[len] = '\0';
}

const char *trace_metadata_parse(const char *text, struct trace_info *info)
{
	uint64_t version, classes;

	*info = (struct trace_info){0};
	if (strncmp(text, "/* CTF 1.8 */", 13) != 0)
		return "its metadata is not CTF 1.8";
	if (parse_number(text, "lde_version", &version))
		return "it was not written by lde";
	if (version != LDE_TRACE_VERSION)
		return "another version of lde wrote it; use that one, or run the programs again";
	if (parse_uuid(text, info->uuid) || parse_number(text, "lde_tsc_hz", &info->tsc_hz) ||
	    parse_number(text, "lde_origin_tsc", &info->origin_tsc) ||
	    parse_number(text, "lde_origin_real_ns", &info->origin_real_ns) ||
	    parse_number(text, "lde_classes", &classes) || !info->tsc_hz || classes > UINT32_MAX)
		return "its metadata is damaged";
	info->classes = (uint32_t)classes;
	parse_command(text, info->command);
	return NULL;
}
