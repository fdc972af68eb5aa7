/* SPDX-License-Identifier: MIT */
/*
 * The end of writing to a stream. fflush(3) and fclose(3) speak of what they write
 * themselves; what was lost before, only ferror(3) knows.
 */
#ifndef VMM_CLI_OUTPUT_H
#define VMM_CLI_OUTPUT_H

#include <stdio.h>

/* To be called right after writing: 0, or -errno if any of it is lost. */
int output_flush(FILE *out);

/* The same, and closes it, but for the standard streams. */
int output_close(FILE *out);

#endif
