/* SPDX-License-Identifier: MIT */
/*
 * usage: syscalls drive SECONDS [SEED [GENERATIONS [WORKERS [CALLS]]]]
 *
 * A generation: some workers, started at once, each with a seed of its own;
 * then whoever is left of them and their children is killed, their files are
 * removed, and as many pages must be free as before. (The kernel counts exactly,
 * at the end of the run.) Each generation is named
 * on stderr with its seed, which makes it alone: drive 60 SEED 1.
 *
 * Exit status: 0 all is well, 2 the fuzzer cannot work, 3 somebody outlived
 * SIGKILL, 4 memory was lost. What else can happen, a panic or standing still,
 * is for the runner to see.
 */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORKERS_MAX 64
#define PATIENCE_MS 1500 /* for one generation */
#define GRACE_MS    5000 /* for the killed to be gone */
#define SLACK_PAGES 256 /* that the driver itself may come to use */

enum { WELL = 0, BROKEN = 2, OUTLIVED = 3, LOST = 4 };

static char self[] = "/proc/self/exe";

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static void sleep_ms(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

static unsigned long nr_free_pages(void)
{
	struct sysinfo info;

	return sysinfo(&info) ? 0 : info.freeram * info.mem_unit / 4096;
}

/* Removes name, seen from the folder dir, with all that is in it; false, and it
 * is said, if that cannot be. */
static bool remove_tree(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	while (stream && (entry = readdir(stream))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (remove_tree(fd, entry->d_name))
			rewinddir(stream);
	}
	if (stream)
		closedir(stream);
	if (!unlinkat(dir, name, fd >= 0 ? AT_REMOVEDIR : 0) || errno == ENOENT)
		return true;
	fprintf(stderr, "fuzz: %.40s cannot be removed: %s\n", name, strerror(errno));
	return false;
}

static bool is_made_by_workers(const char *name)
{
	static const char *const names[] = { "a", "b", "c", "x", "dir", "sub", "link", "loop", "fifo",
					     "script", "nonsense", "program" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return true;
	return strspn(name, "x") > 100;
}

/* Workers may have removed the devices. */
static void restore_devices(void)
{
	static const struct {
		const char *path;
		unsigned minor;
	} devices[] = {
		{ "/dev/null", 3 }, { "/dev/zero", 5 }, { "/dev/full", 7 }, { "/dev/urandom", 9 },
	};

	mkdir("/dev/shm", 01777);
	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		unlink(devices[i].path);
		rmdir(devices[i].path);
		mknod(devices[i].path, S_IFCHR | 0666, makedev(1, devices[i].minor));
	}
}

/* What workers have made anywhere below path: .. leads them everywhere. */
static void remove_files(const char *path)
{
	DIR *dir = opendir(*path ? path : "/");
	struct dirent *entry;
	char below[512];

	while (dir && (entry = readdir(dir))) {
		struct stat st;

		snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
		if (entry->d_name[0] == '.' || !strcmp(below, "/proc") || lstat(below, &st))
			continue;
		if (is_made_by_workers(entry->d_name)) {
			if (remove_tree(AT_FDCWD, below))
				rewinddir(dir);
		} else if (S_ISDIR(st.st_mode)) {
			remove_files(below);
		}
	}
	if (dir)
		closedir(dir);
}

/*
 * Workers begin when all have been started: the driver waits while a new one has
 * not executed itself yet, and a signal of another's that stopped it just then
 * would stop both for good.
 */
static int gate[2];

static bool make_gate(void)
{
	return !pipe2(gate, O_CLOEXEC);
}

static void open_gate(void)
{
	close(gate[0]);
	close(gate[1]);
}

static pid_t start_worker(uint64_t seed, unsigned nr_calls)
{
	posix_spawn_file_actions_t actions;
	char text[3][24];
	char *argv[] = { "worker", "worker", text[0], text[1], text[2], NULL };
	char *env[] = { NULL };
	pid_t pid;
	int err;

	snprintf(text[0], sizeof(text[0]), "%llu", (unsigned long long)seed);
	snprintf(text[1], sizeof(text[1]), "%u", nr_calls);
	snprintf(text[2], sizeof(text[2]), "0");
	posix_spawn_file_actions_init(&actions);
	err = posix_spawn_file_actions_adddup2(&actions, gate[0], GATE);
	if (!err)
		err = posix_spawn(&pid, self, &actions, NULL, argv, env);
	posix_spawn_file_actions_destroy(&actions);
	return err ? -err : pid;
}

/* Until nr_left workers have ended, or too long; how many of them could not
 * begin. */
static unsigned wait_for_workers(unsigned nr_left, long patience_ms)
{
	int64_t end = now_ms() + patience_ms;
	unsigned nr_unfit = 0;
	int status;

	while (nr_left && now_ms() < end) {
		pid_t pid = waitpid(-1, &status, WNOHANG);

		if (pid < 0)
			break;
		if (pid) {
			nr_left--;
			nr_unfit += WIFEXITED(status) && WEXITSTATUS(status) == UNFIT;
		} else {
			sleep_ms(10);
		}
	}
	return nr_unfit;
}

/* Whether the process of that number, or its shadow, is no zombie. */
static bool is_alive(const char *number)
{
	char path[64], text[256] = "";
	const char *end;
	int fd;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", number);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return false;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	end = strrchr(text, ')');
	return end && strncmp(end, ") Z", 3);
}

static unsigned count_processes(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	unsigned nr = 0;

	while (proc && (entry = readdir(proc)))
		if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9')
			nr += is_alive(entry->d_name);
	if (proc)
		closedir(proc);
	return nr;
}

/* Kills everybody else; false if somebody does not go. */
static bool kill_all(void)
{
	int64_t end = now_ms() + GRACE_MS;

	while (kill(-1, SIGKILL), count_processes() > 1) {
		if (now_ms() >= end)
			return false;
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		sleep_ms(5);
	}
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	return true;
}

#define HOG_BYTES (3ul << 30)
#define HOG       ((char *)0x200000000000) /* always there: page tables are kept */

/*
 * Takes memory until no more than so many pages are free. The driver itself
 * needs none until it is let go: its workers are started by vfork.
 */
static void hog_take(unsigned long nr_left)
{
	unsigned long nr_free = nr_free_pages();
	char *hog = mmap(HOG, HOG_BYTES, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	if (hog == MAP_FAILED)
		return;
	for (unsigned long i = 0; nr_free > nr_left && i < HOG_BYTES / 4096; i++, nr_free--) {
		*(volatile char *)(hog + i * 4096) = 1;
		if (nr_free - nr_left < 64) /* page tables, and pages ahead, count too */
			nr_free = nr_free_pages() + 1;
	}
}

static void hog_give_back(void)
{
	munmap(HOG, HOG_BYTES);
}

static int run_generation(uint64_t seed, unsigned nr_workers, unsigned nr_calls)
{
	unsigned nr_started = 0;
	pid_t last;

	if (mkdir(FOLDER, 0777) < 0) {
		fprintf(stderr, "fuzz: %s cannot be made: %s\n", FOLDER, strerror(errno));
		return BROKEN;
	}
	if (!make_gate()) {
		fprintf(stderr, "fuzz: no pipe can be made: %s\n", strerror(errno));
		return BROKEN;
	}
	random_start(seed);
	if (random_once_in(3)) /* memory runs out now and then */
		hog_take(80 + random_below(400));
	for (unsigned i = 0; i < nr_workers; i++)
		nr_started += start_worker(random_number(), nr_calls) > 0;
	open_gate();
	wait_for_workers(nr_started, PATIENCE_MS);
	hog_give_back();
	if (!kill_all()) {
		fprintf(stderr, "fuzz: somebody outlived SIGKILL\n");
		return OUTLIVED;
	}
	remove_tree(AT_FDCWD, FOLDER);
	remove_files("");
	restore_devices();
	chmod(self, 0755); /* workers may have found it */
	/* The kernel keeps the last orphan until there is a new process. */
	mkdir(FOLDER, 0777);
	last = make_gate() ? start_worker(0, 0) : -errno;
	open_gate();
	if (last < 0 || wait_for_workers(1, 10 * GRACE_MS)) {
		fprintf(stderr, "fuzz: no worker can be started any more: %s\n",
			last < 0 ? strerror(-last) : "it could not begin");
		return BROKEN;
	}
	remove_tree(AT_FDCWD, FOLDER);
	return WELL;
}

static unsigned long argument(int argc, char **argv, int i, unsigned long fallback)
{
	return argc > i ? strtoul(argv[i], NULL, 0) : fallback;
}

int drive(int argc, char **argv)
{
	unsigned long seconds = argument(argc, argv, 2, 10);
	uint64_t seed = argument(argc, argv, 3, (unsigned long)now_ms());
	unsigned nr_generations = argument(argc, argv, 4, ~0u);
	unsigned nr_workers = argument(argc, argv, 5, 6), nr_calls = argument(argc, argv, 6, 1500);
	unsigned long free_before = 0;
	int64_t end;

	if (getpid() != DRIVER) {
		fprintf(stderr, "fuzz: the driver must be the first process of a guest\n");
		return BROKEN;
	}
	hog_take(100);
	hog_give_back();
	end = now_ms() + (int64_t)seconds * 1000;
	for (unsigned i = 0; i < nr_generations && now_ms() < end; i++, seed++) {
		unsigned long free_after;
		int status;

		fprintf(stderr, "fuzz: generation %u, seed %llu\n", i, (unsigned long long)seed);
		status = run_generation(seed, nr_workers, nr_calls);
		if (status)
			return status;
		free_after = nr_free_pages();
		if (!i)
			free_before = free_after;
		if (free_after + SLACK_PAGES < free_before) {
			fprintf(stderr, "fuzz: %lu pages were free before and %lu are after\n",
				free_before, free_after);
			return LOST;
		}
	}
	fprintf(stderr, "fuzz: all is well\n");
	return WELL;
}
