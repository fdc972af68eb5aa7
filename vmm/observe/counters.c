/* SPDX-License-Identifier: MIT */
#include "vmm/observe/counters.h"

/*
 * Buckets 0..3 are the values 0..3; above, a value's octave and its next two
 * bits select the bucket, so the buckets of one octave are equally wide.
 */
static unsigned int bucket_of(uint64_t ns)
{
	if (ns < EXIT_BUCKETS_PER_OCTAVE)
		return (unsigned int)ns;
	unsigned int octave = 63 - (unsigned int)__builtin_clzll(ns);
	unsigned int sub = (ns >> (octave - 2)) & (EXIT_BUCKETS_PER_OCTAVE - 1);
	unsigned int idx = (octave - 1) * EXIT_BUCKETS_PER_OCTAVE + sub;
	return idx < NR_EXIT_BUCKETS ? idx : NR_EXIT_BUCKETS - 1;
}

uint64_t exits_bucket_floor_ns(unsigned int idx)
{
	if (idx < EXIT_BUCKETS_PER_OCTAVE)
		return idx;
	unsigned int octave = idx / EXIT_BUCKETS_PER_OCTAVE + 1;
	uint64_t sub = idx % EXIT_BUCKETS_PER_OCTAVE;
	return (EXIT_BUCKETS_PER_OCTAVE + sub) << (octave - 2);
}

void exits_add(struct exit_counter *counter, uint64_t ns)
{
	if (!counter->count || ns < counter->min_ns)
		counter->min_ns = ns;
	if (ns > counter->max_ns)
		counter->max_ns = ns;
	/* One thread adds, another may look. */
	__atomic_store_n(&counter->count, counter->count + 1, __ATOMIC_RELAXED);
	__atomic_store_n(&counter->total_ns, counter->total_ns + ns, __ATOMIC_RELAXED);
	counter->buckets[bucket_of(ns)]++;
}

void exits_merge(struct exit_counter *into, const struct exit_counter *from)
{
	if (!from->count)
		return;
	if (!into->count || from->min_ns < into->min_ns)
		into->min_ns = from->min_ns;
	if (from->max_ns > into->max_ns)
		into->max_ns = from->max_ns;
	into->count += from->count;
	into->total_ns += from->total_ns;
	for (unsigned int i = 0; i < NR_EXIT_BUCKETS; i++)
		into->buckets[i] += from->buckets[i];
}

uint64_t exits_percentile_ns(const struct exit_counter *counter, double percent)
{
	double wanted = (double)counter->count * percent / 100.0;
	uint64_t seen = 0;

	for (unsigned int i = 0; i < NR_EXIT_BUCKETS; i++) {
		seen += counter->buckets[i];
		if (!seen || (double)seen < wanted)
			continue;
		uint64_t edge = exits_bucket_floor_ns(i + 1) - 1;
		return i < NR_EXIT_BUCKETS - 1 && edge < counter->max_ns ? edge : counter->max_ns;
	}
	return counter->max_ns;
}

const char *exits_cause_name(enum exit_cause cause)
{
	static const char *const names[NR_EXIT_CAUSES] = {
		[EXIT_CONSOLE] = "console",
		[EXIT_MONITOR] = "monitor",
		[EXIT_SYSCALL] = "syscall",
		[EXIT_TRACE] = "trace",
		[EXIT_EXPORT] = "export",
		[EXIT_PORT_OTHER] = "port-other",
		[EXIT_VIRTIO] = "virtio",
		[EXIT_MMIO] = "mmio",
		[EXIT_SIGNAL] = "signal",
		[EXIT_SHUTDOWN] = "shutdown",
		[EXIT_INTERNAL_ERROR] = "internal-error",
		[EXIT_OTHER] = "other",
	};

	return (unsigned int)cause < NR_EXIT_CAUSES ? names[cause] : "other";
}
