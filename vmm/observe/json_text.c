/* SPDX-License-Identifier: MIT */
#include "vmm/observe/json_text.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The second byte of these is bound: too long a form, a surrogate, beyond U+10FFFF. */
static bool is_second(unsigned char first, unsigned char second)
{
	switch (first) {
	case 0xe0:
		return second >= 0xa0;
	case 0xed:
		return second <= 0x9f;
	case 0xf0:
		return second >= 0x90;
	case 0xf4:
		return second <= 0x8f;
	default:
		return true;
	}
}

/* Length of the UTF-8 sequence at text, 0 if it is none that JSON may hold. */
static size_t utf8_length(const unsigned char *text)
{
	size_t len = 1;

	if (text[0] >= 0xc2 && text[0] <= 0xdf)
		len = 2;
	else if (text[0] >= 0xe0 && text[0] <= 0xef)
		len = 3;
	else if (text[0] >= 0xf0 && text[0] <= 0xf4)
		len = 4;
	else if (text[0] >= 0x80)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return len == 1 || is_second(text[0], text[1]) ? len : 0;
}

struct json_object *json_text_object(const char *text)
{
	struct json_object *object;
	char *copy = strdup(text);

	if (!copy)
		return NULL;
	for (char *at = copy; *at;) {
		size_t len = utf8_length((const unsigned char *)at);

		if (len == 0)
			*at = '?';
		at += len ? len : 1;
	}
	object = json_object_new_string(copy);
	free(copy);
	return object;
}

int json_text_print(struct json_object *root, FILE *out)
{
	const char *text = json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY |
								    JSON_C_TO_STRING_NOSLASHESCAPE);
	int err = -ENOMEM;

	if (text)
		err = fprintf(out, "%s\n", text) < 0 ? -errno : 0;
	json_object_put(root);
	return err;
}
