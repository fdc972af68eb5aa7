/* SPDX-License-Identifier: MIT */
/*
 * intruder LIMIT: tries to take the machine from the kernel, in the way that
 * LIMIT is there to stop: user-mode, private-memory, hidden-trap-table or
 * pointer-checks. With the limit in force it fails: it is killed, or ends with 1.
 * Without it, it succeeds, says what it has got, and ends with 0. For
 * private-memory there must be two of it.
 *
 * It links with nothing: without user mode it runs in ring 0, where a KVM that
 * emulates ring 0 has no vector instructions, and libraries use them.
 */
#include <errno.h>
#include <stdint.h>
#include <time.h>
#include <sys/syscall.h>

/* ---- what a library would have ----------------------------------------- */

static long call3(long nr, uint64_t a, uint64_t b, uint64_t c)
{
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "0"(nr), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return result;
}

static uint64_t length_of(const char *text)
{
	uint64_t n = 0;

	while (text[n])
		n++;
	return n;
}

static int same(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

/* One line, in one piece: text, number in hexadecimal, text. */
static void say(const char *before, uint64_t number, const char *after)
{
	char line[160] = "intruder: ", *end = line + length_of(line);

	while (*before)
		*end++ = *before++;
	for (int shift = 60; shift >= 0; shift -= 4)
		if (!shift || number >> shift)
			*end++ = "0123456789abcdef"[number >> shift & 15];
	while (*after)
		*end++ = *after++;
	*end++ = '\n';
	call3(SYS_write, 1, (uint64_t)line, (uint64_t)(end - line));
}

static void say_text(const char *text)
{
	call3(SYS_write, 1, (uint64_t)text, length_of(text));
}

/* ---- user mode ------------------------------------------------------------ */

static int read_control_register(void)
{
	uint64_t cr3;

	say_text("intruder: I execute mov %cr3, which only ring 0 may.\n");
	__asm__ volatile("mov %%cr3, %0" : "=r"(cr3));
	say("the page tables are at physical 0x", cr3, ". Nothing stopped me.");
	return 0;
}

/* ---- private memory --------------------------------------------------------- */

/* The same address in each process, as all of them run the same program. */
static volatile uint64_t my_number;

static int meet_in_memory(void)
{
	const struct timespec pause = { .tv_nsec = 50000000 };
	uint64_t pid = (uint64_t)call3(SYS_getpid, 0, 0, 0), found = pid;

	my_number = pid;
	say("I am process ", pid, " and write my number into my memory.");
	for (int i = 0; i < 10 && found == pid; i++) {
		call3(SYS_nanosleep, (uint64_t)&pause, 0, 0);
		found = my_number;
	}
	if (found == pid) {
		say("there it is still: ", found, ".");
		return 1;
	}
	say("somebody has written into my memory: ", found, ". Now I do.");
	my_number = pid;
	return 0;
}

/* ---- the trap table --------------------------------------------------------- */

/* Where the kernel is linked to, and how far to look. Its first pages, the entry
 * code, stay closed even without the limit. */
#define KERNEL_START 0xffffffff80110000
#define KERNEL_MAX   0x400000
#define KERNEL_CS    0x10
#define GATE_TYPE    0x8e /* interrupt gate, present, for ring 0 */
#define PAGE         4096

/* SDM vol. 3, 6.14.1. */
struct gate {
	uint16_t offset_low, selector;
	uint8_t ist, type;
	uint16_t offset_middle;
	uint32_t offset_high, reserved;
};

/* How kernel memory is read and written: 0, or what stopped it. */
struct way {
	long (*read)(void *to, uint64_t from, uint64_t bytes);
	long (*write)(uint64_t to, const void *from, uint64_t bytes);
};

static void copy(volatile char *to, const volatile char *from, uint64_t bytes)
{
	while (bytes--)
		*to++ = *from++;
}

static long read_directly(void *to, uint64_t from, uint64_t bytes)
{
	copy(to, (const char *)from, bytes);
	return 0;
}

static long write_directly(uint64_t to, const void *from, uint64_t bytes)
{
	copy((char *)to, from, bytes);
	return 0;
}

static int pipe_ends[2];

/* write(2) takes the bytes from wherever it is told, and a pipe brings them back. */
static long read_by_kernel(void *to, uint64_t from, uint64_t bytes)
{
	long n = call3(SYS_write, (uint64_t)pipe_ends[1], from, bytes);

	if (n != (long)bytes)
		return n < 0 ? n : -1;
	call3(SYS_read, (uint64_t)pipe_ends[0], (uint64_t)to, bytes);
	return 0;
}

static long write_by_kernel(uint64_t to, const void *from, uint64_t bytes)
{
	long n;

	call3(SYS_write, (uint64_t)pipe_ends[1], (uint64_t)from, bytes);
	n = call3(SYS_read, (uint64_t)pipe_ends[0], to, bytes);
	return n == (long)bytes ? 0 : n < 0 ? n : -1;
}

static int is_gate(const struct gate *gate)
{
	return gate->selector == KERNEL_CS && gate->type == GATE_TYPE &&
	       gate->offset_high == 0xffffffff && !gate->reserved;
}

/* A page that begins with the gates of #DE, #DB and NMI. */
static long find_trap_table(const struct way *way, uint64_t *table)
{
	struct gate gates[3];

	for (*table = KERNEL_START; *table < KERNEL_START + KERNEL_MAX; *table += PAGE) {
		long err = way->read(gates, *table, sizeof(gates));

		if (err)
			return err;
		if (is_gate(&gates[0]) && is_gate(&gates[1]) && is_gate(&gates[2]))
			return 0;
	}
	return -1;
}

/* The handler that the program puts in the kernel's place. A divide error has no
 * error code, so rip is on top of the stack; the DIV has two bytes. */
uint64_t stolen_cs, stolen_cr3;
void handler(void);
__asm__(".globl handler\n"
	"handler:\n"
	"	push	%rax\n"
	"	mov	%cs, %eax\n"
	"	mov	%rax, stolen_cs(%rip)\n"
	"	mov	%cr3, %rax\n"
	"	mov	%rax, stolen_cr3(%rip)\n"
	"	pop	%rax\n"
	"	addq	$2, (%rsp)\n"
	"	iretq\n");

static int say_refused(long err)
{
	if (err == -EFAULT)
		say_text("intruder: refused: EFAULT.\n");
	else
		say("refused, errno 0x", (uint64_t)-err, ".");
	return 1;
}

static int hijack(const struct way *way)
{
	uint64_t table, entry = (uint64_t)handler;
	struct gate mine, original;
	long err = find_trap_table(way, &table);

	if (err)
		return say_refused(err);
	say("the trap table is at 0x", table, ".");
	way->read(&original, table, sizeof(original));
	stolen_cs = stolen_cr3 = 0; /* its page is there when the handler needs it */
	mine = original;
	mine.offset_low = (uint16_t)entry;
	mine.offset_middle = (uint16_t)(entry >> 16);
	mine.offset_high = (uint32_t)(entry >> 32);
	err = way->write(table, &mine, sizeof(mine));
	if (err)
		return say_refused(err);
	say_text("intruder: the divide error is handled by me now. I divide by zero.\n");
	__asm__ volatile("div %b1" : : "a"(1), "c"(0));
	way->write(table, &original, sizeof(original));
	say("my handler ran with cs = 0x", stolen_cs, ": ring 0.");
	say("the page tables are at physical 0x", stolen_cr3, ".");
	return 0;
}

static int hijack_directly(void)
{
	static const struct way way = { read_directly, write_directly };

	say_text("intruder: I read the kernel's memory, looking for the trap table.\n");
	return hijack(&way);
}

static int hijack_by_system_calls(void)
{
	static const struct way way = { read_by_kernel, write_by_kernel };

	call3(SYS_pipe, (uint64_t)pipe_ends, 0, 0);
	say_text("intruder: I pass write(2) addresses in the kernel, looking for the trap "
		 "table.\n");
	return hijack(&way);
}

/* ---- start ------------------------------------------------------------------ */

static const struct attack {
	const char *limit;
	int (*run)(void);
} attacks[] = {
	{ "user-mode", read_control_register },
	{ "private-memory", meet_in_memory },
	{ "hidden-trap-table", hijack_directly },
	{ "pointer-checks", hijack_by_system_calls },
};

/* From _start, with the stack as exec leaves it: argc, argv. */
void begin(const uint64_t *stack);
void begin(const uint64_t *stack)
{
	const char *limit = stack[0] > 1 ? (const char *)stack[2] : "";
	int status = 2;

	for (unsigned i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++)
		if (same(attacks[i].limit, limit))
			status = attacks[i].run();
	if (status == 2)
		say_text("usage: intruder user-mode|private-memory|hidden-trap-table|"
			 "pointer-checks\n");
	call3(SYS_exit_group, (uint64_t)status, 0, 0);
}

__asm__(".globl _start\n"
	"_start:\n"
	"	mov	%rsp, %rdi\n"
	"	and	$-16, %rsp\n"
	"	call	begin\n");
