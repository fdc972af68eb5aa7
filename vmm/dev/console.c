/* SPDX-License-Identifier: MIT */
#include "vmm/dev/console.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>

#include "vmm/base/log.h"
#include "vmm/dev/console_stream.h"
#include "vmm/host/terminal.h"

_Static_assert(VCONSOLE_IOV_MAX >= LDE_CONSOLE_SEGS_MAX, "every request fits");

#define REQ_HEADER_SIZE offsetof(struct lde_console_req, segs)

/* Of one request at most so much is taken, and the result says so: an exit must
 * come to its end, and tagged lines are copied. */
#define REQUEST_BYTES_MAX (64u << 20)
#define TAG_BYTES_MAX     (1u << 20)

/* After so many pieces in one exit, the I/O thread goes on with the rest. */
#define ROUNDS_MAX 64

static bool is_input(uint32_t stream)
{
	return stream == LDE_STREAM_STDIN || stream == LDE_STREAM_TERMINAL_IN;
}

void vconsole_init(struct vconsole *console, const struct vconsole_config *config)
{
	*console = (struct vconsole){.config = *config, .wake_fd = -1};
	pthread_mutex_init(&console->lock, NULL);
	for (int i = 0; i < VCONSOLE_STREAMS; i++) {
		struct vconsole_stream *stream = &console->streams[i];
		hostio_init(&stream->io, config->fds[i], !is_input(i));
		tagger_init(&stream->tagger, config->name, config->ctx);
	}
}

void vconsole_store_result(const struct vconsole *console, uint32_t req_gpa, int64_t result)
{
	gpa_t gpa = gpa_of(req_gpa + offsetof(struct lde_console_req, result));
	int64_t *slot = guestmem_at(console->config.mem, gpa, sizeof(*slot));

	/* The address was checked when the request was read. */
	if (slot)
		__atomic_store_n(slot, result, __ATOMIC_RELEASE);
}

/* ---- moving ---------------------------------------------------------- */

static void skip_moved(struct vconsole_stream *stream, size_t moved)
{
	stream->moved_bytes += moved;
	while (stream->iov_idx < stream->nr_iov) {
		struct iovec *iov = &stream->iov[stream->iov_idx];
		if (moved < iov->iov_len) {
			iov->iov_base = (char *)iov->iov_base + moved;
			iov->iov_len -= moved;
			return;
		}
		moved -= iov->iov_len;
		stream->iov_idx++;
	}
}

/* What the guest is told: an error only if nothing was moved before it, as
 * write(2) does; the next request meets it again. */
static int64_t final_result(const struct vconsole_stream *stream, ssize_t error)
{
	if (!stream->moved_bytes && error)
		return error;
	if (stream->taken_bytes)
		return error ? error : (int64_t)stream->taken_bytes;
	return (int64_t)stream->moved_bytes;
}

bool vconsole_stream_advance(struct vconsole_stream *stream, int64_t *result)
{
	for (int round = 0; stream->iov_idx < stream->nr_iov; round++) {
		if (round == ROUNDS_MAX)
			return false;
		ssize_t moved = hostio_transfer(&stream->io, &stream->iov[stream->iov_idx],
						stream->nr_iov - stream->iov_idx);
		if (moved == -EAGAIN || moved == -EINTR)
			return false;
		if (moved < 0) {
			*result = final_result(stream, moved);
			return true;
		}
		skip_moved(stream, (size_t)moved);
		/* Input is complete with whatever came, 0 being its end. */
		if (!stream->io.is_output)
			break;
	}
	*result = final_result(stream, 0);
	return true;
}

/* ---- requests -------------------------------------------------------- */

/* Only the first is told, or a broken guest would fill the terminal. */
static void ignore(struct vconsole *console, uint32_t gpa)
{
	if (!console->nr_ignored++)
		log_line("the guest's kernel made a bad request of the console: nothing at %#x",
			 gpa);
}

static bool segment_overlaps_request(const struct lde_console_seg *seg, uint32_t req_gpa)
{
	return seg->len && (uint64_t)seg->gpa < (uint64_t)req_gpa + sizeof(struct lde_console_req) &&
	       req_gpa < (uint64_t)seg->gpa + seg->len;
}

