/* SPDX-License-Identifier: MIT */
/*
 * The summary for people. A line is a count, what it counts, and behind a '#'
 * what to make of it, as perf stat has it.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include <lde/layout.h>

#include "vmm/observe/summary_processes.h"
#include "vmm/observe/summary_sched.h"
#include "vmm/observe/quantity.h"
#include "vmm/observe/summary.h"
#include "vmm/observe/summary_exits.h"

#define NAME_WIDTH 23

static void print_line(FILE *out, uint64_t count, const char *name, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* format NULL: nothing behind the name. */
static void print_line(FILE *out, uint64_t count, const char *name, const char *format, ...)
{
	char number[QUANTITY_SIZE];
	va_list args;

	quantity_format_count(count, number, sizeof(number));
	if (!format) {
		fprintf(out, " %14s  %s\n", number, name);
		return;
	}
	fprintf(out, " %14s  %-*s # ", number, NAME_WIDTH, name);
	va_start(args, format);
	vfprintf(out, format, args);
	va_end(args);
	fputc('\n', out);
}

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0.0;
}

static void print_exit_line(const struct summary *summary, FILE *out, const char *name,
			    const struct exit_counter *counter)
{
	char total[QUANTITY_SIZE];

	quantity_format_ms(counter->total_ns, total, sizeof(total));
	print_line(out, counter->count, name, "%9s ms %8.2f us each %5.2f %%", total,
		   counter->count ? (double)counter->total_ns / (double)counter->count / 1e3 : 0.0,
		   percent(counter->total_ns, summary->wall_ns));
}

static void print_exits(const struct summary *summary, FILE *out)
{
	struct exit_counter total;

	summary_total_exits(summary->exits, &total);
	print_exit_line(summary, out, "exits to user space", &total);
	for (unsigned int i = 0; i < NR_EXIT_CAUSES; i++) {
		char name[64];

		snprintf(name, sizeof(name), "  %s", exits_cause_name((enum exit_cause)i));
		if (summary->exits->causes[i].count)
			print_exit_line(summary, out, name, &summary->exits->causes[i]);
	}
}

static void print_kvm_stats(const struct summary *summary, FILE *out)
{
	size_t nr_zero = 0;

	if (summary->nr_kvm_stats == 0)
		return;
	fputs("\n KVM's own statistics:\n", out);
	for (size_t i = 0; i < summary->nr_kvm_stats; i++) {
		const struct summary_kvm_stat *stat = &summary->kvm_stats[i];
		char name[80];

		snprintf(name, sizeof(name), "%s %s", stat->scope, stat->name);
		if (stat->value)
			print_line(out, stat->value, name, NULL);
		else
			nr_zero++;
	}
	if (nr_zero)
		fprintf(out, " %14s  (left out: %zu at 0)\n", "", nr_zero);
}

/* ---- the kernel's books ---------------------------------------------- */

static void print_traps(const struct lde_ledger *ledger, FILE *out)
{
	struct summary_rank ranks[LDE_NR_VECTORS];
	size_t nr = summary_rank_counts(ledger->traps, LDE_NR_VECTORS, ranks);

	print_line(out, summary_sum(ledger->traps, LDE_NR_VECTORS), "traps and interrupts", NULL);
	for (size_t i = 0; i < nr; i++) {
		char name[64] = "  ";

		summary_trap_name(ranks[i].idx, name + 2, sizeof(name) - 2);
		print_line(out, ranks[i].count, name, NULL);
	}
}

static bool is_unknown(const struct lde_ledger *ledger, uint32_t number)
{
	return ledger->syscalls_unknown[number / 64] >> (number % 64) & 1;
}

static void print_syscalls(const struct lde_ledger *ledger, FILE *out)
{
	struct summary_rank ranks[LDE_NR_SYSCALLS];
	size_t nr = summary_rank_counts(ledger->syscalls, LDE_NR_SYSCALLS, ranks);

	print_line(out,
		   summary_sum(ledger->syscalls, LDE_NR_SYSCALLS) + ledger->syscalls_out_of_range,
		   "system calls", NULL);
	for (size_t i = 0; i < nr; i++) {
		char name[64] = "  ";

		summary_syscall_name(ranks[i].idx, name + 2, sizeof(name) - 2);
		if (is_unknown(ledger, ranks[i].idx))
			print_line(out, ranks[i].count, name, "not implemented: ENOSYS");
		else
			print_line(out, ranks[i].count, name, NULL);
	}
	if (ledger->syscalls_out_of_range)
		print_line(out, ledger->syscalls_out_of_range, "  no such number",
			   "not implemented: ENOSYS");
}

static void print_faults(const struct lde_ledger *ledger, FILE *out)
{
	char zero[QUANTITY_SIZE], file[QUANTITY_SIZE], copy[QUANTITY_SIZE];

	print_line(out, ledger->faults_zero + ledger->faults_file + ledger->faults_copy,
		   "page faults resolved", "%s zeroed, %s of files, %s copied",
		   quantity_format_count(ledger->faults_zero, zero, sizeof(zero)),
		   quantity_format_count(ledger->faults_file, file, sizeof(file)),
		   quantity_format_count(ledger->faults_copy, copy, sizeof(copy)));
}

