/* SPDX-License-Identifier: MIT */
/* What the terminal does to groups of processes. */
#ifndef GUEST_SYS_JOBCONTROL_H
#define GUEST_SYS_JOBCONTROL_H

#include "guest/dev/tty.h"

extern const struct tty_job_ops jobcontrol_ops;

#endif
