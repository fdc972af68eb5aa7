/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <unistd.h>

#include "tests/fuzz/virtio/virtio_input.h"
#include "vmm/dev/virtio_console.h"

static struct vcon vcon;
static struct vconsole console;
static int fds[3];

static void on_interrupt(void *ctx)
{
	(void)ctx;
}

/* Input without end, output that is taken, and output that fails; the terminal is
 * gone. */
static void create(const struct guestmem *mem)
{
	const struct vcon_config config = {
		.mem = mem, .has_terminal = true, .interrupt = on_interrupt};
	struct vconsole_config streams = {
		.mem = mem,
		.front = &vcon.front,
		.fds = {-1, -1, -1, -1, -1},
		.interrupt = on_interrupt,
	};
	static const char *const paths[] = {"/dev/zero", "/dev/null", "/dev/full"};

	for (int i = 0; i < 3; i++) {
		fds[i] = streams.fds[i] = open(paths[i], i ? O_WRONLY : O_RDONLY);
		virtio_input_check(fds[i] >= 0, "there are the usual devices");
	}
	virtio_input_check(!vcon_init(&vcon, &config), "the device can be made");
	vconsole_init(&console, &streams);
	vcon_set_console(&vcon, &console);
	vcon.is_served_by_caller = true;
}

static void serve(void)
{
	vcon_serve(&vcon);
	vcon_resize(&vcon, 24, 80);
}

static void check(int is_reset)
{
	for (int i = 0; is_reset && i < VCONSOLE_STREAMS; i++)
		virtio_input_check(!vcon.lines[i].is_busy && !console.streams[i].is_pending,
				   "a reset leaves no buffer");
}

static void end(void)
{
	vconsole_fini(&console, false);
	vcon_fini(&vcon);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
}

const struct virtio_target virtio_target_console = {
	.mmio = &vcon.mmio,
	.nr_queues = VCON_QUEUES,
	.create = create,
	.serve = serve,
	.check = check,
	.end = end,
};
