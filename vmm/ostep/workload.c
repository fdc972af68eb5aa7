/* SPDX-License-Identifier: MIT */
#include "vmm/ostep/workload.h"

#include <errno.h>
#include <stdlib.h>

struct workload_job *workload_add_job(struct workload *workload)
{
	size_t nr = workload->nr_jobs;
	struct workload_job *jobs = reallocarray(workload->jobs, nr + 1, sizeof(*jobs));

	if (!jobs)
		return NULL;
	jobs[nr] = (struct workload_job){0};
	workload->jobs = jobs;
	workload->nr_jobs = nr + 1;
	return &jobs[nr];
}

static int add_step(struct workload_job *job, enum workload_op op, uint64_t ticks)
{
	size_t nr = job->nr_steps;
	struct workload_step *steps = reallocarray(job->steps, nr + 1, sizeof(*steps));

	if (!steps)
		return -ENOMEM;
	steps[nr] = (struct workload_step){op, ticks};
	job->steps = steps;
	job->nr_steps = nr + 1;
	return 0;
}

int workload_add_cpu(struct workload_job *job, uint64_t ticks)
{
	struct workload_step *last = job->nr_steps ? &job->steps[job->nr_steps - 1] : NULL;

	if (!ticks)
		return 0;
	if (last && last->op == WORKLOAD_CPU)
		last->ticks += ticks;
	else if (add_step(job, WORKLOAD_CPU, ticks))
		return -ENOMEM;
	job->length += ticks;
	return 0;
}

int workload_add_io(struct workload_job *job)
{
	return add_step(job, WORKLOAD_IO, 1);
}

void workload_fini(struct workload *workload)
{
	for (size_t i = 0; i < workload->nr_jobs; i++)
		free(workload->jobs[i].steps);
	free(workload->jobs);
	free(workload->draws);
	*workload = (struct workload){0};
}

void recording_fini(struct recording *recording)
{
	free(recording->records);
	*recording = (struct recording){0};
}
