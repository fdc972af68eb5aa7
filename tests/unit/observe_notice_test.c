/* SPDX-License-Identifier: MIT */
/* The kernel's notices in words. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "vmm/observe/exceptions.h"
#include "vmm/observe/notice.h"

#define DE 0
#define UD 6
#define GP 13
#define PF 14

/* Process 3 (a.out), at 0x401136. */
static struct lde_notice killed(uint32_t reason, uint32_t vector, uint64_t error)
{
	return (struct lde_notice){
		.kind = LDE_NOTICE_KILLED,
		.pid = 3,
		.reason = reason,
		.vector = vector,
		.error = error,
		.rip = 0x401136,
		.rsp = 0x7ffffff0,
		.status = SIGSEGV,
		.name = "a.out",
	};
}

static void set_insn(struct lde_notice *notice, const char *bytes, size_t len)
{
	memcpy(notice->insn, bytes, len);
	notice->insn_len = (uint32_t)len;
}

static void check(const struct lde_notice *notice, const char *expected)
{
	char text[NOTICE_TEXT_SIZE];

	notice_format(notice, text, sizeof(text));
	assert_string_equal(text, expected);
}

static void check_part(const struct lde_notice *notice, const char *part)
{
	char text[NOTICE_TEXT_SIZE];

	notice_format(notice, text, sizeof(text));
	if (!strstr(text, part))
		fail_msg("'%s' lacks '%s'", text, part);
}

/* ---- memory ---------------------------------------------------------- */

static void a_write_to_the_kernel_is_explained(void **state)
{
	struct lde_notice notice = killed(LDE_REASON_KERNEL_MEMORY, PF, 7);

	(void)state;
	notice.addr = 0xffff800000001000;
	set_insn(&notice, "\x48\x89\x07", 3);
	check(&notice, "process 3 (a.out) killed by SIGSEGV: wrote 0xffff800000001000 at 0x401136 "
		       "(mov): the address is the kernel's, and user mode may not touch it "
		       "(#PF, error 0x7: write, user mode, protection)");
}

static void an_address_in_no_half_is_explained(void **state)
{
	struct lde_notice notice = killed(LDE_REASON_KERNEL_MEMORY, GP, 0);

	(void)state;
	set_insn(&notice, "\x48\x8b\x00", 3);
	check(&notice, "process 3 (a.out) killed by SIGSEGV: executed mov at 0x401136: the address "
		       "is in neither half of memory (it is not canonical) (#GP, error 0x0)");
}

static void a_read_of_nothing_is_explained(void **state)
{
	struct lde_notice notice = killed(LDE_REASON_UNMAPPED, PF, 4);

	(void)state;
	notice.addr = 0x5000000;
	set_insn(&notice, "\x8b\x00", 2);
	check(&notice, "process 3 (a.out) killed by SIGSEGV: read 0x5000000 at 0x401136 (mov): "
		       "nothing is mapped there (#PF, error 0x4: read, user mode, not present)");
	notice.addr = 8;
	check_part(&notice, "(a null pointer?)");
}

static void a_jump_to_nothing_is_explained(void **state)
{
	struct lde_notice notice = killed(LDE_REASON_UNMAPPED, PF, 0x14);

	(void)state;
	notice.addr = notice.rip = 0x1234567;
	check(&notice,
	      "process 3 (a.out) killed by SIGSEGV: jumped to 0x1234567: nothing is mapped "
	      "there (#PF, error 0x14: fetch, user mode, not present)");
}

static void a_write_to_a_read_only_page_is_explained(void **state)
{
	struct lde_notice notice = killed(LDE_REASON_READ_ONLY, PF, 7);

	(void)state;
	notice.addr = 0x402000;
	set_insn(&notice, "\xc6\x00\x01", 3);
	check_part(&notice, "wrote 0x402000 at 0x401136 (mov): the page may be read but not "
			    "written (#PF");
}

static void executing_data_is_explained(void **state)
{
	struct lde_notice notice = killed(LDE_REASON_NO_EXEC, PF, 0x15);

	(void)state;
	notice.addr = notice.rip = 0x404000;
	check_part(&notice, "jumped to 0x404000: the page holds data and may not be executed "
			    "(#PF, error 0x15: fetch, user mode, protection)");
}