/* Host addresses of the guest's segments; empty ones are left out. */
static int map_segments(const struct vconsole *console, struct vconsole_stream *stream,
			uint32_t req_gpa, const struct lde_console_seg *segs, uint32_t nr_segs)
{
	stream->nr_iov = 0;
	for (uint32_t i = 0; i < nr_segs; i++) {
		void *base = guestmem_at(console->config.mem, gpa_of(segs[i].gpa), segs[i].len);
		if (!base)
			return -EFAULT;
		if (segment_overlaps_request(&segs[i], req_gpa))
			return -EINVAL;
		if (segs[i].len)
			stream->iov[stream->nr_iov++] =
				(struct iovec){.iov_base = base, .iov_len = segs[i].len};
	}
	return 0;
}

/* Shortens the stream's vector to at most max bytes; returns how many are left. */
static size_t limit_iov(struct vconsole_stream *stream, size_t max)
{
	size_t total = 0;

	for (unsigned int i = 0; i < stream->nr_iov && total < max; i++) {
		if (stream->iov[i].iov_len >= max - total) {
			stream->iov[i].iov_len = max - total;
			stream->nr_iov = i + 1;
		}
		total += stream->iov[i].iov_len;
	}
	return total;
}

/* Replaces what is to be written by the tagged lines that it completes. */
static int tag_output(struct vconsole_stream *stream, uint32_t pid, size_t len)
{
	stream->lines.len = 0;
	int err = tagger_take(&stream->tagger, pid, stream->iov, stream->nr_iov, &stream->lines);
	if (err)
		return err;
	stream->taken_bytes = len;
	stream->iov[0] = (struct iovec){stream->lines.bytes, stream->lines.len};
	stream->nr_iov = stream->lines.len ? 1 : 0;
	return 0;
}

/* Copies the request, and checks all but its segments. */
static int read_request(const struct vconsole *console, uint32_t gpa, struct lde_console_req *req)
{
	const struct guestmem *mem = console->config.mem;
	const gpa_t segs_gpa = gpa_add(gpa_of(gpa), REQ_HEADER_SIZE);

	if (guestmem_read(mem, gpa_of(gpa), req, REQ_HEADER_SIZE))
		return -EFAULT;
	if (req->op != LDE_CONSOLE_READ && req->op != LDE_CONSOLE_WRITE)
		return -EINVAL;
	if (req->stream >= VCONSOLE_STREAMS ||
	    (req->op == LDE_CONSOLE_READ) != is_input(req->stream))
		return -EINVAL;
	if (!req->nr_segs || req->nr_segs > LDE_CONSOLE_SEGS_MAX)
		return -EINVAL;
	return guestmem_read(mem, segs_gpa, req->segs, req->nr_segs * sizeof(req->segs[0]));
}

bool vconsole_is_pending(struct vconsole *console, const struct vconsole_stream *stream)
{
	pthread_mutex_lock(&console->lock);
	bool pending = stream->is_pending;
	pthread_mutex_unlock(&console->lock);
	return pending;
}

/* Readies an idle stream for a request. 0 or -errno for the guest. */
static int begin(struct vconsole *console, struct vconsole_stream *stream, uint32_t gpa,
		 const struct lde_console_req *req)
{
	const bool is_tagged = console->config.is_tagged && stream->io.is_output;

	stream->req_gpa = gpa;
	stream->iov_idx = 0;
	stream->moved_bytes = stream->taken_bytes = 0;
	int err = map_segments(console, stream, gpa, req->segs, req->nr_segs);
	if (err)
		return err;
	size_t len = limit_iov(stream, is_tagged ? TAG_BYTES_MAX : REQUEST_BYTES_MAX);
	return is_tagged ? tag_output(stream, req->pid, len) : 0;
}

bool vconsole_serve_keyboard(struct vconsole *console, struct vconsole_stream *stream,
			     int64_t *result)
{
	struct keyboard *keyboard = &console->keyboard;

	pthread_mutex_lock(&console->lock);
	bool is_ready = true;
	if (!keyboard_is_empty(keyboard))
		*result = (int64_t)keyboard_take(keyboard, stream->iov, stream->nr_iov);
	else if (keyboard->has_ended)
		*result = keyboard->error;
	else if (!terminal_is_taken()) /* it is not there, or could not be had */
		*result = stream->io.fd < 0 ? -EBADF : -EIO;
	else
		is_ready = false;
	pthread_mutex_unlock(&console->lock);
	return is_ready;
}

