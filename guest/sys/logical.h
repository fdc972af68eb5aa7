/* SPDX-License-Identifier: MIT */
/* System calls as the ticks of the logical clock. */
#ifndef GUEST_SYS_LOGICAL_H
#define GUEST_SYS_LOGICAL_H

/* From now on system calls that count end a tick each. After all else that stands
 * in the place of syscall_handler, but what records events. */
void syscall_logical_install(void);

#endif
