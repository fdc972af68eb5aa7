/* SPDX-License-Identifier: MIT */
/* The value of --mount: [/dev/]vdX:DIR[:ro] */
#ifndef VMM_CLI_OPTION_MOUNT_H
#define VMM_CLI_OPTION_MOUNT_H

#include <stddef.h>

#include "vmm/base/complaint.h"

#define OPTION_MOUNTS_MAX 8

/* What the kernel is to mount, without /dev/: a part of text in *spec. 0 or
 * -EINVAL with a complaint. */
int option_parse_mount(const char *text, const char **spec, struct complaint *complaint);

/* Whether there is a disk for each, and none is wanted twice. 0 or -EINVAL. */
int option_check_mounts(const char *const *specs, size_t nr_specs, size_t nr_disks,
			struct complaint *complaint);

/* Whether none of these absolute paths lies on a disk that is mounted so: 0 or
 * -EINVAL. */
int option_check_takes(const char *const *paths, size_t nr_paths, const char *const *specs,
		       size_t nr_specs, struct complaint *complaint);

/* The same of the folder that --out copies by itself. */
int option_check_out(const char *out_dir, const char *const *specs, size_t nr_specs,
		     struct complaint *complaint);

#endif
