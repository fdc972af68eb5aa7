/* SPDX-License-Identifier: MIT */
/* execve(2): programs, and scripts that begin with "#!". */
#include <linux/fcntl.h>

#include "guest/arch/direct.h"
#include "guest/arch/traps.h"
#include "guest/fs/inode.h"
#include "guest/lib/string.h"
#include "guest/mm/page.h"
#include "guest/sys/exec.h"
#include "guest/sys/syscall.h"

#define INTERPRETERS_MAX 4   /* a script may name a script */
#define HASH_BANG_MAX    256 /* bytes of the first line that count */

/* Working memory of one call, a page. */
struct execve {
	char path[1024];         /* what is executed now */
	char strings[2048];      /* argv[0] and so on, from the scripts */
	uint32_t bytes;
	char line[HASH_BANG_MAX + 1];
};
_Static_assert(sizeof(struct execve) <= PAGE_SIZE, "one page");

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Cuts the first line into the interpreter and, if there is one, its argument. */
static bool parse_line(char *line, const char **interpreter, const char **argument)
{
	char *p = line, *end = strchr(line, '\n');

	if (!end)
		end = line + strlen(line);
	while (end > p && is_blank(end[-1]))
		end--;
	*end = '\0';
	while (is_blank(*p))
		p++;
	*interpreter = p;
	while (*p && !is_blank(*p))
		p++;
	*argument = NULL;
	if (*p) {
		*p++ = '\0';
		while (is_blank(*p))
			p++;
		*argument = p;
	}
	return **interpreter;
}

/* Puts s before the strings there are; false if there is no room. */
static bool prepend(struct execve *e, const char *s)
{
	uint32_t len = strlen(s) + 1;

	if (e->bytes + len > sizeof(e->strings))
		return false;
	memmove(e->strings + len, e->strings, e->bytes);
	memcpy(e->strings, s, len);
	e->bytes += len;
	return true;
}

/* Takes argv[0], the first of the strings, away again. */
static void drop_first(struct execve *e)
{
	uint32_t len = strlen(e->strings) + 1;

	memmove(e->strings, e->strings + len, e->bytes - len);
	e->bytes -= len;
}

/* inode is a script: makes path and strings those of its interpreter. */
static int use_interpreter(struct execve *e, bool is_first)
{
	const char *interpreter, *argument;

	if (!parse_line(e->line + 2, &interpreter, &argument))
		return -ENOEXEC;
	if (strlen(interpreter) >= sizeof(e->path))
		return -ENAMETOOLONG;
	if (!is_first)
		drop_first(e);
	if (!prepend(e, e->path) || (argument && !prepend(e, argument)) || !prepend(e, interpreter))
		return -E2BIG;
	memcpy(e->path, interpreter, strlen(interpreter) + 1);
	return 0;
}

static int find_program(struct execve *e, struct inode **inode, bool *is_script)
{
	*is_script = false;
	for (unsigned i = 0; i <= INTERPRETERS_MAX; i++) {
		int err = exec_find(e->path, inode);
		uint64_t len;

		if (err)
			return err;
		len = inode_read(*inode, 0, e->line, HASH_BANG_MAX);
		e->line[len] = '\0';
		if (len < 2 || e->line[0] != '#' || e->line[1] != '!')
			return 0;
		exec_let_go(*inode);
		err = use_interpreter(e, !*is_script);
		if (err)
			return err;
		*is_script = true;
	}
	return -ELOOP;
}

/* A script's own arguments come instead of the first one, if there is that. Who is
 * given none has an empty one, for its name (Linux 5.18). */
static int choose_arguments(struct exec_args *args, struct execve *e, bool is_script)
{
	vaddr_t first = 0;

	if (args->argv.user && get_user(&first, args->argv.user, sizeof(first)))
		return -EFAULT;
	if (!first)
		args->argv.user = 0;
	else if (is_script)
		args->argv.skip = 1;
	if (!first && !is_script)
		prepend(e, "");
	args->argv.kernel = (struct string_list){ e->strings, e->bytes };
	return 0;
}

static int64_t run(struct execve *e, struct trap_frame *f, vaddr_t path, vaddr_t argv, vaddr_t env)
{
	struct exec_args args = { .path = e->path, .argv.user = argv, .env.user = env };
	struct inode *inode;
	bool is_script;
	int64_t err = user_read_string(current()->space, e->path, path, sizeof(e->path));

	if (err < 0)
		return err;
	e->bytes = 0;
	err = find_program(e, &inode, &is_script);
	if (err)
		return err;
	err = choose_arguments(&args, e, is_script);
	if (!err)
		err = exec_program(inode, &args, f);
	exec_let_go(inode);
	return err;
}

static int64_t execve_at(struct trap_frame *f, vaddr_t path, vaddr_t argv, vaddr_t env)
{
	paddr_t pa = page_alloc();
	int64_t err;

	if (!pa)
		return -ENOMEM;
	err = run(direct_map(pa), f, path, argv, env);
	page_put(pa);
	if (err)
		return err;
	if (current()->needs_attention)
		return 0; /* the dispatcher sees to it and returns by the frame */
	return_handler(f);
}

int64_t sys_execve(struct trap_frame *f)
{
	return execve_at(f, arg_u64(f, 0), arg_u64(f, 1), arg_u64(f, 2));
}

/* Only with a path that needs no directory. */
int64_t sys_execveat(struct trap_frame *f)
{
	char first;

	if (arg_int(f, 4))
		return -EINVAL;
	if (get_user(&first, arg_u64(f, 1), 1))
		return -EFAULT;
	if (first != '/' && arg_int(f, 0) != AT_FDCWD)
		return -ENOSYS;
	return execve_at(f, arg_u64(f, 1), arg_u64(f, 2), arg_u64(f, 3));
}