static void a_page_without_access_is_explained(void **state)
{
	struct lde_notice notice = killed(LDE_REASON_NO_ACCESS, PF, 4);

	(void)state;
	check_part(&notice, "PROT_NONE");
}

static void a_full_stack_is_explained(void **state)
{
	struct lde_notice notice = killed(LDE_REASON_STACK_OVERFLOW, PF, 6);

	(void)state;
	notice.addr = 0x7fffff7fe000;
	set_insn(&notice, "\x55", 1);
	check_part(&notice, "wrote 0x7fffff7fe000 at 0x401136 (push): the stack is full");
	check_part(&notice, "endless recursion?");
}

static void a_page_behind_a_file_is_explained(void **state)
{
	struct lde_notice notice = killed(LDE_REASON_BEYOND_FILE, PF, 4);

	(void)state;
	notice.status = SIGBUS;
	check_part(&notice, "killed by SIGBUS");
	check_part(&notice, "behind the end of the mapped file");
}

static void a_page_that_a_disk_cannot_read_is_explained(void **state)
{
	struct lde_notice notice = killed(LDE_REASON_DISK_ERROR, PF, 4);

	(void)state;
	notice.status = SIGBUS;
	check_part(&notice, "killed by SIGBUS");
	check_part(&notice, "the disk could not read the page");
}

static void a_want_of_memory_is_explained(void **state)
{
	struct lde_notice notice = killed(LDE_REASON_OUT_OF_MEMORY, PF, 6);

	(void)state;
	notice.status = SIGKILL;
	check_part(&notice, "killed by SIGKILL");
	check_part(&notice, "--memory SIZE");
}

static void a_jump_into_the_kernel_is_explained(void **state)
{
	struct lde_notice notice = killed(LDE_REASON_KERNEL_JUMP, PF, 0x15);

	(void)state;
	notice.addr = notice.rip = 0xffffffff80100000;
	check_part(&notice, "jumped to 0xffffffff80100000: the address is the kernel's, and user "
			    "mode may not execute there");
	notice.vector = GP;
	notice.addr = 0;
	check_part(&notice, "jumped to 0xffffffff80100000");
}

/* ---- instructions ---------------------------------------------------- */

static void a_privileged_instruction_is_explained(void **state)
{
	struct lde_notice notice = killed(LDE_REASON_PRIVILEGED, GP, 0);

	(void)state;
	set_insn(&notice, "\xf4", 1);
	check(&notice, "process 3 (a.out) killed by SIGSEGV: executed hlt at 0x401136: only the "
		       "kernel may stop the CPU (#GP, error 0x0)");
	set_insn(&notice, "\x0f\x22\xd8", 3);
	check_part(&notice, "executed mov to cr3 at 0x401136: only the kernel may touch the CPU's "
			    "mode and address space");
}

static void an_unknown_privileged_instruction_is_shown_as_bytes(void **state)
{
	struct lde_notice notice = killed(LDE_REASON_PRIVILEGED, GP, 0);

	(void)state;
	set_insn(&notice, "\x0f\x04\x90", 3);
	check_part(&notice, "executed bytes 0f 04 90 at 0x401136: user mode may not do that");
}

static void an_allowed_instruction_with_a_bad_operand_is_explained(void **state)
{
	struct lde_notice notice = killed(LDE_REASON_PRIVILEGED, GP, 0);

	(void)state;
	set_insn(&notice, "\x48\x89\x07", 3);
	check_part(&notice,
		   "executed mov at 0x401136: its operand is not aligned as it must be, or "
		   "its address is not canonical");
}

static void a_closed_gate_is_explained(void **state)
{
	struct lde_notice notice = killed(LDE_REASON_PRIVILEGED, GP, 0x402);

	(void)state;
	set_insn(&notice, "\xcd\x80", 2);
	check_part(&notice, "executed int 0x80");
	check_part(&notice, "(#GP, error 0x402: trap table entry 128)");
	notice = killed(LDE_REASON_ILLEGAL_INSN, UD, 0);
	set_insn(&notice, "\xcd\x80", 2);
	check_part(&notice, "closed to user mode");
}

