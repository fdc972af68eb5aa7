/* SPDX-License-Identifier: MIT */
/* The command line of run and stat: what it takes, and how it refuses. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "vmm/cli/options.h"

#define WORDS_MAX 64

/* A command line cut at blanks, and what became of it. */
struct parsed {
	struct options options;
	struct complaint complaint;
	int err;
	char text[1024];
	char *argv[WORDS_MAX];
};

static char *host_env[] = {(char *)"TERM=vt100", (char *)"SHELL=/bin/sh", (char *)"PATH=/opt",
			   (char *)"broken", NULL};

static void parse_as(struct parsed *parsed, enum options_command command, const char *line)
{
	int argc = 0;

	snprintf(parsed->text, sizeof(parsed->text), "run %s", line);
	for (char *word = strtok(parsed->text, " "); word; word = strtok(NULL, " ")) {
		assert_true(argc < WORDS_MAX - 1);
		/* "''" stands for the empty word. */
		parsed->argv[argc++] = strcmp(word, "''") == 0 ? word + 2 : word;
	}
	parsed->argv[argc] = NULL;
	parsed->complaint.text[0] = '\0';
	parsed->err = options_parse(&parsed->options, command, argc, parsed->argv, host_env,
				    &parsed->complaint);
}

static void parse(struct parsed *parsed, const char *line)
{
	parse_as(parsed, OPTIONS_RUN, line);
	if (parsed->err)
		fail_msg("'%s' is refused: %s", line, parsed->complaint.text);
}

/* The line is refused, and the complaint has both words in it. */
static void refuse_as(enum options_command command, const char *line, const char *what,
		      const char *remedy)
{
	struct parsed parsed;

	parse_as(&parsed, command, line);
	if (parsed.err != -EINVAL)
		fail_msg("'%s' is not refused", line);
	if (!strstr(parsed.complaint.text, what) || !strstr(parsed.complaint.text, remedy))
		fail_msg("'%s': '%s' lacks '%s' or '%s'", line, parsed.complaint.text, what,
			 remedy);
	options_fini(&parsed.options);
}

static void refuse(const char *line, const char *what, const char *remedy)
{
	refuse_as(OPTIONS_RUN, line, what, remedy);
}

/* ---- programs -------------------------------------------------------- */

static void a_program_alone_gets_every_default(void **state)
{
	struct parsed parsed;

	(void)state;
	parse(&parsed, "./a.out");
	assert_int_equal(parsed.options.memory_bytes, 256 << 20);
	assert_int_equal(parsed.options.quantum_ns, 10000000);
	assert_int_equal(parsed.options.timeout_ns, 0);
	assert_int_equal(parsed.options.nr_programs, 1);
	assert_int_equal(parsed.options.programs[0].count, 1);
	assert_int_equal(parsed.options.programs[0].nr_args, 1);
	assert_string_equal(parsed.options.programs[0].argv[0], "./a.out");
	assert_null(parsed.options.programs[0].argv[1]);
	assert_null(parsed.options.root_dir);
	assert_null(parsed.options.without);
	assert_false(parsed.options.tag);
	options_fini(&parsed.options);
}

static void words_after_the_program_are_its_own(void **state)
{
	struct parsed parsed;

	(void)state;
	parse(&parsed, "a --memory 1 -n 0 --help -- x");
	assert_int_equal(parsed.options.programs[0].nr_args, 8);
	assert_string_equal(parsed.options.programs[0].argv[1], "--memory");
	assert_string_equal(parsed.options.programs[0].argv[6], "--");
	assert_false(parsed.options.help);
	options_fini(&parsed.options);
}

static void a_colon_separates_programs(void **state)
{
	struct parsed parsed;

	(void)state;
	parse(&parsed, "-n 4 ./a x : ./b y z : -n2 c");
	assert_int_equal(parsed.options.nr_programs, 3);
	assert_int_equal(parsed.options.programs[0].count, 4);
	assert_int_equal(parsed.options.programs[1].count, 1);
	assert_int_equal(parsed.options.programs[2].count, 2);
	assert_int_equal(parsed.options.programs[1].nr_args, 3);
	assert_string_equal(parsed.options.programs[2].argv[0], "c");
	options_fini(&parsed.options);
}

