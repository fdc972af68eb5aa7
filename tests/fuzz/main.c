/* SPDX-License-Identifier: MIT */
/* The fuzzer is one program: workers execute it again, with any arguments. */
#include "fuzz.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Output goes nowhere, but for one in eight, whose goes to the console. */
static void set_up_output(void)
{
	int null = open("/dev/null", O_RDWR);

	if (null < 0)
		_exit(UNFIT);
	if (!random_once_in(8))
		dup2(null, 1);
	dup2(null, 2);
	close(null);
}

/* One that a worker executed, and not the driver, has no gate. */
static void pass_gate(void)
{
	char end;

	while (read(GATE, &end, 1) > 0)
		;
	close(GATE);
}

static _Noreturn void begin_work(char **argv)
{
	uint64_t seed = strtoull(argv[2], NULL, 0);
	unsigned nr_calls = strtoul(argv[3], NULL, 0), depth = strtoul(argv[4], NULL, 0);

	setpgid(0, 0);
	if (!depth)
		pass_gate();
	random_start(seed);
	if (chdir(FOLDER) < 0)
		_exit(UNFIT);
	set_up_output();
	values_prepare();
	work_prepare();
	work(seed, nr_calls, depth);
}

int main(int argc, char **argv)
{
	if (argc > 2 && !strcmp(argv[1], "drive"))
		return drive(argc, argv);
	if (argc > 4 && !strcmp(argv[1], "worker"))
		begin_work(argv);
	return 0; /* executed with nonsense */
}
