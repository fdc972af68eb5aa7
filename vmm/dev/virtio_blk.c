/* SPDX-License-Identifier: MIT */
#include "vmm/dev/virtio_blk.h"

#include <errno.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "vmm/base/event.h"
#include "vmm/base/log.h"

#define SEGS_MAX        (VIRTQ_CHAIN_MAX - 4) /* beside header and status, in pieces */
#define SEG_BYTES_MAX   (1u << 20)
#define REQUEST_BYTES_MAX ((uint64_t)SEGS_MAX * SEG_BYTES_MAX)
#define RANGE_SECTORS_MAX (1u << 22) /* of discard and write-zeroes: 2 GiB */

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* ---- vectors --------------------------------------------------------- */

/* Buffers of a chain, worked off from the front. */
struct vec {
	struct iovec *iov;
	unsigned int nr;
};

static uint64_t vec_len(const struct vec *vec)
{
	uint64_t len = 0;

	for (unsigned int i = 0; i < vec->nr; i++)
		len += vec->iov[i].iov_len;
	return len;
}

/* Copies the first len bytes out and takes them off; false: there are fewer. */
static bool vec_take(struct vec *vec, void *to, size_t len)
{
	char *at = to;

	while (len && vec->nr) {
		struct iovec *iov = vec->iov;
		size_t n = iov->iov_len < len ? iov->iov_len : len;
		memcpy(at, iov->iov_base, n);
		at += n;
		len -= n;
		iov->iov_base = (char *)iov->iov_base + n;
		iov->iov_len -= n;
		if (!iov->iov_len) {
			vec->iov++;
			vec->nr--;
		}
	}
	return !len;
}

/* The same the other way round; what does not fit is left out. */
static void vec_put(struct vec *vec, const void *from, size_t len)
{
	const char *at = from;

	for (unsigned int i = 0; i < vec->nr && len; i++) {
		size_t n = vec->iov[i].iov_len < len ? vec->iov[i].iov_len : len;
		memcpy(vec->iov[i].iov_base, at, n);
		at += n;
		len -= n;
	}
}

/* Takes the last byte off; NULL: there is none. */
static uint8_t *vec_take_last(struct vec *vec)
{
	while (vec->nr && !vec->iov[vec->nr - 1].iov_len)
		vec->nr--;
	if (!vec->nr)
		return NULL;
	struct iovec *last = &vec->iov[vec->nr - 1];
	uint8_t *byte = (uint8_t *)last->iov_base + --last->iov_len;
	if (!last->iov_len)
		vec->nr--;
	return byte;
}

/* ---- answers --------------------------------------------------------- */

static uint8_t status_of(int result)
{
	if (!result)
		return VIRTIO_BLK_S_OK;
	return result == -EOPNOTSUPP ? VIRTIO_BLK_S_UNSUPP : VIRTIO_BLK_S_IOERR;
}

/* What is answered as soon as it is taken keeps the disk busy for no time. */
static void begin_busy(struct vblk *blk)
{
	if (blk->nr_in_flight && !blk->busy_since_ns)
		blk->busy_since_ns = now_ns();
}

static void end_busy(struct vblk *blk)
{
	if (blk->busy_since_ns)
		blk->counters.busy_ns += now_ns() - blk->busy_since_ns;
	blk->busy_since_ns = 0;
}

static void answer(struct vblk *blk, struct vblk_request *request)
{
	uint32_t len = request->job.result ? 0 : request->written_len;

	blk->counters.nr_failed += request->job.result < 0;
	if (request->status)
		*request->status = status_of(request->job.result);
	virtq_push(&blk->mmio.queues[0], request->chain.head, len + !!request->status);
	request->next = blk->free;
	blk->free = request;
	if (!--blk->nr_in_flight)
		end_busy(blk);
}

/* The request has its result; it is answered when it is due. */
static void hold(struct vblk *blk, struct vblk_request *request)
{
	struct vblk_request **place = &blk->held;

	while (*place && (*place)->due_ns <= request->due_ns)
		place = &(*place)->next;
	request->next = *place;
	*place = request;
}

static void answer_due(struct vblk *blk)
{
	uint64_t now = blk->held ? now_ns() : 0;

	while (blk->held && blk->held->due_ns <= now) {
		struct vblk_request *request = blk->held;
		blk->held = request->next;
		answer(blk, request);
	}
	if (!virtq_publish(&blk->mmio.queues[0]))
		return;
	blk->counters.nr_interrupts++;
	vmmio_raise_used(&blk->mmio);
}

/* ---- requests -------------------------------------------------------- */