static void the_count_of_one_program_is_not_that_of_the_next(void **state)
{
	struct parsed parsed;

	(void)state;
	parse(&parsed, "-n 7 a : b");
	assert_int_equal(parsed.options.programs[1].count, 1);
	options_fini(&parsed.options);
}

static void an_escaped_colon_is_an_argument(void **state)
{
	struct parsed parsed;

	(void)state;
	parse(&parsed, "a \\: \\\\: x: :x \\x \\");
	assert_int_equal(parsed.options.nr_programs, 1);
	assert_string_equal(parsed.options.programs[0].argv[1], ":");
	assert_string_equal(parsed.options.programs[0].argv[2], "\\:");
	assert_string_equal(parsed.options.programs[0].argv[3], "x:");
	assert_string_equal(parsed.options.programs[0].argv[4], ":x");
	assert_string_equal(parsed.options.programs[0].argv[5], "\\x");
	assert_string_equal(parsed.options.programs[0].argv[6], "\\");
	options_fini(&parsed.options);
}

static void two_dashes_end_the_options(void **state)
{
	struct parsed parsed;

	(void)state;
	parse(&parsed, "--tag -- -n : -- --tag");
	assert_int_equal(parsed.options.nr_programs, 2);
	assert_string_equal(parsed.options.programs[0].argv[0], "-n");
	assert_string_equal(parsed.options.programs[1].argv[0], "--tag");
	assert_true(parsed.options.tag);
	options_fini(&parsed.options);
}

static void an_empty_argument_is_kept(void **state)
{
	struct parsed parsed;

	(void)state;
	parse(&parsed, "a '' b");
	assert_int_equal(parsed.options.programs[0].nr_args, 3);
	assert_string_equal(parsed.options.programs[0].argv[1], "");
	options_fini(&parsed.options);
}

static void a_missing_program_is_refused(void **state)
{
	(void)state;
	refuse("", "no PROGRAM", "./a.out");
	refuse("--tag", "no PROGRAM", "--help");
	refuse("--", "no PROGRAM", "./a.out");
	refuse(":", "before the ':'", "PROGRAM : PROGRAM");
	refuse("-n 2 : b", "before the ':'", "PROGRAM");
	refuse("a :", "after the ':'", "\\:");
	refuse("a : :", "after the ':'", "give one");
	refuse("a : : b", "after the ':'", "give one");
	refuse("a : -n 2", "after the ':'", "give one");
}

/* ---- -n -------------------------------------------------------------- */

static void counts_are_taken_up_to_the_limit(void **state)
{
	struct parsed parsed;

	(void)state;
	parse(&parsed, "-n 10000 a");
	assert_int_equal(parsed.options.programs[0].count, 10000);
	options_fini(&parsed.options);
}

static void senseless_counts_are_refused(void **state)
{
	(void)state;
	refuse("-n 0 a", "-n 0", "1 to 10000");
	refuse("-n -1 a", "-n -1", "1 to 10000");
	refuse("-n x a", "not a number", "1 to 10000");
	refuse("-n 3x a", "not a number", "1 to 10000");
	refuse("-n '' a", "not a number", "1 to 10000");
	refuse("-n 10001 a", "too many", "1 to 10000");
	refuse("-n 99999999999999999999 a", "too many", "1 to 10000");
	refuse("-n 6000 a : -n 6000 b", "12000 processes", "10000");
	refuse("a : -n 0 b", "-n 0", "1 to 10000");
	refuse("-n", "-n", "needs a value");
}

/* ---- values ---------------------------------------------------------- */

