/* SPDX-License-Identifier: MIT */
#include "vmm/ostep/options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "vmm/ostep/number.h"

#define HELP_LETTER   'h'
#define HELP_NAME     "help"
#define SPELLING_SIZE 40

/* Where the parser is. */
struct parser {
	const struct ostep_option *options;
	size_t nr;
	const char *command;
	char *const *rest; /* the argument that comes next */
	struct complaint *complaint;
};

#define REFUSE(parser, format, ...)                                                                \
	complaint_set((parser)->complaint, -EINVAL,                                                \
		      "%s: " format "; lde %s --help lists the options", (parser)->command,        \
		      __VA_ARGS__, (parser)->command)

static int set_number(struct parser *parser, const struct ostep_option *option,
		      const char *spelling, const char *value)
{
	int err = number_parse_option(value, option->number);

	if (err == -ERANGE)
		return REFUSE(parser, "%s %s: too large; give a number of up to 18 digits",
			      spelling, value);
	if (err)
		return REFUSE(parser, "%s %s: not a whole number", spelling, value);
	return 0;
}

/* value is NULL if none is attached; then it is the argument that comes next. */
static int set(struct parser *parser, const struct ostep_option *option, const char *spelling,
	       const char *value)
{
	if (option->kind == OSTEP_OPTION_FLAG) {
		if (value)
			return REFUSE(parser, "%s takes no value", spelling);
		*option->flag = true;
		return 0;
	}
	if (!value && !*parser->rest)
		return REFUSE(parser, "%s needs a value", spelling);
	if (!value)
		value = *parser->rest++;
	if (option->kind == OSTEP_OPTION_INT)
		return set_number(parser, option, spelling, value);
	*option->text = value;
	return 0;
}

static const struct ostep_option *find_letter(const struct parser *parser, char letter)
{
	for (size_t i = 0; i < parser->nr; i++)
		if (parser->options[i].letter == letter)
			return &parser->options[i];
	return NULL;
}

/* A cluster: "-cp", or with a value at its end, "-cs5". */
static int parse_short(struct parser *parser, const char *arg)
{
	for (const char *at = arg + 1; *at; at++) {
		const struct ostep_option *option = find_letter(parser, *at);
		const char spelling[] = {'-', *at, '\0'};
		bool takes_value;
		int err;

		if (*at == HELP_LETTER)
			return OSTEP_OPTIONS_HELP;
		if (!option)
			return REFUSE(parser, "%s: no such option", spelling);
		takes_value = option->kind != OSTEP_OPTION_FLAG;
		err = set(parser, option, spelling, takes_value && at[1] ? at + 1 : NULL);
		if (err || takes_value)
			return err;
	}
	return 0;
}

/* What a name may mean. */
struct match {
	const struct ostep_option *option; /* NULL: help, if nr is not 0 */
	const char *name;
	size_t nr;
	bool is_exact;
};

static void match_try(struct match *match, const char *typed, size_t len, const char *name,
		      const struct ostep_option *option)
{
	bool is_exact = strlen(name) == len;

	if (match->is_exact || strncmp(name, typed, len) != 0)
		return;
	if (!is_exact && option && option->is_ours)
		return;
	match->nr = is_exact ? 1 : match->nr + 1;
	match->is_exact = is_exact;
	match->option = option;
	match->name = name;
}

static int parse_long(struct parser *parser, const char *arg)
{
	const char *typed = arg + 2, *value = strchr(arg, '=');
	int len = (int)(value ? (size_t)(value - typed) : strlen(typed));
	struct match match = {0};
	char spelling[SPELLING_SIZE];

	match_try(&match, typed, (size_t)len, HELP_NAME, NULL);
	for (size_t i = 0; i < parser->nr; i++)
		if (parser->options[i].name)
			match_try(&match, typed, (size_t)len, parser->options[i].name,
				  &parser->options[i]);
	if (match.nr == 0)
		return REFUSE(parser, "--%.*s: no such option", len, typed);
	if (match.nr > 1)
		return REFUSE(parser, "--%.*s: more than one option begins like this", len, typed);
	snprintf(spelling, sizeof(spelling), "--%s", match.name);
	if (match.option)
		return set(parser, match.option, spelling, value ? value + 1 : NULL);
	return value ? REFUSE(parser, "%s takes no value", spelling) : OSTEP_OPTIONS_HELP;
}

int ostep_options_parse(const struct ostep_option *options, size_t nr, const char *command,
			char *const *argv, struct complaint *complaint)
{
	struct parser parser = {options, nr, command, argv + 1, complaint};
	int err = 0;

	while (!err && *parser.rest) {
		const char *arg = *parser.rest++;

		if (strcmp(arg, "--") == 0)
			break;
		if (strncmp(arg, "--", 2) == 0)
			err = parse_long(&parser, arg);
		else if (arg[0] == '-' && arg[1])
			err = parse_short(&parser, arg);
	}
	return err;
}
