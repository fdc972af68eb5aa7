/* SPDX-License-Identifier: MIT */
#include "vmm/cli/program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "vmm/boot/embedded.h"
#include "vmm/cli/binary.h"
#include "vmm/cli/status.h"

#define PROC_DIR "/proc/"

void program_fini(struct program *program)
{
	free(program->host_path);
	free(program->guest_path);
	program->host_path = NULL;
	program->guest_path = NULL;
}

int program_exit_status(int err)
{
	if (err == -ENOENT)
		return STATUS_NOT_FOUND;
	/* What lde lacks, and not the program. */
	if (err == -ENOMEM || err == -EMFILE || err == -ENFILE)
		return STATUS_LDE_FAILED;
	return STATUS_CANNOT_EXECUTE;
}

/* Appends "/component" to out, or takes the last one off for "..". */
static size_t path_step(char *out, size_t len, const char *component, size_t component_len)
{
	if (component_len == 0 || (component_len == 1 && component[0] == '.'))
		return len;
	if (component_len == 2 && memcmp(component, "..", 2) == 0) {
		while (len > 0 && out[--len] != '/')
			;
		return len;
	}
	out[len] = '/';
	memcpy(out + len + 1, component, component_len);
	return len + 1 + component_len;
}

static size_t path_append(char *out, size_t len, const char *path)
{
	for (;;) {
		size_t component_len = strcspn(path, "/");

		len = path_step(out, len, path, component_len);
		if (path[component_len] == '\0')
			return len;
		path += component_len + 1;
	}
}

char *program_absolute_path(const char *base, const char *path)
{
	char *out = malloc(strlen(base) + strlen(path) + 3);
	size_t len = 0;

	if (!out)
		return NULL;
	if (path[0] != '/')
		len = path_append(out, len, base);
	len = path_append(out, len, path);
	if (len == 0)
		out[len++] = '/';
	out[len] = '\0';
	return out;
}

/*
 * Whether the file can be executed, as execve(2) would say it, and then
 * whether its contents are a program. path is opened, shown is for people.
 */
static int program_check_file(const char *path, const char *shown, struct complaint *complaint)
{
	struct stat st;
	int fd, err;

	if (stat(path, &st) < 0)
		return complaint_set(complaint, -errno, "%s: %s", shown, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return complaint_set(complaint, -EISDIR, "%s: a directory, not a program", shown);
	if (!S_ISREG(st.st_mode))
		return complaint_set(complaint, -EACCES, "%s: not a regular file", shown);
	if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0)
		return complaint_set(complaint, -EACCES,
				     "%s: no permission to execute it; chmod +x %s", shown, shown);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == EACCES)
		return complaint_set(complaint, -EACCES,
				     "%s: cannot be read (%s), and lde has to copy it into the "
				     "guest; chmod +r %s",
				     shown, strerror(EACCES), shown);
	if (fd < 0)
		return complaint_set(complaint, -errno, "%s: cannot be opened: %s", shown,
				     strerror(errno));
	err = binary_check(fd, shown, complaint);
	close(fd);
	return err;
}

static int program_out_of_memory(struct program *program, struct complaint *complaint)
{
	program_fini(program);
	complaint_set(complaint, -ENOMEM, "out of memory");
	return -ENOMEM;
}

static bool is_missing(int err)
{
	return err == -ENOENT || err == -ENOTDIR;
}

/* ---- built in -------------------------------------------------------- */

static void program_list_builtins(char *out, size_t size)
{
	size_t len = 0;

	out[0] = '\0';
	for (const struct embedded_program *builtin = embedded_programs;
	     builtin->name && len < size; builtin++)
		len += (size_t)snprintf(out + len, size - len, " %s%s", PROGRAM_BUILTIN_DIR,
					builtin->name);
}

static int program_find_builtin(struct program *program, const char *name,
				struct complaint *complaint)
{
	char known[COMPLAINT_SIZE / 2];

	if (!embedded_find(name + strlen(PROGRAM_BUILTIN_DIR))) {
		program_list_builtins(known, sizeof(known));
		return complaint_set(complaint, -ENOENT,
				     "%s: no such built-in program; there are:%s", name, known);
	}
	program->guest_path = strdup(name);
	return program->guest_path ? 0 : program_out_of_memory(program, complaint);
}

/* ---- in the directory of --root -------------------------------------- */

/* Opens path below dir_fd as the guest will see it: links stay inside. */
static int root_open(int dir_fd, const char *path)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT};

	return (int)syscall(SYS_openat2, dir_fd, path, &how, sizeof(how));
}

/* The name that the kernel has for an open descriptor; malloced or NULL. */
static char *path_of_fd(int fd)
{
	char link[64], path[PATH_MAX];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path) - 1);
	if (len < 0)
		return NULL;
	path[len] = '\0';
	return strdup(path);
}

/*
 * The guest's path is the file that path resolves to, not a link to it: the
 * program is then one file in the guest, and its argv[0] is still the name.
 */
static int root_resolve(struct program *program, int dir_fd, const char *path)
{
	int fd = root_open(dir_fd, path);
	char *root = NULL;
	int err = 0;

	if (fd < 0)
		return -errno;
	root = path_of_fd(dir_fd);
	program->host_path = path_of_fd(fd);
	if (root && program->host_path) {
		size_t root_len = strcmp(root, "/") == 0 ? 0 : strlen(root);

		program->guest_path = strdup(program->host_path + root_len);
	}
	program->in_root = true;
	if (!program->guest_path)
		err = -ENOMEM;
	free(root);
	close(fd);
	return err;
}

