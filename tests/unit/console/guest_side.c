/* SPDX-License-Identifier: MIT */
#include "tests/unit/console/guest_side.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

struct vconsole console;

static const char *name_of(void *ctx, uint32_t pid, char *buf, size_t size)
{
	(void)ctx;
	if (pid == 9)
		return NULL;
	strncpy(buf, pid == 1 ? "first" : "second", size);
	return buf;
}

void start(bool is_tagged)
{
	const struct vconsole_config config = {
		.mem = &mem,
		.fds = {host[0], host[1], host[2], -1, -1},
		.is_tagged = is_tagged,
		.name = name_of,
		.interrupt = on_interrupt,
	};

	vconsole_init(&console, &config);
}

int set_up(void **state)
{
	(void)state;
	if (host_open(SIZE, EFD_SEMAPHORE))
		return -1;
	start(false);
	return 0;
}

int tear_down(void **state)
{
	(void)state;
	vconsole_fini(&console, false);
	host_close();
	return 0;
}

void restart(bool is_tagged)
{
	vconsole_fini(&console, false);
	start(is_tagged);
}

void use_pair(int stream, int console_end, int other_end)
{
	close_end(&host[stream]);
	close_end(&remote[stream]);
	host[stream] = console_end;
	remote[stream] = other_end;
	restart(false);
}

struct lde_console_req *request_at(uint64_t gpa)
{
	return guestmem_at(&mem, gpa_of(gpa), sizeof(struct lde_console_req));
}

void ring(uint32_t gpa)
{
	struct portbus_access access = {.size = 4, .is_write = true, .value = gpa};

	vconsole_access(&console, &access);
}

int64_t result_at(uint64_t gpa)
{
	return __atomic_load_n(&request_at(gpa)->result, __ATOMIC_ACQUIRE);
}

struct lde_console_req *prepare(uint64_t gpa, uint32_t op, uint32_t stream)
{
	struct lde_console_req *req = request_at(gpa);

	*req = (struct lde_console_req){
		.op = op, .stream = stream, .pid = 1, .nr_segs = 1, .result = LDE_CONSOLE_PENDING};
	return req;
}

int64_t submit(uint64_t gpa, uint32_t op, uint32_t stream, uint32_t buffer, uint32_t len)
{
	struct lde_console_req *req = prepare(gpa, op, stream);

	req->segs[0] = (struct lde_console_seg){buffer, len};
	ring((uint32_t)gpa);
	return result_at(gpa);
}

void put_text(uint64_t gpa, const char *text)
{
	assert_int_equal(guestmem_write(&mem, gpa_of(gpa), text, strlen(text)), 0);
}

int64_t write_text(uint32_t stream, uint32_t pid, const char *text)
{
	struct lde_console_req *req = prepare(REQUEST, LDE_CONSOLE_WRITE, stream);

	put_text(BUFFER, text);
	req->pid = pid;
	req->segs[0] = (struct lde_console_seg){BUFFER, (uint32_t)strlen(text)};
	ring(REQUEST);
	return result_at(REQUEST);
}

int64_t submit_read(uint32_t len)
{
	return submit(REQUEST, LDE_CONSOLE_READ, IN, BUFFER, len);
}

int64_t wait_result(uint64_t gpa)
{
	struct pollfd pollfd = {.fd = interrupts, .events = POLLIN};
	uint64_t one;

	assert_int_equal(poll(&pollfd, 1, WAIT_MS), 1);
	assert_int_equal(read(interrupts, &one, sizeof(one)), sizeof(one));
	return result_at(gpa);
}
