/* SPDX-License-Identifier: MIT */
/* For fake_arch.c only. */
#ifndef FAKE_FAKE_CONTEXT_H
#define FAKE_FAKE_CONTEXT_H

/* All stacks are free again. */
void context_forget_all(void);

#endif
