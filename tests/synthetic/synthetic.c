/* SPDX-License-Identifier: MIT */
/*
 * A scheduler of its own, with one vCPU, round robin, a console and a disk:
 * what it does it writes down as the kernel and the VMM would.
 */
#include "tests/synthetic/synthetic.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <lde/ledger.h>

#include "vmm/observe/counters.h"
#include "vmm/observe/trace_schema.h"
#include "vmm/observe/trace_writer.h"

#define PROCESSES_MAX 4096
#define NR_READ	      0
#define NR_WRITE      1
#define NR_YIELD      24
#define NR_GETPID     39
#define NR_FORK	      57
#define NR_EXECVE     59
#define NR_EXIT_GROUP 231
#define VECTOR_TIMER  0x20
#define VECTOR_DISK   0x31
#define DISK	      (254u << 8) /* vda */

struct task {
	uint16_t pid;
	uint32_t in_call; /* + 1; 0: none */
	uint64_t wake_tsc; /* 0: not asleep */
	uint64_t request;
	bool on_disk;
};

struct maker {
	struct trace_writer *writer;
	uint32_t classes;
	uint64_t tsc, random, written, wanted;
	struct task tasks[PROCESSES_MAX];
	uint32_t nr_tasks; /* made so far */
	uint32_t ready[PROCESSES_MAX + 1], head, tail; /* ring of indices */
	int64_t current;
	uint32_t nr_alive;
	uint64_t next_request;
	int err;
};

/* xorshift: the same everywhere. */
static uint64_t pick(struct maker *m, uint64_t below)
{
	m->random ^= m->random << 13;
	m->random ^= m->random >> 7;
	m->random ^= m->random << 17;
	return m->random % below;
}

static void pass(struct maker *m, uint64_t most)
{
	m->tsc += 20 + pick(m, most);
}

static uint16_t current_pid(const struct maker *m)
{
	return m->current < 0 ? 0 : m->tasks[m->current].pid;
}

static void put(struct maker *m, uint32_t stream, struct lde_trace_record record)
{
	if (!(trace_schema_kind(record.kind)->class & m->classes))
		return;
	record.tsc = m->tsc;
	if (!m->err)
		m->err = trace_writer_add(m->writer, stream, &record);
	m->written++;
}

static void event(struct maker *m, uint16_t kind, uint32_t code, uint64_t a0, uint64_t a1)
{
	put(m, TRACE_STREAM_CPU,
	    (struct lde_trace_record){
		    .kind = kind, .pid = current_pid(m), .code = code, .args = {a0, a1}});
}

static void named(struct maker *m, uint16_t kind, uint64_t child, const char *name)
{
	struct lde_trace_record record = {.kind = kind, .pid = current_pid(m), .args[0] = child};

	strncpy((char *)&record.args[1], name, LDE_TRACE_NAME_SIZE - 1);
	put(m, TRACE_STREAM_CPU, record);
}

static void vmm_exit(struct maker *m, uint32_t cause, int64_t syscall)
{
	uint64_t taken = 4000 + pick(m, 60000);

	put(m, TRACE_STREAM_VMM,
	    (struct lde_trace_record){.kind = LDE_TRACE_VMM_EXIT,
				      .pid = current_pid(m),
				      .code = cause,
				      .args = {2, taken, 0x1c10, (uint64_t)syscall}});
	m->tsc += taken;
	pass(m, 200);
}

/* ---- states ------------------------------------------------------------- */

static void make_ready(struct maker *m, uint32_t idx, bool is_new)
{
	event(m, LDE_TRACE_SCHED_WAKEUP, is_new, m->tasks[idx].pid, 0);
	m->tasks[idx].wake_tsc = 0;
	m->ready[m->tail++ % (PROCESSES_MAX + 1)] = idx;
	pass(m, 300);
}

static void make_task(struct maker *m, const char *name)
{
	struct task *task = &m->tasks[m->nr_tasks];

	*task = (struct task){.pid = (uint16_t)(m->nr_tasks + 1)};
	m->nr_alive++;
	named(m, LDE_TRACE_PROCESS_FORK, task->pid, name);
	make_ready(m, m->nr_tasks++, true);
}

static uint64_t earliest_wake(const struct maker *m, uint32_t *idx)
{
	uint64_t first = 0;

	for (uint32_t i = 0; i < m->nr_tasks; i++)
		if (m->tasks[i].wake_tsc && (!first || m->tasks[i].wake_tsc < first)) {
			first = m->tasks[i].wake_tsc;
			*idx = i;
		}
	return first;
}

