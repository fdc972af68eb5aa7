/* SPDX-License-Identifier: MIT */
/* The scheduling policies: in which order, for how long, and who may interrupt. */
#include "tests/unit/fake/fake.h"
#include "tests/unit/fake/fake_process.h"

#include "guest/core/clock.h"
#include "guest/core/sched.h"
#include "guest/core/wait.h"
#include "guest/lib/errno.h"
#include "guest/lib/ledger.h"

static struct policy_config config;

static int set_up(void **state)
{
	fake_set_up(state);
	fake_processes_init(64, true);
	config = fake_policy_config(QUANTUM);
	return 0;
}

static void use(const char *name)
{
	sched_init(fake_policy(&config, name), true);
}

/* A process that sleeps first, then computes, and makes a note in the middle of
 * each piece. */
struct job {
	char name;
	uint64_t start;  /* TSC ticks after the beginning */
	uint64_t ticks;  /* of a piece */
	unsigned pieces; /* 0: one */
};

static uint64_t beginning;

static void run_job(void *arg)
{
	const struct job *job = arg;

	if (job->start)
		assert_int_equal(wait_on(NULL, beginning + job->start), -ETIMEDOUT);
	for (unsigned i = 0; i < (job->pieces ? job->pieces : 1); i++) {
		fake_compute(job->ticks / 2);
		journal_note(job->name);
		fake_compute(job->ticks - job->ticks / 2);
	}
}

static struct process *spawn_job(const struct job *job, uint64_t length, uint32_t tickets)
{
	beginning = fake.tsc;
	spawn_share = (struct policy_share){ .tickets = tickets, .length = length };
	return spawn(run_job, (void *)(uintptr_t)job);
}

/* ---- all ------------------------------------------------------------------ */

static void a_policy_is_found_by_its_name(void **state)
{
	static const char *const names[] = { "rr",   "fifo",    "sjf",   "stcf",
					     "mlfq", "lottery", "stride" };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		use(names[i]);
	config.name = "fastest";
	assert_null(policy_create(&config));
	config.name = "";
	assert_null(policy_create(&config));
}

static unsigned nr_checks;

static void check_and_yield(void *arg)
{
	uint32_t nr_ready;

	(void)arg;
	for (unsigned i = 0; i < 20; i++) {
		nr_ready = 0;
		for (struct process *p = process_find_from(1); p; p = process_find_from(p->pid + 1))
			nr_ready += p->state == LDE_STATE_READY;
		assert_null(sched_check(nr_ready));
		assert_non_null(sched_check(nr_ready + 1));
		nr_checks++;
		fake_compute(i * QUANTUM / 7);
		if (i % 3 == 0)
			sched_yield();
		if (i % 5 == 0)
			wait_on(NULL, fake.tsc + i * 100);
	}
}

static void every_policy_runs_everybody_to_the_end(void **state)
{
	static const char *const names[] = { "rr",   "fifo",    "sjf",   "stcf",
					     "mlfq", "lottery", "stride" };

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		set_up(state);
		config.boost = 20 * QUANTUM;
		use(names[i]);
		nr_checks = 0;
		for (unsigned n = 1; n <= 5; n++) {
			spawn_share = (struct policy_share){ .tickets = n, .length = n * QUANTUM };
			spawn(check_and_yield, NULL);
		}
		assert_string_equal(run_processes(), FAKE_IDLE);
		assert_int_equal(nr_checks, 100);
	}
}

/* ---- fifo, sjf, stcf ------------------------------------------------------- */

static const struct job a_long = { 'a', 0, 100 * QUANTUM, 0 };
static const struct job b_short = { 'b', 0, 10 * QUANTUM, 0 };
static const struct job c_short = { 'c', 0, 10 * QUANTUM, 0 };

static void fifo_lets_the_first_one_finish(void **state)
{
	(void)state;
	use("fifo");
	spawn_job(&a_long, 0, 1);
	spawn_job(&b_short, 0, 1);
	spawn_job(&c_short, 0, 1);
	run_processes();
	assert_string_equal(journal(), "abc");
	assert_int_equal(fake.nr_deadlines, 0);
	assert_int_equal(ledger.switches_preempted, 0);
}

