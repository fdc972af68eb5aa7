/* SPDX-License-Identifier: MIT */
#include "vmm/dev/virtio_console.h"

#include <errno.h>
#include <linux/virtio_ids.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "vmm/base/event.h"
#include "vmm/base/log.h"
#include "vmm/dev/console_stream.h"

_Static_assert(VCONSOLE_IOV_MAX >= VIRTQ_CHAIN_MAX, "a chain is one request");
_Static_assert(VCON_QUEUES <= VMMIO_QUEUES_MAX, "there are as many queues");

/* Queues of port 0, then those for control, then two for each other port. */
enum { QUEUE_RECEIVE_0, QUEUE_TRANSMIT_0, QUEUE_TO_DRIVER, QUEUE_FROM_DRIVER, QUEUE_RECEIVE_1,
       QUEUE_TRANSMIT_1, QUEUE_RECEIVE_2, QUEUE_TRANSMIT_2 };
_Static_assert(QUEUE_TRANSMIT_2 == VCON_QUEUES - 1, "each queue has a number");

/* Nobody writes to the receive queue of the port of standard error. */
static const struct {
	uint8_t queue, port;
} places[VCONSOLE_STREAMS] = {
	[LDE_STREAM_STDIN] = {QUEUE_RECEIVE_0, LDE_VIRTIO_PORT_STDIO},
	[LDE_STREAM_STDOUT] = {QUEUE_TRANSMIT_0, LDE_VIRTIO_PORT_STDIO},
	[LDE_STREAM_STDERR] = {QUEUE_TRANSMIT_1, LDE_VIRTIO_PORT_STDERR},
	[LDE_STREAM_TERMINAL_IN] = {QUEUE_RECEIVE_2, LDE_VIRTIO_PORT_TERMINAL},
	[LDE_STREAM_TERMINAL_OUT] = {QUEUE_TRANSMIT_2, LDE_VIRTIO_PORT_TERMINAL},
};

static const char *const port_names[LDE_NR_VIRTIO_PORTS] = {"stdio", "stderr", "terminal"};

static bool is_input(unsigned int stream)
{
	return stream == LDE_STREAM_STDIN || stream == LDE_STREAM_TERMINAL_IN;
}

static bool has_ports(const struct vcon *vcon)
{
	return vmmio_has_feature(&vcon->mmio, VIRTIO_CONSOLE_F_MULTIPORT);
}

/* Whether the driver can know of the port. */
static bool has_port(const struct vcon *vcon, unsigned int port)
{
	return has_ports(vcon) ? port < vcon->space.max_nr_ports : port == LDE_VIRTIO_PORT_STDIO;
}

static void break_off(struct vcon *vcon)
{
	vmmio_need_reset(&vcon->mmio, "a chain of buffers that makes no sense");
}

/* The next chain of the queue, in vcon->chain. */
static bool pop(struct vcon *vcon, unsigned int queue)
{
	int err = vmmio_is_live(&vcon->mmio) ? virtq_pop(&vcon->mmio.queues[queue], &vcon->chain)
					     : 0;

	if (err < 0)
		break_off(vcon);
	return err > 0;
}

static size_t copy_from_chain(const struct virtq_chain *chain, void *to, size_t size)
{
	size_t len = 0;

	for (unsigned int i = 0; i < chain->nr_readable && len < size; i++) {
		size_t n = chain->iov[i].iov_len < size - len ? chain->iov[i].iov_len : size - len;
		memcpy((char *)to + len, chain->iov[i].iov_base, n);
		len += n;
	}
	return len;
}

/* What does not fit is left out. */
static size_t copy_to_chain(const struct virtq_chain *chain, const void *from, size_t size)
{
	const struct iovec *iov = chain->iov + chain->nr_readable;
	size_t len = 0;

	for (unsigned int i = 0; i < chain->nr_writable && len < size; i++) {
		size_t n = iov[i].iov_len < size - len ? iov[i].iov_len : size - len;
		memcpy(iov[i].iov_base, (const char *)from + len, n);
		len += n;
	}
	return len;
}

