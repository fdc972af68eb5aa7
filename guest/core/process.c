/* SPDX-License-Identifier: MIT */
#include "guest/core/process.h"

#include "guest/arch/direct.h"
#include "guest/arch/offload.h"
#include "guest/arch/panic.h"
#include "guest/core/clock.h"
#include "guest/lib/ledger.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"

#define STACK_CANARY 0x57ac4ca11ab1e0ddull

static struct process *process_table[PID_MAX]; /* by pid */
/* All processes, by their groups; a bucket that was never used is all zeroes. */
#define GROUP_BUCKETS 256
static struct list group_buckets[GROUP_BUCKETS];
_Static_assert(sizeof(group_buckets) == PAGE_SIZE, "emptied as one page");
static uint32_t last_pid;
static bool pids_have_wrapped;
static uint32_t nr_live;
static uint32_t nr_processes; /* zombies, too */
static uint32_t max_processes;

/* The CPU's registers between boot and the first process; never runs again. */
static struct process boot_process;
static char boot_vector[VECTOR_AREA_MAX] __attribute__((aligned(VECTOR_AREA_ALIGN)));

static uint64_t *stack_canary(const struct process *p)
{
	return (uint64_t *)((char *)p->context.stack_top - KERNEL_STACK_SIZE);
}

void process_init(uint32_t records_cap)
{
	uint64_t bytes = (uint64_t)records_cap * sizeof(struct lde_process_record);

	ledger.records_gpa = page_reserve(bytes);
	ledger.records_cap = ledger.records_gpa ? records_cap : 0;
	offload_zero_page(group_buckets);
}

void process_adopt_boot_context(void *boot_stack_top)
{
	boot_process.context.stack_top = boot_stack_top;
	boot_process.context.root = LDE_BOOT_PT_PML4;
	boot_process.context.vector = boot_vector;
	boot_process.record = &boot_process.own_record;
	*stack_canary(&boot_process) = STACK_CANARY;
	this_cpu()->process = &boot_process;
	ledger.running_gpa = image_paddr(&this_cpu()->process);
	ledger.running_pid = offsetof(struct process, pid);
	ledger.running_state = offsetof(struct process, state);
	ledger.running_frame_end = offsetof(struct process, context.stack_top);
	ledger.frame_number_back =
		sizeof(struct trap_frame) - offsetof(struct trap_frame, syscall_nr);
	cpu_set_kernel_stack(this_cpu(), boot_stack_top);
}

static uint32_t pid_alloc(void)
{
	for (uint32_t tries = 1; tries < PID_MAX; tries++) {
		if (++last_pid == PID_MAX) {
			last_pid = 1;
			pids_have_wrapped = true;
		}
		if (!process_table[last_pid])
			return last_pid;
	}
	return 0;
}

/* In the books, or, when they are full, where only the kernel sees it. */
static struct lde_process_record *record_open(struct process *p)
{
	struct lde_process_record *records = direct_map(ledger.records_gpa);

	if (ledger.nr_records < ledger.records_cap)
		return &records[ledger.nr_records++];
	ledger.records_lost++;
	return &p->own_record;
}

/* The two pages, the first one cleared: what is saved of the vector state leaves gaps,
 * and a signal's frame shows them to the program. */
static struct process *process_alloc(void (*entry)(void))
{
	paddr_t pa = page_alloc_zeroed_here(), stack = page_alloc();
	struct process *p;

	if (!pa || !stack) {
		if (pa)
			page_put(pa);
		if (stack)
			page_put(stack);
		return NULL;
	}
	p = direct_map(pa);
	context_init(&p->context, (char *)direct_map(stack) + KERNEL_STACK_SIZE,
		     (char *)p + PROCESS_VECTOR_OFFSET, entry);
	*stack_canary(p) = STACK_CANARY;
	return p;
}

struct creation {
	void (*entry)(void);
	uint32_t job;
	const struct process_name *name;
};

static uint64_t create(void *arg)
{
	const struct creation *c = arg;
	uint32_t pid = pid_alloc();
	struct process *p = pid ? process_alloc(c->entry) : NULL;

	if (!p)
		return 0;
	p->pid = pid;
	p->state_since = clock_now();
	list_init(&p->queue_link);
	list_init(&p->siblings);
	list_init(&p->children);
	list_init(&p->zombies);
	wait_queue_init(&p->child_ended);
	list_init(&p->in_group);
	process_set_group(p, pid);
	p->session = pid;
	p->share.tickets = LDE_TICKETS_DEFAULT;
	p->record = record_open(p);
	p->record->pid = pid;
	p->record->job = c->job;
	p->record->start_tsc = p->state_since;
	process_set_name(p, c->name);
	process_table[pid] = p;
	nr_live++;
	nr_processes++;
	p->processes_limit = max_processes;
	ledger.processes_created++;
	return (uint64_t)p;
}

struct process *process_create(void (*entry)(void), uint32_t job, const struct process_name *name)
{
	struct creation c = { entry, job, name };

	return (struct process *)offload_call(create, &c);
}

void process_insert_by_pid(struct list *list, struct process *p)
{
	list_for_each(l, list) {
		if (list_entry(l, struct process, queue_link)->pid > p->pid) {
			list_insert_before(l, &p->queue_link);
			return;
		}
	}
	list_add_tail(list, &p->queue_link);
}

void process_forget(struct process *p)
{
	/* The number may be another's by the time that p is destroyed. */
	if (process_table[p->pid] != p)
		return;
	process_table[p->pid] = NULL;
	list_remove(&p->in_group);
}

