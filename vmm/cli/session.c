/* SPDX-License-Identifier: MIT */
#include "vmm/cli/session.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/base/log.h"
#include "vmm/cli/command_line.h"
#include "vmm/cli/diagnose.h"
#include "vmm/cli/status.h"
#include "vmm/observe/notice.h"
#include "vmm/observe/quantity.h"
#include "vmm/observe/linux_names.h"
#include "vmm/observe/summary.h"

#define NR_UNKNOWN_SHOWN 16 /* a fuzzer should not fill the screen */

static int session_fail(const struct complaint *complaint, int status)
{
	log_line("%s", complaint->text);
	return status;
}

/* ---- before ---------------------------------------------------------- */

static int root_check(const char *root_dir, struct complaint *complaint)
{
	struct stat st;

	if (!root_dir)
		return 0;
	if (stat(root_dir, &st) < 0)
		return complaint_set(complaint, -errno, "--root %s: %s; give a directory", root_dir,
				     strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return complaint_set(complaint, -ENOTDIR, "--root %s: not a directory", root_dir);
	return 0;
}

static int session_find_programs(struct session *session, struct complaint *complaint)
{
	const struct options *options = &session->options;
	struct program_search search = {
		.root_dir = options->root_dir,
		.host_paths = getenv("PATH"),
		.guest_paths = environment_get(&options->env, "PATH"),
	};

	session->found = calloc(options->nr_programs, sizeof(*session->found));
	session->programs = calloc(options->nr_programs, sizeof(*session->programs));
	if (!session->found || !session->programs)
		return complaint_set(complaint, -ENOMEM, "out of memory");
	for (size_t i = 0; i < options->nr_programs; i++) {
		const struct options_program *asked = &options->programs[i];
		struct program *found = &session->found[i];
		int err = program_find(found, &search, asked->argv[0], complaint);

		if (err)
			return err;
		session->programs[i] = (struct machine_program){
			.host_path = found->in_root ? NULL : found->host_path,
			.guest_path = found->guest_path,
			.argv = asked->argv,
			.count = asked->count,
			.share = asked->share,
		};
	}
	return 0;
}

int session_prepare(struct session *session, enum options_command command, int argc, char **argv,
		    void (*print_help)(void))
{
	struct complaint complaint;
	int err;

	*session = (struct session){0};
	if (options_parse(&session->options, command, argc, argv, environ, &complaint) < 0 ||
	    root_check(session->options.root_dir, &complaint) < 0)
		return session_fail(&complaint, STATUS_LDE_FAILED);
	if (session->options.help) {
		print_help();
		return 0;
	}
	err = session_find_programs(session, &complaint);
	if (err)
		return session_fail(&complaint, program_exit_status(err));
	if (diagnose_refusal(&complaint) < 0)
		return session_fail(&complaint, STATUS_LDE_FAILED);
	return SESSION_READY;
}

/* ---- during and after ------------------------------------------------ */

static void session_print_notice(void *ctx, const struct lde_notice *notice)
{
	char text[NOTICE_TEXT_SIZE];

	(void)ctx;
	notice_format(notice, text, sizeof(text));
	log_line("%s", text);
}

static void print_unknown(uint32_t number, uint64_t count)
{
	const char *name = linux_syscall_name(number);

	log_line("system call %" PRIu32 " (%s) is not implemented: answered ENOSYS %" PRIu64
		 " time%s",
		 number, name ? name : "unknown", count, count == 1 ? "" : "s");
}

static void print_unknown_syscalls(const struct lde_ledger *ledger)
{
	unsigned int nr_shown = 0, nr_hidden = 0;

	for (uint32_t i = 0; i < LDE_NR_SYSCALLS; i++) {
		if (!(ledger->syscalls_unknown[i / 64] >> (i % 64) & 1))
			continue;
		if (nr_shown < NR_UNKNOWN_SHOWN) {
			print_unknown(i, ledger->syscalls[i]);
			nr_shown++;
		} else {
			nr_hidden++;
		}
	}
	if (nr_hidden)
		log_line("... and %u more system calls that are not implemented", nr_hidden);
	if (ledger->threads_refused)
		log_line("threads were asked for %" PRIu64
			 " time%s and answered ENOSYS: programs have one thread here",
			 ledger->threads_refused, ledger->threads_refused == 1 ? "" : "s");
	if (ledger->futexes_refused)
		log_line("operations of futex other than to wait, wake and requeue are not "
			 "implemented: answered ENOSYS %" PRIu64 " time%s",
			 ledger->futexes_refused, ledger->futexes_refused == 1 ? "" : "s");
	if (ledger->syscalls_out_of_range)
		log_line("system calls with numbers from %d on do not exist: answered ENOSYS "
			 "%" PRIu64 " time%s",
			 LDE_NR_SYSCALLS, ledger->syscalls_out_of_range,
			 ledger->syscalls_out_of_range == 1 ? "" : "s");
}

/* Of limits that were taken away: "user-mode, pointer-checks". */
static const char *list_limits(const struct options *options, char *out, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; i < options->nr_without && len < size; i++)
		len += (size_t)snprintf(out + len, size - len, "%s%s", i ? ", " : "",
					options->without[i]);
	return out;
}