static void memory_is_taken_in_units(void **state)
{
	struct parsed parsed;

	(void)state;
	parse(&parsed, "--memory 64M a");
	assert_int_equal(parsed.options.memory_bytes, 64 << 20);
	options_fini(&parsed.options);
	parse(&parsed, "--memory=3G a");
	assert_true(parsed.options.memory_bytes == 3ull << 30);
	options_fini(&parsed.options);
	parse(&parsed, "--memory 1.5G a");
	assert_true(parsed.options.memory_bytes == 3ull << 29);
	options_fini(&parsed.options);
	parse(&parsed, "--mem 268435456 a");
	assert_int_equal(parsed.options.memory_bytes, 256 << 20);
	options_fini(&parsed.options);
}

static void senseless_memory_is_refused(void **state)
{
	(void)state;
	refuse("--memory 0 a", "--memory 0: too small", "64M to 3G");
	refuse("--memory 1 a", "--memory 1: too small", "64M to 3G");
	refuse("--memory 62M a", "too small", "64M to 3G");
	refuse("--memory 4G a", "too large", "64M to 3G");
	refuse("--memory 3073M a", "too large", "64M to 3G");
	refuse("--memory 65M a", "not a multiple of 2M", "64M or 66M");
	refuse("--memory 99999999999999999999G a", "--memory", "64M to 3G");
	refuse("--memory -1 a", "--memory -1", "64M to 3G");
	refuse("--memory huge a", "--memory huge", "64M to 3G");
	refuse("--memory 64X a", "--memory 64X", "256M");
	refuse("--memory '' a", "--memory", "64M to 3G");
	refuse("--memory", "--memory", "needs a value");
}

static void durations_are_taken_in_units(void **state)
{
	struct parsed parsed;

	(void)state;
	parse(&parsed, "--quantum 1us --timeout 1.5s a");
	assert_int_equal(parsed.options.quantum_ns, 1000);
	assert_int_equal(parsed.options.timeout_ns, 1500000000);
	options_fini(&parsed.options);
	parse(&parsed, "--quantum 1h --timeout 1ms a");
	assert_true(parsed.options.quantum_ns == 3600000000000ull);
	assert_int_equal(parsed.options.timeout_ns, 1000000);
	options_fini(&parsed.options);
}

static void a_policy_has_values_of_its_own(void **state)
{
	struct parsed parsed;

	(void)state;
	parse(&parsed, "a");
	assert_null(parsed.options.sched.name);
	options_fini(&parsed.options);
	parse(&parsed, "--sched lottery,seed=18446744073709551615 a");
	assert_string_equal(parsed.options.sched.name, "lottery");
	assert_true(parsed.options.sched.seed == UINT64_MAX);
	options_fini(&parsed.options);
	parse(&parsed, "--sched mlfq a");
	assert_int_equal(parsed.options.sched.nr_levels, 3);
	assert_int_equal(parsed.options.sched.quanta_ns[0], 0);
	assert_int_equal(parsed.options.sched.allotments[0], 2);
	assert_int_equal(parsed.options.sched.boost_ns, 1000000000);
	options_fini(&parsed.options);
	parse(&parsed, "--sched mlfq,quanta=1ms/2ms,allotment=7,boost=never,queues=2 a");
	assert_int_equal(parsed.options.sched.nr_levels, 2);
	assert_int_equal(parsed.options.sched.quanta_ns[1], 2000000);
	assert_int_equal(parsed.options.sched.allotments[0], 7);
	assert_int_equal(parsed.options.sched.boost_ns, 0);
	options_fini(&parsed.options);
}

