/* SPDX-License-Identifier: MIT */
#include "vmm/base/log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void log_vline(const char *fmt, va_list args)
{
	char line[1024] = "lde: ";
	const size_t prefix = strlen(line);
	const size_t room = sizeof(line) - prefix - 1; /* the newline */

	int len = vsnprintf(line + prefix, room, fmt, args);
	if (len < 0)
		return;
	size_t end = prefix + ((size_t)len < room ? (size_t)len : room - 1);
	line[end++] = '\n';
	/* Nobody is left to be told if stderr fails. */
	ssize_t ignored = write(STDERR_FILENO, line, end);
	(void)ignored;
}

void log_line(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_vline(fmt, args);
	va_end(args);
}
