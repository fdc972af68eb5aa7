/* SPDX-License-Identifier: MIT */
/*
 * The demonstration of restricted operations: one program that tries to take the
 * machine in four ways, each with the limit that stops it and without.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

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
	 "1. Two modes. The program executes an instruction that reads the register with\n"
	 "the page tables. In user mode (ring 3) the CPU refuses and traps to the kernel:\n",
	 STATUS_SIGNAL + SIGSEGV},
	{LDE_WITHOUT_PRIVATE_MEMORY, "2",
	 "2. Private memory. Two processes of one program: each writes its number to the\n"
	 "same address, sleeps, and looks again. It is another page in each:\n",
	 1},
	{LDE_WITHOUT_HIDDEN_TRAP_TABLE, "1",
	 "3. The trap table. At boot the kernel told the CPU what handles each trap.\n"
	 "The program looks for that table in the kernel's memory, to put in a handler of\n"
	 "its own. Kernel pages are not accessible in user mode:\n",
	 STATUS_SIGNAL + SIGSEGV},
	{LDE_WITHOUT_POINTER_CHECKS, "1",
	 "4. Pointers. The kernel may do what the program may not, so the program asks it\n"
	 "to: it passes write(2) an address of the kernel's. The kernel checks every\n"
	 "pointer before it follows it, and answers EFAULT:\n",
	 1},
};

#define NR_ATTEMPTS (sizeof(attempts) / sizeof(attempts[0]))

/* What one of the two runs of an attempt took. */
struct outcome {
	int status;
	uint64_t nr_traps, nr_syscalls;
};

static void outcome_take(void *ctx, const struct machine_report *report)
{
	struct outcome *outcome = ctx;

	for (size_t i = 0; report->ledger && i < LDE_NR_VECTORS; i++)
		outcome->nr_traps += report->ledger->traps[i];
	for (uint32_t i = 0; i < report->nr_records; i++)
		outcome->nr_syscalls += report->records[i].syscalls;
}

static int run_once(struct demo_stage *stage, const struct attempt *attempt,
		    const char *const *argv, const char *trace, struct outcome *outcome)
{
	/* A chart of one process that ends at once shows nothing. */
	bool has_chart = strcmp(attempt->processes, "1") != 0;

	*outcome = (struct outcome){0};
	outcome->status = demo_run(stage, &(struct demo_command){argv, has_chart ? trace : NULL,
								 has_chart, outcome_take, outcome});
	return outcome->status;
}

static int run_attempt(struct demo_stage *stage, const struct attempt *attempt,
		       struct outcome outcomes[2])
{
	const char *const with[] = {"run", "--timeout",     TIMEOUT,        "-n",
				    attempt->processes, "/lde/intruder", attempt->limit, NULL};
	const char *const without[] = {"run",           "--timeout",    TIMEOUT,
				       "--without",     attempt->limit, "-n",
				       attempt->processes, "/lde/intruder", attempt->limit, NULL};
	int status;

	puts(attempt->question);
	status = run_once(stage, attempt, with, "with", &outcomes[0]);
	if (status != attempt->stopped)
		return status ? status : STATUS_LDE_FAILED;
	puts("Now without that limit:\n");
	return run_once(stage, attempt, without, "without", &outcomes[1]);
}

static void print_outcome(const struct outcome *outcome)
{
	const char *end = outcome->status == 0		    ? "succeeds"
			  : outcome->status > STATUS_SIGNAL ? "killed"
							    : "gets nowhere";

	printf(" %-12s %5" PRIu64 " %5" PRIu64, end, outcome->nr_traps, outcome->nr_syscalls);
}

static void print_table(struct outcome outcomes[NR_ATTEMPTS][2])
{
	puts("What the program achieved, and how often it came to the kernel:\n\n"
	     "                       with the limit            without\n"
	     "  limit                attack       traps calls  attack       traps calls");
	for (size_t i = 0; i < NR_ATTEMPTS; i++) {
		printf("  %-20s", attempts[i].limit);
		print_outcome(&outcomes[i][0]);
		putchar(' ');
		print_outcome(&outcomes[i][1]);
		putchar('\n');
	}
	putchar('\n');
}

int demo_restricted(struct demo_stage *stage)
{
	struct outcome outcomes[NR_ATTEMPTS][2];

	puts("A program runs on the CPU itself. What keeps it from doing whatever it likes to\n"
	     "the machine, or to others? Four attempts, each stopped by a limit, and then not.\n"
	     "Look at who ends how: an attack that fails is a trap, and the kernel's decision.\n");
	for (size_t i = 0; i < NR_ATTEMPTS; i++) {
		int status = run_attempt(stage, &attempts[i], outcomes[i]);

		if (status)
			return status;
	}
	print_table(outcomes);
	puts("With its limits the kernel stays in charge: what a program may not do ends in a\n"
	     "trap, and the kernel decides what becomes of the program. Without one of\n"
	     "them it gets at others' memory, or into ring 0, and then the machine is its own.\n"
	     "Not yours: the machine is a virtual one, and its limits are not the host's.\n"
	     "\n"
	     "Go on alone:\n"
	     "  lde stat /lde/intruder user-mode       the traps, counted\n"
	     "  lde run --without user-mode ./a.out    a program of yours in ring 0\n"
	     "  lde help limits                        what else can be taken away");
	return 0;
}
