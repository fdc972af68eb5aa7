/* SPDX-License-Identifier: MIT */
#include "vmm/cli/environment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int append(struct environment *env, char *entry)
{
	char **grown = realloc(env->entries, (env->nr + 2) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	env->entries = grown;
	grown[env->nr++] = entry;
	grown[env->nr] = NULL;
	return 0;
}

/* Adds a copy of K=V, in the place of an older K. 0 or -ENOMEM. */
static int set_variable(struct environment *env, const char *entry)
{
	size_t key_len = strcspn(entry, "=") + 1; /* with the '=' */
	char *copy = strdup(entry);
	int err;

	if (!copy)
		return -ENOMEM;
	for (size_t i = 0; i < env->nr; i++) {
		if (strncmp(env->entries[i], entry, key_len) == 0) {
			free(env->entries[i]);
			env->entries[i] = copy;
			return 0;
		}
	}
	err = append(env, copy);
	if (err)
		free(copy);
	return err;
}

/* Copies the entries that start with prefix; what has no '=' is no variable. */
static int environment_copy(struct environment *env, char *const *from, const char *prefix)
{
	int err = 0;

	for (; *from && !err; from++)
		if (strchr(*from, '=') && strncmp(*from, prefix, strlen(prefix)) == 0)
			err = set_variable(env, *from);
	return err;
}

static int environment_set_defaults(struct environment *env, char *const *host_env)
{
	int err = set_variable(env, "PATH=" ENVIRONMENT_PATH);

	if (!err)
		err = set_variable(env, "HOME=/");
	if (!err)
		err = environment_copy(env, host_env, "TERM=");
	return err;
}

int environment_build(struct environment *env, char *const *host_env, bool whole_host,
		      const char *const *given, size_t nr_given)
{
	int err = whole_host ? environment_copy(env, host_env, "")
			     : environment_set_defaults(env, host_env);

	for (size_t i = 0; i < nr_given && !err; i++)
		err = set_variable(env, given[i]);
	return err;
}

const char *environment_get(const struct environment *env, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < env->nr; i++)
		if (strncmp(env->entries[i], name, len) == 0 && env->entries[i][len] == '=')
			return env->entries[i] + len + 1;
	return NULL;
}

void environment_fini(struct environment *env)
{
	for (size_t i = 0; i < env->nr; i++)
		free(env->entries[i]);
	free(env->entries);
	*env = (struct environment){0};
}