/* ---- control: to the driver ------------------------------------------ */

/* In this order, if several are due. */
enum { DUE_ADD, DUE_CONSOLE, DUE_SIZE, DUE_NAME, DUE_OPEN, NR_DUE };

#define DUE_WHEN_READY (1u << DUE_CONSOLE | 1u << DUE_SIZE | 1u << DUE_NAME | 1u << DUE_OPEN)

/* What resizing puts behind the message (5.3.6.2). */
struct size_message {
	struct virtio_console_control control;
	uint16_t columns, rows;
};

/* False: the driver has no buffer for it. */
static bool send(struct vcon *vcon, const void *message, size_t len)
{
	if (!pop(vcon, QUEUE_TO_DRIVER))
		return false;
	virtq_push(&vcon->mmio.queues[QUEUE_TO_DRIVER], vcon->chain.head,
		   (uint32_t)copy_to_chain(&vcon->chain, message, len));
	return true;
}

static bool send_event(struct vcon *vcon, unsigned int port, uint16_t event, uint16_t value)
{
	const struct virtio_console_control control = {port, event, value};

	return send(vcon, &control, sizeof(control));
}

static bool send_size(struct vcon *vcon, unsigned int port)
{
	const struct size_message message = {
		.control = {.id = port, .event = VIRTIO_CONSOLE_RESIZE},
		.columns = vcon->space.cols,
		.rows = vcon->space.rows,
	};

	return send(vcon, &message, sizeof(message));
}

/* The name has no NUL behind it. */
static bool send_name(struct vcon *vcon, unsigned int port)
{
	const struct virtio_console_control control = {
		.id = port, .event = VIRTIO_CONSOLE_PORT_NAME, .value = 1};
	const size_t len = strlen(port_names[port]);
	char message[sizeof(control) + 16];

	memcpy(message, &control, sizeof(control));
	memcpy(message + sizeof(control), port_names[port], len);
	return send(vcon, message, sizeof(control) + len);
}

static bool send_due(struct vcon *vcon, unsigned int port, unsigned int what)
{
	switch (what) {
	case DUE_ADD:
		return send_event(vcon, port, VIRTIO_CONSOLE_PORT_ADD, 1);
	case DUE_CONSOLE:
		return port == LDE_VIRTIO_PORT_STDERR ||
		       send_event(vcon, port, VIRTIO_CONSOLE_CONSOLE_PORT, 1);
	case DUE_SIZE:
		return port == LDE_VIRTIO_PORT_STDERR || !vcon->space.rows ||
		       send_size(vcon, port);
	case DUE_NAME:
		return send_name(vcon, port);
	default:
		return send_event(vcon, port, VIRTIO_CONSOLE_PORT_OPEN, 1);
	}
}

/* As many as there are buffers for; the rest when there are more. */
static void send_all_due(struct vcon *vcon)
{
	for (unsigned int port = 0; port < LDE_NR_VIRTIO_PORTS; port++) {
		for (unsigned int what = 0; what < NR_DUE; what++) {
			if (!(vcon->due[port] >> what & 1))
				continue;
			if (!send_due(vcon, port, what))
				return;
			vcon->due[port] &= ~(1u << what);
		}
	}
}

static bool is_anything_due(const struct vcon *vcon)
{
	for (unsigned int port = 0; port < LDE_NR_VIRTIO_PORTS; port++)
		if (vcon->due[port])
			return true;
	for (unsigned int i = 0; i < VCONSOLE_STREAMS; i++)
		if (vcon->lines[i].has_result)
			return true;
	return false;
}

/* ---- control: from the driver ---------------------------------------- */

/* What has no meaning for us, or none at all, is passed over. */
static void obey(struct vcon *vcon, const struct virtio_console_control *control)
{
	if (control->event == VIRTIO_CONSOLE_DEVICE_READY && control->value == 1) {
		for (unsigned int port = 0; port < vcon->space.max_nr_ports; port++)
			vcon->due[port] |= 1u << DUE_ADD;
	} else if (control->event == VIRTIO_CONSOLE_PORT_READY && control->value == 1 &&
		   control->id < vcon->space.max_nr_ports) {
		vcon->is_ready[control->id] = true;
		vcon->due[control->id] |= DUE_WHEN_READY;
	}
}

