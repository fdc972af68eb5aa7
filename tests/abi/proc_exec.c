/* SPDX-License-Identifier: MIT */
/*
 * execve: the new program has the arguments and the environment it was given
 * and nothing of the old one; a failure leaves everything as it was.
 */
#include <fcntl.h>
#include <fenv.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scratch.h"

extern char **environ;

static void on_signal(int number)
{
	(void)number;
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status;
}

/* What the program says of itself when it has been started by itself. */
static int report(int argc, char **argv)
{
	struct sigaction action;

	printf("%d arguments:", argc - 2);
	for (int i = 2; i < argc; i++)
		printf(" [%s]", argv[i]);
	printf("\nenvironment:");
	for (char **e = environ; *e; e++)
		printf(" [%s]", *e);
	sigaction(SIGUSR1, NULL, &action);
	printf("\na handler is gone: %d\n", action.sa_handler == SIG_DFL);
	sigaction(SIGUSR2, NULL, &action);
	printf("what was ignored is: %d\n", action.sa_handler == SIG_IGN);
	printf("rounding is the default: %d\n", fegetround() == FE_TONEAREST);
	printf("fd 10 is open: %d, fd 11: %d\n", fcntl(10, F_GETFD) >= 0, fcntl(11, F_GETFD) >= 0);
	fflush(stdout);
	return 23;
}

static void run(const char *self, char **argv, char **env)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		signal(SIGUSR1, on_signal);
		signal(SIGUSR2, SIG_IGN);
		fesetround(FE_UPWARD);
		dup2(1, 10);
		dup2(1, 11);
		fcntl(11, F_SETFD, FD_CLOEXEC);
		execve(self, argv, env);
		printf("execve: %s\n", abi_errno_name(errno));
		fflush(stdout);
		_exit(1);
	}
	printf("status %#x\n", wait_for(pid));
}

static void many_arguments(const char *self)
{
	enum { NR = 500 };
	char *argv[NR + 3], text[64];

	argv[0] = (char *)self;
	argv[1] = (char *)"report-count";
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < NR; i++)
		argv[2 + i] = text;
	argv[NR + 2] = NULL;
	run(self, argv, environ);
}

static void errors(const char *self)
{
	char *argv[] = { (char *)self, NULL }, *bad[] = { (char *)8, NULL };
	char below[4096];
	char **volatile odd = (char **)1; /* volatile: hidden from the compiler */
	char *volatile null = NULL;

	snprintf(below, sizeof(below), "%s/x", self);
#define TRY(call) \
	printf("%-40s %s\n", #call, (call) == -1 ? abi_errno_name(errno) : "no error")
	TRY(execve("/no/such/file", argv, environ));
	TRY(execve("", argv, environ));
	TRY(execve("/", argv, environ));
	TRY(execve(below, argv, environ));
	TRY(execve((char *)-4096, argv, environ));
	TRY(execve(self, bad, environ));
	TRY(execve(self, argv, bad));
	TRY(execve(self, odd, environ));
	TRY(execve(null, argv, environ));
}

static void spawned(const char *self)
{
	char *argv[] = { (char *)self, (char *)"report", (char *)"spawned", NULL };
	char *env[] = { (char *)"K=V", NULL };
	int error;
	pid_t pid;

	fflush(stdout);
	error = posix_spawn(&pid, self, NULL, NULL, argv, env);
	printf("status %#x\n", wait_for(pid));
	printf("posix_spawn: %d\n", error);
	printf("of nothing: %s\n",
	       abi_errno_name(posix_spawn(&pid, "/no/such", NULL, NULL, argv, env)));
	fflush(stdout);
}

static void vforked(const char *self)
{
	char *argv[] = { (char *)self, (char *)"report", (char *)"vforked", NULL };
	char *env[] = { NULL };
	volatile int changed = 0;
	pid_t pid;

	fflush(stdout);
	pid = vfork();
	if (!pid) {
		changed = 1;
		execve(self, argv, env);
		_exit(1);
	}
	printf("status %#x\n", wait_for(pid));
	printf("the child had the parent's memory: %d\n", changed);
	fflush(stdout);
	pid = vfork();
	if (!pid)
		_exit(5);
	printf("status %#x\n", wait_for(pid));
}

/* The arguments of a script come instead of the first one, whether there is that or not. */
static void scripts(void)
{
	char *none[] = { NULL, (char *)"BEHIND=1", (char *)"BEHIND=2", NULL };
	char *env[] = { (char *)"K=V", NULL };
	int fd = open("script", O_WRONLY | O_CREAT, 0755);

	dprintf(fd, "#!/proc/self/exe report\n");
	close(fd);
	run("./script", (char *[]){ (char *)"zero", NULL }, env);
	run("./script", (char *[]){ (char *)"", (char *)"one", (char *)"two", NULL }, env);
	run("./script", none, env);
	run("./script", none + 3, env);
	run("./script", NULL, env);
}

/* Of a program without arguments Linux has made one with an empty one since 5.18. */
static int is_without_arguments(int argc, char **argv)
{
	return getenv("WITHOUT") && (!argc || (argc == 1 && !*argv[0]));
}

static void without_arguments(void)
{
	const char *self = "/proc/self/exe";
	char *none[] = { NULL, (char *)"report", NULL };
	char *env[] = { (char *)"WITHOUT=1", NULL };

	run(self, none, env);
	run(self, NULL, env);
}

int main(int argc, char **argv)
{
	const char *self = argv[0];

	if (is_without_arguments(argc, argv))
		return 24;
	if (argc > 1 && !strcmp(argv[1], "report"))
		return report(argc, argv);
	if (argc > 1 && !strcmp(argv[1], "report-count")) {
		printf("%d arguments, the last of %zu bytes\n", argc, strlen(argv[argc - 1]));
		fflush(stdout);
		return 0;
	}
	close(10);
	close(11);
	run(self, (char *[]){ (char *)self, (char *)"report", (char *)"a b", (char *)"", (char *)"c", NULL },
	    (char *[]){ (char *)"X=1", (char *)"EMPTY=", NULL });
	run(self, (char *[]){ (char *)self, (char *)"report", NULL }, (char *[]){ NULL });
	many_arguments(self);
	errors(self);
	spawned(self);
	vforked(self);
	scratch_begin();
	scripts();
	without_arguments();
	return scratch_end();
}