static void senseless_policies_are_refused(void **state)
{
	(void)state;
	refuse("--sched fastest a", "no such policy", "stcf");
	refuse("--sched= a", "no such policy", "mlfq");
	refuse("--sched rr,seed=1 a", "seed=1", "lottery[,seed=N]");
	refuse("--sched lottery,seed a", "'seed'", "lottery[,seed=N]");
	refuse("--sched lottery,seed=0 a", "seed=0", "from 1 on");
	refuse("--sched lottery,seed=1x a", "seed=1x", "from 1 on");
	refuse("--sched lottery,seed=18446744073709551616 a", "seed=", "from 1 on");
	refuse("--sched mlfq,queues=0 a", "queues=0", "1 to 8");
	refuse("--sched mlfq,queues=9 a", "queues=9", "1 to 8");
	refuse("--sched mlfq,quanta=1ms/2 a", "quanta=1ms/2", "quanta=10ms/20ms/40ms");
	refuse("--sched mlfq,quanta=1ms//1ms a", "quanta=", "1us to 1h");
	refuse("--sched mlfq,quanta=1ms/1ms/1ms/1ms/1ms/1ms/1ms/1ms/1ms a", "quanta=", "up to 8");
	refuse("--sched mlfq,queues=3,quanta=1ms/2ms a", "disagree, 3 and 2", "one of them");
	refuse("--sched mlfq,allotment=0 a", "allotment=0", "1 to 10000");
	refuse("--sched mlfq,boost=0s a", "boost=0s", "never");
	refuse("--sched mlfq,,boost=1s a", "''", "mlfq[,queues=N]");
	refuse("--sched aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa a",
	       "too long", "mlfq");
}

static void rules_of_a_policy_are_words(void **state)
{
	struct parsed parsed;

	(void)state;
	parse(&parsed, "--sched mlfq,bump=yes,stay=no a");
	assert_string_equal(parsed.options.sched.rules[0], LDE_RULE_IO_BUMP);
	assert_null(parsed.options.sched.rules[1]);
	options_fini(&parsed.options);
	parse(&parsed, "--sched scan,io=immediate,switch=end,io=immediate a");
	assert_string_equal(parsed.options.sched.name, "scan");
	assert_string_equal(parsed.options.sched.rules[0], LDE_RULE_IO_IMMEDIATE);
	assert_string_equal(parsed.options.sched.rules[1], LDE_RULE_SWITCH_ON_END);
	assert_null(parsed.options.sched.rules[2]);
	options_fini(&parsed.options);
	parse(&parsed, "--sched scan,switch=io,io=later a");
	assert_null(parsed.options.sched.rules[0]);
	options_fini(&parsed.options);
	refuse("--sched mlfq,stay=maybe a", "stay=maybe", "yes or no");
	refuse("--sched scan,switch=on a", "switch=on", "end or io");
	refuse("--sched scan,stay=yes a", "'stay=yes'", "scan[,switch=io|end]");
	refuse("--sched mlfq,io=later a", "'io=later'", "mlfq[,queues=N]");
}

static void there_are_two_clocks(void **state)
{
	struct parsed parsed;

	(void)state;
	parse(&parsed, "a");
	assert_false(parsed.options.clock.is_logical);
	assert_false(parsed.options.clock.has_slow);
	options_fini(&parsed.options);
	parse(&parsed, "--clock logical,tick=2ms,slow=7ms a");
	assert_true(parsed.options.clock.is_logical);
	assert_int_equal(parsed.options.clock.tick_ns, 2000000);
	assert_true(parsed.options.clock.has_slow);
	assert_int_equal(parsed.options.clock.slow_ns, 7000000);
	options_fini(&parsed.options);
	parse(&parsed, "--clock real,slow=1us a");
	assert_false(parsed.options.clock.is_logical);
	assert_int_equal(parsed.options.clock.slow_ns, 1000);
	options_fini(&parsed.options);
}

static void senseless_clocks_are_refused(void **state)
{
	(void)state;
	refuse("--clock atomic a", "no such clock", "logical,tick=1ms,slow=5ms");
	refuse("--clock= a", "no such clock", "real");
	refuse("--clock real,tick=1ms a", "'tick=1ms'", "logical[,tick=DURATION]");
	refuse("--clock logical,tick=1 a", "tick=1", "10ms");
	refuse("--clock logical,tick=0s a", "tick=0s is too short", "1ns to 1h");
	refuse("--clock logical,slow=2h a", "slow=2h is too long", "1ns to 1h");
	refuse("--clock logical, a", "''", "logical");
	refuse("--clock logical,slow a", "'slow'", "slow=DURATION");
}