static int program_find_in_root(struct program *program, const char *root_dir, const char *path,
				struct complaint *complaint)
{
	int dir_fd = open(root_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int err;

	if (dir_fd < 0)
		return complaint_set(complaint, -errno, "--root %s: %s", root_dir, strerror(errno));
	err = root_resolve(program, dir_fd, path);
	close(dir_fd);
	if (err)
		complaint_set(complaint, err, "%s in %s: %s", path, root_dir, strerror(-err));
	else
		err = program_check_file(program->host_path, program->host_path, complaint);
	if (err)
		program_fini(program);
	return err;
}

/* ---- on the host ----------------------------------------------------- */

static int program_find_on_host(struct program *program, const char *path,
				struct complaint *complaint)
{
	int err = program_check_file(path, path, complaint);
	char *cwd;

	if (err)
		return err;
	cwd = get_current_dir_name(); /* $PWD if it is right: as the user sees it */
	program->host_path = strdup(path);
	program->guest_path = program_absolute_path(cwd ? cwd : "/", path);
	free(cwd);
	if (!program->host_path || !program->guest_path)
		return program_out_of_memory(program, complaint);
	return 0;
}

/* ---- along PATH ------------------------------------------------------ */

/* Joins the next entry of *paths and name; an empty entry means ".". */
static char *paths_next(const char **paths, const char *name)
{
	size_t len = strcspn(*paths, ":");
	char *path;

	if (asprintf(&path, "%.*s%s%s", (int)len, *paths, len ? "/" : "./", name) < 0)
		return NULL;
	*paths = (*paths)[len] ? *paths + len + 1 : NULL;
	return path;
}

/*
 * A shell passes over what is not there, is a directory or may not be
 * executed, and remembers the last of these for its message.
 */
static bool is_passed_over(int err)
{
	return is_missing(err) || err == -EISDIR || err == -EACCES;
}

static int program_search_paths(struct program *program, const char *root_dir, const char *paths,
				const char *name, struct complaint *complaint)
{
	struct complaint latest;
	int result = -ENOENT;

	while (paths) {
		char *path = paths_next(&paths, name);
		int err;

		if (!path)
			return complaint_set(complaint, -ENOMEM, "out of memory");
		err = root_dir ? program_find_in_root(program, root_dir, path, &latest)
			       : program_find_on_host(program, path, &latest);
		free(path);
		if (!is_missing(err)) {
			result = err;
			*complaint = latest;
		}
		if (!is_passed_over(err))
			return err;
	}
	return result;
}

static int program_refuse_missing(const struct program_search *search, const char *name,
				  struct complaint *complaint)
{
	const char *also = search->root_dir ? " and not in the --root directory" : "";

	if (strchr(name, '/'))
		return complaint_set(complaint, -ENOENT, "%s: no such file%s", name, also);
	if (access(name, F_OK) == 0)
		return complaint_set(complaint, -ENOENT,
				     "%s: not found in PATH%s; the file in this directory is ./%s",
				     name, also, name);
	return complaint_set(complaint, -ENOENT, "%s: not found in PATH%s", name, also);
}

static int program_find_path(struct program *program, const struct program_search *search,
			     const char *name, struct complaint *complaint)
{
	int err = -ENOENT;

	if (search->root_dir)
		err = program_find_in_root(program, search->root_dir, name, complaint);
	if (is_missing(err))
		err = program_find_on_host(program, name, complaint);
	return err;
}

static int program_find_word(struct program *program, const struct program_search *search,
			     const char *name, struct complaint *complaint)
{
	int err = -ENOENT;

	if (search->root_dir)
		err = program_search_paths(program, search->root_dir, search->guest_paths, name,
					   complaint);
	if (is_missing(err))
		err = program_search_paths(program, NULL, search->host_paths, name, complaint);
	return err;
}

/* The kernel puts its own in the place of what the initrd would bring. */
static int program_refuse_hidden(struct program *program, const char *name,
				 struct complaint *complaint)
{
	if (strncmp(program->guest_path, PROC_DIR, strlen(PROC_DIR)) != 0)
		return 0;
	program_fini(program);
	return complaint_set(complaint, -EACCES,
			     "%s: the guest has a /proc of its own; copy the program to "
			     "another folder",
			     name);
}

int program_find(struct program *program, const struct program_search *search, const char *name,
		 struct complaint *complaint)
{
	int err;

	*program = (struct program){0};
	if (strncmp(name, PROGRAM_BUILTIN_DIR, strlen(PROGRAM_BUILTIN_DIR)) == 0)
		return program_find_builtin(program, name, complaint);
	if (name[0] == '\0')
		return complaint_set(complaint, -ENOENT, "'': an empty word is not a program");
	err = strchr(name, '/') ? program_find_path(program, search, name, complaint)
				: program_find_word(program, search, name, complaint);
	if (is_missing(err))
		return program_refuse_missing(search, name, complaint);
	return err ? err : program_refuse_hidden(program, name, complaint);
}
