/* SPDX-License-Identifier: MIT */
/* JSON as text, and bytes as text in it. */
#ifndef VMM_OBSERVE_JSON_TEXT_H
#define VMM_OBSERVE_JSON_TEXT_H

#include <stdio.h>

struct json_object;

/* A string object. File names are bytes, JSON is UTF-8: what is none becomes
 * '?'. NULL: no memory. */
struct json_object *json_text_object(const char *text);

/* Prints it for people, with a newline, and gives it up. 0 or -errno; what is still
 * buffered in out may fail later. */
int json_text_print(struct json_object *root, FILE *out);

#endif
