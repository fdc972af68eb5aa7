/* SPDX-License-Identifier: MIT */
/* What the files of /proc say. */
#ifndef GUEST_FS_PROC_TEXT_H
#define GUEST_FS_PROC_TEXT_H

#include "guest/core/process.h"
#include "guest/lib/fmt.h"

/* What has to be asked for in ring 0. */
struct proc_clock {
	uint64_t now_tsc, real_ns;
};

/* Each may be offloaded. p: the process that the file is about, or NULL. */
typedef void (*proc_text_fn)(struct fmt *f, struct process *p, const struct proc_clock *clock);

void proc_text_meminfo(struct fmt *f, struct process *p, const struct proc_clock *clock);
void proc_text_uptime(struct fmt *f, struct process *p, const struct proc_clock *clock);
void proc_text_loadavg(struct fmt *f, struct process *p, const struct proc_clock *clock);
void proc_text_stat(struct fmt *f, struct process *p, const struct proc_clock *clock);
void proc_text_version(struct fmt *f, struct process *p, const struct proc_clock *clock);
void proc_text_cpuinfo(struct fmt *f, struct process *p, const struct proc_clock *clock);
void proc_text_mounts(struct fmt *f, struct process *p, const struct proc_clock *clock);
void proc_text_filesystems(struct fmt *f, struct process *p, const struct proc_clock *clock);

void proc_text_process_stat(struct fmt *f, struct process *p, const struct proc_clock *clock);
void proc_text_process_statm(struct fmt *f, struct process *p, const struct proc_clock *clock);
void proc_text_process_status(struct fmt *f, struct process *p, const struct proc_clock *clock);
void proc_text_process_comm(struct fmt *f, struct process *p, const struct proc_clock *clock);

#endif
