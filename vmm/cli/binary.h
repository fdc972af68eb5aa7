/* SPDX-License-Identifier: MIT */
/*
 * Is this file a program that the guest can run? If not: why, and what would do.
 *
 * Looked at on the host before a virtual machine is made, so that the answer
 * comes at once and in words. The kernel checks again: it trusts no file.
 */
#ifndef VMM_CLI_BINARY_H
#define VMM_CLI_BINARY_H

#include "vmm/base/complaint.h"

/*
 * Reads the ELF headers from fd. 0 if it is a static x86-64 executable whose
 * segments are sound; else -ENOEXEC, or -errno of a failed read, with a
 * complaint that starts with name.
 */
int binary_check(int fd, const char *name, struct complaint *complaint);

#endif
