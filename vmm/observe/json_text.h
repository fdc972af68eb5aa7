/* SPDX-License-Identifier: MIT */
/* Bytes as text of JSON. */
#ifndef VMM_OBSERVE_JSON_TEXT_H
#define VMM_OBSERVE_JSON_TEXT_H

struct json_object;

/* A string object. File names are bytes, JSON is UTF-8: what is none becomes
 * '?'. NULL: no memory. */
struct json_object *json_text_object(const char *text);

#endif
