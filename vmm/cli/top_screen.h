/* SPDX-License-Identifier: MIT */
/*
 * The screen of lde top. The terminal is as it was after top_screen_close, and also
 * after a signal that ends this process, but for SIGKILL.
 */
#ifndef VMM_CLI_TOP_SCREEN_H
#define VMM_CLI_TOP_SCREEN_H

#include <stdbool.h>

#include "vmm/cli/top_output.h"
#include "vmm/observe/top_model.h"

struct top_view {
	struct top_model model;
	struct top_output output;
	uint32_t first; /* row of the table at its top */
	bool is_frozen;
	bool shows_help;
	bool has_errors_elsewhere; /* not in output */
	bool has_ended;
	char end[80]; /* how, if it has */
};

/* 0; -ENOTTY: nothing is known of this kind of terminal; -EOPNOTSUPP: it is one whose
 * cursor cannot be moved. */
int top_screen_open(void);
void top_screen_close(void);

void top_screen_draw(struct top_view *view);

/* Takes all keys that have been pressed. True: to leave. */
bool top_screen_take_keys(struct top_view *view);

#endif