/* The interrupt that ends a sleep, if it is time. */
static bool interrupt_due(struct maker *m)
{
	uint32_t idx = 0, vector;
	uint64_t due = earliest_wake(m, &idx);

	if (!due || due > m->tsc)
		return false;
	vector = m->tasks[idx].on_disk ? VECTOR_DISK : VECTOR_TIMER;
	event(m, LDE_TRACE_IRQ_ENTRY, vector, 0x401000 + pick(m, 0x1000), 0);
	pass(m, 900);
	if (m->tasks[idx].on_disk)
		put(m, TRACE_STREAM_CPU,
		    (struct lde_trace_record){
			    .kind = LDE_TRACE_BLOCK_COMPLETE,
			    .pid = current_pid(m),
			    .args = {DISK, m->tasks[idx].request * 8, 8, m->tasks[idx].request}});
	m->tasks[idx].on_disk = false;
	make_ready(m, idx, false);
	event(m, LDE_TRACE_IRQ_EXIT, vector, 0, 0);
	pass(m, 200);
	return true;
}

static void return_from_call(struct maker *m)
{
	struct task *task = &m->tasks[m->current];

	if (!task->in_call)
		return;
	pass(m, 500);
	event(m, LDE_TRACE_SYSCALL_EXIT, task->in_call - 1,
	      pick(m, 20) ? pick(m, 4096) : (uint64_t)-EAGAIN, 0);
	task->in_call = 0;
}

/* The CPU goes to the next; prev has left it in that state. */
static void switch_away(struct maker *m, uint32_t reason, uint32_t state)
{
	int64_t prev = m->current;

	if (reason == LDE_SWITCH_YIELDED || reason == LDE_SWITCH_PREEMPTED)
		m->ready[m->tail++ % (PROCESSES_MAX + 1)] = (uint32_t)prev;
	pass(m, 600);
	if (m->head == m->tail && m->nr_alive) {
		uint32_t idx;
		uint64_t due = earliest_wake(m, &idx);

		event(m, LDE_TRACE_SCHED_SWITCH, reason, state, 0);
		m->current = -1;
		m->tsc = due > m->tsc ? due : m->tsc;
		interrupt_due(m);
		reason = LDE_SWITCH_FROM_IDLE;
		state = LDE_STATE_NONE;
	}
	if (m->head == m->tail)
		return;
	uint32_t next = m->ready[m->head++ % (PROCESSES_MAX + 1)];

	event(m, LDE_TRACE_SCHED_SWITCH, reason, state, m->tasks[next].pid);
	m->current = next;
	pass(m, 400);
	return_from_call(m);
}

/* ---- what a process does -------------------------------------------------- */

static void enter_call(struct maker *m, uint32_t number)
{
	put(m, TRACE_STREAM_CPU,
	    (struct lde_trace_record){
		    .kind = LDE_TRACE_SYSCALL_ENTRY,
		    .pid = current_pid(m),
		    .code = number,
		    .args = {pick(m, 8), 0x7fffff7fe000 + pick(m, 4096), pick(m, 512)}});
	m->tasks[m->current].in_call = number + 1;
	pass(m, 800);
}

static void block(struct maker *m)
{
	struct task *task = &m->tasks[m->current];
	bool on_disk = !pick(m, 2);

	enter_call(m, NR_READ);
	task->on_disk = on_disk;
	task->wake_tsc = m->tsc + 20000 + pick(m, 4000000);
	if (on_disk) {
		task->request = m->next_request++;
		put(m, TRACE_STREAM_CPU,
		    (struct lde_trace_record){
			    .kind = LDE_TRACE_BLOCK_ISSUE,
			    .pid = current_pid(m),
			    .args = {DISK, task->request * 8, 8, task->request}});
		pass(m, 300);
	}
	switch_away(m, LDE_SWITCH_BLOCKED, LDE_STATE_BLOCKED);
}

static void page_fault(struct maker *m)
{
	uint64_t address = 0x555555554000 + pick(m, 64) * 4096;

	event(m, LDE_TRACE_FAULT_ENTRY, 6, address, 0x401000 + pick(m, 0x1000));
	pass(m, 3000);
	event(m, LDE_TRACE_FAULT_EXIT, 1 + (uint32_t)pick(m, 3), address, 1);
}

static void write_to_console(struct maker *m)
{
	enter_call(m, NR_WRITE);
	vmm_exit(m, EXIT_CONSOLE, NR_WRITE);
	return_from_call(m);
}

