/* SPDX-License-Identifier: MIT */
/* Arguments of system calls. */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define PICK(a) ((a)[random_below(ARRAY_SIZE(a))])

/* ---- random numbers ------------------------------------------------------ */

static uint64_t random_state;

void random_start(uint64_t seed)
{
	random_state = seed * 0x9e3779b97f4a7c15 | 1;
	for (int i = 0; i < 4; i++)
		random_number();
}

uint64_t random_number(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * 0x2545f4914f6cdd1d;
}

uint32_t random_below(uint32_t n)
{
	return (random_number() >> 32) % n;
}

bool random_once_in(uint32_t n)
{
	return !random_below(n);
}

/* ---- what arguments point to and name ------------------------------------- */

#define PAGE    4096ul
#define ARENA   0x10000000ul
#define NR_WELL 16 /* pages at its start that can be read and written */
#define ARENA_PAGES 64

static char scratch[16384] __attribute__((aligned(64)));
static unsigned scratch_used;

static const char *const names[] = {
	"a", "b", "c", "dir", "dir/a", "dir/b", "dir/sub", "dir/sub/x", "link", "loop", "fifo",
	"script", "nonsense", "program", "dir/../a", "./dir//sub/.", "a/b", "link/x",
	"/", ".", "..", "", "/dev/null", "/dev/zero", "/dev/full", "/dev/urandom", "/dev/tty",
	"/dev/fd/3", "/dev/shm/a", "/proc", "/proc/self", "/proc/self/fd", "/proc/self/fd/4",
	"/proc/self/exe", "/proc/self/cwd/a", "/proc/self/stat", "/proc/self/cmdline",
	"/proc/self/status", "/proc/meminfo", "/proc/uptime", "/proc/1/stat", "/proc/99999/stat",
	"/proc/self/root/../tmp/fuzz/a", "/nothing/at/all",
};

static const unsigned long nasty_addresses[] = {
	0, 1, 8, 0xfff, 0x1000, 0xffff, 0x7ffffffff000, 0x7fffffffefff, 0x7fffffffeff8,
	0x7fffffffffff, 0x800000000000, 0xffff7fffffffffff, 0xffff800000000000,
	0xffff800000100000, 0xffff888000000000, 0xffffffff80100000, 0xffffffff80200000,
	0xfffffffffffff000, 0xfffffffffffffff8, ~0ul, 0x8000000000000000, 0x400000,
	0x555555554000, 0x0000900000000000, 0xfee00000,
};

static const unsigned long nasty_numbers[] = {
	0, 1, 2, 3, 7, 8, 63, 64, 65, 127, 255, 256, 1000, 1023, 1024, 1025, 4095, 4096, 4097, 8192,
	65535, 65536, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffffffff,
	0x8000000000000000, 0x7ffffffff000, ~0ul, ~1ul, -4096ul, -4095ul,
};

static void *scratch_take(unsigned bytes)
{
	void *p;

	if (scratch_used + bytes > sizeof(scratch))
		scratch_used = 0;
	p = scratch + scratch_used;
	scratch_used += (bytes + 15) & ~15u;
	return p;
}

static void make_file(const char *name, mode_t mode, const void *text, size_t len)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, mode);

	if (fd < 0)
		return;
	if (write(fd, text, len) < 0)
		errno = 0;
	close(fd);
}

static void make_files(void)
{
	static const char script[] = "#!/proc/self/exe worker\n", loop[] = "#!program\n";
	unsigned long noise[512];

	for (size_t i = 0; i < ARRAY_SIZE(noise); i++)
		noise[i] = random_number();
	memcpy(noise, "\177ELF\2\1\1", 8);
	mkdir("dir", 0755);
	mkdir("dir/sub", 0755);
	make_file("a", 0644, noise, sizeof(noise));
	make_file("nonsense", 0755, noise, random_below(sizeof(noise)));
	make_file("script", 0755, script, sizeof(script) - 1);
	make_file("program", 0755, loop, sizeof(loop) - 1);
	if (symlink("dir", "link") < 0 || symlink("loop", "loop") < 0 || mkfifo("fifo", 0644) < 0)
		errno = 0; /* another worker was first */
}

/* Files of every kind; what cannot be had is left out. */
static void open_files(void)
{
	int ends[2];

	if (pipe(ends) < 0 || pipe2(ends, O_NONBLOCK) < 0)
		errno = 0;
	open("a", O_RDWR | O_CREAT, 0644);
	open("b", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	open("dir", O_RDONLY | O_DIRECTORY);
	open("fifo", O_RDWR);
	open("dir", O_TMPFILE | O_RDWR, 0600);
	open("link", O_PATH | O_NOFOLLOW);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i][0] == '/' && random_once_in(2))
			open(names[i], O_RDONLY | O_NONBLOCK);
	if (pipe(ends) < 0)
		errno = 0;
}

