/* SPDX-License-Identifier: MIT */
/* For tests of the console at its port: a console, and a kernel's requests. */
#ifndef TESTS_UNIT_CONSOLE_GUEST_SIDE_H
#define TESTS_UNIT_CONSOLE_GUEST_SIDE_H

#include "tests/unit/console/host_side.h"
#include "vmm/dev/console.h"

#define SIZE    (8ull << 20)
#define REQUEST 0x10000
#define OTHER   0x20000
#define BUFFER  0x100000

extern struct vconsole console;

/* For cmocka. */
int set_up(void **state);
int tear_down(void **state);

void start(bool is_tagged);
/* The console anew, with its streams tagged or not... */
void restart(bool is_tagged);
/* ...or not, and with other descriptors for a stream. */
void use_pair(int stream, int console_end, int other_end);

struct lde_console_req *request_at(uint64_t gpa);
void ring(uint32_t gpa);
int64_t result_at(uint64_t gpa);
struct lde_console_req *prepare(uint64_t gpa, uint32_t op, uint32_t stream);
int64_t submit(uint64_t gpa, uint32_t op, uint32_t stream, uint32_t buffer, uint32_t len);
void put_text(uint64_t gpa, const char *text);
int64_t write_text(uint32_t stream, uint32_t pid, const char *text);
int64_t submit_read(uint32_t len);
/* Waits for the interrupt; the result must be there by then. */
int64_t wait_result(uint64_t gpa);

#endif
