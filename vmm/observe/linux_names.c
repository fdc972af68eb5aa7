/* SPDX-License-Identifier: MIT */
#include "vmm/observe/linux_names.h"

#include <stddef.h>

static const char *const names[] = {
/* Lines like [0] = "read", which vmm/observe/observe.mk makes of <asm/unistd_64.h>. */
#include "syscall-names.inc"
};

const char *linux_syscall_name(uint32_t number)
{
	return number < sizeof(names) / sizeof(names[0]) ? names[number] : NULL;
}