static bool is_within(const struct vblk *blk, uint64_t sector, uint64_t nr_sectors)
{
	return nr_sectors <= blk->space.capacity && sector <= blk->space.capacity - nr_sectors;
}

/* Each of these fills in the job and returns 0, or returns the answer. */

static int prepare_transfer(struct vblk *blk, struct vblk_request *request, enum disk_op op,
			    uint64_t sector, const struct vec *data)
{
	uint64_t len = vec_len(data);

	if (op != DISK_READ && blk->disk->spec.is_read_only)
		return -EROFS;
	if (!len || len % DISK_SECTOR_SIZE || len > REQUEST_BYTES_MAX ||
	    !is_within(blk, sector, len / DISK_SECTOR_SIZE))
		return -EINVAL;
	/* Without flushes the driver takes for durable what has been answered. */
	if (op == DISK_WRITE && !vmmio_has_feature(&blk->mmio, VIRTIO_BLK_F_FLUSH))
		op = DISK_WRITE_DURABLE;
	request->job.op = op;
	request->job.iov = data->iov;
	request->job.nr_iov = data->nr;
	request->job.offset = sector * DISK_SECTOR_SIZE;
	request->job.len = len;
	request->written_len = op == DISK_READ ? (uint32_t)len : 0;
	if (op == DISK_READ)
		blk->counters.read_bytes += len;
	else
		blk->counters.written_bytes += len;
	return 0;
}

static int prepare_range(struct vblk *blk, struct vblk_request *request, uint32_t type,
			 struct vec *data)
{
	struct virtio_blk_discard_write_zeroes range;
	const bool is_discard = type == VIRTIO_BLK_T_DISCARD;

	if (!vmmio_has_feature(&blk->mmio,
			       is_discard ? VIRTIO_BLK_F_DISCARD : VIRTIO_BLK_F_WRITE_ZEROES))
		return -EOPNOTSUPP;
	if (vec_len(data) != sizeof(range) || !vec_take(data, &range, sizeof(range)))
		return -EINVAL;
	if (range.flags & ~(is_discard ? 0u : VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP))
		return -EOPNOTSUPP;
	if (!range.num_sectors || range.num_sectors > RANGE_SECTORS_MAX ||
	    !is_within(blk, range.sector, range.num_sectors))
		return -EINVAL;
	request->job.op = is_discard    ? DISK_DISCARD
			  : range.flags ? DISK_WRITE_ZEROES_UNMAP
					: DISK_WRITE_ZEROES;
	request->job.offset = range.sector * DISK_SECTOR_SIZE;
	request->job.len = (uint64_t)range.num_sectors * DISK_SECTOR_SIZE;
	return 0;
}

static int answer_id(const struct vblk *blk, struct vblk_request *request, struct vec *data)
{
	char id[VIRTIO_BLK_ID_BYTES] = "lde-";

	memcpy(id + strlen(id), blk->disk->name, sizeof(blk->disk->name));
	vec_put(data, id, sizeof(id));
	request->written_len = vec_len(data) < sizeof(id) ? (uint32_t)vec_len(data) : sizeof(id);
	return 0;
}

/* True: the job is to be done; false: it has its result already. */
static bool prepare(struct vblk *blk, struct vblk_request *request)
{
	struct virtq_chain *chain = &request->chain;
	struct vec out = {chain->iov, chain->nr_readable};
	struct vec in = {chain->iov + chain->nr_readable, chain->nr_writable};
	struct virtio_blk_outhdr header;
	int result;

	request->job = (struct disk_job){0};
	request->written_len = 0;
	request->status = vec_take_last(&in);
	bool has_header = vec_take(&out, &header, sizeof(header));
	if (!request->status || !has_header) {
		request->job.result = -EINVAL;
		return false;
	}
	switch (header.type) {
	case VIRTIO_BLK_T_IN:
		result = prepare_transfer(blk, request, DISK_READ, header.sector, &in);
		break;
	case VIRTIO_BLK_T_OUT:
		result = prepare_transfer(blk, request, DISK_WRITE, header.sector, &out);
		break;
	case VIRTIO_BLK_T_FLUSH:
		request->job.op = DISK_FLUSH;
		blk->counters.nr_flushes++;
		result = 0;
		break;
	case VIRTIO_BLK_T_GET_ID:
		request->job.result = answer_id(blk, request, &in);
		return false;
	case VIRTIO_BLK_T_DISCARD:
	case VIRTIO_BLK_T_WRITE_ZEROES:
		result = prepare_range(blk, request, header.type, &out);
		break;
	default:
		result = -EOPNOTSUPP;
	}
	request->job.result = result;
	return !result;
}

