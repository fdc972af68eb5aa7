/* SPDX-License-Identifier: MIT */
#include "vmm/dev/export.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "vmm/base/log.h"

#define REQ_HEADER_SIZE offsetof(struct lde_export_req, segs)

/* Of so many files that cannot be copied each is told. */
#define TOLD_MAX 3

int vexport_init(struct vexport *export, const struct vexport_config *config)
{
	size_t nr = 0;

	*export = (struct vexport){.config = *config};
	while (config->wanted && config->wanted[nr])
		nr++;
	export->has_come = calloc(nr + 1, sizeof(*export->has_come));
	int err = export->has_come ? outdir_open(&export->out, config->dir) : -ENOMEM;
	if (!err)
		return 0;
	log_line("--out %s: %s; give a directory that can be written to, or a new name in one",
		 config->dir, strerror(-err));
	outdir_close(&export->out);
	free(export->has_come);
	return err;
}

/* ---- messages -------------------------------------------------------- */

/* What a terminal would obey has no place in a message. */
static const char *printable(char *path)
{
	for (char *c = path; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	return path;
}

static void note_failure(struct vexport *export, const char *guest_path, int err)
{
	char shown[200];
	size_t len = strnlen(guest_path, sizeof(shown) - 1);

	memcpy(shown, guest_path, len);
	shown[len] = '\0';
	if (export->nr_failed++ < TOLD_MAX)
		log_line("--out %s: cannot copy %s: %s", export->config.dir, printable(shown),
			 strerror(-err));
}

/* Only the first is told, or a broken guest would fill the terminal. */
static void refuse(struct vexport *export, const char *what)
{
	if (!export->nr_refused++)
		log_line("the guest's kernel made a bad request of the export: %s", what);
}

/* ---- nodes ----------------------------------------------------------- */

/* Where path goes below the directory; "" is the directory itself. NULL: not
 * one that may come. */
static const char *place_of(const struct vexport *export, const char *path)
{
	const char *strip = export->config.strip;
	size_t len = strip ? strlen(strip) : 0;

	if (len && strncmp(path, strip, len) != 0)
		return NULL;
	path += len;
	if (len && !*path)
		return path;
	return *path == '/' ? path + 1 : NULL;
}

static void note_arrival(struct vexport *export, const char *path)
{
	for (size_t i = 0; export->config.wanted && export->config.wanted[i]; i++)
		if (strcmp(export->config.wanted[i], path) == 0)
			export->has_come[i] = true;
}

/* Copies a string of the guest's; false if it has no end. */
static bool read_string(const struct vexport *export, uint32_t gpa, char text[LDE_EXPORT_PATH_MAX])
{
	/* At the end of memory there may be less than the longest string. */
	uint64_t size = export->config.mem->size_bytes;
	uint64_t len = gpa < size ? size - gpa : 0;

	if (len > LDE_EXPORT_PATH_MAX)
		len = LDE_EXPORT_PATH_MAX;
	text[0] = '\0';
	return !guestmem_read(export->config.mem, gpa_of(gpa), text, len) && memchr(text, 0, len);
}

static int end_file(struct vexport *export)
{
	if (!export->in_file)
		return 0;
	export->in_file = false;
	int err = outdir_end_file(&export->out);
	if (err)
		note_failure(export, export->file_path, err);
	return err;
}

static int put_link(struct vexport *export, const char *place, const struct outdir_meta *meta)
{
	char target[LDE_EXPORT_PATH_MAX];

	if (!read_string(export, export->req.target_gpa, target)) {
		refuse(export, "a link without an end");
		return -EINVAL;
	}
	return outdir_put_link(&export->out, place, target, meta);
}

static int put_node(struct vexport *export, const char *path, const char *place)
{
	const struct lde_export_req *req = &export->req;
	const struct outdir_meta meta = {req->mode, req->atime_ns, req->mtime_ns};
	int err;

	switch (req->mode & S_IFMT) {
	case S_IFDIR:
		return *place ? outdir_put_dir(&export->out, place, &meta) : 0;
	case S_IFLNK:
		return put_link(export, place, &meta);
	case S_IFREG:
		err = outdir_begin_file(&export->out, place, req->size, &meta);
		export->in_file = !err;
		memcpy(export->file_path, path, strlen(path) + 1);
		return err;
	default:
		export->nr_left_out++;
		return 0;
	}
}

static int take_node(struct vexport *export)
{
	char path[LDE_EXPORT_PATH_MAX];

	end_file(export);
	/* A path that is longer than what may come has no end. */
	if (!read_string(export, export->req.path_gpa, path)) {
		path[LDE_EXPORT_PATH_MAX - 1] = '\0';
		note_failure(export, path, -ENAMETOOLONG);
		return -ENAMETOOLONG;
	}
	const char *place = place_of(export, path);
	if (!place) {
		refuse(export, "a path that was not asked for");
		return -EINVAL;
	}
	note_arrival(export, path);
	int err = put_node(export, path, place);
	if (err)
		note_failure(export, path, err);
	return err;
}

/* ---- data ------------------------------------------------------------ */

static int take_data(struct vexport *export, uint32_t gpa)
{
	struct lde_export_req *req = &export->req;
	const struct guestmem *mem = export->config.mem;
	struct iovec iov[LDE_EXPORT_SEGS_MAX];

	if (!export->in_file || !req->nr_segs || req->nr_segs > LDE_EXPORT_SEGS_MAX)
		return -EINVAL;
	int err = guestmem_read(mem, gpa_of(gpa + REQ_HEADER_SIZE), req->segs,
				req->nr_segs * sizeof(req->segs[0]));
	for (uint32_t i = 0; i < req->nr_segs && !err; i++) {
		iov[i].iov_base = guestmem_at(mem, gpa_of(req->segs[i].gpa), req->segs[i].len);
		iov[i].iov_len = req->segs[i].len;
		err = iov[i].iov_base ? 0 : -EFAULT;
	}
	if (!err)
		err = outdir_write(&export->out, req->offset, iov, req->nr_segs);
	if (err) {
		outdir_drop_file(&export->out);
		export->in_file = false;
		note_failure(export, export->file_path, err);
	}
	return err;
}

static int serve(struct vexport *export, uint32_t gpa)
{
	if (guestmem_read(export->config.mem, gpa_of(gpa), &export->req, REQ_HEADER_SIZE))
		return -EFAULT;
	switch (export->req.op) {
	case LDE_EXPORT_NODE:
		return take_node(export);
	case LDE_EXPORT_DATA:
		return take_data(export, gpa);
	default:
		refuse(export, "an unknown operation");
		return -EINVAL;
	}
}

void vexport_access(void *opaque, struct portbus_access *access)
{
	struct vexport *export = opaque;
	uint32_t gpa = access->value;

	if (!access->is_write || access->size != sizeof(uint32_t) || access->offset != 0 ||
	    gpa % sizeof(struct lde_export_req) != 0 ||
	    !guestmem_at(export->config.mem, gpa_of(gpa), sizeof(struct lde_export_req))) {
		refuse(export, "no request");
		return;
	}
	int32_t result = serve(export, gpa);
	guestmem_write(export->config.mem, gpa_of(gpa + offsetof(struct lde_export_req, result)),
		       &result, sizeof(result));
	if (export->config.progress)
		export->config.progress(export->config.ctx);
}

/* ---- end ------------------------------------------------------------- */

static bool report_missing(const struct vexport *export)
{
	bool is_missing = false;

	for (size_t i = 0; export->config.wanted && export->config.wanted[i]; i++) {
		if (export->has_come[i])
			continue;
		log_line("--take %s: the guest has no such file%s", export->config.wanted[i],
			 export->config.has_disks ? ", or it is on a disk and stays there" : "");
		is_missing = true;
	}
	return is_missing;
}

int vexport_fini(struct vexport *export, bool is_complete)
{
	const char *dir = export->config.dir;

	/* A file that is still open then may lack its end. */
	if (is_complete)
		end_file(export);
	outdir_close(&export->out);
	if (export->nr_failed > TOLD_MAX)
		log_line("--out %s: %llu files in all could not be copied", dir,
			 (unsigned long long)export->nr_failed);
	if (export->nr_left_out)
		log_line("--out %s: %llu left out: devices, FIFOs and sockets are not copied", dir,
			 (unsigned long long)export->nr_left_out);
	if (!is_complete)
		log_line("--out %s: not everything was copied: the guest did not come to the end "
			 "of it",
			 dir);
	bool is_missing = is_complete && report_missing(export);
	free(export->has_come);
	export->has_come = NULL;
	return is_complete && !is_missing && !export->nr_failed && !export->nr_refused ? 0 : -EIO;
}
