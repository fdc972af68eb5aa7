/* SPDX-License-Identifier: MIT */
#include "vmm/boot/embedded.h"

#include <string.h>

const struct embedded_program *embedded_find(const char *name)
{
	for (const struct embedded_program *program = embedded_programs; program->name; program++)
		if (!strcmp(program->name, name))
			return program;
	return NULL;
}