static void receive_control(struct vcon *vcon)
{
	struct virtio_console_control control;

	while (has_ports(vcon) && pop(vcon, QUEUE_FROM_DRIVER)) {
		if (copy_from_chain(&vcon->chain, &control, sizeof(control)) == sizeof(control))
			obey(vcon, &control);
		virtq_push(&vcon->mmio.queues[QUEUE_FROM_DRIVER], vcon->chain.head, 0);
	}
}

/* ---- streams --------------------------------------------------------- */

static void note_failure(struct vcon *vcon, unsigned int stream, int64_t result)
{
	static const char *const names[VCONSOLE_STREAMS] = {
		"standard input", "standard output", "standard error", "the terminal",
		"the terminal",
	};

	/* A driver that knows of ports is told; to another this cannot be said. */
	if (!vcon->counters.nr_failed++ && !has_ports(vcon))
		log_line("%s: %s; the guest's driver cannot be told", names[stream],
			 result < 0 ? strerror((int)-result) : "not all could be written");
}

/* Whether a used buffer says it all. */
static bool is_plain(const struct vcon_line *line, unsigned int stream)
{
	return is_input(stream) ? line->result >= 0 : line->result == (int64_t)line->len;
}

static bool tell_result(struct vcon *vcon, unsigned int stream)
{
	const struct lde_virtio_console_result message = {
		.port = places[stream].port,
		.event = LDE_VIRTIO_CONSOLE_RESULT,
		.is_input = is_input(stream),
		.result = vcon->lines[stream].result,
	};

	return !has_ports(vcon) || send(vcon, &message, sizeof(message));
}

/* Gives the line's buffer back, when its result can be told. */
static void finish(struct vcon *vcon, unsigned int stream)
{
	struct vcon_line *line = &vcon->lines[stream];
	uint32_t used_len = is_input(stream) && line->result > 0 ? (uint32_t)line->result : 0;

	if (!line->has_result || (!is_plain(line, stream) && !tell_result(vcon, stream)))
		return;
	line->has_result = line->is_busy = false;
	virtq_push(&vcon->mmio.queues[places[stream].queue], line->head, used_len);
}

static void set_result(struct vcon *vcon, unsigned int stream, int64_t result)
{
	struct vcon_line *line = &vcon->lines[stream];

	line->has_result = true;
	line->result = result;
	if (!is_input(stream) && !is_plain(line, stream))
		note_failure(vcon, stream, result);
}

/* Makes the chain at hand the stream's request. */
static void take_chain(struct vcon *vcon, unsigned int stream)
{
	struct vconsole_stream *to = &vcon->console->streams[stream];
	const struct virtq_chain *chain = &vcon->chain;
	const bool is_in = is_input(stream);
	const struct iovec *iov = chain->iov + (is_in ? chain->nr_readable : 0);
	const unsigned int nr = is_in ? chain->nr_writable : chain->nr_readable;
	struct vcon_line *line = &vcon->lines[stream];

	*line = (struct vcon_line){.is_busy = true, .head = chain->head};
	to->nr_iov = to->iov_idx = 0;
	to->moved_bytes = to->taken_bytes = 0;
	for (unsigned int i = 0; i < nr; i++) {
		if (!iov[i].iov_len)
			continue;
		to->iov[to->nr_iov++] = iov[i];
		line->len += iov[i].iov_len;
	}
	if (is_in)
		vcon->counters.nr_reads++;
	else
		vcon->counters.nr_writes++;
}

static bool advance(struct vcon *vcon, unsigned int stream, int64_t *result)
{
	struct vconsole_stream *of = &vcon->console->streams[stream];

	if (stream == LDE_STREAM_TERMINAL_IN)
		return vconsole_serve_keyboard(vcon->console, of, result);
	return vconsole_stream_advance(of, result);
}

