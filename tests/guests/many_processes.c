/* SPDX-License-Identifier: MIT */
/*
 * usage: many_processes N
 *
 * N children live at a time, each with a page of its own that says who it is;
 * then all are waited for. Says how much memory each took, in kernel and
 * program. The free pages come back.
 */
#include <errno.h>
#include <signal.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>

#include "guest.h"

static unsigned mine;

static unsigned long nr_free(void)
{
	struct sysinfo info;

	EXPECT(2, sysinfo(&info) == 0);
	return info.freeram * info.mem_unit / 4096;
}

/* Waits until the pipe ends, and then tells its number. */
static void live(int end, unsigned number)
{
	char c;

	mine = number;
	while (read(end, &c, 1) != 0)
		;
	_exit(mine % 251);
}

int main(int argc, char **argv)
{
	unsigned nr = guest_number(argc, argv, 1, 100), sum = 0, expected = 0;
	unsigned long before, during;
	struct sysinfo info;
	int ends[2], status;

	EXPECT(3, pipe(ends) == 0);
	before = nr_free();
	for (unsigned i = 0; i < nr; i++) {
		pid_t pid = fork();

		EXPECT(4, pid >= 0);
		if (!pid) {
			close(ends[1]);
			live(ends[0], i);
		}
		expected += i % 251;
	}
	/* Let each of them begin, and wait. */
	while (sysinfo(&info) == 0 && info.procs == nr + 1) {
		static unsigned long last;
		unsigned long now = nr_free();

		if (now == last)
			break;
		last = now;
		guest_sleep_ms(20);
	}
	EXPECT(5, info.procs == nr + 1);
	during = nr_free();
	close(ends[1]);
	for (unsigned i = 0; i < nr; i++) {
		EXPECT(6, wait(&status) > 0 && WIFEXITED(status));
		sum += WEXITSTATUS(status);
	}
	EXPECT(7, sum == expected);
	EXPECT(8, wait(&status) < 0 && errno == ECHILD);
	close(ends[0]);
	printf("%u lived, %lu bytes each\n", nr, (before - during) * 4096 / nr);
	EXPECT(9, nr_free() + 4 >= before);
	puts("all were told apart");
	return 0;
}
