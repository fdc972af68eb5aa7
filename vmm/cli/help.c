/* SPDX-License-Identifier: MIT */
#include "vmm/cli/help.h"

#include <stdio.h>
#include <string.h>

/* Each a file of vmm/cli/help. */
extern const char help_clocks[], help_exits[], help_kvm[], help_limits[], help_policies[],
	help_programs[], help_traces[], help_traps[];

static const struct topic {
	const char *name, *text, *summary;
} topics[] = {
	{"programs", help_programs, "what runs here, and how to link it"},
	{"traps", help_traps, "how the CPU comes from a program to the kernel"},
	{"limits", help_limits, "what keeps programs in, and --without"},
	{"policies", help_policies, "who runs next: --sched"},
	{"clocks", help_clocks, "the real clock and the logical one: --clock"},
	{"exits", help_exits, "what leaves the virtual machine, and how it is counted"},
	{"traces", help_traces, "what happened, event by event: --trace"},
	{"kvm", help_kvm, "what the host must have"},
};

#define NR_TOPICS (sizeof(topics) / sizeof(topics[0]))

void help_print_topics(void)
{
	for (size_t i = 0; i < NR_TOPICS; i++)
		printf("  %-8s %s\n", topics[i].name, topics[i].summary);
}

const char *help_topic_names(void)
{
	static char names[128];
	size_t len = 0;

	for (size_t i = 0; i < NR_TOPICS && len < sizeof(names); i++)
		len += (size_t)snprintf(names + len, sizeof(names) - len, "%s, ", topics[i].name);
	return names;
}

bool help_print_topic(const char *name)
{
	for (size_t i = 0; i < NR_TOPICS; i++) {
		if (strcmp(topics[i].name, name) == 0) {
			fputs(topics[i].text, stdout);
			return true;
		}
	}
	return false;
}
