/* SPDX-License-Identifier: MIT */
/* Sets an alarm as far away as there is one, and sleeps: exit status 3 if it is still
 * set then. */
#include <limits.h>
#include <time.h>
#include <unistd.h>

int main(void)
{
	const struct timespec moment = { 0, 20000000 };

	alarm(UINT_MAX);
	nanosleep(&moment, NULL);
	return alarm(0) > 100000 ? 3 : 4;
}
