/* SPDX-License-Identifier: MIT */
/*
 * The demonstration of restricted operations: one program that tries to take the
 * machine in four ways, each with the limit that stops it and without.
 */
#include <signal.h>
#include <stdio.h>

#include "vmm/cli/demo.h"
#include "vmm/cli/demo_run.h"
#include "vmm/cli/status.h"

#define TIMEOUT "15s" /* an attack takes milliseconds; a machine that it hangs ends */

static const struct attempt {
	const char *limit;
	const char *processes; /* that it takes */
	const char *question;
	int stopped; /* the exit status with the limit in force */
} attempts[] = {
	{LDE_WITHOUT_USER_MODE, "1",
	 "1. Two modes. The program executes an instruction that reads the CPU's page-table\n"
	 "register. In user mode (ring 3) the CPU refuses and traps to the kernel:\n",
	 STATUS_SIGNAL + SIGSEGV},
	{LDE_WITHOUT_PRIVATE_MEMORY, "2",
	 "2. Private memory. Two processes of one program: each writes its number to the same\n"
	 "address, sleeps, and looks again. The same address is another page in each:\n",
	 1},
	{LDE_WITHOUT_HIDDEN_TRAP_TABLE, "1",
	 "3. The trap table. The kernel told the CPU at boot which code handles which trap.\n"
	 "The program looks for that table in the kernel's memory, to put in a handler of\n"
	 "its own. Kernel pages are not accessible in user mode:\n",
	 STATUS_SIGNAL + SIGSEGV},
	{LDE_WITHOUT_POINTER_CHECKS, "1",
	 "4. Pointers. The kernel may do what the program may not, so the program asks it\n"
	 "to: it passes write(2) an address of the kernel's. The kernel checks every\n"
	 "pointer before it follows it, and answers EFAULT:\n",
	 1},
};

static int run_attempt(const struct attempt *attempt)
{
	const char *const with[] = {"run", "--timeout",     TIMEOUT,        "-n",
				    attempt->processes, "/lde/intruder", attempt->limit, NULL};
	const char *const without[] = {"run",           "--timeout",    TIMEOUT,
				       "--without",     attempt->limit, "-n",
				       attempt->processes, "/lde/intruder", attempt->limit, NULL};
	int status;

	puts(attempt->question);
	status = demo_run(with, NULL, NULL);
	if (status != attempt->stopped)
		return status ? status : STATUS_LDE_FAILED;
	puts("Now without that limit:\n");
	return demo_run(without, NULL, NULL);
}

int demo_restricted(void)
{
	puts("A program runs on the CPU itself. What keeps it from doing whatever it likes to\n"
	     "the machine, or to others? Four attempts, each stopped by a limit, and then not:\n");
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		int status = run_attempt(&attempts[i]);

		if (status)
			return status;
	}
	puts("With its limits the kernel stays in charge: what a program may not do ends in a\n"
	     "trap, and the kernel decides what becomes of the program. Without one of\n"
	     "them it gets at others' memory, or into ring 0, and then the machine is its own.\n"
	     "Not yours: the machine is a virtual one, and its limits are not the host's.\n"
	     "\n"
	     "Go on alone:\n"
	     "  lde run --without user-mode ./a.out    any program in ring 0; see how far it gets\n"
	     "  lde stat /lde/intruder user-mode       the traps, counted\n"
	     "  objdump -d of your own attack, and then lde run it");
	return 0;
}