static void map(unsigned page, unsigned nr, int prot, int flags, int fd)
{
	mmap((void *)(ARENA + page * PAGE), nr * PAGE, prot, flags | MAP_FIXED, fd, 0);
}

/* Memory of every kind, with borders between them. */
static void map_arena(void)
{
	int fd = open("a", O_RDWR);

	map(0, NR_WELL, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	map(NR_WELL, 4, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	map(NR_WELL + 4, 4, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	/* a hole of four pages */
	map(NR_WELL + 12, 4, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
	map(NR_WELL + 16, 4, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
	map(NR_WELL + 20, 4, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd);
	map(NR_WELL + 24, 4, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	close(fd);
}

void values_prepare(void)
{
	make_files();
	open_files();
	map_arena();
}

/* ---- addresses -------------------------------------------------------------- */

static unsigned long address(void)
{
	unsigned long page = random_below(random_once_in(4) ? ARENA_PAGES : NR_WELL);
	unsigned long at = ARENA + page * PAGE;

	switch (random_below(16)) {
	case 0:
		return PICK(nasty_addresses);
	case 1:
		return at + PAGE - 1 - random_below(16); /* across the border */
	case 2:
		return at + random_below(PAGE);
	case 3:
		if (random_once_in(8))
			return (unsigned long)&at - random_below(4096); /* the stack */
		return at;
	case 4:
		return random_once_in(4) ? random_number() : (unsigned long)address; /* the text */
	default:
		return at + random_below(PAGE / 16) * 8;
	}
}

static unsigned long number(void)
{
	return random_once_in(3) ? PICK(nasty_numbers) : random_below(64);
}

static unsigned long length(void)
{
	static const unsigned usual[] = { 1, 8, 16, 64, 255, 512, 4096, 4097, 8192, 20000, 65536 };

	return random_once_in(5) ? PICK(nasty_numbers) : PICK(usual);
}

static unsigned long path(void)
{
	char *text;

	if (random_once_in(12))
		return address();
	if (random_once_in(30)) { /* too long, in one piece or many */
		text = scratch_take(5000);
		memset(text, 'x', 4999);
		text[4999] = '\0';
		for (unsigned i = random_below(300); i < 4999; i += 1 + random_below(300))
			text[i] = '/';
		return (unsigned long)text;
	}
	text = scratch_take(64);
	snprintf(text, 64, "%s", PICK(names));
	return (unsigned long)text;
}

static unsigned long program(void)
{
	static const char *const programs[] = { "script", "program", "nonsense", "a", "dir" };

	if (random_once_in(4))
		return path();
	return (unsigned long)(random_once_in(2) ? PICK(programs) : "/proc/self/exe");
}

/* ---- numbers that mean something -------------------------------------------- */

static unsigned long descriptor(void)
{
	static const int odd[] = { -1, -100, 0, 1, 2, 63, 64, 255, 1023, 1024, 0x7fffffff };

	return random_once_in(8) ? (unsigned long)PICK(odd) : random_below(40);
}

/* Not the driver, nor everybody. */
static unsigned long process(void)
{
	static const int none[] = { 99999, -99999, 32767, 0x7fffffff, -0x7fffffff };
	long pid = getpid(), parent = getppid(), group = getpgrp(); /* once: they change */

	switch (random_below(8)) {
	case 0:
		return PICK(none);
	case 1:
		return 0;
	case 2:
		return group <= DRIVER ? 0 : -group;
	case 3:
		return parent <= DRIVER ? pid : parent;
	case 4: /* somebody else's child or neighbour */
		pid += (long)random_below(7) - 3;
		return pid <= DRIVER ? getpid() : pid;
	default:
		return pid;
	}
}

static unsigned long bits_of(const unsigned *bits, unsigned nr)
{
	unsigned long value = 0;

	if (random_once_in(20))
		return random_number();
	for (unsigned i = random_below(4); i; i--)
		value |= bits[random_below(nr)];
	return value;
}
#define BITS_OF(...) bits_of((const unsigned[]){ __VA_ARGS__ },                                    \
			     sizeof((unsigned[]){ __VA_ARGS__ }) / sizeof(unsigned))

static unsigned long one_of(const unsigned *values, unsigned nr)
{
	return random_once_in(12) ? number() : values[random_below(nr)];
}
#define ONE_OF(...) one_of((const unsigned[]){ __VA_ARGS__ },                                      \
			   sizeof((unsigned[]){ __VA_ARGS__ }) / sizeof(unsigned))

/* ---- structures --------------------------------------------------------------- */

/* p, or something else altogether. */
static unsigned long perhaps(const void *p)
{
	if (random_once_in(10))
		return address();
	return random_once_in(12) ? 0 : (unsigned long)p;
}

/* At most some milliseconds, but for mistakes. */
static unsigned long time_value(bool is_interval)
{
	long *t = scratch_take(32);

	for (unsigned i = 0; i < 4; i += 2) {
		t[i] = random_once_in(20) ? (long)number() : 0;
		t[i + 1] = random_once_in(20) ? (long)number() : random_below(3000000);
	}
	if (is_interval)
		t[1] /= 1000, t[3] /= 1000;
	return perhaps(t);
}

/* More than the kernel looks at in one go. */
#define PIECES_MAX 40

static unsigned long pieces(void)
{
	struct iovec *iov = scratch_take(PIECES_MAX * sizeof(*iov));
	bool are_short = random_once_in(2); /* all of them, so that many are good together */

	for (unsigned i = 0; i < PIECES_MAX; i++)
		if (are_short)
			iov[i] = (struct iovec){ scratch + random_below(sizeof(scratch) - 64),
						 random_below(64) };
		else
			iov[i] = (struct iovec){ (void *)address(), random_once_in(4) ? length() : random_below(64) };
	return perhaps(iov);
}

static unsigned long entries(void)
{
	struct pollfd *fds = scratch_take(8 * sizeof(*fds));

	for (unsigned i = 0; i < 8; i++)
		fds[i] = (struct pollfd){ (int)descriptor(), (short)random_number(), 0 };
	return perhaps(fds);
}

static unsigned long bit_set(unsigned bytes)
{
	uint64_t *words = scratch_take(bytes);

	for (unsigned i = 0; i < bytes / 8; i++)
		words[i] = random_number() & random_number() & random_number();
	return perhaps(words);
}

static void caught(int sig)
{
	(void)sig;
}

/* As the kernel has it, not as the C library does. */
static unsigned long action(void)
{
	static void (*const handlers[])(int) = { caught, caught, SIG_DFL, SIG_IGN };
	struct sigaction sa;
	uint64_t *raw = scratch_take(32);

	/* The restorer is the C library's: where sigaction has put it. */
	sigaction(SIGALRM, NULL, &sa);
	raw[0] = random_once_in(12) ? address() : (uint64_t)PICK(handlers);
	raw[1] = BITS_OF(SA_SIGINFO, SA_RESTART, SA_NODEFER, SA_RESETHAND, SA_ONSTACK, SA_NOCLDWAIT) |
		 0x04000000;
	raw[2] = random_once_in(12) ? address() : (uint64_t)sa.sa_restorer;
	raw[3] = random_once_in(3) ? random_number() : 0;
	return perhaps(raw);
}

/* argv or envp. */
static unsigned long strings(void)
{
	char **list = scratch_take(8 * sizeof(*list)), *text = scratch_take(64);
	unsigned nr = random_below(7);

	if (random_once_in(3)) { /* a worker that goes on */
		snprintf(text, 64, "%lu", (unsigned long)random_number());
		list[0] = list[1] = "worker";
		list[2] = text;
		list[3] = "20";
		list[4] = "4";
		list[5] = NULL;
		return (unsigned long)list;
	}
	for (unsigned i = 0; i < nr; i++)
		list[i] = random_once_in(8) ? (char *)address() : (char *)PICK(names);
	list[nr] = NULL;
	return perhaps(list);
}

/* One of the numbers that a call knows. */
static unsigned long choice_of(enum kind kind)
{
	switch (kind) {
	case FCNTL:
		return ONE_OF(F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_SETPIPE_SZ,
			      F_GETPIPE_SZ, F_GETLK, F_SETLK, F_SETLKW, F_SETOWN);
	case IOCTL:
		return ONE_OF(0x5401, 0x5402, 0x5403, 0x5404, 0x540f, 0x5410, 0x5413, 0x5414, 0x541b,
			      0x5421, 0x5450, 0x5451, 0x5429);
	case WHENCE:
		return ONE_OF(0, 1, 2, 3, 4, 5);
	case CLOCK:
		return ONE_OF(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11);
	case RESOURCE:
		return random_below(18);
	case ADVICE:
		return random_once_in(3) ? 4 : random_below(26);
	case PRCTL:
		return ONE_OF(15, 16, 1, 3, 22, 38);
	case ARCH_PRCTL:
		return ONE_OF(0x1001, 0x1002, 0x1003, 0x1004, 0x1011);
	case FUTEX_OP:
		return ONE_OF(0, 1, 128, 129, 9, 10, 137, 265, 3, 4, 131, 5);
	case ITIMER:
		return ONE_OF(0, 0, 0, 1, 2);
	case ID_TYPE:
		return ONE_OF(0, 1, 2, 3);
	case MASK_HOW:
		return ONE_OF(0, 1, 2, 3);
	default:
		return 0;
	}
}

static unsigned long flags_of(enum kind kind)
{
	switch (kind) {
	case MODE:
		return random_once_in(8) ? random_number() : ONE_OF(0644, 0755, 0, S_IFIFO | 0600, S_IFREG, S_IFCHR | 0600);
	case OPEN_FLAGS:
		return random_below(3) | BITS_OF(O_CREAT, O_EXCL, O_TRUNC, O_APPEND, O_NONBLOCK, O_CLOEXEC,
						 O_DIRECTORY, O_NOFOLLOW, O_PATH, O_TMPFILE);
	case AT_FLAGS:
		return BITS_OF(AT_SYMLINK_NOFOLLOW, AT_REMOVEDIR, AT_SYMLINK_FOLLOW, AT_EMPTY_PATH, 0, 0);
	case PIPE_FLAGS:
		return BITS_OF(O_NONBLOCK, O_CLOEXEC, O_DIRECT, 0);
	case PROTECTION:
		return random_once_in(20) ? number() : random_below(8);
	case MAP_KIND:
		return BITS_OF(MAP_FIXED, MAP_ANONYMOUS, MAP_ANONYMOUS, MAP_FIXED_NOREPLACE, MAP_NORESERVE) |
		       ONE_OF(MAP_PRIVATE, MAP_SHARED, MAP_SHARED_VALIDATE);
	case REMAP_FLAGS:
		return BITS_OF(MREMAP_MAYMOVE, MREMAP_MAYMOVE, MREMAP_FIXED, 4);
	case WAIT_FLAGS:
		return BITS_OF(WNOHANG, WNOHANG, WUNTRACED, WCONTINUED, WEXITED, WNOWAIT);
	case CLONE_FLAGS:
		return BITS_OF(SIGCHLD, CLONE_VM | CLONE_VFORK, CLONE_PARENT_SETTID, CLONE_CHILD_SETTID,
			       CLONE_CHILD_CLEARTID, CLONE_SETTLS, CLONE_THREAD, CLONE_VM, CLONE_FILES);
	case RENAME_FLAGS:
		return ONE_OF(0, 1, 2, 3, 4);
	case FALLOCATE_MODE:
		return ONE_OF(0, 1, 2, 3, 8);
	default:
		return choice_of(kind);
	}
}

unsigned long value_of(enum kind kind)
{
	switch (kind) {
	case FD:
		return descriptor();
	case DIR_FD:
		return random_once_in(2) ? (unsigned long)AT_FDCWD : descriptor();
	case PATH:
		return path();
	case PROGRAM:
		return program();
	case BUFFER:
	case DEVICE:
		return address();
	case LENGTH:
	case OFFSET:
		return length();
	case NUMBER:
		return number();
	case PID:
		return process();
	case SIGNAL:
		return random_once_in(4) ? number() : random_below(random_once_in(3) ? 65 : 32);
	case ADDRESS:
		return random_once_in(8) ? address() : ARENA + random_below(ARENA_PAGES) * PAGE;
	case PAGES:
		return random_once_in(8) ? length() : (1 + random_below(12)) * PAGE;
	case TIME:
		return time_value(false);
	case INTERVAL:
		return time_value(true);
	case NANOSECONDS:
		return random_once_in(30) ? number() : random_below(3);
	case PIECES:
		return pieces();
	case ENTRIES:
		return entries();
	case NR_PIECES:
		return random_once_in(8) ? number() : random_below(random_once_in(3) ? PIECES_MAX + 1 : 9);
	case NR_ENTRIES:
		return random_once_in(8) ? number() : random_below(9);
	case SETS:
		return bit_set(128);
	case SIGSET:
		return bit_set(8);
	case SIGSET_SIZE:
		return random_once_in(20) ? number() : 8;
	case LIST_SIZE:
		return random_once_in(20) ? number() : 24;
	case ACTION:
		return action();
	case STRINGS:
		return strings();
	default:
		return flags_of(kind);
	}
}
