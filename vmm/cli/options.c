/* SPDX-License-Identifier: MIT */
#include "vmm/cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include <lde/event.h>

enum {
	OPT_MEMORY = 256,
	OPT_QUANTUM,
	OPT_TIMEOUT,
	OPT_PROCESSES,
	OPT_ENV,
	OPT_ENV_HOST,
	OPT_ROOT,
	OPT_OUT,
	OPT_TAKE,
	OPT_TAG,
	OPT_QUIET,
	OPT_TIMELINE,
	OPT_DISK,
	OPT_MOUNT,
	OPT_DUMP_DTB,
	OPT_WITHOUT,
	OPT_TRACE,
	OPT_EVENTS,
	OPT_TRACE_BUFFER,
	OPT_MAX_EXITS,
	OPT_JSON,
	OPT_SCHED,
	OPT_CLOCK,
	OPT_SYSCALLS,
	OPT_CONSOLE,
	OPT_TICKETS,
	OPT_NICE,
	OPT_LENGTH,
	OPT_HELP,
};

/* Of one program, as -n is. */
#define PROGRAM_OPTIONS                                                                            \
	{"tickets", required_argument, NULL, OPT_TICKETS},                                         \
		{"nice", required_argument, NULL, OPT_NICE},                                       \
		{"length", required_argument, NULL, OPT_LENGTH}