static void print_switches(const struct summary *summary, FILE *out)
{
	const struct lde_ledger *ledger = summary->ledger;
	uint64_t idle_ns = quantity_tsc_to_ns(ledger->idle_tsc, summary->tsc_hz);
	char voluntary[QUANTITY_SIZE], preempted[QUANTITY_SIZE], idle[QUANTITY_SIZE];

	print_line(out, ledger->switches_voluntary + ledger->switches_preempted, "context switches",
		   "%s voluntary, %s preempted",
		   quantity_format_count(ledger->switches_voluntary, voluntary, sizeof(voluntary)),
		   quantity_format_count(ledger->switches_preempted, preempted, sizeof(preempted)));
	print_line(out, ledger->timer_arms, "timer arms", NULL);
	print_line(out, ledger->idle_entries, "idle periods", "%9s ms %22.2f %%",
		   quantity_format_ms(idle_ns, idle, sizeof(idle)),
		   percent(idle_ns, summary->wall_ns));
}

static void print_memory(const struct lde_ledger *ledger, FILE *out)
{
	uint64_t peak = summary_pages_peak(ledger), left = summary_pages_left(ledger);
	char used[QUANTITY_SIZE], total[QUANTITY_SIZE];

	print_line(
		out, peak, "pages in use at most", "%s of %s",
		quantity_format_bytes(peak * LDE_PAGE_SIZE, used, sizeof(used)),
		quantity_format_bytes(ledger->pages_total * LDE_PAGE_SIZE, total, sizeof(total)));
	if (left)
		print_line(out, left, "pages in use at the end", NULL);
}

static void print_ledger(const struct summary *summary, FILE *out)
{
	fputc('\n', out);
	print_traps(summary->ledger, out);
	print_syscalls(summary->ledger, out);
	print_faults(summary->ledger, out);
	print_switches(summary, out);
	print_memory(summary->ledger, out);
}

/* ---- around it ------------------------------------------------------- */

static void print_title(const struct summary *summary, FILE *out, size_t width)
{
	const char *head = " Limited direct execution of '";
	size_t room = width > strlen(head) + 8 ? width - strlen(head) - 2 : 8;
	bool cut = strlen(summary->command) > room;

	fprintf(out, "\n%s%.*s%s':\n\n", head, (int)(cut ? room - 3 : room), summary->command,
		cut ? "..." : "");
}

static void print_trace(const struct trace_totals *trace, FILE *out)
{
	fputc('\n', out);
	print_line(out, summary_nr_events(trace), "events in the trace",
		   "%" PRIu64 " lost, waited for room %" PRIu64 " times", trace->nr_lost,
		   trace->nr_stalls);
}

static void print_end(const struct summary *summary, FILE *out)
{
	static const char *const texts[][2] = {
		{"timeout", "stopped by the time limit"},
		{"signal", "stopped by a signal"},
		{"panic", "the guest kernel gave up"},
		{"failed", "the machine failed"},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(summary->end, texts[i][0]) == 0)
			fprintf(out, "\n The run did not come to its own end: %s.\n", texts[i][1]);
}

static void print_times(const struct summary *summary, FILE *out)
{
	uint64_t start_ns = summary_start_ns(summary);

	fprintf(out, "\n %14.6f  seconds of wall time\n", (double)summary->wall_ns / 1e9);
	if (start_ns)
		fprintf(out,
			" %14.6f  seconds from the kernel's start to the first user instruction\n",
			(double)start_ns / 1e9);
	print_end(summary, out);
	if (summary->ledger && summary->ledger->flags & LDE_LEDGER_F_RING0_EMULATED)
		fputs("\n Ring 0 is emulated by this KVM: times inside the kernel are the "
		      "emulator's.\n",
		      out);
}

static void print_disk(const struct summary *summary, const struct summary_disk *disk, FILE *out)
{
	char in[QUANTITY_SIZE], written[QUANTITY_SIZE], busy[QUANTITY_SIZE], name[32];

	snprintf(name, sizeof(name), "requests to %s", disk->name);
	print_line(out, disk->requests, name, "%s read, %s written",
		   quantity_format_bytes(disk->read_bytes, in, sizeof(in)),
		   quantity_format_bytes(disk->written_bytes, written, sizeof(written)));
	if (disk->failed)
		print_line(out, disk->failed, "  failed", NULL);
	print_line(out, disk->max_in_flight, "  most at a time", "%9s ms busy %17.2f %%",
		   quantity_format_ms(disk->busy_ns, busy, sizeof(busy)),
		   percent(disk->busy_ns, summary->wall_ns));
	print_line(out, disk->doorbells, "  doorbells", NULL);
	print_line(out, disk->interrupts, "  interrupts", NULL);
}

static void print_disks(const struct summary *summary, FILE *out)
{
	for (size_t i = 0; i < summary->nr_disks; i++)
		print_disk(summary, &summary->disks[i], out);
	if (summary->nr_disks)
		fputc('\n', out);
}

static void print_console(const struct summary_console *console, FILE *out)
{
	print_line(out, console->writes, "writes to the console", NULL);
	if (console->failed)
		print_line(out, console->failed, "  failed", NULL);
	print_line(out, console->reads, "reads from it", NULL);
	print_line(out, console->doorbells, "  doorbells", NULL);
	print_line(out, console->interrupts, "  interrupts", NULL);
	fputc('\n', out);
}

void summary_print(const struct summary *summary, FILE *out, size_t width)
{
	print_title(summary, out, width);
	print_exits(summary, out);
	summary_print_exits(summary, out, width);
	print_kvm_stats(summary, out);
	if (summary->ledger)
		print_ledger(summary, out);
	print_disks(summary, out);
	if (summary->console)
		print_console(summary->console, out);
	if (summary->trace)
		print_trace(summary->trace, out);
	if (summary->nr_records) {
		summary_print_processes(summary, out, width);
		summary_print_sched(summary, out);
	}
	print_times(summary, out);
	fputc('\n', out);
}
