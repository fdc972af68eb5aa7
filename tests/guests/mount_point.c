/* SPDX-License-Identifier: MIT */
/*
 * Where a file system is mounted nothing else can come, and it goes nowhere:
 * not by rename(2), with any flags and either end, nor by rmdir(2) or unlink(2).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "guest.h"

#define PLAIN     0
#define NOREPLACE 1
#define EXCHANGE  2

/* Gives the errno of renameat2(2), 0 if it succeeded. */
static int rename_errno(const char *from, const char *to, unsigned flags)
{
	return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags) ? errno : 0;
}

static bool is_there(void)
{
	struct stat st;

	return !stat("/proc/self/exe", &st);
}

int main(void)
{
	/* What Linux answers, in the order of its checks. */
	static const struct {
		const char *from, *to;
		unsigned flags;
		int err;
	} cases[] = {
		{ "/dir", "/proc", PLAIN, EBUSY },       { "/dir", "/proc", NOREPLACE, EEXIST },
		{ "/dir", "/proc", EXCHANGE, EBUSY },    { "/file", "/proc", PLAIN, EISDIR },
		{ "/file", "/proc", EXCHANGE, EBUSY },   { "/proc", "/dir", PLAIN, EBUSY },
		{ "/proc", "/dir", EXCHANGE, EBUSY },    { "/proc", "/file", PLAIN, ENOTDIR },
		{ "/proc", "/file", EXCHANGE, EBUSY },   { "/proc", "/new", PLAIN, EBUSY },
		{ "/proc", "/new", NOREPLACE, EBUSY },   { "/proc", "/new", EXCHANGE, ENOENT },
		{ "/proc", "/dir/new", PLAIN, EBUSY },   { "/new", "/proc", EXCHANGE, ENOENT },
		{ "/proc/1", "/dir/new", PLAIN, EXDEV }, { "/dir", "/proc/new", PLAIN, EXDEV },
	};

	EXPECT(2, !mkdir("/dir", 0755));
	EXPECT(2, close(open("/file", O_CREAT | O_WRONLY, 0644)) == 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int err = rename_errno(cases[i].from, cases[i].to, cases[i].flags);

		if (err != cases[i].err) {
			fprintf(stderr, "rename %s to %s, flags %u: %s, not %s\n", cases[i].from,
				cases[i].to, cases[i].flags, strerror(err), strerror(cases[i].err));
			return 3;
		}
		EXPECT(4, is_there());
	}
	EXPECT(5, rmdir("/proc") && errno == EBUSY);
	EXPECT(6, unlink("/proc") && errno == EISDIR);
	EXPECT(7, is_there());
	puts("mount point kept");
	return GUEST_RIGHT;
}