/* When it is due, as the disk's latency and its limit of IOPS have it. */
static uint64_t due_ns(struct vblk *blk)
{
	const struct disk_spec *spec = &blk->disk->spec;

	if (!spec->latency_ns && !spec->iops)
		return 0;
	uint64_t now = now_ns(), due = now + spec->latency_ns;
	if (spec->iops) {
		uint64_t start = blk->next_start_ns > now ? blk->next_start_ns : now;
		blk->next_start_ns = start + 1000000000 / spec->iops;
		if (blk->next_start_ns > due)
			due = blk->next_start_ns;
	}
	return due;
}

/* Does what can be done without waiting; true: the result is there. */
static bool begin(struct vblk *blk, struct vblk_request *request)
{
	struct disk_job *job = &request->job;

	if (!prepare(blk, request))
		return true;
	if (disk_draws_fault(blk->disk)) {
		job->result = -EIO;
		return true;
	}
	if (job->op == DISK_READ &&
	    !disk_read_now(blk->disk, job->iov, job->nr_iov, job->offset, job->len))
		return true;
	int err = disk_pool_submit(&blk->pool, job);
	if (!err) {
		blk->nr_pooled++;
	} else {
		log_line("%s: cannot start a thread: %s; the program gets EIO", blk->disk->name,
			 strerror(-err));
		job->result = -EIO;
	}
	return err;
}

static void take(struct vblk *blk)
{
	while (blk->free) {
		struct vblk_request *request = blk->free;
		int err = virtq_pop(&blk->mmio.queues[0], &request->chain);
		if (err < 0)
			vmmio_need_reset(&blk->mmio, "a chain of buffers that makes no sense");
		if (err <= 0)
			return;
		blk->free = request->next;
		if (++blk->nr_in_flight > blk->counters.nr_in_flight_max)
			blk->counters.nr_in_flight_max = blk->nr_in_flight;
		blk->counters.nr_requests++;
		request->due_ns = due_ns(blk);
		if (begin(blk, request))
			hold(blk, request);
	}
}

static void reap(struct vblk *blk)
{
	struct disk_job *job = blk->nr_pooled ? disk_pool_reap(&blk->pool) : NULL;

	for (; job; blk->nr_pooled--) {
		struct disk_job *next = job->next;
		hold(blk, (struct vblk_request *)((char *)job -
						  offsetof(struct vblk_request, job)));
		job = next;
	}
}

uint64_t vblk_serve(struct vblk *blk)
{
	uint64_t due = UINT64_MAX;
	bool is_more;

	pthread_mutex_lock(&blk->mmio.lock);
	do {
		is_more = false;
		if (!vmmio_is_live(&blk->mmio))
			break;
		virtq_spare_doorbell(&blk->mmio.queues[0]);
		reap(blk);
		take(blk);
		answer_due(blk);
		/* Without a free request a completion comes first in any case. */
		if (blk->free && vmmio_is_live(&blk->mmio))
			is_more = virtq_want_doorbell(&blk->mmio.queues[0]);
	} while (is_more);
	begin_busy(blk);
	/* What is held when the driver breaks the rules is dropped by the reset. */
	if (blk->held && vmmio_is_live(&blk->mmio))
		due = blk->held->due_ns;
	pthread_mutex_unlock(&blk->mmio.lock);
	return due;
}

/* ---- the thread ------------------------------------------------------ */

/* False: it is due, and nothing has happened. */
static bool is_woken_before(struct vblk *blk, uint64_t due)
{
	struct pollfd pollfd = {.fd = blk->doorbell_fd, .events = POLLIN};
	uint64_t now = now_ns(), left = due > now ? due - now : 0;
	struct timespec timeout = {.tv_sec = (time_t)(left / 1000000000),
				   .tv_nsec = (long)(left % 1000000000)};

	return ppoll(&pollfd, 1, &timeout, NULL) > 0;
}

/*
 * On a host that has one CPU for us the answer to a doorbell is there when the guest
 * goes on only if the host lets this thread go first, which depends on how little it
 * uses: so the usual wait is one system call. Doorbells are the count's lower half.
 */
static void wait_until(struct vblk *blk, uint64_t due)
{
	if (due == UINT64_MAX || is_woken_before(blk, due))
		blk->counters.nr_doorbells += event_take(blk->doorbell_fd) % DISK_POOL_DONE;
}

static void *run_thread(void *arg)
{
	struct vblk *blk = arg;

	/* The usual 50 us of slack would be part of every latency. */
	prctl(PR_SET_TIMERSLACK, 1000);
	while (!__atomic_load_n(&blk->is_stopping, __ATOMIC_ACQUIRE))
		wait_until(blk, vblk_serve(blk));
	return NULL;
}

