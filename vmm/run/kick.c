/* SPDX-License-Identifier: MIT */
#include "vmm/run/kick.h"

#include <errno.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

/* The first ones also without a terminal. */
static const int signals[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGALRM, SIGTSTP, SIGCONT, SIGWINCH};
#define NR_SIGNALS (sizeof(signals) / sizeof(signals[0]))
#define NR_SIGNALS_ALWAYS 5

static struct kvm_run *volatile kick_run;
static volatile sig_atomic_t kick_first;
static uint32_t kick_events; /* atomic */
static pthread_t kick_thread;

/* When keys came that send signals: the last, and the one before. */
#define INSISTING_NS 1000000000ull
static uint64_t key_times_ns[2];
static int key_signal;
static bool has_hung_up;

static struct sigaction old_actions[NR_SIGNALS];
static size_t nr_installed;
static struct sigaction old_pipe;
static sigset_t old_mask;
static timer_t kick_timer;
static bool has_timer;

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* The third time within a second. */
static bool is_insisting(int signal)
{
	uint64_t now = now_ns();
	bool is_third = signal == key_signal && key_times_ns[1] &&
			now - key_times_ns[1] <= INSISTING_NS;

	if (signal != key_signal)
		key_times_ns[0] = 0;
	key_signal = signal;
	key_times_ns[1] = key_times_ns[0];
	key_times_ns[0] = now;
	return is_third;
}

/* What the guest is told instead of being ended; 0: it is ended. */
static uint32_t event_of(int signal, const siginfo_t *info)
{
	bool is_terminals = info->si_code == SI_KERNEL;

	switch (signal) {
	case SIGTSTP:
		return KICK_F_STOP;
	case SIGCONT:
		return KICK_F_CONTINUED;
	case SIGWINCH:
		return KICK_F_WINDOW;
	case SIGINT:
	case SIGQUIT:
		if (!is_terminals || is_insisting(signal))
			return 0;
		return signal == SIGINT ? KICK_F_INTERRUPT : KICK_F_QUIT;
	case SIGHUP:
		if (!is_terminals || has_hung_up)
			return 0;
		has_hung_up = true;
		return KICK_F_HANGUP;
	default:
		return 0;
	}
}

/*
 * Runs on the vCPU thread: all others block these signals. Between KVM_RUN's
 * last look at the flag and the world switch the kernel looks for signals
 * itself, so none falls through.
 */
static void on_signal(int signal, siginfo_t *info, void *context)
{
	uint32_t event = event_of(signal, info);

	(void)context;
	if (event)
		__atomic_fetch_or(&kick_events, event, __ATOMIC_RELAXED);
	else if (kick_first == KICK_NONE)
		kick_first = info->si_code == SI_TIMER ? KICK_TIMEOUT : signal;
	if (kick_run)
		kick_run->immediate_exit = 1;
}

uint32_t kick_take_events(void)
{
	/* First, so that what comes in between is noticed at the next entry. */
	if (kick_first == KICK_NONE)
		kick_run->immediate_exit = 0;
	return __atomic_exchange_n(&kick_events, 0, __ATOMIC_RELAXED);
}

void kick_end(int signal)
{
	if (kick_first == KICK_NONE)
		kick_first = signal;
	/* For the flag and the exit; by now it is not the first. */
	pthread_kill(kick_thread, SIGALRM);
}

static int set_timer(uint64_t timeout_ns)
{
	struct itimerspec when = {
		.it_value = {.tv_sec = (time_t)(timeout_ns / 1000000000),
			     .tv_nsec = (long)(timeout_ns % 1000000000)},
		/* Again, in case the first comes while nobody listens. */
		.it_interval = {.tv_nsec = 100 * 1000 * 1000},
	};

	return timer_settime(kick_timer, 0, &when, NULL) ? -errno : 0;
}

static int start_timer(uint64_t timeout_ns)
{
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};

	if (timer_create(CLOCK_MONOTONIC, &event, &kick_timer))
		return -errno;
	has_timer = true;
	return set_timer(timeout_ns);
}

static void set_actions(void)
{
	struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigset_t wanted;

	sigemptyset(&wanted);
	for (size_t i = 0; i < nr_installed; i++) {
		sigaction(signals[i], NULL, &old_actions[i]);
		if (old_actions[i].sa_handler != SIG_IGN || signals[i] == SIGALRM)
			sigaction(signals[i], &action, NULL);
		sigaddset(&wanted, signals[i]);
	}
	sigaction(SIGPIPE, &ignore, &old_pipe);
	/* Whoever started us may have blocked what the time limit needs, and who has files
	 * to remove holds what ends lde (vmm/base/scratch.h). What waits comes now. */
	pthread_sigmask(SIG_UNBLOCK, &wanted, &old_mask);
}

int kick_install(struct kvm_run *run, uint64_t timeout_ns, bool has_terminal)
{
	kick_first = KICK_NONE;
	kick_events = 0;
	kick_run = run;
	kick_thread = pthread_self();
	has_hung_up = false;
	key_signal = 0;
	nr_installed = has_terminal ? NR_SIGNALS : NR_SIGNALS_ALWAYS;
	set_actions();
	int err = timeout_ns ? start_timer(timeout_ns) : 0;
	if (err)
		kick_remove();
	return err;
}

int kick_restart(uint64_t timeout_ns)
{
	int err = has_timer ? set_timer(timeout_ns) : start_timer(timeout_ns);

	kick_first = KICK_NONE;
	kick_run->immediate_exit = 0;
	return err;
}

void kick_remove(void)
{
	if (has_timer)
		timer_delete(kick_timer);
	has_timer = false;
	pthread_sigmask(SIG_SETMASK, &old_mask, NULL);
	for (size_t i = 0; i < nr_installed; i++)
		sigaction(signals[i], &old_actions[i], NULL);
	sigaction(SIGPIPE, &old_pipe, NULL);
	kick_run = NULL;
}

int kick_reason(void)
{
	return kick_first;
}
