/* SPDX-License-Identifier: MIT */
#include "guest/arch/offload.h"

#include "guest/arch/direct.h"
#include "guest/arch/frame.h"
#include "guest/arch/insn.h"
#include "guest/arch/msr.h"
#include "guest/arch/pte.h"
#include "guest/lib/string.h"

bool offload_is_active;
bool offload_is_running; /* calls inside a call stay where they are */

paddr_t offload_root; /* also for entry.S */

/* offload.S */
uint64_t offload_enter(offload_fn fn, void *arg, paddr_t root);
uint64_t offload_user_probe_syscall(void *);
extern const char offload_user_probe_landing[];
extern const char syscall_entry[], entry_start[], entry_end[];

/*
 * The entry code stays supervisor-only even where the rest of the kernel's half
 * is not: its leaf entries lose the bit that all others have.
 */
static void hide_entry_code(void)
{
	uint64_t *pt = direct_map(LDE_BOOT_PT_PT_IMAGE);

	for (const char *p = entry_start; p < entry_end; p += LDE_PAGE_SIZE)
		pt[image_paddr(p) >> LDE_PAGE_SHIFT] &= ~(uint64_t)PTE_USER;
}

void offload_init(paddr_t root)
{
	const uint64_t *kernel = direct_map(LDE_BOOT_PT_PML4);
	uint64_t *pml4 = direct_map(root);
	uint64_t lstar = insn_rdmsr(MSR_LSTAR);
	uint64_t cs;

	hide_entry_code();
	pml4[LDE_PML4_DIRECT] = kernel[LDE_PML4_DIRECT] | PTE_USER;
	pml4[LDE_PML4_IMAGE] = kernel[LDE_PML4_IMAGE] | PTE_USER;
	offload_root = root;

	insn_wrmsr(MSR_LSTAR, (uint64_t)offload_user_probe_landing);
	cs = offload_enter(offload_user_probe_syscall, NULL, root);
	insn_wrmsr(MSR_LSTAR, lstar);
	offload_is_active = cs == USER_CS;
}

uint64_t offload_parse(offload_fn fn, void *arg)
{
	uint64_t result;

	offload_is_running = true;
	result = offload_enter(fn, arg, offload_root);
	offload_is_running = false;
	return result;
}

uint64_t offload_call_active(offload_fn fn, void *arg)
{
	return offload_is_running ? fn(arg) : offload_parse(fn, arg);
}

static uint64_t zero_page(void *page)
{
	memset(page, 0, LDE_PAGE_SIZE);
	return 0;
}

void offload_zero_page(void *page)
{
	offload_call(zero_page, page);
}

struct copy {
	void *dst;
	const void *src;
	uint64_t len;
};

static uint64_t copy_bytes(void *arg)
{
	const struct copy *c = arg;

	memcpy(c->dst, c->src, c->len);
	return 0;
}

void offload_copy(void *dst, const void *src, uint64_t len)
{
	struct copy c = { dst, src, len };

	offload_call(copy_bytes, &c);
}
