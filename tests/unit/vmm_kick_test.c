/* SPDX-License-Identifier: MIT */
/*
 * Signals from outside: what ends the run and what is for the guest. What the
 * host's terminal sends carries SI_KERNEL, which a process may say to itself.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <linux/kvm.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "vmm/run/kick.h"

static struct kvm_run run;

static int set_up(void **state)
{
	(void)state;
	memset(&run, 0, sizeof(run));
	return kick_install(&run, 0, true);
}

static int tear_down(void **state)
{
	(void)state;
	kick_remove();
	return 0;
}

static void press(int signal)
{
	siginfo_t info = {.si_signo = signal, .si_code = SI_KERNEL};

	assert_int_equal(syscall(SYS_rt_sigqueueinfo, getpid(), signal, &info), 0);
}

static void pause_ms(long ms)
{
	nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

static void a_key_is_for_the_guest(void **state)
{
	(void)state;
	press(SIGINT);
	assert_int_equal(run.immediate_exit, 1);
	assert_int_equal(kick_take_events(), KICK_F_INTERRUPT);
	assert_int_equal(run.immediate_exit, 0);
	assert_int_equal(kick_take_events(), 0);
	press(SIGQUIT);
	press(SIGHUP);
	assert_int_equal(kick_take_events(), KICK_F_QUIT | KICK_F_HANGUP);
	assert_int_equal(kick_reason(), KICK_NONE);
}

static void a_signal_by_kill_ends_the_run(void **state)
{
	static const int signals[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP};

	(void)state;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		kill(getpid(), signals[i]);
		assert_int_equal(kick_reason(), signals[i]);
		assert_int_equal(kick_take_events(), 0);
		assert_int_equal(run.immediate_exit, 1); /* and stays so */
		kick_remove();
		set_up(NULL);
	}
}

static void the_first_signal_counts(void **state)
{
	(void)state;
	kill(getpid(), SIGTERM);
	kill(getpid(), SIGINT);
	assert_int_equal(kick_reason(), SIGTERM);
}

static void who_insists_ends_the_run(void **state)
{
	(void)state;
	press(SIGINT);
	press(SIGINT);
	assert_int_equal(kick_reason(), KICK_NONE);
	press(SIGINT);
	assert_int_equal(kick_reason(), SIGINT);
}

static void who_takes_time_does_not_insist(void **state)
{
	(void)state;
	press(SIGINT);
	pause_ms(600);
	press(SIGINT);
	pause_ms(600);
	press(SIGINT);
	assert_int_equal(kick_reason(), KICK_NONE);
}

static void different_keys_do_not_insist(void **state)
{
	(void)state;
	press(SIGINT);
	press(SIGINT);
	press(SIGQUIT);
	press(SIGINT);
	press(SIGQUIT);
	assert_int_equal(kick_reason(), KICK_NONE);
}

static void a_second_hangup_ends_the_run(void **state)
{
	(void)state;
	press(SIGHUP);
	assert_int_equal(kick_reason(), KICK_NONE);
	press(SIGHUP);
	assert_int_equal(kick_reason(), SIGHUP);
}

static void the_windows_size_and_stops_are_events(void **state)
{
	(void)state;
	kill(getpid(), SIGWINCH);
	kill(getpid(), SIGCONT);
	kill(getpid(), SIGTSTP);
	assert_int_equal(kick_take_events(), KICK_F_WINDOW | KICK_F_CONTINUED | KICK_F_STOP);
}

static void handler_of(int signal, struct sigaction *action)
{
	assert_int_equal(sigaction(signal, NULL, action), 0);
}

static void without_a_terminal_stops_are_left_alone(void **state)
{
	struct sigaction action;

	(void)state;
	kick_remove();
	assert_int_equal(kick_install(&run, 0, false), 0);
	handler_of(SIGTSTP, &action);
	assert_true(action.sa_handler == SIG_DFL);
	handler_of(SIGCONT, &action);
	assert_true(action.sa_handler == SIG_DFL);
	handler_of(SIGTERM, &action);
	assert_true(action.sa_handler != SIG_DFL);
}

static void what_was_ignored_stays_ignored(void **state)
{
	struct sigaction action;

	(void)state;
	kick_remove();
	signal(SIGHUP, SIG_IGN);
	assert_int_equal(kick_install(&run, 0, true), 0);
	handler_of(SIGHUP, &action);
	assert_true(action.sa_handler == SIG_IGN);
	kick_remove();
	signal(SIGHUP, SIG_DFL);
	set_up(NULL);
}

static void everything_is_put_back(void **state)
{
	static const int signals[] = {SIGINT,  SIGQUIT, SIGTERM, SIGHUP, SIGALRM,
				      SIGTSTP, SIGCONT, SIGWINCH, SIGPIPE};
	struct sigaction action;

	(void)state;
	kick_remove();
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		handler_of(signals[i], &action);
		assert_true(action.sa_handler == SIG_DFL);
	}
	set_up(NULL);
}

/* As it is while lde has files to remove, and no machine runs. */
static void a_signal_that_waits_ends_the_run(void **state)
{
	sigset_t term, now;

	(void)state;
	kick_remove();
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	kill(getpid(), SIGTERM);
	assert_int_equal(kick_install(&run, 0, true), 0);
	assert_int_equal(kick_reason(), SIGTERM);
	kick_remove();
	sigprocmask(SIG_UNBLOCK, &term, &now);
	assert_true(sigismember(&now, SIGTERM));
	set_up(NULL);
}

static void *end_from_another_thread(void *arg)
{
	(void)arg;
	kick_end(SIGINT);
	return NULL;
}

static void any_thread_may_end_the_run(void **state)
{
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, end_from_another_thread, NULL), 0);
	pthread_join(thread, NULL);
	assert_int_equal(kick_reason(), SIGINT);
	assert_int_equal(run.immediate_exit, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		T(a_key_is_for_the_guest),
		T(a_signal_by_kill_ends_the_run),
		T(the_first_signal_counts),
		T(who_insists_ends_the_run),
		T(who_takes_time_does_not_insist),
		T(different_keys_do_not_insist),
		T(a_second_hangup_ends_the_run),
		T(the_windows_size_and_stops_are_events),
		T(without_a_terminal_stops_are_left_alone),
		T(what_was_ignored_stays_ignored),
		T(everything_is_put_back),
		T(a_signal_that_waits_ends_the_run),
		T(any_thread_may_end_the_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
