/* SPDX-License-Identifier: MIT */
/* Mapped files: shared with read, write and other processes; cut and grown. */
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "scratch.h"

#define PAGE 4096l

static sigjmp_buf out;

static void on_bus(int sig)
{
	(void)sig;
	siglongjmp(out, 1);
}

/* Reads a byte that may not be there. */
static int peek(const volatile char *p)
{
	return sigsetjmp(out, 1) ? -1 : *p;
}

static void errors(void)
{
	int ro = open("f", O_RDONLY), wo = open("f", O_WRONLY), rw = open("f", O_RDWR);
	int dir = open(".", O_RDONLY);
	char *p;

	WENT((long)mmap(NULL, PAGE, PROT_READ, MAP_SHARED, 77, 0));
	WENT((long)mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, ro, 0));
	WENT((long)mmap(NULL, PAGE, PROT_READ, MAP_SHARED, wo, 0));
	WENT((long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, wo, 0));
	WENT((long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, dir, 0));
	WENT((long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, rw, 100));
	WENT((long)mmap(NULL, 0, PROT_READ, MAP_PRIVATE, rw, 0));
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, ro, 0);
	SAID(mprotect(p, PAGE, PROT_READ | PROT_WRITE));
	p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, ro, 0);
	SAID(mprotect(p, PAGE, PROT_READ | PROT_WRITE));
	p[0] = 'P';
	show_file("f");
	close(ro);
	close(wo);
	close(rw);
	close(dir);
}

static void shared(void)
{
	char buf[16] = "";
	int fd = open("shared", O_RDWR | O_CREAT, 0644);
	char *a, *b, *private;

	ftruncate(fd, 3 * PAGE);
	a = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	b = mmap(NULL, 3 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	private = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	strcpy(a + PAGE, "by memory");
	printf("'%s' '%s'\n", b + PAGE, private + PAGE);
	SAID(pread(fd, buf, 10, PAGE));
	printf("'%s'\n", buf);
	SAID(pwrite(fd, "by write", 9, PAGE));
	printf("'%s'\n", a + PAGE);
	private[PAGE] = 'X';
	SAID(pwrite(fd, "BY WRITE", 9, PAGE));
	printf("'%s' '%s' '%s'\n", a + PAGE, b + PAGE, private + PAGE);
	if (fork() == 0) {
		strcpy(a + 2 * PAGE, "by the child");
		_exit(0);
	}
	wait(NULL);
	printf("'%s'\n", b + 2 * PAGE);
	SAID(msync(a, PAGE, MS_SYNC));
	close(fd);
	SAID(unlink("shared"));
	printf("'%s'\n", b + 2 * PAGE);
	munmap(a, 3 * PAGE);
	printf("'%s'\n", b + 2 * PAGE);
}

static void ends(void)
{
	int fd = open("ends", O_RDWR | O_CREAT, 0644);
	char *p;

	(void)!write(fd, "0123456789", 10);
	p = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	printf("%d %d %d\n", p[9], p[10], p[PAGE - 1]);
	printf("behind the end: %d\n", peek(p + PAGE));
	ftruncate(fd, 2 * PAGE);
	printf("grown: %d\n", peek(p + PAGE));
	printf("behind that: %d\n", peek(p + 2 * PAGE));
	p[PAGE + 5] = 'w';
	(void)!pread(fd, p, 1, PAGE + 5);
	printf("%c\n", p[0]);
	close(fd);
}

/* What is cut off is gone from every mapping. */
static void cut(void)
{
	int fd = open("cut", O_RDWR | O_CREAT, 0644), status;
	char *p, *private, *tail;
	pid_t child;

	for (int i = 0; i < 4; i++)
		pwrite(fd, "full", 4, i * PAGE);
	p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	private = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	tail = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 3 * PAGE);
	for (int i = 0; i < 4; i++)
		private[i * PAGE + 1] = p[i * PAGE + 1] = 'x';
	printf("%d\n", tail[0]);
	fflush(stdout);
	child = fork();
	if (!child) {
		usleep(300000);
		_exit(peek(p) > 0 && peek(p + 2 * PAGE) < 0 && peek(tail) < 0 ? 0 : 1);
	}
	SAID(ftruncate(fd, PAGE + 3));
	printf("%d %d %d %d\n", peek(p + PAGE), peek(p + PAGE + 3), peek(p + 2 * PAGE),
	       peek(p + 3 * PAGE));
	printf("%d %d %d\n", peek(private), peek(private + 2 * PAGE), peek(tail));
	waitpid(child, &status, 0);
	printf("a child: %d\n", status);
	SAID(ftruncate(fd, 4 * PAGE));
	printf("%d %d %d\n", peek(p + PAGE), peek(p + 2 * PAGE), peek(tail));
	SAID(ftruncate(fd, 0));
	printf("%d %d\n", peek(p), peek(private));
	SAID(munmap(p, 4 * PAGE));
	SAID(ftruncate(fd, PAGE));
	SAID(ftruncate(fd, 0));
	close(fd);
}

static void own_program(const char *name)
{
	char first[4];
	int fd = open(name, O_RDONLY);
	char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	char *s = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);

	check("the program's file", memcmp(p, "\177ELF", 4) == 0 && memcmp(s, p, PAGE) == 0);
	memset(p, 'x', 4);
	check("is not changed by a private write", memcmp(s, "\177ELF", 4) == 0 &&
							   pread(fd, first, 4, 0) == 4 &&
							   memcmp(first, s, 4) == 0);
	close(fd);
}

int main(int argc, char **argv)
{
	(void)argc;
	signal(SIGBUS, on_bus);
	own_program(argv[0]);
	scratch_begin();
	make_file("f", "content");
	errors();
	shared();
	ends();
	cut();
	return scratch_end();
}
