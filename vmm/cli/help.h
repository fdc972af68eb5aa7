/* SPDX-License-Identifier: MIT */
/* lde help: the list of commands and topics, and the topics. */
#ifndef VMM_CLI_HELP_H
#define VMM_CLI_HELP_H

#include <stdbool.h>

/* A line for each topic. */
void help_print_topics(void);

/* The names, as "NAME, NAME, ". */
const char *help_topic_names(void);

/* Prints the topic; false if there is none of that name. */
bool help_print_topic(const char *name);

#endif
