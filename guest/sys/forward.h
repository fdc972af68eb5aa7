/* SPDX-License-Identifier: MIT */
/* System calls by way of the VMM. */
#ifndef GUEST_SYS_FORWARD_H
#define GUEST_SYS_FORWARD_H

/* From now on each system call makes an exit first. After what records them. */
void syscall_forward_install(void);

#endif