static void a_division_by_zero_is_explained(void **state)
{
	struct lde_notice notice = killed(LDE_REASON_DIVIDE, DE, 0);

	(void)state;
	notice.status = SIGFPE;
	set_insn(&notice, "\xf7\xf9", 2);
	check(&notice, "process 3 (a.out) killed by SIGFPE: executed idiv at 0x401136: the divisor "
		       "is 0, or the quotient does not fit (#DE)");
}

static void an_illegal_instruction_is_explained(void **state)
{
	struct lde_notice notice = killed(LDE_REASON_ILLEGAL_INSN, UD, 0);

	(void)state;
	notice.status = SIGILL;
	set_insn(&notice, "\x0f\x0b", 2);
	check(&notice, "process 3 (a.out) killed by SIGILL: executed ud2 at 0x401136: this CPU has "
		       "no such instruction, or it is not enabled (#UD)");
}

static void breakpoints_and_floating_point_are_explained(void **state)
{
	struct lde_notice notice = killed(LDE_REASON_BREAKPOINT, 3, 0);

	(void)state;
	notice.status = SIGTRAP;
	set_insn(&notice, "\x90", 1); /* what follows it */
	check_part(&notice, "executed int3 at 0x401135: a breakpoint, and no debugger");
	notice = killed(LDE_REASON_FPU, 19, 0);
	check_part(&notice, "floating-point exception that the program had switched on (#XM)");
	notice = killed(LDE_REASON_ALIGNMENT, 17, 0);
	check_part(&notice, "not aligned");
}

static void other_traps_are_named_by_their_number(void **state)
{
	struct lde_notice notice = killed(LDE_REASON_OTHER, GP, 0);

	(void)state;
	set_insn(&notice, "\x0f\x29\x00", 3);
	check_part(&notice,
		   "executed movaps at 0x401136: its operand is not aligned as it must be");
	notice = killed(LDE_REASON_OTHER, 12, 0x28);
	check_part(&notice, "(#SS, error 0x28: selector 0x28 of the GDT)");
	notice = killed(LDE_REASON_NONE, 200, 0);
	check_part(&notice, "(trap 200)");
	notice = killed(12345, 4, 0);
	check_part(&notice, "(#OF)");
}

/* ---- the other kinds ------------------------------------------------- */

static void a_program_that_does_not_start_is_explained(void **state)
{
	struct lde_notice notice = {
		.kind = LDE_NOTICE_EXEC_FAILED, .pid = 2, .name = "b", .status = -ENOEXEC};

	(void)state;
	check(&notice, "process 2 (b) did not start: Exec format error; give a static x86-64 "
		       "program: cc -static");
	notice.status = -ENOMEM;
	check_part(&notice, "Cannot allocate memory; give the guest more memory: --memory SIZE");
	notice.status = -E2BIG;
	check_part(&notice, "fewer or shorter arguments");
	notice.status = -ENOENT;
	check_part(&notice, "--root");
	notice.status = -EAGAIN;
	check_part(&notice, "-n");
	notice.status = INT32_MIN;
	check(&notice, "process 2 (b) did not start: the kernel gave no reason");
}

static void a_panic_that_is_no_trap_names_none(void **state)
{
	struct lde_notice notice = {
		.kind = LDE_NOTICE_PANIC, .text = "out of it", .rip = 0x1234, .vector = LDE_NO_VECTOR,
	};
	char text[400];

	(void)state;
	notice_format(&notice, text, sizeof(text));
	assert_non_null(strstr(text, "out of it (at 0x1234)"));
	assert_null(strchr(text, '#'));
}

static void a_child_that_was_refused_is_explained(void **state)
{
	struct lde_notice notice = {.kind = LDE_NOTICE_FORK_REFUSED, .pid = 7, .name = "bomb",
				    .reason = LDE_REASON_PROCESSES, .addr = 2027};
	char text[NOTICE_TEXT_SIZE];

	(void)state;
	notice_format(&notice, text, sizeof(text));
	assert_string_equal(text, "process 7 (bomb) was refused a child: there are 2027 processes, "
				  "and there may not be more (EAGAIN); --processes N allows more");
	notice.reason = LDE_REASON_OUT_OF_MEMORY;
	notice_format(&notice, text, sizeof(text));
	assert_string_equal(text, "process 7 (bomb) was refused a child: memory is nearly used up "
				  "(EAGAIN or ENOMEM); --memory SIZE gives the guest more");
}

