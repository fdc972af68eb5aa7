/* SPDX-License-Identifier: MIT */
#include "vmm/host/memory.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

int guestmem_init(struct guestmem *mem, uint64_t size_bytes)
{
	*mem = (struct guestmem){0};
	void *base = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (base == MAP_FAILED)
		return -errno;
	*mem = (struct guestmem){.base = base, .size_bytes = size_bytes};
	return 0;
}

void guestmem_fini(struct guestmem *mem)
{
	if (mem->base)
		munmap(mem->base, mem->size_bytes);
	*mem = (struct guestmem){0};
}

void *guestmem_at(const struct guestmem *mem, gpa_t gpa, uint64_t len)
{
	if (gpa.value > mem->size_bytes || len > mem->size_bytes - gpa.value)
		return NULL;
	return mem->base + gpa.value;
}

int guestmem_read(const struct guestmem *mem, gpa_t gpa, void *to, uint64_t len)
{
	const void *from = guestmem_at(mem, gpa, len);

	if (!from)
		return -EFAULT;
	memcpy(to, from, len);
	return 0;
}

int guestmem_write(const struct guestmem *mem, gpa_t gpa, const void *from, uint64_t len)
{
	void *to = guestmem_at(mem, gpa, len);

	if (!to)
		return -EFAULT;
	memcpy(to, from, len);
	return 0;
}
