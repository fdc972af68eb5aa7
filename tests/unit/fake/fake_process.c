/* SPDX-License-Identifier: MIT */
#include "tests/unit/fake/fake_process.h"

#include "guest/core/sched.h"
#include "tests/unit/fake/fake.h"

/* The start pointer of a process points to one of these. */
struct body {
	void (*run)(void *arg);
	void *arg;
};

static struct body bodies[256];
static unsigned nr_bodies;
static char boot_stack[2 * KERNEL_STACK_SIZE] __attribute__((aligned(4096)));
static char notes[4096];
static unsigned nr_notes;

struct policy_share spawn_share;

void fake_processes_init(uint32_t records, bool is_preemptive)
{
	nr_bodies = 0;
	spawn_share = (struct policy_share){ .tickets = LDE_TICKETS_DEFAULT };
	journal_clear();
	process_adopt_boot_context(boot_stack + sizeof(boot_stack));
	process_init(records);
	sched_init(policy_rr(&(struct policy_config){ .quantum = QUANTUM }), is_preemptive);
}

static void body_entry(void)
{
	const struct body *body = current()->start;

	process_note_first_run(current());
	body->run(body->arg);
	sched_end(process_destroy);
}

struct process *spawn(void (*run)(void *arg), void *arg)
{
	struct process_name name = process_name_of("/bin/test");
	struct process *p = process_create(body_entry, LDE_JOB_NONE, &name);

	if (!p)
		return NULL;
	assert_true(nr_bodies < ARRAY_SIZE(bodies));
	bodies[nr_bodies] = (struct body){ run, arg };
	p->start = &bodies[nr_bodies++];
	p->share = spawn_share;
	sched_ready(p);
	return p;
}

static void never_run(void)
{
	fail_msg("a process ran that has no program");
}

struct process *become_process(void)
{
	struct process_name name = process_name_of("test");
	struct process *p = process_create(never_run, LDE_JOB_NONE, &name);

	assert_non_null(p);
	process_set_state(p, LDE_STATE_READY, fake.tsc);
	process_set_state(p, LDE_STATE_RUNNING, fake.tsc);
	this_cpu()->process = p;
	return p;
}

static void start(void)
{
	sched_start();
}

void process_continue(struct process *p)
{
	sched_ready(p);
}

const char *run_processes(void)
{
	return fake_run(start);
}

void journal_clear(void)
{
	nr_notes = 0;
	notes[0] = '\0';
}

void journal_note(char what)
{
	assert_true(nr_notes + 1 < sizeof(notes));
	notes[nr_notes++] = what;
	notes[nr_notes] = '\0';
}

const char *journal(void)
{
	return notes;
}

struct policy_config fake_policy_config(uint64_t quantum)
{
	return (struct policy_config){
		.quantum = quantum,
		.seed = 1,
		.nr_levels = 3,
		.quanta = { quantum, quantum, quantum },
		.allotments = { 1, 1, 1 },
	};
}

const struct policy_ops *fake_policy(struct policy_config *config, const char *name)
{
	const struct policy_ops *policy;

	config->name = name;
	policy = policy_create(config);
	assert_non_null(policy);
	assert_string_equal(policy->name, name);
	return policy;
}
