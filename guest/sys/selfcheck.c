/* SPDX-License-Identifier: MIT */
#include "guest/sys/selfcheck.h"

#include "guest/arch/direct.h"
#include "guest/arch/offload.h"
#include "guest/arch/panic.h"
#include "guest/core/clock.h"
#include "guest/core/sched.h"
#include "guest/fs/dir.h"
#include "guest/fs/mount.h"
#include "guest/fs/stream.h"
#include "guest/fs/table.h"
#include "guest/lib/fmt.h"
#include "guest/lib/ledger.h"
#include "guest/mm/page.h"
#include "guest/mm/pool.h"
#include "guest/mm/space.h"

/* A check is not made again before this many times what it took has passed. */
#define PAUSE_SHARE 8

bool selfcheck_is_on;

static void (*forget_above)(void);
static uint64_t next_tsc; /* no check before */

void selfcheck_start(void (*forget)(void))
{
	if (!page_check_init())
		panic("memory is too small for the self-check");
	forget_above = forget;
	selfcheck_is_on = true;
}

/* ---- on the way -------------------------------------------------------- */

static const char *check_files(const struct file_table *table)
{
	if (!table->users)
		return "a process's open files belong to nobody";
	for (int fd = file_table_next(table, 0); fd < FD_MAX; fd = file_table_next(table, fd + 1)) {
		const struct file *file = file_table_get(table, fd);

		if (!file || !file->users || !file->inode->users)
			return "an open file belongs to nobody";
	}
	return NULL;
}

/* The two pages of struct process and its stack, and that of its signals. */
static const char *check_own_pages(const struct process *p)
{
	const char *wrong = page_check_owner(direct_paddr(p));

	if (!wrong)
		wrong = page_check_owner(direct_paddr((char *)p->context.stack_top - PAGE_SIZE));
	if (!wrong && p->signals)
		wrong = page_check_owner(direct_paddr(p->signals));
	return wrong;
}

static bool is_first_user(const struct process *p)
{
	const struct process *q = process_find_from(1);

	while (p->space->users > 1 && q->space != p->space)
		q = process_find_from(q->pid + 1);
	return p->space->users <= 1 || q == p;
}

/* A space that several share is looked at once. */
static const char *check_space(const struct process *p)
{
	uint32_t nr_users = 0;

	if (!is_first_user(p))
		return NULL;
	for (struct process *q = process_find_from(0); q; q = process_find_from(q->pid + 1)) {
		if (p->space->users == 1)
			break;
		nr_users += q->space == p->space;
	}
	if (p->space->users != max_u64(nr_users, 1))
		return "an address space does not count its users right";
	if (p != current() && p->context.root != p->space->tables.root)
		return "a process would run in another's address space";
	return space_check(p->space);
}

static const char *check_processes(uint32_t *nr_ready)
{
	const char *wrong = process_check();

	for (struct process *p = process_find_from(0); p && !wrong;
	     p = process_find_from(p->pid + 1)) {
		*nr_ready += p->state == LDE_STATE_READY;
		wrong = check_own_pages(p);
		if (!wrong && p->space)
			wrong = check_space(p);
		if (!wrong && p->files)
			wrong = check_files(p->files);
	}
	return wrong;
}

static const char *check_all(void)
{
	uint32_t nr_ready = 0;
	const char *wrong;

	page_check_begin();
	wrong = pool_check();
	if (!wrong)
		wrong = dir_check();
	if (!wrong)
		wrong = check_processes(&nr_ready);
	if (!wrong)
		wrong = sched_check(nr_ready);
	if (!wrong)
		wrong = timer_check_all();
	return wrong ? wrong : page_check();
}

static uint64_t check_offloaded(void *arg)
{
	*(const char **)arg = check_all();
	return 0;
}

void selfcheck_run(void)
{
	uint64_t start = clock_now();
	const char *wrong;

	if (start < next_tsc)
		return;
	offload_call(check_offloaded, &wrong);
	if (wrong)
		panic(wrong);
	ledger.self_checks++;
	next_tsc = start + PAUSE_SHARE * (clock_now() - start);
}

/* ---- at the end --------------------------------------------------------- */

static uint64_t give_back(void *arg)
{
	(void)arg;
	stream_forget();
	mount_forget();
	dir_destroy_tree();
	forget_above();
	return 0;
}

static _Noreturn void panic_lost(uint64_t nr_pages)
{
	static char text[128];
	struct fmt f = { text, text + sizeof(text) - 1 };
	uint64_t nr_objects;
	const struct pool *pool = pool_find_used(&nr_objects);

	fmt_number(&f, nr_pages);
	fmt_text(&f, " pages were not given back");
	if (pool) {
		fmt_text(&f, "; in use are ");
		fmt_number(&f, nr_objects);
		fmt_text(&f, " objects of ");
		fmt_text(&f, pool->name);
	}
	panic(text);
}

void selfcheck_end(void)
{
	uint64_t nr_free = ledger.pages_free;

	offload_call(give_back, NULL);
	ledger.pages_of_files = ledger.pages_free - nr_free;
	if (ledger.pages_free != ledger.pages_total)
		panic_lost(ledger.pages_total - ledger.pages_free);
	ledger.pages_free = nr_free;
	ledger.self_checks++;
}
