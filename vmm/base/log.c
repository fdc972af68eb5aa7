/* SPDX-License-Identifier: MIT */
#include "vmm/base/log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vmm/base/status_line.h"

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
	status_line_begin();
	ssize_t ignored = write(STDERR_FILENO, line, end);
	(void)ignored;
	status_line_end('\n');
}

void log_line(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_vline(fmt, args);
	va_end(args);
}