static bool advance(struct vconsole *console, struct vconsole_stream *stream, int64_t *result)
{
	if (stream == &console->streams[LDE_STREAM_TERMINAL_IN])
		return vconsole_serve_keyboard(console, stream, result);
	return vconsole_stream_advance(stream, result);
}

/* Serves the request, or hands it on: true if *result is final. */
static bool serve(struct vconsole *console, uint32_t gpa, const struct lde_console_req *req,
		  int64_t *result)
{
	struct vconsole_stream *stream = &console->streams[req->stream];

	*result = begin(console, stream, gpa, req);
	if (*result < 0) {
		console->nr_refused++;
		return true;
	}
	if (advance(console, stream, result))
		return true;
	console->nr_pended++;
	int err = vconsole_thread_take(console, stream);
	if (!err)
		return false; /* the stream is the thread's now */
	*result = final_result(stream, err);
	return true;
}

static void doorbell(struct vconsole *console, uint32_t gpa)
{
	struct lde_console_req req;
	int64_t result;

	console->nr_requests++;
	/* Without an address for the result there is nobody to answer. */
	if (gpa % _Alignof(struct lde_console_req) ||
	    !guestmem_at(console->config.mem, gpa_of(gpa), REQ_HEADER_SIZE)) {
		ignore(console, gpa);
		return;
	}
	result = read_request(console, gpa, &req);
	if (result < 0) {
		console->nr_refused++;
	} else if (vconsole_is_pending(console, &console->streams[req.stream])) {
		/* Rung twice: answering would complete what still runs. */
		if (gpa == console->streams[req.stream].req_gpa) {
			ignore(console, gpa);
			return;
		}
		console->nr_refused++;
		result = -EINVAL;
	} else if (!serve(console, gpa, &req, &result)) {
		return;
	}
	vconsole_store_result(console, gpa, result);
}

void vconsole_access(void *opaque, struct portbus_access *access)
{
	struct vconsole *console = opaque;

	if (access->is_write && access->size == sizeof(uint32_t) &&
	    access->offset == LDE_CONSOLE_REQUEST && !console->config.front)
		doorbell(console, access->value);
	else if (access->is_write && access->size == sizeof(uint32_t) &&
		 access->offset == LDE_CONSOLE_TERMINAL && console->config.terminal)
		console->config.terminal(console->config.ctx, access->value);
	else
		ignore(console, access->value);
}

/* ---- end ------------------------------------------------------------- */

/* Writes the stream's lines, waiting for the reader; a signal ends the wait. */
static void write_lines(struct vconsole_stream *stream)
{
	int64_t ignored;

	stream->iov[0] = (struct iovec){stream->lines.bytes, stream->lines.len};
	stream->nr_iov = 1;
	stream->iov_idx = 0;
	while (!vconsole_stream_advance(stream, &ignored)) {
		struct pollfd pollfd = {.fd = hostio_poll_fd(&stream->io),
					.events = hostio_events(&stream->io)};
		if (poll(&pollfd, 1, -1) < 0 || !(pollfd.revents & POLLOUT))
			return;
	}
}

static void flush_tags(struct vconsole_stream *stream)
{
	stream->lines.len = 0;
	if (!tagger_flush(&stream->tagger, &stream->lines) && stream->lines.len)
		write_lines(stream);
}

void vconsole_fini(struct vconsole *console, bool flush)
{
	vconsole_thread_stop(console);
	for (int i = 0; i < VCONSOLE_STREAMS; i++) {
		struct vconsole_stream *stream = &console->streams[i];
		if (flush)
			flush_tags(stream);
		hostio_fini(&stream->io);
		tagger_fini(&stream->tagger);
		free(stream->lines.bytes);
		stream->lines = (struct tagger_text){0};
	}
	pthread_mutex_destroy(&console->lock);
}