static const struct option run_options[] = {
	{"memory", required_argument, NULL, OPT_MEMORY},
	{"quantum", required_argument, NULL, OPT_QUANTUM},
	{"timeout", required_argument, NULL, OPT_TIMEOUT},
	{"processes", required_argument, NULL, OPT_PROCESSES},
	{"env", required_argument, NULL, OPT_ENV},
	{"env-host", no_argument, NULL, OPT_ENV_HOST},
	{"root", required_argument, NULL, OPT_ROOT},
	{"out", required_argument, NULL, OPT_OUT},
	{"take", required_argument, NULL, OPT_TAKE},
	{"tag", no_argument, NULL, OPT_TAG},
	{"quiet", no_argument, NULL, OPT_QUIET},
	{"timeline", no_argument, NULL, OPT_TIMELINE},
	{"disk", required_argument, NULL, OPT_DISK},
	{"mount", required_argument, NULL, OPT_MOUNT},
	{"dump-dtb", required_argument, NULL, OPT_DUMP_DTB},
	{"without", required_argument, NULL, OPT_WITHOUT},
	{"trace", required_argument, NULL, OPT_TRACE},
	{"events", required_argument, NULL, OPT_EVENTS},
	{"trace-buffer", required_argument, NULL, OPT_TRACE_BUFFER},
	{"max-exits", required_argument, NULL, OPT_MAX_EXITS},
	{"json", optional_argument, NULL, OPT_JSON},
	{"syscalls", required_argument, NULL, OPT_SYSCALLS},
	{"console", required_argument, NULL, OPT_CONSOLE},
	{"sched", required_argument, NULL, OPT_SCHED},
	{"clock", required_argument, NULL, OPT_CLOCK},
	PROGRAM_OPTIONS,
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

/* After a ':' the machine is described already; only these say something new. */
static const struct option later_options[] = {PROGRAM_OPTIONS, {NULL, 0, NULL, 0}};

struct parser {
	struct options *options;
	enum options_command command;
	int argc;
	char **argv;
	struct complaint *complaint;

	bool env_host;
	const char **env_given; /* of --env, in order */
	size_t nr_env_given;
	uint64_t nr_processes;
};

#define REFUSE(parser, ...) complaint_set((parser)->complaint, -EINVAL, __VA_ARGS__)

static int parser_out_of_memory(struct parser *parser)
{
	return complaint_set(parser->complaint, -ENOMEM, "out of memory");
}

static const char *command_name(const struct parser *parser)
{
	static const char *const names[] = {
		[OPTIONS_RUN] = "run", [OPTIONS_STAT] = "stat", [OPTIONS_TOP] = "top"};

	return names[parser->command];
}

/* Appends value and a NULL after it. */
static int list_append(const char ***list, size_t *nr, const char *value)
{
	const char **grown = realloc(*list, (*nr + 2) * sizeof(**list));

	if (!grown)
		return -ENOMEM;
	grown[*nr] = value;
	grown[*nr + 1] = NULL;
	*list = grown;
	*nr += 1;
	return 0;
}

/* ---- one option ------------------------------------------------------ */

static int parser_add_env(struct parser *parser, const char *text)
{
	int err = option_check_env(text, parser->complaint);

	if (!err && list_append(&parser->env_given, &parser->nr_env_given, text) < 0)
		err = parser_out_of_memory(parser);
	return err;
}

static int parser_add_limit(struct parser *parser, const char *text)
{
	struct options *options = parser->options;
	const char *limit;
	int err = option_parse_limit(text, &limit, parser->complaint);

	if (!err && list_append(&options->without, &options->nr_without, limit) < 0)
		err = parser_out_of_memory(parser);
	return err;
}

static int parser_add_disk(struct parser *parser, const char *text)
{
	struct options *options = parser->options;

	if (options->nr_disks == DISK_DISKS_MAX)
		return REFUSE(parser, "--disk %s: one too many; a machine has at most %d", text,
			      DISK_DISKS_MAX);
	int err = option_parse_disk(text, &options->disks[options->nr_disks], parser->complaint);
	options->nr_disks += !err;
	return err;
}

static int parser_add_max_exits(struct parser *parser, const char *text)
{
	struct options *options = parser->options;
	enum exit_cause cause;
	uint64_t limit;
	int err = option_parse_max_exits(text, &cause, &limit, parser->complaint);

	if (!err)
		options->max_exits[cause] = (struct options_limit){true, limit};
	return err;
}

static int parser_add_mount(struct parser *parser, const char *text)
{
	struct options *options = parser->options;
	const char *spec;

	if (options->nr_mounts == OPTION_MOUNTS_MAX)
		return REFUSE(parser, "--mount %s: one too many; there may be %d", text,
			      OPTION_MOUNTS_MAX);
	int err = option_parse_mount(text, &spec, parser->complaint);
	if (!err)
		options->mounts[options->nr_mounts++] = spec;
	return err;
}

static int parser_set_file(struct parser *parser, const char *option, const char *text,
			   const char **file)
{
	if (text[0] == '\0')
		return REFUSE(parser, "--%s '': an empty name; give a path", option);
	*file = text;
	return 0;
}

static int parser_add_take(struct parser *parser, const char *text)
{
	struct options *options = parser->options;
	int err = option_check_take(text, parser->complaint);

	if (!err && list_append(&options->take, &options->nr_take, text) < 0)
		err = parser_out_of_memory(parser);
	return err;
}

static int parser_set_json(struct parser *parser, const char *file)
{
	if (parser->command != OPTIONS_STAT)
		return REFUSE(parser, "--json: lde %s prints no numbers; use lde stat --json",
			      command_name(parser));
	parser->options->json = true;
	return file ? parser_set_file(parser, "json", file, &parser->options->json_path) : 0;
}

/* Options without a value. */
static void parser_set_flag(struct parser *parser, int option)
{
	struct options *options = parser->options;

	switch (option) {
	case OPT_ENV_HOST:
		parser->env_host = true;
		break;
	case OPT_TAG:
		options->tag = true;
		break;
	case OPT_QUIET:
		options->quiet = true;
		break;
	case OPT_TIMELINE:
		options->timeline = true;
		break;
	default:
		options->help = true;
		break;
	}
}

/* What is recorded and counted, and where that goes. */
static int parser_apply_to_records(struct parser *parser, int option, const char *value)
{
	struct options *options = parser->options;

	switch (option) {
	case OPT_DUMP_DTB:
		return parser_set_file(parser, "dump-dtb", value, &options->dump_dtb);
	case OPT_TRACE:
		return parser_set_file(parser, "trace", value, &options->trace_dir);
	case OPT_EVENTS:
		return option_parse_events(value, &options->trace_classes, parser->complaint);
	case OPT_TRACE_BUFFER:
		return option_parse_trace_buffer(value, &options->trace_buffer_bytes,
						 parser->complaint);
	case OPT_MAX_EXITS:
		return parser_add_max_exits(parser, value);
	case OPT_JSON:
		return parser_set_json(parser, value);
	default:
		parser_set_flag(parser, option);
		return 0;
	}
}

/* The files and disks of the programs, and their environment. */
static int parser_apply_to_world(struct parser *parser, int option, const char *value)
{
	struct options *options = parser->options;

	switch (option) {
	case OPT_ENV:
		return parser_add_env(parser, value);
	case OPT_ROOT:
		return parser_set_file(parser, "root", value, &options->root_dir);
	case OPT_OUT:
		return parser_set_file(parser, "out", value, &options->out_dir);
	case OPT_TAKE:
		return parser_add_take(parser, value);
	case OPT_DISK:
		return parser_add_disk(parser, value);
	case OPT_MOUNT:
		return parser_add_mount(parser, value);
	default:
		return parser_apply_to_records(parser, option, value);
	}
}

/* The machine, and the kernel's rules. */
static int parser_apply_to_machine(struct parser *parser, int option, const char *value)
{
	struct options *options = parser->options;

	switch (option) {
	case OPT_SYSCALLS:
		return option_parse_syscalls(value, &options->forward_syscalls, parser->complaint);
	case OPT_CONSOLE:
		return option_parse_console(value, &options->virtio_console, parser->complaint);
	case OPT_SCHED:
		return option_parse_sched(value, &options->sched, parser->complaint);
	case OPT_CLOCK:
		return option_parse_clock(value, &options->clock, parser->complaint);
	case OPT_MEMORY:
		return option_parse_memory(value, &options->memory_bytes, parser->complaint);
	case OPT_QUANTUM:
		return option_parse_quantum(value, &options->quantum_ns, parser->complaint);
	case OPT_TIMEOUT:
		return option_parse_timeout(value, &options->timeout_ns, parser->complaint);
	case OPT_PROCESSES:
		return option_parse_processes(value, &options->processes_max, parser->complaint);
	case OPT_WITHOUT:
		return parser_add_limit(parser, value);
	default:
		return parser_apply_to_world(parser, option, value);
	}
}

/* Those of one program, and then all others, group by group. */
static int parser_apply(struct parser *parser, int option, const char *value,
			struct options_program *program)
{
	switch (option) {
	case 'n':
		return option_parse_count(value, &program->count, parser->complaint);
	case OPT_TICKETS:
		return option_parse_tickets(value, &program->share.tickets, parser->complaint);
	case OPT_NICE:
		return option_parse_nice(value, &program->share.tickets, parser->complaint);
	case OPT_LENGTH:
		return option_parse_length(value, &program->share.length_ns, parser->complaint);
	default:
		return parser_apply_to_machine(parser, option, value);
	}
}

static bool is_run_option(const char *word)
{
	size_t len = strcspn(word, "=");

	for (const struct option *option = run_options; option->name; option++)
		if (len > 2 && strncmp(word, "--", 2) == 0 &&
		    strncmp(word + 2, option->name, len - 2) == 0)
			return true;
	return false;
}

/* What getopt_long did not take: word is the argument it stood in. */
static int parser_refuse_option(struct parser *parser, int what, const char *word, bool first)
{
	if (what == ':')
		return REFUSE(parser, "%s: needs a value; see lde %s --help", word,
			      command_name(parser));
	if (optopt >= OPT_MEMORY)
		return REFUSE(parser, "%s: takes no value; see lde %s --help", word,
			      command_name(parser));
	if (!first && is_run_option(word))
		return REFUSE(parser,
			      "%s: after a ':' only -n, --tickets, --nice and --length may stand; "
			      "options of the whole run go before the first PROGRAM",
			      word);
	if (optopt)
		return REFUSE(parser, "-%c: no such option; see lde %s --help", optopt,
			      command_name(parser));
	return REFUSE(parser, "%s: no such option, or short for several; see lde %s --help", word,
		      command_name(parser));
}

/*
 * Options at argv[at + 1...]. Returns the index of the first word that is none
 * or a negative errno. argv[at], the word before, is to getopt the program.
 */
static int parser_take_options(struct parser *parser, int at, struct options_program *program)
{
	bool first = at == 0;
	int option, err;

	optind = 0; /* glibc: start afresh */
	opterr = 0;
	while ((option = getopt_long(parser->argc - at, parser->argv + at, first ? "+:n:h" : "+:n:",
				     first ? run_options : later_options, NULL)) != -1) {
		if (option == '?' || option == ':')
			return parser_refuse_option(parser, option, parser->argv[at + optind - 1],
						    first);
		err = parser_apply(parser, option, optarg, program);
		if (err)
			return err;
		if (parser->options->help)
			break;
	}
	return at + optind;
}

/* ---- programs -------------------------------------------------------- */

/* "\:" is ":", "\\:" is "\:"; whatever else is left as it is. */
static char *unescape_colon(char *word)
{
	size_t backslashes = strspn(word, "\\");

	return backslashes && strcmp(word + backslashes, ":") == 0 ? word + 1 : word;
}

static struct options_program *parser_add_program(struct parser *parser)
{
	struct options *options = parser->options;
	struct options_program *grown =
		realloc(options->programs, (options->nr_programs + 1) * sizeof(*grown));

	if (!grown)
		return NULL;
	options->programs = grown;
	grown[options->nr_programs] = (struct options_program){0};
	return &grown[options->nr_programs++];
}

/* The words of one program; returns the index of the ':' or of the end. */
static int parser_take_words(struct parser *parser, int at, const struct options_program *asked)
{
	struct options_program *program = parser_add_program(parser);
	int end = at;

	while (end < parser->argc && strcmp(parser->argv[end], ":") != 0)
		end++;
	if (!program)
		return parser_out_of_memory(parser);
	*program = *asked;
	program->argv = calloc((size_t)(end - at) + 1, sizeof(*program->argv));
	if (!program->argv)
		return parser_out_of_memory(parser);
	for (int i = at; i < end; i++)
		program->argv[program->nr_args++] = unescape_colon(parser->argv[i]);
	parser->nr_processes += program->count;
	return end;
}

static int parser_refuse_no_program(struct parser *parser, int at, int end)
{
	if (at > 0)
		return REFUSE(parser,
			      "no PROGRAM after the ':'; give one, or write '\\:' to pass a "
			      "colon to the program before");
	if (end < parser->argc)
		return REFUSE(parser,
			      "no PROGRAM before the ':'; give one: lde %s PROGRAM : PROGRAM",
			      command_name(parser));
	return REFUSE(parser, "no PROGRAM given; try: lde %s ./a.out, or lde %s --help",
		      command_name(parser), command_name(parser));
}

/* [-n N]... PROGRAM [ARG]... behind argv[at]; returns where it ends. */
static int parser_take_program(struct parser *parser, int at)
{
	struct options_program asked = {.count = 1};
	int end = parser_take_options(parser, at, &asked);

	if (end < 0 || parser->options->help)
		return end;
	if (end >= parser->argc || strcmp(parser->argv[end], ":") == 0)
		return parser_refuse_no_program(parser, at, end);
	end = parser_take_words(parser, end, &asked);
	if (end >= 0 && parser->nr_processes > OPTIONS_PROCESSES_MAX)
		return REFUSE(parser, "-n: %llu processes in all; at most %d can run",
			      (unsigned long long)parser->nr_processes, OPTIONS_PROCESSES_MAX);
	return end;
}

/* ---- the whole line -------------------------------------------------- */

/* What makes sense together only. */
static int parser_check(struct parser *parser)
{
	const struct options *options = parser->options;

	if (options->take && !options->out_dir)
		return REFUSE(parser,
			      "--take %s: no directory to copy it to; give one: --out DIR",
			      options->take[0]);
	if (options->tag && options->virtio_console)
		return REFUSE(parser, "--tag: a virtio console is not told who writes; leave out "
				      "--console virtio");
	return 0;
}

static int parser_take_line(struct parser *parser)
{
	int at = 0;

	do {
		at = parser_take_program(parser, at);
		if (at < 0)
			return at;
	} while (at < parser->argc && !parser->options->help);
	return parser->options->help ? 0 : parser_check(parser);
}

static int parser_check_processes(struct parser *parser)
{
	uint32_t max = parser->options->processes_max;

	if (max && parser->nr_processes > max)
		return REFUSE(parser, "--processes %u: the command line alone starts %llu", max,
			      (unsigned long long)parser->nr_processes);
	return 0;
}

static int parser_check_trace(struct parser *parser)
{
	struct options *options = parser->options;

	if (!options->trace_dir && !options->timeline && options->trace_classes)
		return REFUSE(parser, "--events: nothing is recorded without --trace DIR");
	if (!options->trace_dir && !options->timeline && options->trace_buffer_bytes)
		return REFUSE(parser, "--trace-buffer: nothing is recorded without --trace DIR");
	if (!options->trace_classes)
		options->trace_classes = LDE_TRACE_C_ALL;
	if (!options->trace_buffer_bytes)
		options->trace_buffer_bytes = OPTIONS_TRACE_BUFFER_DEFAULT;
	return 0;
}

int options_parse(struct options *options, enum options_command command, int argc, char **argv,
		  char *const *host_env, struct complaint *complaint)
{
	struct parser parser = {
		.options = options,
		.command = command,
		.argc = argc,
		.argv = argv,
		.complaint = complaint,
	};
	int err;

	*options = (struct options){
		.memory_bytes = OPTIONS_MEMORY_DEFAULT,
		.quantum_ns = OPTIONS_QUANTUM_DEFAULT,
	};
	err = parser_take_line(&parser);
	if (!err && !options->help)
		err = parser_check_trace(&parser);
	if (!err && !options->help)
		err = parser_check_processes(&parser);
	if (!err && !options->help)
		err = option_check_mounts(options->mounts, options->nr_mounts, options->nr_disks,
					  complaint);
	if (!err && !options->help)
		err = option_check_takes(options->take, options->nr_take, options->mounts,
					 options->nr_mounts, complaint);
	if (!err && !options->help && options->out_dir && !options->take)
		err = option_check_out(options->out_dir, options->mounts, options->nr_mounts,
				       complaint);
	if (!err && !options->help &&
	    environment_build(&options->env, host_env, parser.env_host, parser.env_given,
			      parser.nr_env_given) < 0)
		err = parser_out_of_memory(&parser);
	free(parser.env_given);
	return err;
}

void options_fini(struct options *options)
{
	for (size_t i = 0; i < options->nr_programs; i++)
		free(options->programs[i].argv);
	free(options->programs);
	for (size_t i = 0; i < options->nr_disks; i++)
		free((void *)options->disks[i].path);
	environment_fini(&options->env);
	free(options->without);
	free(options->take);
	*options = (struct options){0};
}