/* All signals are for the vCPU's thread. */
static int start(struct vblk *blk)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int err = pthread_create(&blk->thread, NULL, run_thread, blk);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	blk->has_thread = !err;
	return -err;
}

/* ---- the driver's doing ---------------------------------------------- */

static void free_all(struct vblk *blk)
{
	end_busy(blk);
	blk->nr_in_flight = blk->nr_pooled = 0;
	blk->held = blk->free = NULL;
	for (unsigned int i = 0; blk->requests && i < VBLK_REQUESTS_MAX; i++) {
		blk->requests[i].next = blk->free;
		blk->free = &blk->requests[i];
	}
}

static bool make_requests(struct vblk *blk)
{
	if (blk->requests)
		return true;
	blk->requests = calloc(VBLK_REQUESTS_MAX, sizeof(*blk->requests));
	free_all(blk);
	return blk->requests;
}

static void on_notify(void *ctx)
{
	struct vblk *blk = ctx;
	int err = 0;

	if (!vmmio_is_live(&blk->mmio))
		return;
	if (!make_requests(blk))
		err = -ENOMEM;
	if (!err && !blk->has_thread && !blk->is_served_by_caller)
		err = start(blk);
	if (err)
		vmmio_need_reset(&blk->mmio, strerror(-err));
	else
		event_signal(blk->doorbell_fd);
}

static void on_reset(void *ctx)
{
	struct vblk *blk = ctx;

	disk_pool_drain(&blk->pool);
	free_all(blk);
}

static const struct vmmio_ops blk_ops = {.notify = on_notify, .reset = on_reset};

static void fill_space(struct vblk *blk)
{
	blk->space = (struct virtio_blk_config){
		.capacity = blk->disk->size_bytes / DISK_SECTOR_SIZE,
		.size_max = SEG_BYTES_MAX,
		.seg_max = SEGS_MAX,
		.blk_size = DISK_SECTOR_SIZE,
		.max_discard_sectors = RANGE_SECTORS_MAX,
		.max_discard_seg = 1,
		.discard_sector_alignment = 8,
		.max_write_zeroes_sectors = RANGE_SECTORS_MAX,
		.max_write_zeroes_seg = 1,
		.write_zeroes_may_unmap = 1,
	};
}

static uint64_t offered_features(const struct vblk *blk)
{
	uint64_t features = 1ull << VIRTIO_BLK_F_SIZE_MAX | 1ull << VIRTIO_BLK_F_SEG_MAX |
			    1ull << VIRTIO_BLK_F_BLK_SIZE | 1ull << VIRTIO_BLK_F_FLUSH |
			    1ull << VIRTIO_RING_F_INDIRECT_DESC | 1ull << VIRTIO_RING_F_EVENT_IDX;

	if (blk->disk->spec.is_read_only)
		return features | 1ull << VIRTIO_BLK_F_RO;
	return features | 1ull << VIRTIO_BLK_F_DISCARD | 1ull << VIRTIO_BLK_F_WRITE_ZEROES;
}

int vblk_init(struct vblk *blk, struct disk *disk, const struct guestmem *mem,
	      void (*interrupt)(void *ctx), void *ctx)
{
	*blk = (struct vblk){.disk = disk};
	blk->doorbell_fd = eventfd(0, EFD_CLOEXEC);
	if (blk->doorbell_fd < 0)
		return -errno;
	fill_space(blk);
	const struct vmmio_config config = {
		.device_id = VIRTIO_ID_BLOCK,
		.features = offered_features(blk),
		.nr_queues = 1,
		.queue_size_max = VIRTQ_SIZE_MAX,
		.space = &blk->space,
		.space_len = sizeof(blk->space),
		.mem = mem,
		.ops = &blk_ops,
		.ctx = blk,
		.interrupt = interrupt,
		.interrupt_ctx = ctx,
		.name = disk->name,
	};
	vmmio_init(&blk->mmio, &config);
	disk_pool_init(&blk->pool, disk, blk->doorbell_fd);
	return 0;
}

void vblk_fini(struct vblk *blk)
{
	__atomic_store_n(&blk->is_stopping, true, __ATOMIC_RELEASE);
	event_add(blk->doorbell_fd, DISK_POOL_DONE);
	if (blk->has_thread)
		pthread_join(blk->thread, NULL);
	disk_pool_fini(&blk->pool);
	free_all(blk);
	free(blk->requests);
	close(blk->doorbell_fd);
	vmmio_fini(&blk->mmio);
}
