/* SPDX-License-Identifier: MIT */
/* The tables of a report as members of JSON: for --json and for the page. */
#ifndef VMM_OBSERVE_REPORT_DATA_H
#define VMM_OBSERVE_REPORT_DATA_H

#include "vmm/observe/json_stream.h"
#include "vmm/observe/timeline.h"

#define REPORT_DATA_VERSION 1 /* of the schema in docs/reports.md */

/* "version", "command", ... into the object that is open. */
void report_data_add(struct json_stream *json, const struct timeline *done);


#endif
