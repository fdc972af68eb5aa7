/* SPDX-License-Identifier: MIT */
/* The value of --disk: FILE[,ro][,latency=TIME][,iops=N][,fault=EIO:P%][,seed=N] */
#ifndef VMM_CLI_OPTION_DISK_H
#define VMM_CLI_OPTION_DISK_H

#include "vmm/base/complaint.h"
#include "vmm/host/disk.h"

#define OPTION_DISK_LATENCY_MAX 60000000000ull /* ns */
#define OPTION_DISK_IOPS_MAX    10000000

/* A comma in the name of the file is written twice. spec->path is to be freed,
 * after a failure it is NULL. 0, -EINVAL or -ENOMEM with a complaint. */
int option_parse_disk(const char *text, struct disk_spec *spec, struct complaint *complaint);

#endif