/* Moves what can be moved at once; the I/O thread waits with the rest. */
static void serve_line(struct vcon *vcon, unsigned int stream)
{
	struct vcon_line *line = &vcon->lines[stream];
	int64_t result;

	finish(vcon, stream);
	while (!line->is_busy && pop(vcon, places[stream].queue)) {
		take_chain(vcon, stream);
		if (advance(vcon, stream, &result)) {
			set_result(vcon, stream, result);
		} else {
			int err = vconsole_thread_take(vcon->console,
						       &vcon->console->streams[stream]);
			if (!err)
				return;
			set_result(vcon, stream, err);
		}
		finish(vcon, stream);
	}
}

/* ---- serving --------------------------------------------------------- */

static void publish(struct vcon *vcon)
{
	bool is_wanted = false;

	for (unsigned int i = 0; i < VCON_QUEUES; i++)
		if (vcon->mmio.queues[i].is_ready && virtq_publish(&vcon->mmio.queues[i]))
			is_wanted = true;
	if (!is_wanted)
		return;
	vcon->counters.nr_interrupts++;
	vmmio_raise_used(&vcon->mmio);
}

/* From now on the driver is to ring. True: there is something to do already. */
static bool want_doorbells(struct vcon *vcon)
{
	bool is_more =
		has_ports(vcon) && virtq_want_doorbell(&vcon->mmio.queues[QUEUE_FROM_DRIVER]);

	if (has_ports(vcon) && virtq_want_doorbell(&vcon->mmio.queues[QUEUE_TO_DRIVER]) && is_anything_due(vcon))
		is_more = true;
	for (unsigned int i = 0; i < VCONSOLE_STREAMS; i++)
		if (has_port(vcon, places[i].port) &&
		    virtq_want_doorbell(&vcon->mmio.queues[places[i].queue]) &&
		    !vcon->lines[i].is_busy)
			is_more = true;
	return is_more;
}

static void serve_locked(struct vcon *vcon)
{
	bool is_more = vmmio_is_live(&vcon->mmio);

	while (is_more) {
		for (unsigned int i = 0; i < VCON_QUEUES; i++)
			virtq_spare_doorbell(&vcon->mmio.queues[i]);
		receive_control(vcon);
		for (unsigned int i = 0; i < VCONSOLE_STREAMS; i++)
			if (has_port(vcon, places[i].port))
				serve_line(vcon, i);
		send_all_due(vcon);
		publish(vcon);
		is_more = vmmio_is_live(&vcon->mmio) && want_doorbells(vcon);
	}
}

void vcon_serve(struct vcon *vcon)
{
	pthread_mutex_lock(&vcon->mmio.lock);
	serve_locked(vcon);
	pthread_mutex_unlock(&vcon->mmio.lock);
}

static void on_doorbell(void *ctx, uint64_t nr_rung)
{
	struct vcon *vcon = ctx;

	vcon->counters.nr_doorbells += nr_rung;
	serve_locked(vcon);
}

static void on_complete(void *ctx, unsigned int stream, int64_t result)
{
	struct vcon *vcon = ctx;

	set_result(vcon, stream, result);
	serve_locked(vcon); /* gives it back, and takes the next one */
}

/* ---- the driver's doing ---------------------------------------------- */

static void on_notify(void *ctx)
{
	struct vcon *vcon = ctx;

	if (!vmmio_is_live(&vcon->mmio))
		return;
	int err = vcon->is_served_by_caller ? 0 : vconsole_thread_start(vcon->console);
	if (err)
		vmmio_need_reset(&vcon->mmio, strerror(-err));
	else
		event_signal(vcon->doorbell_fd);
}

/* Nothing is moved without the lock, so nothing is on its way. */
static void on_reset(void *ctx)
{
	struct vcon *vcon = ctx;

	for (unsigned int i = 0; i < VCONSOLE_STREAMS; i++)
		vconsole_thread_drop(vcon->console, &vcon->console->streams[i]);
	memset(vcon->lines, 0, sizeof(vcon->lines));
	memset(vcon->is_ready, 0, sizeof(vcon->is_ready));
	memset(vcon->due, 0, sizeof(vcon->due));
}

