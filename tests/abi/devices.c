/* SPDX-License-Identifier: MIT */
/* The files of /dev that are everywhere, and what is in /proc. */
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "scratch.h"

static void show(const char *name)
{
	struct stat st;

	if (stat(name, &st))
		printf("%s: %s\n", name, abi_errno_name(errno));
	else
		printf("%s: type %o, device %d %d\n", name, st.st_mode & S_IFMT, major(st.st_rdev),
		       minor(st.st_rdev));
}

static int is_zero(const char *p, long len)
{
	while (len && !*p)
		p++, len--;
	return !len;
}

static void devices(void)
{
	static char buf[10000], more[10000];
	int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDWR);
	int full = open("/dev/full", O_RDWR), random = open("/dev/urandom", O_RDONLY);

	show("/dev/null");
	show("/dev/zero");
	show("/dev/full");
	show("/dev/random");
	show("/dev/urandom");
	show("/dev/tty");
	show("/dev/missing");
	SAID(read(null, buf, 10));
	SAID(write(null, buf, 10000));
	SAID(lseek(null, 100, SEEK_SET));
	memset(buf, 1, sizeof(buf));
	SAID(read(zero, buf, 10000));
	check("zeroes", is_zero(buf, 10000));
	SAID(write(zero, buf, 10));
	SAID(read(zero, (void *)8, 10));
	SAID(write(full, buf, 10));
	memset(buf, 1, sizeof(buf));
	SAID(read(full, buf, 100));
	check("zeroes", is_zero(buf, 100));
	SAID(read(random, buf, 10000));
	SAID(read(random, more, 10000));
	check("not the same", memcmp(buf, more, 10000) != 0);
	SAID(ftruncate(null, 0));
	SAID(isatty(null));
	check("truncating null is nothing", open("/dev/null", O_WRONLY | O_TRUNC | O_CREAT, 0644) >= 0);
}

/* Memory, of its own or shared with children. */
static void zero_mapped(void)
{
	int zero = open("/dev/zero", O_RDWR), reads = open("/dev/zero", O_RDONLY);
	int writes = open("/dev/zero", O_WRONLY), null = open("/dev/null", O_RDWR);
	char *own = mmap(NULL, 10000, PROT_READ | PROT_WRITE, MAP_PRIVATE, zero, 0);
	char *both = mmap(NULL, 10000, PROT_READ | PROT_WRITE, MAP_SHARED, zero, 0);
	char *read_only = mmap(NULL, 4096, PROT_READ, MAP_SHARED, reads, 0);

	check("mapped", own != MAP_FAILED && both != MAP_FAILED && read_only != MAP_FAILED);
	if (own == MAP_FAILED || both == MAP_FAILED || read_only == MAP_FAILED)
		return;
	check("zeroes", is_zero(own, 10000) && is_zero(both, 10000) && is_zero(read_only, 4096));
	check("for good", mprotect(read_only, 4096, PROT_READ | PROT_WRITE) == -1 &&
				  errno == EACCES);
	fflush(stdout);
	if (!fork()) {
		own[5000] = both[5000] = 'c';
		_exit(0);
	}
	wait(NULL);
	check("own", own[5000] == 0);
	check("shared", both[5000] == 'c');
	SAID(read(zero, both + 4999, 2));
	check("read over it", both[5000] == 0);
	own = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, zero, 0);
	own[0] = 'x';
	check("no two are the same", both[0] == 0);
	own = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, reads, 1 << 20);
	own[8191] = 'x';
	check("at an offset, for reading", own != MAP_FAILED && is_zero(own, 8191));
	check("not to be written to", mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, reads,
					   0) == MAP_FAILED && errno == EACCES);
	check("not to be read", mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, writes, 0) == MAP_FAILED &&
				      errno == EACCES);
	check("an odd offset", mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, zero, 100) == MAP_FAILED &&
				      errno == EINVAL);
	check("not null", mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, null, 0) == MAP_FAILED &&
				  errno == ENODEV);
}

