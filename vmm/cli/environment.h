/* SPDX-License-Identifier: MIT */
/*
 * The environment that the programs in the guest get: by default a small and
 * predictable one, for a program should not depend on who runs it.
 */
#ifndef VMM_CLI_ENVIRONMENT_H
#define VMM_CLI_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>

#define ENVIRONMENT_PATH "/usr/local/bin:/usr/bin:/bin"

struct environment {
	char **entries; /* K=V, owned, NULL terminated once there is one */
	size_t nr;
};

/*
 * Fills env: all of host_env, or else the defaults and TERM as on the host;
 * then given[0..nr_given), the later ones winning. 0 or -ENOMEM.
 */
int environment_build(struct environment *env, char *const *host_env, bool whole_host,
		      const char *const *given, size_t nr_given);

/* The value of name, or NULL. */
const char *environment_get(const struct environment *env, const char *name);

void environment_fini(struct environment *env);

#endif
