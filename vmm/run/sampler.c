/* SPDX-License-Identifier: MIT */
#include "vmm/run/sampler.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "vmm/base/periodic.h"

#define PERIOD_NS UINT64_C(250000000)

struct sampler {
	int fd;
	bool (*fill)(void *ctx, struct live_sample *sample, struct live_row *rows);
	void *ctx;
	struct periodic *periodic;
	bool is_broken; /* nobody reads */
	struct live_sample sample;
	struct live_row rows[LIVE_ROWS_MAX];
};

static int write_all(int fd, const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len) {
		ssize_t written = write(fd, at, len);

		if (written < 0 && errno != EINTR)
			return -errno;
		if (written > 0) {
			at += written;
			len -= (size_t)written;
		}
	}
	return 0;
}

/* The thread has all signals blocked, SIGPIPE too; where it ends in a signal, the
 * error comes all the same. */
static void write_sample(void *ctx)
{
	struct sampler *sampler = ctx;

	sampler->sample = (struct live_sample){0};
	if (sampler->is_broken || !sampler->fill(sampler->ctx, &sampler->sample, sampler->rows))
		return;
	sampler->is_broken =
		write_all(sampler->fd, &sampler->sample, sizeof(sampler->sample)) ||
		write_all(sampler->fd, sampler->rows, sampler->sample.nr_rows * sizeof(sampler->rows[0]));
}

struct sampler *sampler_start(int fd,
			  bool (*fill)(void *ctx, struct live_sample *sample,
				       struct live_row *rows),
			  void *ctx)
{
	struct sampler *sampler = calloc(1, sizeof(*sampler));

	if (!sampler)
		return NULL;
	sampler->fd = fd;
	sampler->fill = fill;
	sampler->ctx = ctx;
	sampler->periodic = periodic_start(write_sample, sampler, PERIOD_NS / 5, PERIOD_NS);
	if (sampler->periodic)
		return sampler;
	free(sampler);
	return NULL;
}

void sampler_stop(struct sampler *sampler)
{
	if (!sampler)
		return;
	periodic_stop(sampler->periodic);
	write_sample(sampler);
	free(sampler);
}