static void a_panic_says_what_and_where(void **state)
{
	struct lde_notice notice = {.kind = LDE_NOTICE_PANIC, .text = "no memory node"};

	(void)state;
	check(&notice, "the guest kernel cannot go on: no memory node");
	notice.vector = PF;
	notice.error = 2;
	notice.rip = 0xffffffff80101234;
	notice.addr = 0x10;
	check_part(&notice, "(#PF, error 0x2: write, supervisor mode, not present at "
			    "0xffffffff80101234, address 0x10)");
}

static void a_notice_of_unknown_kind_is_not_hidden(void **state)
{
	struct lde_notice notice = {.kind = 77};

	(void)state;
	check(&notice, "the guest kernel sent a notice of unknown kind 77");
}

static void any_bytes_give_one_terminated_line(void **state)
{
	struct lde_notice notice;
	unsigned char *bytes = (unsigned char *)&notice;
	char text[NOTICE_TEXT_SIZE];
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		for (size_t i = 0; i < sizeof(notice); i++) {
			seed = seed * 1664525u + 1013904223u;
			bytes[i] = (unsigned char)(seed >> 24);
		}
		notice.kind %= 5;
		notice.reason %= 20;
		notice.vector %= 40;
		strcpy(notice.name, "x");
		memset(notice.text, 'x', sizeof(notice.text));
		notice.text[sizeof(notice.text) - 1] = '\0';
		notice_format(&notice, text, sizeof(text));
		assert_non_null(memchr(text, '\0', sizeof(text)));
		assert_null(strchr(text, '\n'));
	}
}

static void a_short_buffer_is_not_overrun(void **state)
{
	struct lde_notice notice = killed(LDE_REASON_UNMAPPED, PF, 4);
	char text[32];

	(void)state;
	for (size_t size = 0; size <= 16; size++) {
		memset(text, '!', sizeof(text));
		notice_format(&notice, text, size);
		assert_int_equal(text[size], '!');
		if (size)
			assert_int_equal(strlen(text), size - 1);
	}
}

static void signals_have_names(void **state)
{
	char text[32];

	(void)state;
	assert_string_equal(notice_signal_name(SIGSEGV, text, sizeof(text)), "SIGSEGV");
	assert_string_equal(notice_signal_name(99, text, sizeof(text)), "signal 99");
	assert_string_equal(notice_signal_name(-1, text, sizeof(text)), "signal -1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_write_to_the_kernel_is_explained),
		cmocka_unit_test(an_address_in_no_half_is_explained),
		cmocka_unit_test(a_read_of_nothing_is_explained),
		cmocka_unit_test(a_jump_to_nothing_is_explained),
		cmocka_unit_test(a_write_to_a_read_only_page_is_explained),
		cmocka_unit_test(executing_data_is_explained),
		cmocka_unit_test(a_page_without_access_is_explained),
		cmocka_unit_test(a_full_stack_is_explained),
		cmocka_unit_test(a_page_behind_a_file_is_explained),
		cmocka_unit_test(a_page_that_a_disk_cannot_read_is_explained),
		cmocka_unit_test(a_want_of_memory_is_explained),
		cmocka_unit_test(a_jump_into_the_kernel_is_explained),
		cmocka_unit_test(a_privileged_instruction_is_explained),
		cmocka_unit_test(an_unknown_privileged_instruction_is_shown_as_bytes),
		cmocka_unit_test(an_allowed_instruction_with_a_bad_operand_is_explained),
		cmocka_unit_test(a_closed_gate_is_explained),
		cmocka_unit_test(a_division_by_zero_is_explained),
		cmocka_unit_test(an_illegal_instruction_is_explained),
		cmocka_unit_test(breakpoints_and_floating_point_are_explained),
		cmocka_unit_test(other_traps_are_named_by_their_number),
		cmocka_unit_test(a_program_that_does_not_start_is_explained),
		cmocka_unit_test(a_child_that_was_refused_is_explained),
		cmocka_unit_test(a_panic_says_what_and_where),
		cmocka_unit_test(a_panic_that_is_no_trap_names_none),
		cmocka_unit_test(a_notice_of_unknown_kind_is_not_hidden),
		cmocka_unit_test(any_bytes_give_one_terminated_line),
		cmocka_unit_test(a_short_buffer_is_not_overrun),
		cmocka_unit_test(signals_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
