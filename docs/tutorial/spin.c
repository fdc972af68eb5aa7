/* A program that only computes: no library, and no system call before its end. */
void _start(void)
{
	for (unsigned long left = 60000000; left; left--)
		__asm__ volatile("" : "+r"(left));
	__asm__ volatile("syscall" : : "a"(231), "D"(0)); /* exit_group(0) */
	__builtin_unreachable();
}
