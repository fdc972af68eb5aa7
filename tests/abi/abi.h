/* SPDX-License-Identifier: MIT */
/*
 * Shared by the abi programs. Each prints facts by name, so that a difference
 * between the native run and the run in the guest names itself, and ends with
 * abi_end(): a program that is wrong in the same way on both sides still fails.
 */
#ifndef ABI_H
#define ABI_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int abi_failures;

/* A fact that must hold everywhere. */
static inline void check(const char *what, int holds)
{
	printf("%s: %s\n", what, holds ? "yes" : "NO");
	abi_failures += !holds;
}

static inline int abi_end(void)
{
	fflush(stdout);
	return abi_failures != 0;
}

/* The system call itself, without what a libc does around it. */
static inline long raw6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "0"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

#define raw(nr, a, b, c) raw6(nr, (long)(a), (long)(b), (long)(c), 0, 0, 0)

/* A small generator of repeatable numbers (xorshift64). */
static inline uint64_t abi_random(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return *state = x;
}

/* FNV-1a, to print much data as one number. */
static inline uint64_t abi_hash(const void *data, size_t len, uint64_t hash)
{
	const unsigned char *p = data;

	if (!hash)
		hash = 0xcbf29ce484222325;
	while (len--)
		hash = (hash ^ *p++) * 0x100000001b3;
	return hash;
}

static inline const char *abi_errno_name(long error)
{
	static const struct {
		int number;
		const char *name;
	} names[] = {
		{ EPERM, "EPERM" },	{ ENOENT, "ENOENT" },	{ ESRCH, "ESRCH" },
		{ EINTR, "EINTR" },	{ EIO, "EIO" },		{ ENXIO, "ENXIO" },
		{ E2BIG, "E2BIG" },	{ ENOEXEC, "ENOEXEC" }, { EBADF, "EBADF" },
		{ ECHILD, "ECHILD" },	{ EAGAIN, "EAGAIN" },	{ ENOMEM, "ENOMEM" },
		{ EACCES, "EACCES" },	{ EFAULT, "EFAULT" },	{ EBUSY, "EBUSY" },
		{ EEXIST, "EEXIST" },	{ EXDEV, "EXDEV" },	{ ENODEV, "ENODEV" },
		{ ENOTDIR, "ENOTDIR" }, { EISDIR, "EISDIR" },	{ EINVAL, "EINVAL" },
		{ EMFILE, "EMFILE" },	{ ENOTTY, "ENOTTY" },	{ ETXTBSY, "ETXTBSY" },
		{ EFBIG, "EFBIG" },	{ ENOSPC, "ENOSPC" },	{ ESPIPE, "ESPIPE" },
		{ EROFS, "EROFS" },	{ EPIPE, "EPIPE" },	{ EDOM, "EDOM" },
		{ ERANGE, "ERANGE" },	{ ENAMETOOLONG, "ENAMETOOLONG" },
		{ ENOSYS, "ENOSYS" },	{ ENOTEMPTY, "ENOTEMPTY" },
		{ ELOOP, "ELOOP" },	{ EOVERFLOW, "EOVERFLOW" },
		{ EOPNOTSUPP, "EOPNOTSUPP" }, { ETIMEDOUT, "ETIMEDOUT" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].number == error)
			return names[i].name;
	return "another error";
}

#endif