static void sjf_takes_the_shortest_and_equals_in_order(void **state)
{
	(void)state;
	use("sjf");
	spawn_job(&a_long, a_long.ticks, 1);
	spawn_job(&b_short, b_short.ticks, 1);
	spawn_job(&c_short, c_short.ticks, 1);
	run_processes();
	assert_string_equal(journal(), "bca");
	assert_int_equal(ledger.switches_preempted, 0);
}

static const struct job b_late = { 'b', 10 * QUANTUM, 10 * QUANTUM, 0 };
static const struct job c_late = { 'c', 10 * QUANTUM, 10 * QUANTUM, 0 };

static void sjf_does_not_interrupt_for_a_shorter_one(void **state)
{
	(void)state;
	use("sjf");
	spawn_job(&b_late, b_late.ticks, 1); /* sleeps at once */
	spawn_job(&c_late, c_late.ticks, 1);
	spawn_job(&a_long, a_long.ticks, 1);
	run_processes();
	assert_string_equal(journal(), "abc");
}

static void stcf_interrupts_for_a_shorter_one(void **state)
{
	struct process *a, *b, *c;
	uint64_t start = fake.tsc;

	(void)state;
	use("stcf");
	b = spawn_job(&b_late, b_late.ticks, 1);
	c = spawn_job(&c_late, c_late.ticks, 1);
	a = spawn_job(&a_long, a_long.ticks, 1);
	run_processes();
	/* OSTEP's example: a runs 10, b 10, c 10, then a the other 90. */
	assert_string_equal(journal(), "bca");
	assert_int_equal(b->record->end_tsc - start, 20 * QUANTUM);
	assert_int_equal(c->record->end_tsc - start, 30 * QUANTUM);
	assert_int_equal(a->record->end_tsc - start, 120 * QUANTUM);
	assert_int_equal(a->record->switches_preempted, 1);
}

static const struct job near_end = { 'a', 0, 15 * QUANTUM, 0 };

static void stcf_lets_go_on_who_has_less_left(void **state)
{
	(void)state;
	use("stcf");
	spawn_job(&b_late, b_late.ticks, 1); /* comes when a has 5 left, not 15 */
	spawn_job(&near_end, near_end.ticks, 1);
	run_processes();
	assert_string_equal(journal(), "ab");
	assert_int_equal(ledger.switches_preempted, 0);
}

/* Bursts of so many ticks, then a short sleep. */
static void burst(void *arg)
{
	const struct job *job = arg;

	for (unsigned i = 0; i < 6; i++) {
		fake_compute(job->ticks);
		journal_note(job->name);
		wait_on(NULL, fake.tsc + 1);
	}
}

static void without_a_length_the_past_bursts_tell(void **state)
{
	static struct job heavy = { 'h', 0, 20 * QUANTUM, 0 }, light = { 'l', 0, QUANTUM, 0 };

	(void)state;
	use("sjf");
	spawn_share.length = 0;
	spawn(burst, &heavy);
	spawn(burst, &light);
	run_processes();
	/* The first round goes by arrival; the light one then always goes first,
	 * and while it sleeps the heavy one gets in. */
	assert_string_equal(journal(), "hlhlhlhlhlhl");
	assert_int_equal(ledger.switches_preempted, 0);
}

/* ---- mlfq ------------------------------------------------------------------ */

static void mlfq_sinks_who_computes(void **state)
{
	static const struct job hog = { 'h', 0, QUANTUM, 5 };
	static const struct job late = { 'l', 3 * QUANTUM, QUANTUM / 2, 1 };
	struct process *p, *q;

	(void)state;
	use("mlfq");
	q = spawn_job(&late, 0, 1);
	p = spawn_job(&hog, 0, 1);
	run_processes();
	/* Alone nobody interrupts it, but what it uses counts. */
	assert_string_equal(journal(), "hhhlhh");
	assert_int_equal(p->policy.level, 1);
	assert_int_equal(q->policy.level, 0);
	assert_int_equal(p->record->switches_preempted, 1);
}

static void mlfq_goes_down_one_level_for_each_allotment(void **state)
{
	static const struct job a = { 'a', 0, QUANTUM, 8 }, b = { 'b', 0, QUANTUM, 8 };
	struct process *p, *q;

	(void)state;
	config.allotments[0] = config.allotments[1] = 2;
	config.quanta[1] = 2 * QUANTUM;
	use("mlfq");
	p = spawn_job(&a, 0, 1);
	q = spawn_job(&b, 0, 1);
	run_processes();
	/* Level 0: one quantum each, twice; level 1: two each, twice; then level 2,
	 * where the last two of each are. */
	assert_string_equal(journal(), "ababaabbaabbabab");
	assert_int_equal(p->policy.level, 2);
	assert_int_equal(q->policy.level, 2);
}

