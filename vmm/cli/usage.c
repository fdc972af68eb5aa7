/* SPDX-License-Identifier: MIT */
#include "vmm/cli/usage.h"

#include <stdio.h>

void usage_print_run(void)
{
	puts("  -n N               start N processes of the PROGRAM that follows (1 to 10000)\n"
	     "  --memory SIZE      memory of the machine: 64M to 3G, a multiple of 2M [256M]\n"
	     "  --tickets N        its share under lottery and stride: 1 to 1000000 [100]\n"
	     "  --nice N           the same as a factor of 1.25 a step: -20 (more) to 19\n"
	     "  --length TIME      CPU time it needs, for sjf and stcf\n"
	     "  --sched POLICY     rr, fifo, sjf, stcf, lottery, stride, mlfq or scan [rr]\n"
	     "  --clock CLOCK      real, or logical: time advances by what programs do, so that\n"
	     "                     each run is the same [real]\n"
	     "  --quantum TIME     time on the CPU while others wait: 1us to 1h [10ms]\n"
	     "  --timeout TIME     stop everything after that time, with exit status 124\n"
	     "  --processes N      at most N processes at a time, for fork; 1 to 32767 [one for\n"
	     "                     each 128K of memory]\n"
	     "  --env NAME=VALUE   set a variable; may be given again\n"
	     "  --env-host         pass on the whole environment of the host\n"
	     "  --root DIR         DIR is the guest's root directory, and is searched first\n"
	     "  --out DIR          at the end, copy what programs left in /out to DIR\n"
	     "  --take PATH        with --out: copy PATH instead; may be given again\n"
	     "  --timeline         print a chart of the run and tables at its end\n"
	     "  --quiet            no line that says how a long run goes\n"
	     "  --tag              put the process in front of each line of output\n"
	     "  --trace DIR        record what happens in DIR, for lde report and babeltrace2\n"
	     "  --events LIST      record only some of sched,syscall,irq,exit,fault,block,signal;\n"
	     "                     all,registers adds what each trap saves and restores\n"
	     "  --trace-buffer SIZE  memory for events on their way: 4K to 32M [4M]\n"
	     "  --disk FILE[,ro][,latency=TIME][,iops=N][,fault=EIO:P%]\n"
	     "                     FILE is the disk /dev/vda; the next one is /dev/vdb\n"
	     "  --mount /dev/vda:DIR[:ro]\n"
	     "                     DIR is where the ext2 file system of the disk is to be\n"
	     "  --max-exits REASON=N  status 1 if there were more exits to user space: total,\n"
	     "                     console, monitor, ... (lde stat names them); may be repeated\n"
	     "  --without LIMIT    take a limit away, to see what it is for: preemption,\n"
	     "                     blocking, user-mode, private-memory,\n"
	     "                     hidden-trap-table or pointer-checks\n"
	     "  --syscalls=exit    each system call leaves the machine first, to see what that costs\n"
	     "  --dump-dtb FILE    write the device tree that the kernel gets");
}
