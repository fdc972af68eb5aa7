/* SPDX-License-Identifier: MIT */
/* The frames that handlers run on, and where programs go on behind them. */
#include "tests/unit/fake/fake.h"
#include "tests/unit/fake/fake_process.h"
#include "tests/unit/fake/fake_space.h"

#include <asm/siginfo.h>
#include <asm/signal.h>
#include <string.h>

#include "guest/arch/vector.h"
#include "guest/mm/page.h"
#include "guest/sys/signal_frame.h"

#define HANDLER 0x401000
#define OUTSIDE 0x8000000000000000
#define NR_PAGES 8
#define FXSAVE_GAP 416 /* from here on FXSAVE and XSAVE write nothing */

uint32_t vector_area_size = 512;
const char vector_initial[512];

static struct space *space;
static struct process *p;
static struct signal_page *page;
static struct trap_frame frame;

/* As the CPU does: the end of the area is left as it is. */
void vector_switch(void *save, const void *load)
{
	(void)load;
	memset(save, 0x11, FXSAVE_GAP);
}

void vector_load_copy(void *area, const void *src)
{
	memcpy(area, src, vector_area_size);
}

bool signal_is_ignored(const struct process *process, int sig)
{
	return process->signals && process->signals->actions[sig - 1].handler == (uint64_t)SIG_IGN;
}

static int set_up(void **state)
{
	fake_set_up(state);
	fake_processes_init(16, true);
	space = space_create();
	if (!space || map_anon(space, AT(0), NR_PAGES, PROT_RW))
		return -1;
	for (unsigned i = 0; i < NR_PAGES; i++)
		poke(space, AT(i), 0);
	p = become_process();
	p->space = space;
	page = direct_map(page_alloc_zeroed());
	p->signals = page;
	frame = (struct trap_frame){ .rip = HANDLER + 100, .rsp = AT(4) + 3000, .cs = USER_CS,
				     .ss = USER_DS, .rflags = FLAG_ONE | FLAG_IF };
	return 0;
}

/* As sys_rt_sigaction sets it. */
static void handle(int sig, uint64_t handler, uint64_t flags)
{
	page->actions[sig - 1] = (struct sigaction_user){ .handler = handler, .flags = flags };
	if (handler >= USER_END)
		page->actions[sig - 1].flags |= SIGNAL_HANDLER_OUTSIDE;
	page->blocks[sig - 1] = flags & SA_NODEFER ? 0 : SIGNAL_BIT(sig);
}

static uint64_t push_of(int sig)
{
	p->signals_pending |= SIGNAL_BIT(sig);
	return signal_frames_push(&frame);
}

static void a_handler_begins_and_returns(void **state)
{
	const struct trap_frame before = frame;

	(void)state;
	handle(SIGUSR1, HANDLER, 0);
	assert_int_equal(push_of(SIGUSR1), 0);
	assert_int_equal(frame.rip, HANDLER);
	assert_int_equal(frame.rdi, SIGUSR1);
	assert_int_equal(p->signal_mask, SIGNAL_BIT(SIGUSR1));
	frame.rsp += 8; /* the handler's return */
	assert_int_equal(signal_frame_pop(&frame), 0);
	assert_int_equal(p->signal_mask, 0);
	assert_int_equal(frame.rip, before.rip);
	assert_int_equal(frame.rsp, before.rsp);
}

static void a_handler_where_no_program_can_be_is_a_fault(void **state)
{
	static const uint64_t places[] = {
		USER_END, 0x800000000000, OUTSIDE, 0xffff7fffffffffff, LDE_VA_DIRECT,
		LDE_VA_IMAGE, UINT64_MAX,
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(places); i++) {
		handle(SIGUSR1, places[i], SA_NODEFER);
		assert_int_equal(push_of(SIGUSR1), SIGSEGV);
	}
	handle(SIGSEGV, OUTSIDE, 0);
	assert_int_equal(push_of(SIGSEGV), SIGSEGV);
	p->signal_mask = 0;
	handle(SIGSEGV, OUTSIDE, SA_RESETHAND | SA_NODEFER);
	assert_int_equal(push_of(SIGSEGV), SIGSEGV);
}

static void that_fault_has_a_handler_of_its_own(void **state)
{
	(void)state;
	handle(SIGUSR1, OUTSIDE, 0);
	handle(SIGSEGV, HANDLER, 0);
	assert_int_equal(push_of(SIGUSR1), 0);
	assert_int_equal(frame.rip, HANDLER);
	assert_int_equal(frame.rdi, SIGSEGV);
	assert_int_equal(page->infos[SIGSEGV - 1].code, SI_KERNEL);
	assert_int_equal(p->signals_pending, 0);

	/* What it returns to is no better, and it cannot be told while it is blocked. */
	frame.rsp += 8;
	assert_int_equal(signal_frame_pop(&frame), SIGSEGV);
	p->signal_mask = SIGNAL_BIT(SIGSEGV);
	assert_int_equal(push_of(SIGUSR1), SIGSEGV);
}

static void one_outside_whose_fault_is_outside_ends_with_the_stack(void **state)
{
	uint64_t todo;

	(void)state;
	handle(SIGSEGV, OUTSIDE, SA_NODEFER);
	todo = push_of(SIGSEGV);
	assert_in_range(todo, AT(0) - PAGE_SIZE, AT(0) - 1); /* to bring the page below */
}

static void frames_show_nothing_of_older_memory(void **state)
{
	paddr_t pages[64];

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(pages); i++) {
		pages[i] = page_alloc();
		memset(direct_map(pages[i]), 0xa5, PAGE_SIZE);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(pages); i++)
		page_put(pages[i]);
	p = become_process();
	p->space = space;
	p->signals = page;
	handle(SIGUSR1, HANDLER, 0);
	frame.rsp = AT(4) + 300; /* its vector state lies in two pages */
	assert_int_equal(push_of(SIGUSR1), 0);
	for (vaddr_t va = AT(2); va < AT(5); va++)
		assert_int_not_equal(peek(space, va), 0xa5);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
	const struct CMUnitTest tests[] = {
		TEST(a_handler_begins_and_returns),
		TEST(a_handler_where_no_program_can_be_is_a_fault),
		TEST(that_fault_has_a_handler_of_its_own),
		TEST(one_outside_whose_fault_is_outside_ends_with_the_stack),
		TEST(frames_show_nothing_of_older_memory),
	};

	return cmocka_run_group_tests_name("kernel_signal_frame", tests, NULL, NULL);
}
