/* Tries to switch the interrupts off, so that no timer takes the CPU from it. */
int main(void)
{
	__asm__ volatile("cli");
	for (;;)
		;
}
