/* SPDX-License-Identifier: MIT */
/* What doctor found, printed for people and for programs. */
#ifndef VMM_CLI_DOCTOR_REPORT_H
#define VMM_CLI_DOCTOR_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "vmm/base/complaint.h"
#include "vmm/cli/diagnose.h"
#include "vmm/cli/probe.h"

#define DOCTOR_JSON_VERSION 1 /* of the schema in docs/doctor-json.md */

struct doctor_report {
	bool usable;
	struct complaint problem; /* if not usable: what, and the fix */
	struct kvm_facts facts;
	struct probe probe;
};

void doctor_report_print(const struct doctor_report *report, FILE *out);

/* 0, -ENOMEM, or -errno of writing. */
int doctor_report_print_json(const struct doctor_report *report, FILE *out);

#endif
