/* SPDX-License-Identifier: MIT */
/*
 * Options as Python's optparse takes them, which the simulators of OSTEP's
 * homework use: -s5, -s 5, -cps 5, --seed=5, --seed 5, --se 5. A value is
 * whatever comes next, also if it begins with a dash. What is no option is
 * ignored.
 */
#ifndef VMM_OSTEP_OPTIONS_H
#define VMM_OSTEP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmm/base/complaint.h"

enum ostep_option_kind {
	OSTEP_OPTION_FLAG,
	OSTEP_OPTION_INT,
	OSTEP_OPTION_TEXT,
};

struct ostep_option {
	char letter;      /* or 0 */
	const char *name; /* without dashes, or NULL */
	enum ostep_option_kind kind;
	/* One that the simulator does not have: its name may not be abbreviated, and
	 * takes no abbreviation from others. */
	bool is_ours;
	union {
		bool *flag;
		int64_t *number;
		const char **text; /* into argv */
	};
	const char *value; /* what to call it in the help: N, LIST */
	const char *help;  /* one line */
};

#define OSTEP_OPTIONS_HELP 1

/*
 * Sets what argv has, from argv[1] on, to NULL; the rest is as it was. 0;
 * OSTEP_OPTIONS_HELP, if -h or --help came before anything wrong; or -EINVAL and a
 * complaint, which begins with command.
 */
int ostep_options_parse(const struct ostep_option *options, size_t nr, const char *command,
			char *const *argv, struct complaint *complaint);

#endif