static void print_whose_fault(const struct options *options)
{
	char limits[256];

	if (options->nr_without)
		log_line("this machine ran without %s: a program may have done that to it",
			 list_limits(options, limits, sizeof(limits)));
	else
		log_line("this is a fault of lde, not of your programs: please report it with "
			 "these lines");
}

static void print_timeout(const struct session *session)
{
	const struct machine_report *report = &session->report;
	char limit[QUANTITY_SIZE];
	uint32_t nr_alive = 0;

	for (uint32_t i = 0; i < report->nr_records; i++)
		nr_alive += report->records[i].state != LDE_STATE_ZOMBIE;
	quantity_format_ns(session->options.timeout_ns, limit, sizeof(limit));
	if (!report->nr_records)
		log_line("time limit of %s reached before a process was started", limit);
	else
		log_line("time limit of %s reached: %" PRIu32 " of %" PRIu32
			 " processes had not ended and were stopped",
			 limit, nr_alive, report->nr_records);
}

/* Of tests: docs/testing.md. */
static bool is_self_check_wanted(void)
{
	const char *value = getenv("LDE_SELF_CHECK");

	return value && strcmp(value, "1") == 0;
}

static bool is_within(const char *reason, uint64_t count, const struct options_limit *limit)
{
	if (!limit->is_set || count <= limit->limit)
		return true;
	log_line("--max-exits %s=%" PRIu64 ": there were %" PRIu64, reason, limit->limit, count);
	return false;
}

static bool exits_are_within(const struct session *session)
{
	const struct options_limit *limits = session->options.max_exits;
	const struct exit_counters *exits = &session->report.exits;
	struct exit_counter total;
	bool all = true;

	for (unsigned int i = 0; i < NR_EXIT_CAUSES; i++)
		all &= is_within(exits_cause_name((enum exit_cause)i), exits->causes[i].count,
				 &limits[i]);
	summary_total_exits(exits, &total);
	return all & is_within("total", total.count, &limits[NR_EXIT_CAUSES]);
}

static void print_trace(const char *dir, const struct trace_totals *trace)
{
	char nr[QUANTITY_SIZE];

	quantity_format_count(summary_nr_events(trace), nr, sizeof(nr));
	log_line("%s events are in %s%s", nr, dir,
		 trace->nr_lost ? ", and some are lost" : "");
}

/* Only where programs' output does not go. */
static bool is_progress_wanted(const struct options *options)
{
	const char *term = getenv("TERM");

	return !options->quiet && isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO) &&
	       !(term && strcmp(term, "dumb") == 0);
}

/* Borrows from the session and from command, a line for the trace. */
static struct machine_config config_of(const struct session *session, const char *command)
{
	const struct options *options = &session->options;

	return (struct machine_config){
		.trace_dir = options->trace_dir,
		.trace_classes = options->trace_classes,
		.trace_buffer_bytes = options->trace_buffer_bytes,
		.command = command,
		.memory_bytes = options->memory_bytes,
		.quantum_ns = options->quantum_ns,
		.sched = options->sched,
		.clock = options->clock,
		.forward_syscalls = options->forward_syscalls,
		.has_virtio_console = options->virtio_console,
		.timeout_ns = options->timeout_ns,
		.programs = session->programs,
		.nr_programs = options->nr_programs,
		.env = options->env.entries,
		.root_dir = options->root_dir,
		.out_dir = options->out_dir,
		.take = options->take,
		.dump_dtb = options->dump_dtb,
		.disks = options->disks,
		.nr_disks = options->nr_disks,
		.mounts = options->mounts,
		.without = options->without,
		.processes_max = options->processes_max,
		.self_check = is_self_check_wanted(),
		.tag_output = options->tag,
		.show_progress = is_progress_wanted(options),
		.sample_fd = session->sample_fd,
		.want_kvm_stats = session->want_kvm_stats,
		.notice = session->print_notice ? session->print_notice : session_print_notice,
	};
}

/* What the report has to tell people, but for the numbers. */
static void print_remarks(const struct session *session)
{
	const struct options *options = &session->options;
	const struct machine_report *report = &session->report;

	if (options->trace_dir && !session->hides_trace)
		print_trace(options->trace_dir, &report->trace);
	if (report->end == MACHINE_END_PANIC)
		print_whose_fault(options);
	if (report->end == MACHINE_END_TIMEOUT)
		print_timeout(session);
	if (report->ledger)
		print_unknown_syscalls(report->ledger);
}

int session_run(struct session *session)
{
	const struct options *options = &session->options;
	char *command = options->trace_dir ? command_line_of(options) : NULL;
	struct machine_config config = config_of(session, command);
	int status, err;

	session->has_report = true;
	err = machine_run(&config, &session->report);
	free(command);
	if (err < 0)
		return STATUS_LDE_FAILED;
	session->ran = true;
	print_remarks(session);
	status = status_of_report(&session->report);
	if (session->report.trace.error || (!status && session->report.out_error))
		return STATUS_LDE_FAILED;
	return exits_are_within(session) || status ? status : STATUS_ASSERTION;
}

void session_fini(struct session *session)
{
	if (session->has_report)
		machine_report_fini(&session->report);
	for (size_t i = 0; session->found && i < session->options.nr_programs; i++)
		program_fini(&session->found[i]);
	free(session->found);
	free(session->programs);
	options_fini(&session->options);
	*session = (struct session){0};
}