static void each_program_has_its_share(void **state)
{
	struct parsed parsed;

	(void)state;
	parse(&parsed, "--tickets 75 --length 30ms a : -n 2 --nice 5 b : --nice=-5 c : d");
	assert_int_equal(parsed.options.programs[0].share.tickets, 75);
	assert_int_equal(parsed.options.programs[0].share.length_ns, 30000000);
	assert_int_equal(parsed.options.programs[1].share.tickets, 33);
	assert_int_equal(parsed.options.programs[1].count, 2);
	assert_int_equal(parsed.options.programs[2].share.tickets, 305);
	assert_int_equal(parsed.options.programs[3].share.tickets, 0);
	assert_int_equal(parsed.options.programs[3].share.length_ns, 0);
	options_fini(&parsed.options);
}

static void senseless_shares_are_refused(void **state)
{
	(void)state;
	refuse("--tickets 0 a", "--tickets 0", "1 to 1000000");
	refuse("--tickets 1000001 a", "--tickets", "1 to 1000000");
	refuse("--tickets -1 a", "--tickets -1", "1 to 1000000");
	refuse("--nice 20 a", "--nice 20", "-20 to 19");
	refuse("--nice -21 a", "--nice -21", "-20 to 19");
	refuse("--nice - a", "--nice -", "-20 to 19");
	refuse("--length 0s a", "--length 0s", "10ms");
	refuse("--length 2h a", "--length 2h", "up to 1h");
	refuse("--length 5 a", "--length 5", "10ms");
	refuse("a : --sched rr b", "--sched", "before the first PROGRAM");
}

static void the_console_is_at_its_port_unless_asked_otherwise(void **state)
{
	struct parsed parsed;

	(void)state;
	parse(&parsed, "a");
	assert_int_equal(parsed.err, 0);
	assert_false(parsed.options.virtio_console);
	options_fini(&parsed.options);
	parse(&parsed, "--console virtio a");
	assert_true(parsed.options.virtio_console);
	options_fini(&parsed.options);
	parse(&parsed, "--console virtio --console port --tag a");
	assert_int_equal(parsed.err, 0);
	assert_false(parsed.options.virtio_console);
	options_fini(&parsed.options);
	refuse("--console serial a", "--console serial", "or virtio");
	refuse("--console virtio --tag a", "--tag", "--console virtio");
}

static void a_limit_of_processes_is_taken(void **state)
{
	struct parsed parsed;

	(void)state;
	parse(&parsed, "a");
	assert_int_equal(parsed.options.processes_max, 0);
	options_fini(&parsed.options);
	parse(&parsed, "--processes 3 -n 2 a : b");
	assert_int_equal(parsed.options.processes_max, 3);
	options_fini(&parsed.options);
	parse(&parsed, "--processes 32767 a");
	assert_int_equal(parsed.options.processes_max, 32767);
	options_fini(&parsed.options);
	refuse("--processes 0 a", "--processes 0", "1 to 32767");
	refuse("--processes 32768 a", "--processes 32768", "1 to 32767");
	refuse("--processes many a", "--processes many", "1 to 32767");
	refuse("--processes 99999999999999999999 a", "--processes 9", "1 to 32767");
	refuse("--processes 2 -n 2 a : b", "--processes 2", "starts 3");
}

static void senseless_durations_are_refused(void **state)
{
	(void)state;
	refuse("--quantum 0ms a", "too short", "1us to 1h");
	refuse("--quantum 999ns a", "too short", "1us to 1h");
	refuse("--quantum 2h a", "too long", "--without preemption");
	refuse("--quantum 10 a", "--quantum 10", "10ms");
	refuse("--quantum -1ms a", "--quantum -1ms", "1us to 1h");
	refuse("--quantum fast a", "--quantum fast", "10ms");
	refuse("--timeout 0s a", "too short", "no --timeout");
	refuse("--timeout 10us a", "too short", "1ms");
	refuse("--timeout 9000h a", "too long", "8760h");
	refuse("--timeout 10 a", "--timeout 10", "10ms");
	refuse("--timeout", "--timeout", "needs a value");
}

