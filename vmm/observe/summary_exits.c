/* SPDX-License-Identifier: MIT */
#include "vmm/observe/summary_exits.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "vmm/observe/quantity.h"
#include "vmm/observe/table.h"

#define NR_ROWS_SHOWN 20

const char *summary_place_name(const struct exit_place *place, char *out, size_t size)
{
	static const char *const names[] = {
		[EXIT_PLACE_UNKNOWN] = "(unknown)", [EXIT_PLACE_START] = "(start)",
		[EXIT_PLACE_IDLE] = "(idle)",       [EXIT_PLACE_SYSCALL] = "",
		[EXIT_PLACE_TRAP] = "",             [EXIT_PLACE_OTHERS] = "(others)",
	};

	if (place->kind == EXIT_PLACE_SYSCALL)
		return summary_syscall_name(place->number, out, size);
	if (place->kind == EXIT_PLACE_TRAP)
		return summary_trap_name(place->number, out, size);
	snprintf(out, size, "%s", names[place->kind <= EXIT_PLACE_OTHERS ? place->kind : 0]);
	return out;
}

/* From the end: the latest to have that number. */
const char *summary_program_of(const struct summary *summary, uint32_t pid)
{
	for (uint32_t i = summary->nr_records; pid && i--;)
		if (summary->records[i].pid == pid)
			return summary->records[i].name;
	return "";
}

/* ---- against KVM's own count -------------------------------------------- */

static bool find_stat(const struct summary *summary, const char *name, uint64_t *value)
{
	for (size_t i = 0; i < summary->nr_kvm_stats; i++)
		if (strcmp(summary->kvm_stats[i].scope, "vcpu") == 0 &&
		    strcmp(summary->kvm_stats[i].name, name) == 0) {
			*value = summary->kvm_stats[i].value;
			return true;
		}
	return false;
}

static uint64_t count_ports(const struct exit_counters *exits)
{
	return exits->causes[EXIT_CONSOLE].count + exits->causes[EXIT_MONITOR].count +
	       exits->causes[EXIT_SYSCALL].count + exits->causes[EXIT_TRACE].count + exits->causes[EXIT_PORT_OTHER].count;
}

static const char *unexplained(uint64_t kvm, uint64_t ours)
{
	return kvm == ours ? NULL : "not explained";
}

static const char *explain_ports(uint64_t kvm, uint64_t ours)
{
	if (kvm == 0 && ours)
		return "I/O that KVM emulates is not counted";
	return kvm > ours ? "others were served inside KVM" : unexplained(kvm, ours);
}

static const char *explain_exits(const struct summary *summary, uint64_t kvm, uint64_t ours)
{
	if (summary->ledger && summary->ledger->flags & LDE_LEDGER_F_RING0_EMULATED)
		return "switches of ring 3 count here";
	return kvm > ours ? "others were served inside KVM" : unexplained(kvm, ours);
}

size_t summary_match_exits(const struct summary *summary,
			   struct summary_match matches[SUMMARY_MATCHES_MAX])
{
	const struct exit_counters *exits = summary->exits;
	struct exit_counter total;
	uint64_t kvm, mmio = exits->causes[EXIT_MMIO].count + exits->causes[EXIT_VIRTIO].count,
		 ports = count_ports(exits);
	size_t nr = 0;

	summary_total_exits(exits, &total);
	if (find_stat(summary, "fpu_reload", &kvm))
		matches[nr++] = (struct summary_match){"fpu_reload", "exits to user space", kvm,
						       total.count, unexplained(kvm, total.count)};
	if (find_stat(summary, "io_exits", &kvm))
		matches[nr++] = (struct summary_match){"io_exits", "at ports", kvm, ports,
						       explain_ports(kvm, ports)};
	if (find_stat(summary, "mmio_exits", &kvm))
		matches[nr++] = (struct summary_match){"mmio_exits", "outside of memory", kvm,
						       mmio, unexplained(kvm, mmio)};
	if (find_stat(summary, "exits", &kvm))
		matches[nr++] =
			(struct summary_match){"exits", "exits to user space", kvm, total.count,
					       explain_exits(summary, kvm, total.count)};
	return nr;
}

static void print_matches(const struct summary *summary, FILE *out)
{
	struct summary_match matches[SUMMARY_MATCHES_MAX];
	size_t nr = summary_match_exits(summary, matches);

	if (nr)
		fputs("\n Against KVM's own count:\n", out);
	for (size_t i = 0; i < nr; i++) {
		char kvm[QUANTITY_SIZE], ours[QUANTITY_SIZE];

		fprintf(out, " %14s  %-10s ", quantity_format_count(matches[i].kvm, kvm, sizeof(kvm)),
			matches[i].counter);
		quantity_format_count(matches[i].ours, ours, sizeof(ours));
		if (matches[i].note)
			fprintf(out, "# not %s: %s\n", ours, matches[i].note);
		else
			fprintf(out, "= %s\n", matches[i].what);
	}
}

/* ---- the table ---------------------------------------------------------- */

static const struct table_column columns[] = {
	{"REASON", true}, {"PID", false},      {"PROGRAM", true},  {"IN", true},
	{"COUNT", false}, {"TOTAL ms", false}, {"MEAN us", false}, {"P99 us", false},
};

static void add_us(struct table *table, uint64_t ns)
{
	table_add(table, "%.2f", (double)ns / 1e3);
}

static void add_row(struct table *table, const struct summary *summary, const struct exit_row *row)
{
	const struct exit_counter *counter = &row->counter;
	char text[64];

	table_add(table, "%s", exits_cause_name(row->cause));
	if (row->place.pid)
		table_add(table, "%" PRIu32, row->place.pid);
	else
		table_add(table, "-");
	table_add(table, "%.31s", summary_program_of(summary, row->place.pid));
	table_add(table, "%.31s", summary_place_name(&row->place, text, sizeof(text)));
	table_add(table, "%s", quantity_format_count(counter->count, text, sizeof(text)));
	table_add(table, "%s", quantity_format_ms(counter->total_ns, text, sizeof(text)));
	add_us(table, counter->count ? counter->total_ns / counter->count : 0);
	add_us(table, exits_percentile_ns(counter, 99));
}

void summary_print_exits(const struct summary *summary, FILE *out, size_t width)
{
	const struct exit_ledger *ledger = summary->exit_ledger;
	struct table table;

	if (ledger && ledger->nr_rows) {
		table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
		for (uint32_t i = 0; i < ledger->nr_rows && i < NR_ROWS_SHOWN; i++)
			add_row(&table, summary, &ledger->rows[i]);
		fputc('\n', out);
		table_print(&table, out, width);
		table_fini(&table);
		if (ledger->nr_rows > NR_ROWS_SHOWN)
			fprintf(out, " ... and %" PRIu32 " more; --json has them all\n",
				ledger->nr_rows - NR_ROWS_SHOWN);
	}
	print_matches(summary, out);
}
