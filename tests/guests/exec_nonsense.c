/* SPDX-License-Identifier: MIT */
/*
 * usage: exec_nonsense ROUNDS [SEED]
 *
 * Children execute programs whose headers are spoilt at random: an errno, a
 * program that dies, or one that runs, and no page is lost. Some do so when half
 * of their address space is gone, or with arguments that are nonsense, too; who
 * got an errno still has what was in its memory.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>

#include "guest.h"

enum { EXECUTED = 40, REFUSED, SPOILT };

static char program[1 << 18];
static ssize_t program_len;
static uint64_t seed;

static unsigned long nr_free(void)
{
	struct sysinfo info;

	return sysinfo(&info) ? 0 : info.freeram;
}

static void write_program(const char *bytes, size_t len)
{
	int fd = open("/tmp/nonsense", O_WRONLY | O_CREAT | O_TRUNC, 0755);

	EXPECT(2, fd >= 0 && write(fd, bytes, len) == (ssize_t)len && close(fd) == 0);
}

/* A field of a header with a value that is large, small, odd or any. */
static void spoil(char *bytes)
{
	static const uint64_t values[] = { 0, 1, 7, 0xfff, 0x1000, 0x10000, 0x400000, 0x7fffffff,
					   0xffffffff, 0x7ffffffff000, 0x800000000000, 1ull << 63,
					   ~0ull, ~0ull - 4095 };
	const Elf64_Ehdr *header = (void *)program;
	unsigned nr = header->e_phnum;
	char *at = bytes;
	size_t size = 1;

	if (guest_random(&seed) % 3) { /* a program header's */
		at += sizeof(*header) + guest_random(&seed) % nr * sizeof(Elf64_Phdr);
		at += guest_random(&seed) % 7 * 8;
		size = 8;
	} else {
		at += guest_random(&seed) % sizeof(*header);
	}
	if (guest_random(&seed) % 4 == 0)
		for (size_t i = 0; i < size; i++)
			at[i] = guest_random(&seed);
	else
		memcpy(at, &values[guest_random(&seed) % (sizeof(values) / sizeof(values[0]))], size);
}

/* Maps, unmaps and protects here and there; what is needed stays. */
static void lose_memory(char *kept)
{
	for (unsigned i = 0; i < 8; i++) {
		char *p = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		EXPECT(3, p != MAP_FAILED);
		memset(p, 1, 65536);
		munmap(p + 4096 * (guest_random(&seed) % 8), 4096 * (guest_random(&seed) % 8));
		mprotect(p, 4096, guest_random(&seed) % 8);
	}
	munmap(kept + 8192, 1 << 20);
}

static _Noreturn void child(unsigned round)
{
	char *kept = mmap(NULL, 1 << 21, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *good[] = { "exec_nonsense", "executed", NULL }, *env[] = { NULL };
	char *bad[] = { "x", (char *)0xffffffff80100000, NULL }, **args = round % 5 ? good : bad;
	int err;

	EXPECT(4, kept != MAP_FAILED);
	memset(kept, 0x5a, 8192);
	if (round % 2)
		lose_memory(kept);
	alarm(2); /* what then runs may run for ever */
	execve("/tmp/nonsense", args, env);
	err = errno;
	for (unsigned i = 0; i < 8192; i++)
		if (kept[i] != 0x5a)
			_exit(SPOILT);
	_exit(err == ENOEXEC || err == EINVAL || err == ENOMEM || err == EFAULT || err == E2BIG ||
			      err == EACCES ?
		      REFUSED :
		      SPOILT);
}

int main(int argc, char **argv)
{
	unsigned rounds = guest_number(argc, argv, 1, 50), nr[3] = { 0, 0, 0 };
	unsigned long before = 0;
	int fd;

	if (argc > 1 && !strcmp(argv[1], "executed"))
		return EXECUTED;
	seed = guest_number(argc, argv, 2, time(NULL)) | 1;
	printf("seed %lu\n", (unsigned long)seed);
	fflush(stdout);
	fd = open("/proc/self/exe", O_RDONLY);
	program_len = read(fd, program, sizeof(program));
	EXPECT(5, program_len > 4096 && program_len < (ssize_t)sizeof(program));
	for (unsigned i = 0; i < rounds; i++) {
		static char bytes[sizeof(program)];
		int status;
		pid_t pid;

		memcpy(bytes, program, program_len);
		for (unsigned n = i % 10 ? 1 + guest_random(&seed) % 3 : 0; n; n--)
			spoil(bytes);
		write_program(bytes, i % 7 ? program_len : (ssize_t)(guest_random(&seed) % program_len));
		pid = fork();
		EXPECT(6, pid >= 0);
		if (!pid)
			child(i);
		EXPECT(7, waitpid(pid, &status, 0) == pid);
		EXPECT(8, !WIFEXITED(status) || WEXITSTATUS(status) != SPOILT);
		nr[!WIFEXITED(status)		       ? 0 :
		   WEXITSTATUS(status) == EXECUTED ? 1 :
						     2]++;
		write_program("", 0);
		if (i == 0)
			before = nr_free();
		EXPECT(9, nr_free() == before);
	}
	printf("%u died, %u ran, %u were refused\n", nr[0], nr[1], nr[2]);
	EXPECT(10, nr[1] > 0 && nr[2] > 0);
	puts("all were survived");
	return 0;
}
