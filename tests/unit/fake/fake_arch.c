/* SPDX-License-Identifier: MIT */
/* Memory, the devices, and the start of the machine. */
#include "tests/unit/fake/fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "guest/arch/apic.h"
#include "guest/arch/cpu.h"
#include "guest/arch/insn.h"
#include "guest/arch/mmio.h"
#include "guest/arch/monitor.h"
#include "guest/arch/offload.h"
#include "guest/arch/panic.h"
#include "guest/arch/pte.h"
#include "guest/core/sched.h"
#include "guest/mm/page.h"
#include "tests/unit/fake/fake_context.h"

struct fake_machine fake;
struct cpu cpus[NR_CPUS];
struct cpu_features cpu_features;
bool offload_is_active = true; /* so that calls are counted */
char *fake_memory;

/* All of the kernel's variables: the Makefile gives their sections these names. */
extern char __start_guest_data[], __stop_guest_data[];
extern char __start_guest_bss[], __stop_guest_bss[];

/* Not memcpy, which the address sanitizer watches: there are red zones in it. */
static void copy_raw(char *dst, const char *src, size_t n)
{
	__asm__ volatile("rep movsb" : "+D"(dst), "+S"(src), "+c"(n) : : "memory");
}

static void clear_raw(char *dst, size_t n)
{
	__asm__ volatile("rep stosb" : "+D"(dst), "+c"(n) : "a"(0) : "memory");
}

static void map_memory(void)
{
	char *p = mmap(NULL, FAKE_MEMORY_END + PAGE_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED || mprotect(p + FAKE_GUARD, PAGE_SIZE, PROT_NONE) ||
	    mprotect(p + FAKE_MEMORY_END, PAGE_SIZE, PROT_NONE) || mprotect(p, PAGE_SIZE, PROT_NONE))
		abort();
	fake_memory = p;
}

static void restore_variables(void)
{
	static char *first_values;
	size_t size = __stop_guest_data - __start_guest_data;

	if (!first_values) {
		first_values = malloc(size);
		if (!first_values)
			abort();
		copy_raw(first_values, __start_guest_data, size);
	}
	copy_raw(__start_guest_data, first_values, size);
	clear_raw(__start_guest_bss, __stop_guest_bss - __start_guest_bss);
}

/* The kernel's half: every address in it leads to the same page. */
static void make_boot_tables(void)
{
	uint64_t *top = direct_map(LDE_BOOT_PT_PML4), *table;

	top[LDE_PML4_DIRECT] = LDE_BOOT_PT_PDPT_DIRECT | PTE_PRESENT | PTE_WRITE;
	top[LDE_PML4_IMAGE] = LDE_BOOT_PT_PDPT_IMAGE | PTE_PRESENT | PTE_WRITE;
	for (unsigned i = 0; i < 512; i++) {
		const uint64_t flags = PTE_PRESENT | PTE_WRITE | PTE_USER;

		table = direct_map(LDE_BOOT_PT_PDPT_DIRECT);
		table[i] = LDE_BOOT_PT_PD_DIRECT | flags;
		table = direct_map(LDE_BOOT_PT_PDPT_IMAGE);
		table[i] = LDE_BOOT_PT_PD_DIRECT | flags;
		table = direct_map(LDE_BOOT_PT_PD_DIRECT);
		table[i] = LDE_BOOT_PT_PT_IMAGE | flags;
		table = direct_map(LDE_BOOT_PT_PT_IMAGE);
		table[i] = MIB | flags;
	}
}

void fake_boot(uint64_t nr_pages)
{
	/* The books take 8 bytes a page, their own pages included. */
	uint64_t books = (nr_pages + nr_pages / 511 + 2) * 8 / PAGE_SIZE + 1;

	if (!fake_memory)
		map_memory();
	restore_variables();
	context_forget_all();
	if (madvise(fake_memory, FAKE_MEMORY_END, MADV_DONTNEED))
		abort();
	memset(&fake, 0, sizeof(fake));
	memset(cpus, 0, sizeof(cpus));
	memset(&cpu_features, 0, sizeof(cpu_features));
	make_boot_tables();
	fake.tsc = 1000000;
	if (nr_pages)
		page_init(FAKE_MANAGED_START, FAKE_MANAGED_START + (nr_pages + books) * PAGE_SIZE);
}

int fake_set_up(void **state)
{
	(void)state;
	fake_boot(8192);
	return 0;
}

static uint64_t random_state;

