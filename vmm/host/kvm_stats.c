/* SPDX-License-Identifier: MIT */
#include "vmm/host/kvm_stats.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* More than any kernel has: the header comes from the kernel, but a loop over
 * it should not depend on that. */
#define DESCS_MAX 1024

static int read_at(int fd, void *to, size_t len, uint64_t offset)
{
	ssize_t got = pread(fd, to, len, (off_t)offset);

	if (got < 0)
		return -errno;
	return (size_t)got == len ? 0 : -EIO;
}

static int append(struct kvm_stat **stats, size_t *nr_stats, const struct kvm_stat *stat)
{
	struct kvm_stat *grown = realloc(*stats, (*nr_stats + 1) * sizeof(**stats));

	if (!grown)
		return -ENOMEM;
	grown[(*nr_stats)++] = *stat;
	*stats = grown;
	return 0;
}

static int append_desc(int fd, const struct kvm_stats_header *header, uint64_t desc_offset,
		       const char *scope, struct kvm_stat **stats, size_t *nr_stats)
{
	struct kvm_stats_desc desc;
	struct kvm_stat stat = {.scope = scope};

	int err = read_at(fd, &desc, sizeof(desc), desc_offset);
	if (err || desc.size != 1) /* arrays are histograms: left out */
		return err;
	size_t name_len = header->name_size < sizeof(stat.name) ? header->name_size
								: sizeof(stat.name) - 1;
	err = read_at(fd, stat.name, name_len, desc_offset + sizeof(desc));
	if (!err)
		err = read_at(fd, &stat.value, sizeof(stat.value),
			      (uint64_t)header->data_offset + desc.offset);
	return err ? err : append(stats, nr_stats, &stat);
}

static int append_all(int fd, const char *scope, struct kvm_stat **stats, size_t *nr_stats)
{
	struct kvm_stats_header header;

	int err = read_at(fd, &header, sizeof(header), 0);
	if (err)
		return err;
	if (header.num_desc > DESCS_MAX)
		return -EIO;
	const uint64_t stride = sizeof(struct kvm_stats_desc) + header.name_size;
	for (uint32_t i = 0; i < header.num_desc && !err; i++)
		err = append_desc(fd, &header, header.desc_offset + i * stride, scope, stats,
				  nr_stats);
	return err;
}

int kvm_stats_append(int fd, const char *scope, struct kvm_stat **stats, size_t *nr_stats)
{
	int stats_fd = ioctl(fd, KVM_GET_STATS_FD, NULL);

	if (stats_fd < 0)
		return -errno;
	int err = append_all(stats_fd, scope, stats, nr_stats);
	close(stats_fd);
	return err;
}