void process_destroy(struct process *p)
{
	if (*stack_canary(p) != STACK_CANARY)
		panic("a kernel stack overflowed");
	process_forget(p);
	nr_processes--;
	page_put(direct_paddr((char *)p->context.stack_top - KERNEL_STACK_SIZE));
	page_put(direct_paddr(p));
}

void process_panic_state(void)
{
	panic("a process made an illegal change of state");
}

struct process_name process_name_of(const char *path)
{
	struct process_name name = { { 0 } };

	string_copy(name.text, string_base_name(path), sizeof(name.text));
	return name;
}

struct process *process_find(uint32_t pid)
{
	return pid < PID_MAX ? process_table[pid] : NULL;
}

struct process *process_find_from(uint32_t pid)
{
	uint32_t end = pids_have_wrapped ? PID_MAX : last_pid + 1;

	for (; pid < end; pid++)
		if (process_table[pid])
			return process_table[pid];
	return NULL;
}

void process_adopt(struct process *parent, struct process *child)
{
	child->parent = parent;
	child->record->ppid = parent->pid;
	process_set_group(child, parent->group);
	child->session = parent->session;
	list_add_tail(&parent->children, &child->siblings);
}

static struct list *group_bucket(uint32_t group)
{
	struct list *bucket = &group_buckets[group % GROUP_BUCKETS];

	if (unlikely(!bucket->next))
		list_init(bucket);
	return bucket;
}

void process_set_group(struct process *p, uint32_t group)
{
	p->group = group;
	list_remove(&p->in_group);
	list_add_tail(group_bucket(group), &p->in_group);
}

struct process *process_next_in_group(uint32_t group, const struct process *p)
{
	const struct list *bucket = group_bucket(group);

	for (const struct list *l = p ? p->in_group.next : bucket->next; l != bucket; l = l->next) {
		struct process *next = list_entry(l, struct process, in_group);

		if (next->group == group)
			return next;
	}
	return NULL;
}

void process_abandon_children(struct process *p)
{
	list_for_each_safe(l, &p->children) {
		struct process *child = list_entry(l, struct process, siblings);

		list_remove(l);
		child->parent = NULL;
	}
	list_for_each_safe(l, &p->zombies) {
		list_remove(l);
		process_destroy(list_entry(l, struct process, siblings));
	}
}

void process_become_zombie(struct process *p)
{
	list_remove(&p->siblings);
	list_add_tail(&p->parent->zombies, &p->siblings);
}

uint32_t process_nr_live(void)
{
	return nr_live;
}

/* Fork leaves a part of all pages to the processes that there are, and makes
 * as many as have this many for each. */
#define RESERVE_SHARE     32
#define PAGES_PER_PROCESS 32

void process_set_max(uint32_t max, uint32_t nr_first)
{
	if (!max)
		max = nr_first + max_u64(ledger.pages_total / PAGES_PER_PROCESS, 64);
	max_processes = min_u64(max, PID_MAX - 1);
}

uint32_t process_max(void)
{
	return max_processes;
}

enum process_room process_room(const struct process *p)
{
	if (nr_processes >= p->processes_limit)
		return p->processes_limit < max_processes ? PROCESS_OWN_LIMIT : PROCESS_LIMIT;
	return page_nr_free() > ledger.pages_total / RESERVE_SHARE ? PROCESS_FITS : PROCESS_NO_MEMORY;
}

void process_note_end(void)
{
	nr_live--;
}

/* ---- self-check -------------------------------------------------------- */

static const char *check_family(const struct process *p)
{
	list_for_each(l, &p->children) {
		const struct process *child = list_entry(l, struct process, siblings);

		if (!list_is_sound(l) || child->parent != p || child->state == LDE_STATE_ZOMBIE)
			return "a process has a child that is none";
	}
	list_for_each(l, &p->zombies) {
		const struct process *child = list_entry(l, struct process, siblings);

		if (!list_is_sound(l) || child->parent != p || child->state != LDE_STATE_ZOMBIE)
			return "a process waits for a zombie that is none";
	}
	return NULL;
}

static const char *check_one(const struct process *p)
{
	/* Of a program that comes later: nobody has made it READY yet. */
	bool is_to_come = p->state == LDE_STATE_NONE && p->wait_timer.is_started;
	const char *wrong;

	if (p->pid >= PID_MAX || process_table[p->pid] != p)
		return "a process is not where its number says";
	if ((p->state == LDE_STATE_NONE && !is_to_come) || p->state >= LDE_NR_STATES)
		return "a process has no state";
	if ((p->state == LDE_STATE_RUNNING) != (p == current()))
		return "a process is RUNNING that does not run";
	if (p != current() && p->state != LDE_STATE_ZOMBIE && !is_to_come &&
	    !list_is_sound(&p->queue_link))
		return "a process's place in a queue is broken";
	if (p->state != LDE_STATE_ZOMBIE && !p->parent != list_is_empty(&p->siblings))
		return "a process's parent does not know of it";
	if (list_is_empty(&p->in_group) || !list_is_sound(&p->in_group))
		return "a process is in no group";
	if (*stack_canary(p) != STACK_CANARY)
		return "a kernel stack overflowed";
	if (p->wait_timer.is_started && p->state != LDE_STATE_BLOCKED && !is_to_come)
		return "a timer is to wake a process that does not wait";
	wrong = timer_check(&p->wait_timer);
	if (!wrong)
		wrong = timer_check(&p->alarm);
	return wrong ? wrong : check_family(p);
}

const char *process_check(void)
{
	uint32_t nr = 0;

	for (struct process *p = process_find_from(0); p; p = process_find_from(p->pid + 1)) {
		const char *wrong = check_one(p);

		if (wrong)
			return wrong;
		nr += p->state != LDE_STATE_ZOMBIE;
	}
	return nr == nr_live ? NULL : "the number of processes is wrong";
}