static void a_limit_can_be_taken_away(void **state)
{
	struct parsed parsed;

	(void)state;
	parse(&parsed, "--without preemption a");
	assert_string_equal(parsed.options.without[0], "preemption");
	assert_null(parsed.options.without[1]);
	options_fini(&parsed.options);
}

static void an_unknown_limit_is_refused_with_the_list(void **state)
{
	(void)state;
	refuse("--without gravity a", "gravity", "preemption");
	refuse("--without '' a", "--without", "preemption");
	refuse("--without preemptions a", "preemptions", "taken away: preemption");
}

static void files_and_flags_are_taken(void **state)
{
	struct parsed parsed;

	(void)state;
	parse(&parsed, "--root /srv/tree --dump-dtb x.dtb --tag a");
	assert_string_equal(parsed.options.root_dir, "/srv/tree");
	assert_string_equal(parsed.options.dump_dtb, "x.dtb");
	assert_true(parsed.options.tag);
	options_fini(&parsed.options);
}

static void results_are_named(void **state)
{
	struct parsed parsed;

	(void)state;
	parse(&parsed, "--out res --take /a/b --take / a");
	assert_string_equal(parsed.options.out_dir, "res");
	assert_int_equal(parsed.options.nr_take, 2);
	assert_string_equal(parsed.options.take[0], "/a/b");
	assert_string_equal(parsed.options.take[1], "/");
	assert_null(parsed.options.take[2]);
	options_fini(&parsed.options);
	parse(&parsed, "--out res a --take x");
	assert_null(parsed.options.take);
	options_fini(&parsed.options);
	refuse("--take /a a", "--take /a", "--out DIR");
	refuse("--out res --take a b", "--take a", "not absolute");
	refuse("--out res --take '' b", "--take", "not absolute");
	refuse("--out res --take /a/.. b", "/a/..", "own path");
	refuse("--out res --take /a/ b", "/a/", "own path");
	refuse("--out '' b", "--out", "give a path");
}

static void empty_file_names_are_refused(void **state)
{
	(void)state;
	refuse("--root '' a", "--root", "give a path");
	refuse("--dump-dtb '' a", "--dump-dtb", "give a path");
	refuse("--root", "--root", "needs a value");
}

/* ---- environment ----------------------------------------------------- */

static void the_default_environment_is_small(void **state)
{
	struct parsed parsed;

	(void)state;
	parse(&parsed, "a");
	assert_int_equal(parsed.options.env.nr, 3);
	assert_string_equal(parsed.options.env.entries[0], "PATH=/usr/local/bin:/usr/bin:/bin");
	assert_string_equal(parsed.options.env.entries[1], "HOME=/");
	assert_string_equal(parsed.options.env.entries[2], "TERM=vt100");
	assert_null(parsed.options.env.entries[3]);
	options_fini(&parsed.options);
}

static void variables_are_added_and_replaced(void **state)
{
	struct parsed parsed;

	(void)state;
	parse(&parsed, "--env A=1 --env HOME=/tmp --env A=2 --env E= --env Q=a=b p");
	assert_string_equal(environment_get(&parsed.options.env, "A"), "2");
	assert_string_equal(environment_get(&parsed.options.env, "HOME"), "/tmp");
	assert_string_equal(environment_get(&parsed.options.env, "E"), "");
	assert_string_equal(environment_get(&parsed.options.env, "Q"), "a=b");
	assert_null(environment_get(&parsed.options.env, "HOM"));
	assert_int_equal(parsed.options.env.nr, 6);
	options_fini(&parsed.options);
}

