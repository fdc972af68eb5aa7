/* SPDX-License-Identifier: MIT */
#include "vmm/cli/option_mount.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "vmm/run/machine_config.h"

#define REFUSE(complaint, ...) complaint_set(complaint, -EINVAL, __VA_ARGS__)
#define DEVICE_LEN             3 /* of "vda" */
#define SUFFIX                 ":ro"

/* Where the folder's name in the spec begins. */
static const char *dir_of(const char *spec)
{
	return spec + DEVICE_LEN + 1;
}

static bool ends_with(const char *text, size_t len, const char *suffix)
{
	size_t suffix_len = strlen(suffix);

	return len > suffix_len && strcmp(text + len - suffix_len, suffix) == 0;
}

static size_t dir_len(const char *spec)
{
	const char *dir = dir_of(spec);
	size_t len = strlen(dir);

	return ends_with(dir, len, SUFFIX) ? len - strlen(SUFFIX) : len;
}

/* Whether a name of the path is "." or "..". */
static bool has_dots(const char *dir, size_t len)
{
	const char *end = dir + len;

	while (dir < end) {
		const char *slash = memchr(dir, '/', (size_t)(end - dir));
		size_t n = (size_t)((slash ? slash : end) - dir);
		if ((n == 1 && dir[0] == '.') || (n == 2 && dir[0] == '.' && dir[1] == '.'))
			return true;
		dir += n + 1;
	}
	return false;
}

int option_parse_mount(const char *text, const char **spec, struct complaint *complaint)
{
	static const char folder[] = "/dev/";
	const char *device = text;

	if (!strncmp(device, folder, strlen(folder)))
		device += strlen(folder);
	if (device[0] != 'v' || device[1] != 'd' || device[2] < 'a' || device[2] > 'z' ||
	    device[3] != ':')
		return REFUSE(complaint,
			      "--mount %s: give a disk and a folder: --mount /dev/vda:/mnt", text);
	if (dir_of(device)[0] != '/')
		return REFUSE(complaint, "--mount %s: the folder's path must begin with /", text);
	if (strspn(dir_of(device), "/") >= dir_len(device))
		return REFUSE(complaint,
			      "--mount %s: the root is --root's; give a folder below it", text);
	if (has_dots(dir_of(device), dir_len(device)))
		return REFUSE(complaint, "--mount %s: give the folder without . and ..", text);
	/* A name like any other, but nobody means it. */
	if (ends_with(dir_of(device), strlen(dir_of(device)), ":rw"))
		return REFUSE(complaint,
			      "--mount %s: the disk is written to unless :ro stands there; leave "
			      ":rw out",
			      text);
	*spec = device;
	return 0;
}

int option_check_mounts(const char *const *specs, size_t nr_specs, size_t nr_disks,
			struct complaint *complaint)
{
	for (size_t i = 0; i < nr_specs; i++) {
		if ((size_t)(specs[i][2] - 'a') >= nr_disks)
			return REFUSE(complaint,
				      "--mount /dev/%s: there is no disk %.3s; give it by --disk "
				      "FILE",
				      specs[i], specs[i]);
		for (size_t j = 0; j < i; j++)
			if (specs[i][2] == specs[j][2])
				return REFUSE(complaint, "--mount /dev/%s: %.3s is mounted already",
					      specs[i], specs[i]);
	}
	return 0;
}

/* The next name of a path, and where it ends; of no length behind the last one. */
static const char *next_name(const char **at, const char *end)
{
	while (*at < end && **at == '/')
		(*at)++;
	const char *name = *at;
	while (*at < end && **at != '/')
		(*at)++;
	return name;
}

/* Whether the path is that of the folder, or of something in it. */
static bool is_in(const char *path, const char *dir, size_t len)
{
	const char *dir_end = dir + len, *path_end = path + strlen(path);

	for (;;) {
		const char *wanted = next_name(&dir, dir_end), *name = next_name(&path, path_end);
		if (wanted == dir_end)
			return true;
		if (dir - wanted != path - name || memcmp(wanted, name, (size_t)(dir - wanted)) != 0)
			return false;
	}
}

/* The mount on whose disk the path lies; NULL: on none. */
static const char *find_mount(const char *path, const char *const *specs, size_t nr_specs)
{
	for (size_t i = 0; i < nr_specs; i++)
		if (is_in(path, dir_of(specs[i]), dir_len(specs[i])))
			return specs[i];
	return NULL;
}

int option_check_takes(const char *const *paths, size_t nr_paths, const char *const *specs,
		       size_t nr_specs, struct complaint *complaint)
{
	for (size_t i = 0; i < nr_paths; i++) {
		const char *spec = find_mount(paths[i], specs, nr_specs);
		if (spec)
			return REFUSE(complaint,
				      "--take %s: what is on the disk of --mount /dev/%s stays "
				      "there; let a program copy it to a folder that is on none",
				      paths[i], spec);
	}
	return 0;
}

int option_check_out(const char *out_dir, const char *const *specs, size_t nr_specs,
		     struct complaint *complaint)
{
	const char *spec = find_mount(MACHINE_OUT_DEFAULT, specs, nr_specs);

	if (!spec)
		return 0;
	return REFUSE(complaint,
		      "--out %s: it gets what is in " MACHINE_OUT_DEFAULT ", and what is on the disk "
		      "of --mount /dev/%s stays there; mount that elsewhere, or name other files by "
		      "--take PATH",
		      out_dir, spec);
}
