/* SPDX-License-Identifier: MIT */
#include "guest/dev/block.h"

#include "guest/arch/event.h"
#include "guest/core/clock.h"
#include "guest/lib/errno.h"
#include "guest/lib/ledger.h"
#include "guest/lib/string.h"

static struct block_device *devices[BLOCK_DEVICES_MAX];
static uint32_t nr_devices;
static bool is_holding;
static uint64_t delay_ns;

/* Processes that may soon come back: those whose disk_epoch is the present one. */
static uint32_t nr_returning, epoch = 1;

bool block_register(struct block_device *device)
{
	if (nr_devices == BLOCK_DEVICES_MAX)
		return false;
	device->index = nr_devices;
	device->name[0] = 'v';
	device->name[1] = 'd';
	device->name[2] = 'a' + nr_devices;
	device->name[3] = '\0';
	devices[nr_devices++] = device;
	return true;
}

struct block_device *block_at(uint32_t index)
{
	return index < nr_devices ? devices[index] : NULL;
}

struct block_device *block_find(const char *name)
{
	static const char folder[] = "/dev/";
	uint32_t skip = 0;

	while (folder[skip] && name[skip] == folder[skip])
		skip++;
	if (!folder[skip])
		name += skip;
	for (uint32_t i = 0; i < nr_devices; i++)
		if (!strcmp(devices[i]->name, name))
			return devices[i];
	return NULL;
}

uint32_t block_rdev(const struct block_device *device)
{
	return BLOCK_MAJOR << 8 | device->index * BLOCK_MINORS_PER_DEVICE;
}

static bool has_segments(enum block_op op)
{
	return op == BLOCK_READ || op == BLOCK_WRITE;
}

static bool lengths_add_up(const struct block_request *request)
{
	uint64_t bytes = 0;

	if (request->nr_segs > BLOCK_SEGS_MAX || !request->nr_segs)
		return false;
	for (uint32_t i = 0; i < request->nr_segs; i++)
		bytes += request->segs[i].len;
	return bytes == request->nr_sectors * BLOCK_SECTOR_SIZE;
}

/* 0, or why the device need not be bothered. */
static int check(const struct block_device *device, const struct block_request *request)
{
	if (unlikely(request->op != BLOCK_READ)) {
		if (request->op == BLOCK_FLUSH)
			return 0;
		if (device->is_read_only)
			return -EROFS;
		if ((request->op == BLOCK_DISCARD && !device->has_discard) ||
		    (request->op == BLOCK_WRITE_ZEROES && !device->has_write_zeroes))
			return -EOPNOTSUPP;
	}
	if (!request->nr_sectors || request->sector > device->nr_sectors ||
	    request->nr_sectors > device->nr_sectors - request->sector)
		return -EIO;
	return has_segments(request->op) && !lengths_add_up(request) ? -EIO : 0;
}

_Static_assert((int)BLOCK_READ == LDE_BLOCK_READ && (int)BLOCK_WRITE == LDE_BLOCK_WRITE &&
		       (int)BLOCK_FLUSH == LDE_BLOCK_FLUSH &&
		       (int)BLOCK_DISCARD == LDE_BLOCK_DISCARD &&
		       (int)BLOCK_WRITE_ZEROES == LDE_BLOCK_WRITE_ZEROES,
	       "recorded as they are");

/* Its address is the number of a request: no other has it at the same time. */
static void record_request(uint32_t kind, const struct block_device *device,
			   const struct block_request *request, int result)
{
	struct lde_trace_record *record = event_begin(kind);

	record->code = request->op;
	record->args[0] = block_rdev(device);
	record->args[1] = request->sector;
	record->args[2] = request->nr_sectors;
	record->args[3] = (uint64_t)request;
	record->args[4] = (uint64_t)(int64_t)result;
	event_end(record);
}

void block_submit(struct block_device *device, struct block_request *request)
{
	int err = check(device, request);

	device->nr_requests++;
	if (event_is_on(LDE_TRACE_C_BLOCK))
		record_request(LDE_TRACE_BLOCK_ISSUE, device, request, 0);
	request->result = BLOCK_PENDING;
	wait_queue_init(&request->waiters);
	list_init(&request->link);
	if (err)
		block_complete(device, request, err);
	else
		device->ops->submit(device, request);
}

