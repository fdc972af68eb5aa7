/* SPDX-License-Identifier: MIT */
#include "vmm/cli/doctor_report.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <string.h>

#include "vmm/observe/json_text.h"
#include "vmm/observe/quantity.h"

#define WIDTH  80
#define INDENT 22 /* where the text of a line starts */

/* Breaks text at blanks, in a column from indent on, where the cursor stands. */
static void print_wrapped(FILE *out, const char *text, size_t indent)
{
	size_t column = indent;

	while (*text) {
		size_t len = strcspn(text, " ");

		if (column > indent && column + 1 + len > WIDTH) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		}
		if (column > indent)
			fputc(' ', out);
		fprintf(out, "%.*s", (int)len, text);
		column += len + (column > indent);
		text += len + (text[len] == ' ');
	}
	fputc('\n', out);
}

static void print_check(FILE *out, const char *verdict, const char *what, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static void print_check(FILE *out, const char *verdict, const char *what, const char *format, ...)
{
	char text[COMPLAINT_SIZE + 64];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fprintf(out, "  %-5s %-13s ", verdict, what);
	print_wrapped(out, text, INDENT);
}

static const char *kvm_kind(const char *module)
{
	if (strcmp(module, "kvm_intel") == 0)
		return "Intel VMX";
	if (strcmp(module, "kvm_amd") == 0)
		return "AMD SVM";
	if (strcmp(module, "kvm_pvm") == 0)
		return "in software, for hosts without hardware virtualization";
	return module[0] ? "of an unknown kind" : "built into the kernel";
}

static void print_host(const struct doctor_report *report, FILE *out)
{
	const struct kvm_facts *facts = &report->facts;
	bool opened = facts->usable || facts->error.step != KVM_STEP_OPEN;

	print_check(out, opened ? "ok" : "BAD", KVM_DEVICE_PATH, "%s",
		    opened                 ? "opens"
		    : facts->device_exists ? "exists, but cannot be opened"
					   : "does not exist");
	print_check(out,
		    facts->usable      ? "ok"
		    : facts->module[0] ? "note"
				       : "BAD",
		    "KVM", "%s%s%s", facts->module[0] ? facts->module : "no module",
		    facts->module[0] ? ": " : "", facts->module[0] ? kvm_kind(facts->module) : "");
	if (facts->usable)
		print_check(out, "ok", "interface",
			    "version %d, with every capability that lde "
			    "needs; a virtual machine could be made",
			    KVM_API_VERSION);
}

static void print_entry(const struct probe *probe, FILE *out)
{
	if (probe->ring)
		print_check(out, "ok", "ring 3", "the probe program ran in ring %" PRIu64,
			    probe->ring);
	if (!probe->ring0_emulated) {
		print_check(out, "ok", "SYSCALL", "changes the mode: system calls enter ring 0");
		print_check(out, "ok", "ring 0", "runs on the CPU itself");
		return;
	}
	print_check(out, "note", "SYSCALL",
		    "does not change the mode here; system calls enter the "
		    "kernel by a page fault at the entry point");
	print_check(out, "note", "ring 0",
		    "is emulated one instruction at a time: programs run at "
		    "full speed, but times inside the kernel are the emulator's");
}

static void print_timer(const struct probe *probe, FILE *out)
{
	char late[QUANTITY_SIZE], worst[QUANTITY_SIZE];
	/* A millisecond is a tenth of the default quantum. */
	const char *verdict = probe->timer_late_ns < 1000000 ? "ok" : "note";

	if (!probe->timer_late_worst_ns) {
		print_check(out, "BAD", "timer", "a sleep of 1 ms did not end");
		return;
	}
	print_check(out, verdict, "timer", "sleeps of 1 ms end %s late, %s at worst",
		    quantity_format_ns(probe->timer_late_ns, late, sizeof(late)),
		    quantity_format_ns(probe->timer_late_worst_ns, worst, sizeof(worst)));
}

static void print_cost(FILE *out, const char *what, uint64_t ns, const char *remark)
{
	char text[QUANTITY_SIZE];

	if (ns)
		print_check(out, "", what, "%s%s", quantity_format_ns(ns, text, sizeof(text)),
			    remark);
}

static void print_probe(const struct probe *probe, FILE *out)
{
	print_entry(probe, out);
	print_timer(probe, out);
	if (probe->features[0])
		print_check(out, "", "CPU features", "%s", probe->features);
	fputs("\n  What it costs here (medians, seen from a program):\n", out);
	print_cost(out, "system call", probe->syscall_ns, " for getppid");
	print_cost(out, "trap", probe->page_fault_ns, " for the first touch of a page");
	print_cost(out, "yield", probe->yield_ns, " for sched_yield with nobody else to run");
	print_cost(out, "exit", probe->write_ns, " for a write, with one exit to user space in it");
	print_cost(out, "", probe->exit_ns, " of that in lde itself");
	print_cost(out, "start", probe->start_ns,
		   " from the kernel's start to the first user instruction");
}

static void print_problem(const char *problem, FILE *out)
{
	fputs("\nlde cannot run here:\n  ", out);
	print_wrapped(out, problem, 2);
}

void doctor_report_print(const struct doctor_report *report, FILE *out)
{
	print_host(report, out);
	if (report->probe.started)
		print_probe(&report->probe, out);
	if (report->usable)
		fputs("\nlde can run here.\n", out);
	else
		print_problem(report->problem.text, out);
}

/* ---- JSON ------------------------------------------------------------ */

static void add_ns(struct json_object *object, const char *key, uint64_t ns)
{
	if (ns)
		json_object_object_add(object, key, json_object_new_uint64(ns));
}

static void add_bool(struct json_object *object, const char *key, bool value)
{
	json_object_object_add(object, key, json_object_new_boolean(value));
}

static struct json_object *features_array(const char *features)
{
	struct json_object *array = json_object_new_array();

	while (*features) {
		size_t len = strcspn(features, " ");

		if (len)
			json_object_array_add(array,
					      json_object_new_string_len(features, (int)len));
		features += len + (features[len] == ' ');
	}
	return array;
}

static struct json_object *probe_object(const struct probe *probe)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "ring", json_object_new_uint64(probe->ring));
	add_bool(object, "syscall_changes_mode", !probe->ring0_emulated);
	add_bool(object, "ring0_emulated", probe->ring0_emulated);
	json_object_object_add(object, "features", features_array(probe->features));
	add_ns(object, "timer_late_ns", probe->timer_late_ns);
	add_ns(object, "timer_late_worst_ns", probe->timer_late_worst_ns);
	add_ns(object, "syscall_ns", probe->syscall_ns);
	add_ns(object, "page_fault_ns", probe->page_fault_ns);
	add_ns(object, "yield_ns", probe->yield_ns);
	add_ns(object, "write_ns", probe->write_ns);
	add_ns(object, "exit_ns", probe->exit_ns);
	add_ns(object, "start_ns", probe->start_ns);
	return object;
}

int doctor_report_print_json(const struct doctor_report *report, FILE *out)
{
	struct json_object *root = json_object_new_object();

	if (!root)
		return -ENOMEM;
	json_object_object_add(root, "version", json_object_new_int(DOCTOR_JSON_VERSION));
	add_bool(root, "usable", report->usable);
	if (!report->usable)
		json_object_object_add(root, "problem",
				       json_object_new_string(report->problem.text));
	add_bool(root, "device_exists", report->facts.device_exists);
	json_object_object_add(root, "module", json_object_new_string(report->facts.module));
	if (report->probe.started)
		json_object_object_add(root, "probe", probe_object(&report->probe));
	return json_text_print(root, out);
}
