/* SPDX-License-Identifier: MIT */
#include "vmm/observe/exceptions.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

static const struct {
	const char *mnemonic;
	const char *title;
	bool has_error;
} exceptions[NR_EXCEPTIONS] = {
	[0] = {"#DE", "divide error", false},
	[1] = {"#DB", "debug", false},
	[2] = {"NMI", "non-maskable interrupt", false},
	[3] = {"#BP", "breakpoint", false},
	[4] = {"#OF", "overflow", false},
	[5] = {"#BR", "bound range exceeded", false},
	[6] = {"#UD", "invalid opcode", false},
	[7] = {"#NM", "device not available", false},
	[8] = {"#DF", "double fault", true},
	[10] = {"#TS", "invalid TSS", true},
	[11] = {"#NP", "segment not present", true},
	[12] = {"#SS", "stack-segment fault", true},
	[13] = {"#GP", "general protection", true},
	[14] = {"#PF", "page fault", true},
	[16] = {"#MF", "x87 floating-point error", false},
	[17] = {"#AC", "alignment check", true},
	[18] = {"#MC", "machine check", false},
	[19] = {"#XM", "SIMD floating-point error", false},
	[20] = {"#VE", "virtualization", false},
	[21] = {"#CP", "control protection", true},
};

const char *exception_mnemonic(unsigned int vector)
{
	return vector < NR_EXCEPTIONS ? exceptions[vector].mnemonic : NULL;
}

const char *exception_title(unsigned int vector)
{
	return vector < NR_EXCEPTIONS ? exceptions[vector].title : NULL;
}

static bool has_error(unsigned int vector)
{
	return vector < NR_EXCEPTIONS && exceptions[vector].has_error;
}

static void describe_page_fault(uint64_t error, char *out, size_t size)
{
	const char *access = "read";

	if (error & PF_ERROR_FETCH)
		access = "fetch";
	else if (error & PF_ERROR_WRITE)
		access = "write";
	snprintf(out, size, "%s, %s mode, %s%s%s", access,
		 error & PF_ERROR_USER ? "user" : "supervisor",
		 error & PF_ERROR_PRESENT ? "protection" : "not present",
		 error & PF_ERROR_RESERVED ? ", reserved bit" : "",
		 error & PF_ERROR_KEY ? ", protection key" : "");
}

/* Error codes of the segment traps name a selector; 0 names none. */
static void describe_selector(uint64_t error, char *out, size_t size)
{
	if (error & 2)
		snprintf(out, size, "trap table entry %" PRIu64, error >> 3 & 0x1fff);
	else
		snprintf(out, size, "selector 0x%" PRIx64 " of the %s", error & 0xfff8,
			 error & 4 ? "LDT" : "GDT");
}

void exception_describe(unsigned int vector, uint64_t error, char *out, size_t size)
{
	const char *mnemonic = exception_mnemonic(vector);
	char name[24], detail[96];

	snprintf(name, sizeof(name), "trap %u", vector);
	if (!mnemonic)
		mnemonic = name;
	if (!has_error(vector)) {
		snprintf(out, size, "%s", mnemonic);
		return;
	}
	if (vector != EXCEPTION_PAGE_FAULT && error == 0) {
		snprintf(out, size, "%s, error 0x0", mnemonic);
		return;
	}
	if (vector == EXCEPTION_PAGE_FAULT)
		describe_page_fault(error, detail, sizeof(detail));
	else
		describe_selector(error, detail, sizeof(detail));
	snprintf(out, size, "%s, error 0x%" PRIx64 ": %s", mnemonic, error, detail);
}
