/* SPDX-License-Identifier: MIT */
/* Who caused the exits of a run, and whether KVM has counted as many. */
#ifndef VMM_OBSERVE_SUMMARY_EXITS_H
#define VMM_OBSERVE_SUMMARY_EXITS_H

#include "vmm/observe/summary.h"

/* "write", "#PF page fault", "(idle)". Returns out. */
const char *summary_place_name(const struct exit_place *place, char *out, size_t size);

/* The program that has, or last had, that number; "" if not known. */
const char *summary_program_of(const struct summary *summary, uint32_t pid);

/* A counter of KVM's beside what it should be by our own count. */
struct summary_match {
	const char *counter; /* KVM's name */
	const char *what;    /* ours */
	uint64_t kvm, ours;
	const char *note; /* why they differ; NULL: they do not */
};

#define SUMMARY_MATCHES_MAX 4

/* Those that this KVM has. Returns how many. */
size_t summary_match_exits(const struct summary *summary,
			   struct summary_match matches[SUMMARY_MATCHES_MAX]);

/* The table of exits by reason, process and system call, and the comparison. */
void summary_print_exits(const struct summary *summary, FILE *out, size_t width);

#endif
