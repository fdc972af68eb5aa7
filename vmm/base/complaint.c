/* SPDX-License-Identifier: MIT */
#include "vmm/base/complaint.h"

#include <stdarg.h>
#include <stdio.h>

int complaint_set(struct complaint *complaint, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(complaint->text, sizeof(complaint->text), format, args);
	va_end(args);
	return err;
}
