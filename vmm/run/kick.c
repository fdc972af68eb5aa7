/* SPDX-License-Identifier: MIT */
#include "vmm/run/kick.h"

#include <errno.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGALRM};
#define NR_SIGNALS (sizeof(signals) / sizeof(signals[0]))

static struct kvm_run *volatile kick_run;
static volatile sig_atomic_t kick_first;

static struct sigaction old_actions[NR_SIGNALS];
static struct sigaction old_pipe;
static sigset_t old_mask;
static timer_t kick_timer;
static bool has_timer;

/*
 * Runs on the vCPU thread: all others block these signals. Between KVM_RUN's
 * last look at the flag and the world switch the kernel looks for signals
 * itself, so none falls through.
 */
static void on_signal(int signal, siginfo_t *info, void *context)
{
	(void)context;
	if (kick_first == KICK_NONE)
		kick_first = info->si_code == SI_TIMER ? KICK_TIMEOUT : signal;
	if (kick_run)
		kick_run->immediate_exit = 1;
}

static int start_timer(uint64_t timeout_ns)
{
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
	struct itimerspec when = {
		.it_value = {.tv_sec = (time_t)(timeout_ns / 1000000000),
			     .tv_nsec = (long)(timeout_ns % 1000000000)},
		/* Again, in case the first comes while nobody listens. */
		.it_interval = {.tv_nsec = 100 * 1000 * 1000},
	};

	if (timer_create(CLOCK_MONOTONIC, &event, &kick_timer))
		return -errno;
	has_timer = true;
	return timer_settime(kick_timer, 0, &when, NULL) ? -errno : 0;
}

static void set_actions(void)
{
	struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigset_t timer_signal;

	for (size_t i = 0; i < NR_SIGNALS; i++) {
		sigaction(signals[i], NULL, &old_actions[i]);
		if (old_actions[i].sa_handler != SIG_IGN || signals[i] == SIGALRM)
			sigaction(signals[i], &action, NULL);
	}
	sigaction(SIGPIPE, &ignore, &old_pipe);
	/* Whoever started us may have blocked what the time limit needs. */
	sigemptyset(&timer_signal);
	sigaddset(&timer_signal, SIGALRM);
	pthread_sigmask(SIG_UNBLOCK, &timer_signal, &old_mask);
}

int kick_install(struct kvm_run *run, uint64_t timeout_ns)
{
	kick_first = KICK_NONE;
	kick_run = run;
	set_actions();
	int err = timeout_ns ? start_timer(timeout_ns) : 0;
	if (err)
		kick_remove();
	return err;
}

void kick_remove(void)
{
	if (has_timer)
		timer_delete(kick_timer);
	has_timer = false;
	pthread_sigmask(SIG_SETMASK, &old_mask, NULL);
	for (size_t i = 0; i < NR_SIGNALS; i++)
		sigaction(signals[i], &old_actions[i], NULL);
	sigaction(SIGPIPE, &old_pipe, NULL);
	kick_run = NULL;
}

int kick_reason(void)
{
	return kick_first;
}