static void the_whole_environment_of_the_host_is_passed_on(void **state)
{
	struct parsed parsed;

	(void)state;
	parse(&parsed, "--env PATH=/x --env-host p");
	assert_string_equal(environment_get(&parsed.options.env, "SHELL"), "/bin/sh");
	assert_string_equal(environment_get(&parsed.options.env, "PATH"), "/x");
	assert_null(environment_get(&parsed.options.env, "HOME"));
	assert_null(environment_get(&parsed.options.env, "broken"));
	options_fini(&parsed.options);
}

static void a_variable_without_value_is_refused(void **state)
{
	(void)state;
	refuse("--env A a", "--env A", "NAME=VALUE");
	refuse("--env =1 a", "--env =1", "--env-host");
	refuse("--env '' a", "--env", "NAME=VALUE");
}

/* ---- options as such ------------------------------------------------- */

static void help_is_answered_before_programs_are_missed(void **state)
{
	struct parsed parsed;

	(void)state;
	parse(&parsed, "--help");
	assert_true(parsed.options.help);
	options_fini(&parsed.options);
	parse(&parsed, "--tag -h");
	assert_true(parsed.options.help);
	options_fini(&parsed.options);
}

static void unknown_options_are_refused(void **state)
{
	(void)state;
	refuse("--nonsense a", "--nonsense", "lde run --help");
	refuse("-x a", "-x", "lde run --help");
	refuse("-nx a", "-n x", "1 to 10000");
	refuse("--e a", "--e: no such option, or short for several", "--help");
	refuse("--tag=yes a", "--tag=yes", "takes no value");
	refuse("--tagg a", "--tagg", "--help");
}

static void options_of_the_run_are_refused_after_a_colon(void **state)
{
	(void)state;
	refuse("a : --tag b", "--tag", "before the first PROGRAM");
	refuse("a : --memory 64M b", "--memory", "before the first PROGRAM");
	refuse("a : --quantum=1ms b", "--quantum=1ms", "before the first PROGRAM");
	refuse("a : --nonsense b", "--nonsense", "no such option");
	refuse("a : -x b", "-x", "no such option");
}

static void json_belongs_to_stat(void **state)
{
	struct parsed parsed;

	(void)state;
	refuse("--json a", "--json", "lde stat");
	parse_as(&parsed, OPTIONS_STAT, "--json a");
	assert_int_equal(parsed.err, 0);
	assert_true(parsed.options.json);
	assert_null(parsed.options.json_path);
	assert_string_equal(parsed.options.programs[0].argv[0], "a");
	options_fini(&parsed.options);
	parse_as(&parsed, OPTIONS_STAT, "--json=out.json a");
	assert_string_equal(parsed.options.json_path, "out.json");
	options_fini(&parsed.options);
	refuse_as(OPTIONS_STAT, "--json= a", "--json", "give a path");
	refuse_as(OPTIONS_STAT, "--nonsense a", "--nonsense", "lde stat --help");
}

static void a_second_parse_starts_afresh(void **state)
{
	struct parsed parsed;

	(void)state;
	refuse("--tag --nonsense a", "--nonsense", "--help");
	parse(&parsed, "a b");
	assert_false(parsed.options.tag);
	assert_int_equal(parsed.options.programs[0].nr_args, 2);
	options_fini(&parsed.options);
}

static void mounts_are_handed_on_without_dev(void **state)
{
	struct parsed parsed;

	(void)state;
	parse(&parsed, "--mount /dev/vdb:/b/c:ro --disk one --disk two --mount vda:/a:b x");
	assert_int_equal(parsed.options.nr_mounts, 2);
	assert_string_equal(parsed.options.mounts[0], "vdb:/b/c:ro");
	assert_string_equal(parsed.options.mounts[1], "vda:/a:b");
	assert_null(parsed.options.mounts[2]);
	options_fini(&parsed.options);
}