void fake_random_start(void)
{
	const char *seed = getenv("FAKE_SEED");

	random_state = seed ? strtoull(seed, NULL, 0) : 0x9e3779b97f4a7c15;
	print_message("# seed %#llx (FAKE_SEED sets it)\n", (unsigned long long)random_state);
}

uint64_t fake_random(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * 0x2545f4914f6cdd1dull;
}

uint64_t fake_random_below(uint64_t n)
{
	return (fake_random() >> 11) % n;
}

/* ---- direct.h, offload.h, panic.h, apic.h, monitor.h ---------------------- */

static char image_anchor;

paddr_t image_paddr(const void *p)
{
	return (uint32_t)((uintptr_t)p - (uintptr_t)&image_anchor);
}

static void *image_pointer(uint32_t pa)
{
	return &image_anchor + (int32_t)pa;
}

uint64_t offload_call_active(offload_fn fn, void *arg)
{
	fake.nr_offloaded++;
	return fn(arg);
}

bool offload_is_running;

uint64_t offload_parse(offload_fn fn, void *arg)
{
	return offload_call(fn, arg);
}

void offload_zero_page(void *page)
{
	memset(page, 0, PAGE_SIZE);
}

void offload_copy(void *dst, const void *src, uint64_t len)
{
	memcpy(dst, src, len);
}

void panic(const char *why)
{
	fake_stop(why);
}

void apic_set_deadline(uint64_t tsc)
{
	fake.deadline = tsc;
	fake.nr_deadlines++;
}

void monitor_notice(const struct lde_notice *notice)
{
	fake.notice = *notice;
	fake.nr_notices++;
}

void monitor_read_clock(struct lde_clock *clock)
{
	fake.clock.tsc = fake.tsc;
	*clock = fake.clock;
	fake.nr_clock_reads++;
}

/* Every answer is all of one byte: its number. */
void monitor_read_entropy(struct lde_entropy *entropy)
{
	memset(entropy->bytes, (int)++fake.nr_entropy_reads, sizeof(entropy->bytes));
}

void monitor_power_off(enum lde_poweroff how)
{
	(void)how;
	fake_stop(FAKE_POWER_OFF);
}

/* ---- mmio.h -------------------------------------------------------------- */

bool mmio_map(paddr_t pa, paddr_t (*alloc)(void))
{
	(void)pa;
	return fake.mmio_read && alloc();
}

uint32_t mmio_read32(paddr_t pa)
{
	return fake.mmio_read(pa);
}

void mmio_write32(paddr_t pa, uint32_t value)
{
	fake.mmio_write(pa, value);
}

/* ---- insn.h -------------------------------------------------------------- */

uint64_t insn_rdtsc(void)
{
	if (fake.time)
		fake.time();
	return fake.tsc;
}

void insn_rdtsc_store(uint64_t *to)
{
	*to = insn_rdtsc();
}

void insn_outl(uint16_t port, uint32_t value)
{
	if (!fake.doorbell)
		fail_msg("OUT to port %#x", port);
	else
		fake.doorbell(port, image_pointer(value));
}

void insn_barrier(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (fake.barrier)
		fake.barrier();
}

void insn_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
	for (unsigned i = 0; i < 4; i++)
		out[i] = leaf << 16 | subleaf << 8 | i;
}

uint64_t insn_read_cr2(void)
{
	return fake.cr2;
}

uint64_t insn_read_cr3(void)
{
	return fake.cr3;
}

void insn_write_cr3(uint64_t v)
{
	fake.cr3 = v;
	fake.nr_flushes++;
}

void insn_invlpg(vaddr_t va)
{
	fake.nr_page_flushes++;
	fake.flushed_page = va;
}

static struct process *timer_interrupt(void)
{
	if (fake.tsc < fake.deadline)
		fake.tsc = fake.deadline;
	fake.deadline = 0;
	return sched_tick();
}

void cpu_begin_wait(struct cpu *cpu)
{
	(void)cpu;
}

void insn_wait_interrupt(void)
{
	if (fake.idle)
		fake.idle();
	else if (fake.deadline)
		timer_interrupt();
	else
		fake_stop(FAKE_IDLE);
}

void fake_compute(uint64_t ticks)
{
	while (fake.deadline && fake.deadline <= fake.tsc + ticks) {
		ticks -= fake.deadline > fake.tsc ? fake.deadline - fake.tsc : 0;
		sched_switch(timer_interrupt());
	}
	fake.tsc += ticks;
}
