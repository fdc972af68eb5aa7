/* SPDX-License-Identifier: MIT */
/* Makes /tmp/one, says so, and sleeps until the machine is ended. */
#include <fcntl.h>
#include <unistd.h>

int main(void)
{
	if (open("/tmp/one", O_WRONLY | O_CREAT, 0600) < 0)
		return 1;
	if (write(STDOUT_FILENO, "left\n", 5) != 5)
		return 2;
	for (;;)
		pause();
}