static void fork_one(struct maker *m)
{
	if (m->nr_tasks == PROCESSES_MAX)
		return;
	enter_call(m, NR_FORK);
	make_task(m, "child");
	return_from_call(m);
}

static void end_one(struct maker *m)
{
	enter_call(m, NR_EXIT_GROUP);
	event(m, LDE_TRACE_PROCESS_EXIT, (uint32_t)(pick(m, 4) ? 0 : 0x300), 0, 0);
	pass(m, 2000);
	m->tasks[m->current].in_call = 0;
	m->nr_alive--;
	if (m->nr_alive)
		switch_away(m, LDE_SWITCH_ENDED, LDE_STATE_ZOMBIE);
}

static void tick(struct maker *m)
{
	event(m, LDE_TRACE_IRQ_ENTRY, VECTOR_TIMER, 0x401000 + pick(m, 0x1000), 0);
	pass(m, 500);
	event(m, LDE_TRACE_IRQ_EXIT, VECTOR_TIMER, 0, 0);
	if (m->head != m->tail)
		switch_away(m, LDE_SWITCH_PREEMPTED, LDE_STATE_READY);
}

static void quick_call(struct maker *m)
{
	enter_call(m, NR_GETPID);
	return_from_call(m);
}

static void yield(struct maker *m)
{
	enter_call(m, NR_YIELD);
	if (m->head != m->tail)
		switch_away(m, LDE_SWITCH_YIELDED, LDE_STATE_READY);
	else
		return_from_call(m);
}

static void step(struct maker *m)
{
	uint64_t choice = pick(m, 100);

	pass(m, choice < 20 ? 400000 : 20000);
	if (interrupt_due(m))
		return;
	if (choice < 20)
		tick(m);
	else if (choice < 35)
		block(m);
	else if (choice < 55)
		page_fault(m);
	else if (choice < 65)
		write_to_console(m);
	else if (choice < 70)
		yield(m);
	else if (choice < 71 && m->nr_alive < 2 * m->nr_tasks / 3 + 1)
		fork_one(m);
	else
		quick_call(m);
}

static void run(struct maker *m, uint32_t nr_processes)
{
	put(m, TRACE_STREAM_VMM, (struct lde_trace_record){.kind = LDE_TRACE_RUN_BEGIN});
	vmm_exit(m, EXIT_MONITOR, -1);
	for (uint32_t i = 0; i < nr_processes && i < PROCESSES_MAX; i++)
		make_task(m, i % 3 == 0 ? "hog" : i % 3 == 1 ? "editor" : "a-program-with-a-long-name");
	m->current = m->ready[m->head++];
	uint64_t next = m->tasks[m->current].pid;

	m->current = -1;
	event(m, LDE_TRACE_SCHED_SWITCH, LDE_SWITCH_FROM_IDLE, LDE_STATE_NONE, next);
	m->current = (int64_t)next - 1;
	named(m, LDE_TRACE_PROCESS_EXEC, 0, "hog");
	while (!m->err && m->written < m->wanted)
		step(m);
	while (!m->err && m->nr_alive) {
		pass(m, 20000);
		end_one(m);
	}
	vmm_exit(m, EXIT_MONITOR, NR_EXIT_GROUP);
	put(m, TRACE_STREAM_VMM, (struct lde_trace_record){.kind = LDE_TRACE_RUN_END});
}

int synthetic_write(const char *dir, const struct synthetic *wanted)
{
	struct trace_info info = {
		.tsc_hz = SYNTHETIC_HZ,
		.origin_tsc = SYNTHETIC_ORIGIN,
		.origin_real_ns = 1700000000000000000u,
		.classes = wanted->classes ? wanted->classes : LDE_TRACE_C_ALL,
		.command = "./hog : ./editor : ./a-program-with-a-long-name",
	};
	struct maker *m = calloc(1, sizeof(*m));
	int err, closed;

	if (!m)
		return -ENOMEM;
	m->tsc = SYNTHETIC_ORIGIN;
	m->random = wanted->seed * 0x9e3779b97f4a7c15ull + 1;
	m->wanted = wanted->nr_events;
	m->classes = info.classes | LDE_TRACE_C_PROCESS;
	m->current = -1;
	err = trace_writer_create(&m->writer, dir, &info, 1);
	if (!err) {
		run(m, wanted->nr_processes);
		closed = trace_writer_close(m->writer);
		err = m->err ? m->err : closed;
	}
	free(m);
	return err;
}
