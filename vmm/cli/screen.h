/* SPDX-License-Identifier: MIT */
/* What the terminal behind a descriptor can show. */
#ifndef VMM_CLI_SCREEN_H
#define VMM_CLI_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

/* Columns; 80 if it is no terminal, and never less than summaries need. */
size_t screen_width(int fd);

/* A terminal, not a dumb one, and the user has not said NO_COLOR. */
bool screen_has_colour(int fd);

/* The locale's characters are UTF-8. */
bool screen_has_unicode(void);

#endif
