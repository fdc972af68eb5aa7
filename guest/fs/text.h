/* SPDX-License-Identifier: MIT */
/* Names of files and targets of links: strings of up to a page. */
#ifndef GUEST_FS_TEXT_H
#define GUEST_FS_TEXT_H

#include "guest/lib/compiler.h"

/* A copy of len bytes at s, len at most PAGE_SIZE; NULL without memory. */
const char *text_keep(const char *s, uint64_t len);

/* Gives back what text_keep returned for that len. Text that lies in the initrd
 * stays there. */
void text_drop(const char *s, uint64_t len);

#endif