/* Computes a little less than a quantum and sleeps, again and again. */
static void game(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < 4; i++) {
		fake_compute(QUANTUM * 9 / 10);
		wait_on(NULL, fake.tsc + 1);
	}
}

static void mlfq_is_not_fooled_by_short_sleeps(void **state)
{
	struct process *p;

	(void)state;
	use("mlfq");
	p = spawn(game, NULL);
	run_processes();
	/* 3.6 quanta at one a level: it is at the bottom. */
	assert_int_equal(p->policy.level, 2);
}

static void mlfq_boosts_everybody(void **state)
{
	static const struct job hog = { 'h', 0, 10 * QUANTUM, 3 };
	static const struct job other = { 'o', 0, 10 * QUANTUM, 3 };
	struct process *p;

	(void)state;
	config.boost = 8 * QUANTUM;
	use("mlfq");
	p = spawn_job(&hog, 0, 1);
	spawn_job(&other, 0, 1);
	run_processes();
	assert_true(p->policy.epoch >= 2);
	assert_true(p->record->switches_preempted >= 10); /* they go on taking turns */
}

/* Sleeps, and says how long it then waits for the CPU at worst. */
static uint64_t longest_wait;

static void interact(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < 20; i++) {
		uint64_t due = fake.tsc + 3 * QUANTUM + i * QUANTUM / 7;

		wait_on(NULL, due);
		if (fake.tsc - due > longest_wait)
			longest_wait = fake.tsc - due;
		fake_compute(QUANTUM / 100);
	}
}

static void mlfq_lets_who_wakes_up_go_first(void **state)
{
	static const struct job hog = { 'h', 0, 10 * QUANTUM, 2 };

	(void)state;
	config.boost = 15 * QUANTUM; /* often, so that most are on the first level */
	longest_wait = 0;
	use("mlfq");
	spawn(interact, NULL);
	for (unsigned i = 0; i < 20; i++)
		spawn_job(&hog, 0, 1);
	run_processes();
	assert_true(longest_wait < QUANTUM / 10);
}

/* Two that wake each other do not keep a third from the CPU. */
static struct wait_queue their_turn[2] = { WAIT_QUEUE_INIT(their_turn[0]),
					   WAIT_QUEUE_INIT(their_turn[1]) };

static void ping_pong(void *arg)
{
	unsigned me = (unsigned)(uintptr_t)arg;

	for (unsigned i = 0; i < 40; i++) {
		fake_compute(QUANTUM / 4);
		wait_wake_all(&their_turn[!me]);
		wait_on(&their_turn[me], fake.tsc + QUANTUM);
	}
}

static void mlfq_lets_nobody_stay_first(void **state)
{
	static const struct job hog = { 'h', 0, 2 * QUANTUM, 1 };
	struct process *p;

	(void)state;
	config.allotments[0] = config.allotments[1] = config.allotments[2] = 2;
	use("mlfq");
	spawn(ping_pong, (void *)0);
	spawn(ping_pong, (void *)1);
	p = spawn_job(&hog, 0, 1);
	run_processes();
	/* Each of the two has 10 quanta to compute; it is done long before. */
	assert_true(p->record->end_tsc - p->record->start_tsc < 10 * QUANTUM);
}

/* ---- lottery and stride ------------------------------------------------------ */

static struct process *shares[3];

static void run_shares(const char *policy)
{
	static const struct job work = { 'x', 0, 4000 * QUANTUM, 1 };
	static const uint32_t tickets[] = { 50, 30, 20 };

	use(policy);
	for (unsigned i = 0; i < 3; i++)
		shares[i] = spawn_job(&work, 0, tickets[i]);
}

/* Of the first, up to its end: the others computed all the time too. */
static double share_of_first(void)
{
	const struct lde_process_record *first = shares[0]->record;

	return (double)first->state_tsc[LDE_STATE_RUNNING] /
	       (double)(first->end_tsc - first->start_tsc);
}