static void on_settle(void *ctx)
{
	serve_locked(ctx);
}

static void end_urgent_line(struct vcon *vcon)
{
	if (vcon->urgent_len)
		log_line("the guest's kernel: %.*s", (int)vcon->urgent_len, vcon->urgent);
	vcon->urgent_len = 0;
}

/* One character, at any time, whatever the state of the queues (5.3.4). */
static void on_write_space(void *ctx, size_t offset, uint32_t size, uint64_t value)
{
	struct vcon *vcon = ctx;
	const unsigned char c = (unsigned char)value;

	(void)size;
	if (offset != offsetof(struct virtio_console_config, emerg_wr))
		return;
	if (c != '\n')
		vcon->urgent[vcon->urgent_len++] = c >= ' ' && c != 0x7f ? (char)c : '?';
	if (c == '\n' || vcon->urgent_len == VCON_URGENT_SIZE)
		end_urgent_line(vcon);
}

static const struct vmmio_ops ops = {
	.notify = on_notify,
	.reset = on_reset,
	.settle = on_settle,
	.write_space = on_write_space,
};

/* ---- life ------------------------------------------------------------ */

static void fill_space(struct vcon *vcon, const struct vcon_config *config)
{
	vcon->space = (struct virtio_console_config){
		.max_nr_ports = config->has_terminal ? LDE_NR_VIRTIO_PORTS
						     : LDE_VIRTIO_PORT_TERMINAL,
	};
}

int vcon_init(struct vcon *vcon, const struct vcon_config *config)
{
	*vcon = (struct vcon){.doorbell_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
	if (vcon->doorbell_fd < 0)
		return -errno;
	fill_space(vcon, config);
	const struct vmmio_config mmio = {
		.device_id = VIRTIO_ID_CONSOLE,
		.features = 1ull << VIRTIO_CONSOLE_F_SIZE | 1ull << VIRTIO_CONSOLE_F_MULTIPORT |
			    1ull << VIRTIO_CONSOLE_F_EMERG_WRITE |
			    1ull << VIRTIO_RING_F_INDIRECT_DESC | 1ull << VIRTIO_RING_F_EVENT_IDX,
		.nr_queues = 2 + 2 * vcon->space.max_nr_ports,
		.queue_size_max = VIRTQ_SIZE_MAX,
		.space = &vcon->space,
		.space_len = sizeof(vcon->space),
		.mem = config->mem,
		.ops = &ops,
		.ctx = vcon,
		.interrupt = config->interrupt,
		.interrupt_ctx = config->ctx,
		.name = "the console",
	};
	vmmio_init(&vcon->mmio, &mmio);
	vcon->front = (struct vconsole_front){
		.lock = &vcon->mmio.lock,
		.doorbell_fd = vcon->doorbell_fd,
		.serve = on_doorbell,
		.complete = on_complete,
		.ctx = vcon,
	};
	return 0;
}

void vcon_set_console(struct vcon *vcon, struct vconsole *console)
{
	vcon->console = console;
}

void vcon_resize(struct vcon *vcon, uint32_t rows, uint32_t columns)
{
	pthread_mutex_lock(&vcon->mmio.lock);
	vcon->space.rows = (uint16_t)rows;
	vcon->space.cols = (uint16_t)columns;
	if (!has_ports(vcon)) {
		if (vmmio_has_feature(&vcon->mmio, VIRTIO_CONSOLE_F_SIZE))
			vmmio_change_space(&vcon->mmio);
	} else {
		/* Each port has its own size then, and a message for it. */
		for (unsigned int port = 0; port < LDE_NR_VIRTIO_PORTS; port++)
			if (vcon->is_ready[port])
				vcon->due[port] |= 1u << DUE_SIZE;
		event_signal(vcon->doorbell_fd);
	}
	pthread_mutex_unlock(&vcon->mmio.lock);
}

void vcon_fini(struct vcon *vcon)
{
	end_urgent_line(vcon);
	close(vcon->doorbell_fd);
	vmmio_fini(&vcon->mmio);
}
