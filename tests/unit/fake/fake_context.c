/* SPDX-License-Identifier: MIT */
/*
 * Processes as coroutines. The kernel stack of a process is a page, too little
 * for the host's C library and the sanitizers, so each gets a stack from here
 * when it first runs. What a coroutine needs lies in its vector area.
 */
#include "tests/unit/fake/fake_context.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "guest/arch/context.h"
#include "guest/arch/cpu.h"
#include "tests/unit/fake/fake.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#else
#define __sanitizer_start_switch_fiber(save, bottom, size)   ((void)(save))
#define __sanitizer_finish_switch_fiber(save, bottom, size) ((void)(save))
#define ASAN_UNPOISON_MEMORY_REGION(p, size)                ((void)(p))
#endif

#define STACK_SIZE (256 << 10)
#define NR_STACKS  1024

struct coroutine {
	ucontext_t context;
	void (*entry)(void);
	const void *bottom; /* of its stack */
	size_t size;
	void *fake_stack;   /* the address sanitizer's */
};
_Static_assert(sizeof(struct coroutine) <= VECTOR_AREA_MAX, "it lies in the vector area");

static char *stacks;
static unsigned nr_used;
static struct coroutine home, runner;
static struct coroutine *running;
static const char *stop_reason;

void context_forget_all(void)
{
	if (!stacks) {
		stacks = mmap(NULL, (size_t)NR_STACKS * STACK_SIZE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (stacks == MAP_FAILED)
			abort();
	}
	nr_used = 0;
	running = NULL;
}

/* Where every coroutine comes out of a switch. */
static void arrive(void *fake_stack)
{
	(void)fake_stack;
	__sanitizer_finish_switch_fiber(fake_stack, &home.bottom, &home.size);
}

static void switch_to(struct coroutine *from, struct coroutine *to)
{
	running = to;
	__sanitizer_start_switch_fiber(&from->fake_stack, to->bottom, to->size);
	swapcontext(&from->context, &to->context);
	__sanitizer_finish_switch_fiber(from->fake_stack, NULL, NULL);
}

static void coroutine_main(void)
{
	if (running == &runner)
		arrive(NULL);
	else
		__sanitizer_finish_switch_fiber(NULL, NULL, NULL);
	running->entry();
	fake_stop(running == &runner ? NULL : "an entry function returned");
}

static void coroutine_create(struct coroutine *c)
{
	char *stack;

	assert_true(nr_used < NR_STACKS);
	stack = stacks + (size_t)nr_used++ * STACK_SIZE;
	ASAN_UNPOISON_MEMORY_REGION(stack, STACK_SIZE);
	getcontext(&c->context);
	c->context.uc_stack.ss_sp = stack;
	c->context.uc_stack.ss_size = STACK_SIZE;
	c->bottom = stack;
	c->size = STACK_SIZE;
	makecontext(&c->context, coroutine_main, 0);
}

static struct coroutine *run_coroutine(void (*fn)(void))
{
	assert_null(running);
	runner = (struct coroutine){ .entry = fn };
	coroutine_create(&runner);
	switch_to(&home, &runner);
	running = NULL;
	return &runner;
}

const char *fake_run(void (*fn)(void))
{
	run_coroutine(fn);
	nr_used = fake.nr_switches ? nr_used : nr_used - 1;
	return stop_reason;
}

void fake_stop(const char *why)
{
	if (!running) {
		fail_msg("the machine stopped: %s", why);
		abort();
	}
	stop_reason = why;
	__sanitizer_start_switch_fiber(NULL, home.bottom, home.size);
	setcontext(&home.context);
	abort();
}

uint64_t fake_stack_use(void (*fn)(void))
{
	const char *stack = stacks + (size_t)nr_used * STACK_SIZE;
	uint64_t free = 0;

	fake_run(fn); /* the dynamic linker's share */
	madvise((void *)(uintptr_t)stack, STACK_SIZE, MADV_DONTNEED);
	fake_run(fn);
	while (free < STACK_SIZE && !((volatile const char *)stack)[free])
		free++;
	return STACK_SIZE - free;
}

/* ---- context.h ------------------------------------------------------------ */

void context_init(struct context *ctx, void *stack_top, void *vector, void (*entry)(void))
{
	struct coroutine *c = vector;

	ctx->stack_top = stack_top;
	ctx->root = LDE_BOOT_PT_PML4;
	ctx->vector = vector;
	ctx->fs_base = ctx->gs_base = ctx->selectors = 0;
	c->entry = entry;
	c->bottom = NULL;
}

void context_switch(struct context *prev, struct context *next)
{
	struct coroutine *from = prev->vector, *to = next->vector;

	if (!to->bottom)
		coroutine_create(to);
	from->bottom = running->bottom;
	from->size = running->size;
	fake.nr_switches++;
	fake.cr3 = next->root;
	cpu_set_kernel_stack(this_cpu(), next->stack_top);
	switch_to(from, to);
	/* Whoever switched back has set running to from. */
}

void context_reset(struct context *ctx)
{
	ctx->fs_base = ctx->gs_base = ctx->selectors = 0;
}

void context_set_root(struct context *ctx, paddr_t root)
{
	ctx->root = root;
	fake.cr3 = root;
}

uint64_t context_fs_base(void)
{
	return 0;
}

uint64_t context_gs_base(void)
{
	return 0;
}

void context_set_fs_base(uint64_t base)
{
	(void)base;
}

void context_set_gs_base(uint64_t base)
{
	(void)base;
}

/* Programs have no registers here. */
void context_copy_live(struct context *ctx)
{
	(void)ctx;
}
