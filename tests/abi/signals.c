/* SPDX-License-Identifier: MIT */
/*
 * The signal calls that a libc makes keep what they are told, although nothing
 * is delivered: actions and the mask come back as they were set.
 */
#include <signal.h>
#include <stdlib.h>

#include "abi.h"

static void handler(int number)
{
	(void)number;
	_Exit(3);
}

static void check_actions(void)
{
	struct sigaction new = { .sa_handler = handler, .sa_flags = SA_RESTART | SA_NODEFER };
	struct sigaction old;

	sigemptyset(&new.sa_mask);
	sigaddset(&new.sa_mask, SIGUSR2);
	check("the first action is the default", sigaction(SIGUSR1, NULL, &old) == 0 &&
							 old.sa_handler == SIG_DFL);
	check("set", sigaction(SIGUSR1, &new, &old) == 0 && old.sa_handler == SIG_DFL);
	check("read back", sigaction(SIGUSR1, NULL, &old) == 0 && old.sa_handler == handler);
	check("its flags", (old.sa_flags & (SA_RESTART | SA_NODEFER)) == (SA_RESTART | SA_NODEFER));
	check("its mask", sigismember(&old.sa_mask, SIGUSR2) == 1 &&
				  sigismember(&old.sa_mask, SIGUSR1) == 0);
	check("others have theirs", sigaction(SIGUSR2, NULL, &old) == 0 && old.sa_handler == SIG_DFL);
	check("signal() answers the old", signal(SIGUSR1, SIG_IGN) == handler);
	check("and sets the new", signal(SIGUSR1, SIG_DFL) == SIG_IGN);
	check("SIGKILL refuses", sigaction(SIGKILL, &new, NULL) == -1 && errno == EINVAL);
	check("SIGSTOP refuses", sigaction(SIGSTOP, &new, NULL) == -1 && errno == EINVAL);
}

static void check_mask(void)
{
	sigset_t set, old;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGTERM);
	check("block", sigprocmask(SIG_BLOCK, &set, &old) == 0 && !sigismember(&old, SIGUSR1));
	check("read back", sigprocmask(SIG_BLOCK, NULL, &old) == 0 && sigismember(&old, SIGUSR1) &&
				   sigismember(&old, SIGTERM) && !sigismember(&old, SIGINT));
	sigdelset(&set, SIGTERM);
	check("unblock one", sigprocmask(SIG_UNBLOCK, &set, NULL) == 0);
	check("the other stays", sigprocmask(SIG_BLOCK, NULL, &old) == 0 &&
					 !sigismember(&old, SIGUSR1) && sigismember(&old, SIGTERM));
	sigfillset(&set);
	check("set all", sigprocmask(SIG_SETMASK, &set, NULL) == 0);
	check("SIGKILL cannot be blocked", sigprocmask(SIG_SETMASK, NULL, &old) == 0 &&
						   !sigismember(&old, SIGKILL) &&
						   sigismember(&old, SIGINT));
	sigemptyset(&set);
	check("set none", sigprocmask(SIG_SETMASK, &set, &old) == 0 && sigismember(&old, SIGINT));
}

int main(void)
{
	check_actions();
	check_mask();
	return abi_end();
}