void block_kick(struct block_device *device, const struct block_request *awaited)
{
	device->ops->kick(device, awaited);
}

static inline void note_waking(struct process *p)
{
	nr_returning += p->disk_epoch != epoch;
	p->disk_epoch = epoch;
}

static inline void note_return(struct process *p)
{
	if (p->disk_epoch != epoch)
		return;
	p->disk_epoch = 0;
	nr_returning--;
}

uint32_t block_nr_returning(void)
{
	return nr_returning;
}

void block_forget_returning(void)
{
	nr_returning = 0;
	epoch++;
}

static void deliver(struct block_request *request, int result)
{
	request->result = result;
	list_for_each(l, &request->waiters.waiters)
		note_waking(list_entry(l, struct process, queue_link));
	wait_wake_all(&request->waiters);
	if (request->done)
		request->done(request);
}

static void delay_is_over(struct timer *timer)
{
	struct block_request *request = container_of(timer, struct block_request, delay);

	deliver(request, request->delayed);
}

/* When the device is done is the real clock's; when that is told, the logical one's.
 * But who holds the CPU waits for no clock. */
static void deliver_later(struct block_request *request, int result)
{
	request->delayed = result;
	request->delay.is_started = false;
	request->delay.fire = delay_is_over;
	timer_start(&request->delay, clock_timer_now() + clock_ns_to_timer(delay_ns));
}

void block_complete(struct block_device *device, struct block_request *request, int result)
{
	device->nr_done++;
	device->nr_errors += result < 0;
	if (event_is_on(LDE_TRACE_C_BLOCK))
		record_request(LDE_TRACE_BLOCK_COMPLETE, device, request, result);
	if (unlikely(delay_ns) && !is_holding && current()->pid)
		deliver_later(request, result);
	else
		deliver(request, result);
}

void block_set_delay(uint64_t ns)
{
	delay_ns = ns;
}

bool block_is_at_work(void)
{
	for (uint32_t i = 0; i < nr_devices; i++)
		if (devices[i]->nr_requests != devices[i]->nr_done)
			return true;
	return false;
}

void block_set_holding(bool holding)
{
	is_holding = holding;
}

/* What it costs that the CPU is held is counted, for it is not computing. */
static void hold_cpu(struct block_device *device, const struct block_request *request)
{
	uint64_t start = clock_now();

	while (block_is_pending(request))
		device->ops->poll(device);
	ledger.held_tsc += clock_now() - start;
}

int block_wait(struct block_device *device, struct block_request *request)
{
	note_return(current());
	if (block_is_pending(request))
		block_kick(device, request);
	while (block_is_pending(request)) {
		/* Number 0 has the boot context, which cannot be switched from. */
		if (is_holding || !current()->pid)
			hold_cpu(device, request);
		else
			wait_uninterrupted(&request->waiters);
	}
	return request->result;
}

int block_execute(struct block_device *device, struct block_request *request)
{
	block_submit(device, request);
	return block_wait(device, request);
}

static int transfer(struct block_device *device, enum block_op op, uint64_t sector, paddr_t pa,
		    uint32_t len)
{
	const struct block_seg seg = { pa, len };
	struct block_request request = {
		.op = op,
		.segs = &seg,
		.nr_segs = 1,
		.sector = sector,
		.nr_sectors = len / BLOCK_SECTOR_SIZE,
	};

	return block_execute(device, &request);
}

int block_read(struct block_device *device, uint64_t sector, paddr_t pa, uint32_t len)
{
	return transfer(device, BLOCK_READ, sector, pa, len);
}

int block_write(struct block_device *device, uint64_t sector, paddr_t pa, uint32_t len)
{
	return transfer(device, BLOCK_WRITE, sector, pa, len);
}

int block_flush(struct block_device *device)
{
	struct block_request request = { .op = BLOCK_FLUSH };

	return block_execute(device, &request);
}
