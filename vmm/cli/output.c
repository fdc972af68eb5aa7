/* SPDX-License-Identifier: MIT */
#include "vmm/cli/output.h"

#include <errno.h>

int output_flush(FILE *out)
{
	/* A write that failed before failed again since, so errno is still its. */
	int before = ferror(out) ? errno : 0;

	if (fflush(out) != 0)
		return -errno;
	if (!ferror(out))
		return 0;
	return before ? -before : -EIO;
}

int output_close(FILE *out)
{
	int err = output_flush(out);

	if (out != stdout && out != stderr && fclose(out) != 0 && !err)
		err = -errno;
	return err;
}
