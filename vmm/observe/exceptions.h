/* SPDX-License-Identifier: MIT */
/* x86 trap vectors and their error codes in words (SDM vol. 3, chapter 6). */
#ifndef VMM_OBSERVE_EXCEPTIONS_H
#define VMM_OBSERVE_EXCEPTIONS_H

#include <stddef.h>
#include <stdint.h>

#define EXCEPTION_DIVIDE     0
#define EXCEPTION_BREAKPOINT 3
#define EXCEPTION_INVALID    6
#define EXCEPTION_STACK      12
#define EXCEPTION_PROTECTION 13
#define EXCEPTION_PAGE_FAULT 14
#define NR_EXCEPTIONS        32

#define PF_ERROR_PRESENT  0x1u
#define PF_ERROR_WRITE    0x2u
#define PF_ERROR_USER     0x4u
#define PF_ERROR_RESERVED 0x8u
#define PF_ERROR_FETCH    0x10u
#define PF_ERROR_KEY      0x20u

/* "#GP"; NULL for a vector that has no name of its own. */
const char *exception_mnemonic(unsigned int vector);

/* "general protection"; NULL as above. */
const char *exception_title(unsigned int vector);

/*
 * "#PF, error 0x7: write, user mode, protection" into out, always terminated.
 * The error code is left out for vectors that have none.
 */
void exception_describe(unsigned int vector, uint64_t error, char *out, size_t size);

#endif
