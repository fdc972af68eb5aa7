/* SPDX-License-Identifier: MIT */
/* Children that compute until their timer's signal ends them: in the interrupt that
 * brings it. Status 1 if one ends otherwise. */
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void compute_until_alarm(void)
{
	const struct itimerval soon = {.it_value = {.tv_usec = 5000}};

	setitimer(ITIMER_REAL, &soon, NULL);
	for (;;)
		__asm__ volatile("");
}

int main(void)
{
	for (int i = 0; i < 3; i++) {
		pid_t child = fork();
		int status;

		if (child == 0)
			compute_until_alarm();
		if (waitpid(child, &status, 0) != child || !WIFSIGNALED(status) ||
		    WTERMSIG(status) != SIGALRM)
			return 1;
	}
	return 0;
}