/* Whether a file of /proc has that text in it. */
static void has(const char *name, const char *text)
{
	static char buf[65536];
	int fd = open(name, O_RDONLY);
	long n = 0, k;

	while (fd >= 0 && (k = read(fd, buf + n, sizeof(buf) - 1 - n)) > 0)
		n += k;
	buf[n > 0 ? n : 0] = 0;
	printf("%s has %s: %s\n", name, text, strstr(buf, text) ? "yes" : "NO");
	if (fd >= 0)
		close(fd);
}

static void self(const char *program)
{
	char path[64], link[4096], line[256];
	struct stat a, b;
	int fd = open("/dev/null", O_RDONLY), pid, ppid;
	char state;
	ssize_t n;
	FILE *f;

	n = readlink("/proc/self", link, sizeof(link));
	printf("%d\n", n > 0 && atoi(strncpy(line, link, n)) == getpid());
	n = readlink("/proc/self/exe", link, sizeof(link));
	check("exe", n == (ssize_t)strlen(program) && !memcmp(link, program, n));
	check("exe opens", stat("/proc/self/exe", &a) == 0 && stat(program, &b) == 0 &&
				   a.st_ino == b.st_ino);
	n = readlink("/proc/self/cwd", link, sizeof(link));
	printf("cwd %.*s\n", (int)n, link);
	n = readlink("/proc/self/root", link, sizeof(link));
	printf("root %.*s\n", (int)n, link);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, link, sizeof(link));
	printf("fd %.*s\n", (int)n, link);
	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	check("/dev/fd", stat(path, &a) == 0 && fstat(fd, &b) == 0 && a.st_rdev == b.st_rdev);
	SAID(open(path, O_RDONLY) > fd);
	SAID(readlink("/proc/self/fd/99", link, 10));
	SAID(open("/proc/self/fd/99", O_RDONLY));
	SAID(open("/proc/self/fd/x", O_RDONLY));
	SAID(open("/proc/99999999", O_RDONLY));
	f = fopen("/proc/self/stat", "r");
	check("stat", f && fscanf(f, "%d (%255[^)]) %c %d", &pid, line, &state, &ppid) == 4 &&
			      pid == getpid() && ppid == getppid() && state == 'R');
	printf("name %s\n", line);
	if (f)
		fclose(f);
	f = fopen("/proc/self/cmdline", "r");
	n = f ? (ssize_t)fread(link, 1, sizeof(link), f) : 0;
	check("cmdline", n > 0 && !strcmp(link, program) && link[n - 1] == 0);
	printf("%d more bytes\n", (int)(n - strlen(program) - 1));
	if (f)
		fclose(f);
}

static void fixed(void)
{
	SAID(mkdir("/proc/new", 0755));
	SAID(open("/proc/new", O_WRONLY | O_CREAT, 0644));
	SAID(unlink("/proc/version"));
	SAID(rmdir("/proc/self/fd"));
	SAID(rmdir("/proc"));
	SAID(chdir("/proc/self"));
	SAID(access("stat", R_OK));
	SAID(access("../meminfo", R_OK));
	SAID(access("../../dev/null", R_OK));
	SAID(chdir("/"));
	has("/proc/meminfo", "MemTotal:");
	has("/proc/meminfo", "MemFree:");
	has("/proc/stat", "cpu ");
	has("/proc/stat", "btime ");
	has("/proc/version", "Linux version ");
	has("/proc/cpuinfo", "processor\t: 0");
	has("/proc/mounts", "/proc proc ");
	has("/proc/self/status", "Pid:\t");
	has("/proc/self/status", "VmRSS:\t");
	has("/proc/uptime", ".");
	has("/proc/loadavg", "/");
}

int main(int argc, char **argv)
{
	(void)argc;
	devices();
	zero_mapped();
	self(argv[0]);
	fixed();
	return abi_end();
}
