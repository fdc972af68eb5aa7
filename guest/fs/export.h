/* SPDX-License-Identifier: MIT */
/*
 * Files for the host: at the end of a run, what is below the paths that the
 * user named is handed to the VMM (lde/device.h), one exit for each file and
 * one for each couple of megabytes.
 */
#ifndef GUEST_FS_EXPORT_H
#define GUEST_FS_EXPORT_H

#include "guest/dev/tree.h"

void export_init(const struct tree_export *from_tree);

/* Whether interrupt vector is the VMM's wish that the run end now. */
bool export_is_wish_to_end(unsigned vector);

/* Hands over everything; nothing if the user wants none. No process may run
 * between its calls of the VMM, so that files stay as they are. */
void export_all(void);

#endif