static void mounts_that_make_no_sense_are_refused(void **state)
{
	(void)state;
	refuse_as(OPTIONS_RUN, "--disk d --mount /dev/vdb:/mnt x", "no disk vdb", "--disk FILE");
	refuse_as(OPTIONS_RUN, "--mount /dev/vda:/mnt x", "no disk vda", "--disk FILE");
	refuse_as(OPTIONS_RUN, "--disk d --mount vda:/a --mount vda:/b x", "vda", "mounted already");
	refuse_as(OPTIONS_RUN, "--disk d --mount vda x", "give a disk and a folder", "/dev/vda:/mnt");
	refuse_as(OPTIONS_RUN, "--disk d --mount vda: x", "must begin with /", "vda:");
	refuse_as(OPTIONS_RUN, "--disk d --mount vda:mnt x", "must begin with /", "vda:mnt");
	refuse_as(OPTIONS_RUN, "--disk d --mount vda:/ x", "below", "--root");
	refuse_as(OPTIONS_RUN, "--disk d --mount vda:// x", "below", "--root");
	refuse_as(OPTIONS_RUN, "--disk d --mount vda:/:ro x", "below", "--root");
	refuse_as(OPTIONS_RUN, "--disk d --mount vda:/a/.. x", "without", "..");
	refuse_as(OPTIONS_RUN, "--disk d --mount vda:/./a x", "without", "..");
	refuse_as(OPTIONS_RUN, "--disk d --mount sda:/a x", "sda:/a", "/dev/vda:/mnt");
	refuse_as(OPTIONS_RUN, "--disk d --mount v x", "v", "/dev/vda:/mnt");
	refuse_as(OPTIONS_RUN, "--disk d --mount '' x", "--mount", "/dev/vda:/mnt");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mounts_are_handed_on_without_dev),
		cmocka_unit_test(mounts_that_make_no_sense_are_refused),
		cmocka_unit_test(a_program_alone_gets_every_default),
		cmocka_unit_test(words_after_the_program_are_its_own),
		cmocka_unit_test(a_colon_separates_programs),
		cmocka_unit_test(the_count_of_one_program_is_not_that_of_the_next),
		cmocka_unit_test(an_escaped_colon_is_an_argument),
		cmocka_unit_test(two_dashes_end_the_options),
		cmocka_unit_test(an_empty_argument_is_kept),
		cmocka_unit_test(a_missing_program_is_refused),
		cmocka_unit_test(counts_are_taken_up_to_the_limit),
		cmocka_unit_test(senseless_counts_are_refused),
		cmocka_unit_test(memory_is_taken_in_units),
		cmocka_unit_test(senseless_memory_is_refused),
		cmocka_unit_test(durations_are_taken_in_units),
		cmocka_unit_test(the_console_is_at_its_port_unless_asked_otherwise),
		cmocka_unit_test(a_limit_of_processes_is_taken),
		cmocka_unit_test(senseless_durations_are_refused),
		cmocka_unit_test(a_policy_has_values_of_its_own),
		cmocka_unit_test(senseless_policies_are_refused),
		cmocka_unit_test(each_program_has_its_share),
		cmocka_unit_test(senseless_shares_are_refused),
		cmocka_unit_test(a_limit_can_be_taken_away),
		cmocka_unit_test(an_unknown_limit_is_refused_with_the_list),
		cmocka_unit_test(files_and_flags_are_taken),
		cmocka_unit_test(results_are_named),
		cmocka_unit_test(empty_file_names_are_refused),
		cmocka_unit_test(the_default_environment_is_small),
		cmocka_unit_test(variables_are_added_and_replaced),
		cmocka_unit_test(the_whole_environment_of_the_host_is_passed_on),
		cmocka_unit_test(a_variable_without_value_is_refused),
		cmocka_unit_test(help_is_answered_before_programs_are_missed),
		cmocka_unit_test(unknown_options_are_refused),
		cmocka_unit_test(options_of_the_run_are_refused_after_a_colon),
		cmocka_unit_test(json_belongs_to_stat),
		cmocka_unit_test(rules_of_a_policy_are_words),
		cmocka_unit_test(there_are_two_clocks),
		cmocka_unit_test(senseless_clocks_are_refused),
		cmocka_unit_test(a_second_parse_starts_afresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