static void lottery_gives_shares_by_chance(void **state)
{
	(void)state;
	run_shares("lottery");
	run_processes();
	assert_true(share_of_first() > 0.48 && share_of_first() < 0.52);
}

static void many_tickets_are_still_a_lottery(void **state)
{
	static const struct job jobs[] = { { 'a', 0, QUANTUM, 50 }, { 'b', 0, QUANTUM, 50 },
					   { 'c', 0, QUANTUM, 50 }, { 'd', 0, QUANTUM, 50 } };
	unsigned nr_again = 0;

	(void)state;
	use("lottery");
	for (unsigned i = 0; i < 4; i++)
		spawn_job(&jobs[i], 0, UINT32_MAX); /* together more than 32 bits hold */
	run_processes();
	/* Of the first hundred turns about 25 go to the one that has just had its own. */
	for (unsigned i = 1; i < 100; i++)
		nr_again += journal()[i] == journal()[i - 1];
	assert_in_range(nr_again, 10, 45);
}

static void the_same_seed_draws_the_same_lots(void **state)
{
	uint64_t ends[3];

	(void)state;
	for (unsigned round = 0; round < 3; round++) {
		set_up(state);
		config.seed = round == 2 ? 99 : 5;
		run_shares("lottery");
		run_processes();
		ends[round] = shares[0]->record->end_tsc;
	}
	assert_int_equal(ends[0], ends[1]);
	assert_int_not_equal(ends[0], ends[2]);
}

/* The timer comes late, but never for the other one. */
static void overrun(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < 300; i++) {
		fake.tsc += 20 * QUANTUM;
		fake_compute(1);
	}
}

static void lottery_takes_back_what_a_late_timer_gave(void **state)
{
	static const struct job work = { 'x', 0, 12000 * QUANTUM, 1 };

	(void)state;
	use("lottery");
	spawn_share = (struct policy_share){ .tickets = 50 };
	shares[0] = spawn(overrun, NULL);
	spawn_job(&work, 0, 50);
	run_processes();
	assert_true(share_of_first() > 0.45 && share_of_first() < 0.55);
}

static void stride_gives_exact_shares(void **state)
{
	(void)state;
	run_shares("stride");
	run_processes();
	assert_true(share_of_first() > 0.499 && share_of_first() < 0.501);
}

static void sleep_then_compute(void *arg)
{
	(void)arg;
	wait_on(NULL, fake.tsc + 1000 * QUANTUM);
	fake_compute(10 * QUANTUM);
	journal_note('s');
}

static void stride_does_not_save_up_the_time_slept(void **state)
{
	static const struct job busy = { 'b', 0, 1010 * QUANTUM, 1 };
	struct process *p, *q;

	(void)state;
	use("stride");
	p = spawn(sleep_then_compute, NULL);
	q = spawn_job(&busy, 0, LDE_TICKETS_DEFAULT);
	run_processes();
	/* It takes turns with the other, and does not get ten in a row. */
	assert_int_equal(strlen(journal()), 2);
	assert_true(p->record->switches_preempted + q->record->switches_preempted >= 18);
}

#define TEST(f) cmocka_unit_test_setup(f, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_policy_is_found_by_its_name),
		TEST(every_policy_runs_everybody_to_the_end),
		TEST(fifo_lets_the_first_one_finish),
		TEST(sjf_takes_the_shortest_and_equals_in_order),
		TEST(sjf_does_not_interrupt_for_a_shorter_one),
		TEST(stcf_interrupts_for_a_shorter_one),
		TEST(stcf_lets_go_on_who_has_less_left),
		TEST(without_a_length_the_past_bursts_tell),
		TEST(mlfq_sinks_who_computes),
		TEST(mlfq_goes_down_one_level_for_each_allotment),
		TEST(mlfq_is_not_fooled_by_short_sleeps),
		TEST(mlfq_boosts_everybody),
		TEST(mlfq_lets_who_wakes_up_go_first),
		TEST(mlfq_lets_nobody_stay_first),
		TEST(lottery_gives_shares_by_chance),
		TEST(many_tickets_are_still_a_lottery),
		TEST(lottery_takes_back_what_a_late_timer_gave),
		TEST(the_same_seed_draws_the_same_lots),
		TEST(stride_gives_exact_shares),
		TEST(stride_does_not_save_up_the_time_slept),
	};

	return cmocka_run_group_tests_name("kernel_policy", tests, NULL, NULL);
}
