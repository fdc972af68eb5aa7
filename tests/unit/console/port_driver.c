/* SPDX-License-Identifier: MIT */
#include "tests/unit/console/port_driver.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/virtio_mmio.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/console/host_side.h"

#define QUEUES_GPA 0x1000 /* a page for each */
#define AVAIL      0x400
#define USED       0x800

struct vcon driver_vcon;
struct vconsole driver_console;

/* Of the used rings. */
static uint16_t seen[VCON_QUEUES];

void driver_open_device(bool has_terminal)
{
	const struct vcon_config config = {
	    .mem = &mem, .has_terminal = has_terminal, .interrupt = on_interrupt};
	const struct vconsole_config streams = {
	    .mem = &mem,
	    .front = &driver_vcon.front,
	    .fds = {host[IN], host[OUT], host[ERR], -1, -1},
	    .interrupt = on_interrupt,
	};

	assert_int_equal(vcon_init(&driver_vcon, &config), 0);
	vconsole_init(&driver_console, &streams);
	vcon_set_console(&driver_vcon, &driver_console);
}

void driver_close_device(void)
{
	vconsole_fini(&driver_console, true);
	vcon_fini(&driver_vcon);
}

int driver_set_up(void **state)
{
	(void)state;
	if (host_open(MEMORY_BYTES, EFD_NONBLOCK))
		return -1;
	driver_open_device(false);
	return 0;
}

int driver_tear_down(void **state)
{
	(void)state;
	driver_close_device();
	host_close();
	return 0;
}

void driver_use_path(int stream, const char *path)
{
	driver_close_device();
	close_end(&host[stream]);
	host[stream] = path ? open(path, stream ? O_WRONLY : O_RDONLY) : -1;
	assert_true(!path || host[stream] >= 0);
	driver_open_device(false);
}

uint32_t driver_get(uint32_t reg)
{
	return (uint32_t)vmmio_read(&driver_vcon.mmio, reg, 4);
}

void driver_set(uint32_t reg, uint32_t value)
{
	vmmio_write(&driver_vcon.mmio, reg, 4, value);
}

static uint32_t driver_queue_gpa(unsigned int queue)
{
	return QUEUES_GPA * (queue + 1);
}

static void driver_set_queue(unsigned int queue)
{
	driver_set(VIRTIO_MMIO_QUEUE_SEL, queue);
	driver_set(VIRTIO_MMIO_QUEUE_NUM, QUEUE_SIZE);
	driver_set(VIRTIO_MMIO_QUEUE_DESC_LOW, driver_queue_gpa(queue));
	driver_set(VIRTIO_MMIO_QUEUE_AVAIL_LOW, driver_queue_gpa(queue) + AVAIL);
	driver_set(VIRTIO_MMIO_QUEUE_USED_LOW, driver_queue_gpa(queue) + USED);
	driver_set(VIRTIO_MMIO_QUEUE_READY, 1);
	assert_int_equal(driver_get(VIRTIO_MMIO_QUEUE_READY), 1);
}

void driver_start(uint64_t features, unsigned int nr_queues)
{
	memset(mem.base, 0, DATA_GPA);
	memset(seen, 0, sizeof(seen));
	driver_set(VIRTIO_MMIO_STATUS, 0);
	driver_set(VIRTIO_MMIO_STATUS, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
	for (uint32_t half = 0; half < 2; half++) {
		driver_set(VIRTIO_MMIO_DRIVER_FEATURES_SEL, half);
		driver_set(VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)(features >> 32 * half));
	}
	driver_set(VIRTIO_MMIO_STATUS, 0xb);
	for (unsigned int i = 0; i < nr_queues; i++)
		driver_set_queue(i);
	driver_set(VIRTIO_MMIO_STATUS, 0xf);
	assert_int_equal(driver_get(VIRTIO_MMIO_STATUS), 0xf);
}

void driver_set_desc(unsigned int queue, unsigned int i, uint64_t addr, uint32_t len,
		     uint16_t flags, uint16_t next)
{
	struct vring_desc *desc = guestmem_at(&mem, gpa_of(driver_queue_gpa(queue)), 4096);

	desc[i] = (struct vring_desc){addr, len, flags, next};
}

void driver_offer(unsigned int queue, uint16_t head)
{
	struct vring_avail *avail = guestmem_at(&mem, gpa_of(driver_queue_gpa(queue) + AVAIL), 64);

	avail->ring[avail->idx % QUEUE_SIZE] = head;
	__atomic_store_n(&avail->idx, (uint16_t)(avail->idx + 1), __ATOMIC_SEQ_CST);
	driver_set(VIRTIO_MMIO_QUEUE_NOTIFY, queue);
}

static struct vring_used *driver_used(unsigned int queue)
{
	return guestmem_at(&mem, gpa_of(driver_queue_gpa(queue) + USED), 256);
}

bool driver_has_used(unsigned int queue)
{
	return __atomic_load_n(&driver_used(queue)->idx, __ATOMIC_ACQUIRE) != seen[queue];
}

struct vring_used_elem driver_take_used(unsigned int queue)
{
	struct pollfd pollfd = {.fd = interrupts, .events = POLLIN};
	uint64_t count;

	while (!driver_has_used(queue)) {
		assert_int_equal(poll(&pollfd, 1, WAIT_MS), 1);
		assert_int_equal(read(interrupts, &count, sizeof(count)), sizeof(count));
	}
	return driver_used(queue)->ring[seen[queue]++ % QUEUE_SIZE];
}

char *driver_data(void)
{
	return guestmem_at(&mem, gpa_of(DATA_GPA), MEMORY_BYTES - DATA_GPA);
}

void driver_send_text(unsigned int queue, uint16_t i, const char *text)
{
	const uint32_t offset = (queue * QUEUE_SIZE + i) * 256;

	strcpy(driver_data() + offset, text);
	driver_set_desc(queue, i, DATA_GPA + offset, (uint32_t)strlen(text), 0, 0);
	driver_offer(queue, i);
}

void driver_offer_message(uint16_t i)
{
	driver_set_desc(TO_DRIVER, i, MESSAGES_GPA + i * 64u, 64, WRITE, 0);
	driver_offer(TO_DRIVER, i);
}

void driver_say(uint32_t port, uint16_t event, uint16_t value)
{
	struct virtio_console_control *said = guestmem_at(&mem, gpa_of(MESSAGES_GPA + 0x1000), 64);

	*said = (struct virtio_console_control){port, event, value};
	driver_set_desc(FROM_DRIVER, 0, MESSAGES_GPA + 0x1000, sizeof(*said), 0, 0);
	driver_offer(FROM_DRIVER, 0);
	assert_int_equal(driver_take_used(FROM_DRIVER).len, 0);
}

const void *driver_hear(uint32_t *len)
{
	static char message[64];
	struct vring_used_elem elem = driver_take_used(TO_DRIVER);

	assert_in_range(elem.id, 0, QUEUE_SIZE - 1);
	assert_in_range(elem.len, 8, 64);
	memcpy(message, guestmem_at(&mem, gpa_of(MESSAGES_GPA + elem.id * 64), 64), 64);
	if (len)
		*len = elem.len;
	driver_offer_message((uint16_t)elem.id);
	return message;
}

void driver_expect_event(uint32_t port, uint16_t event, uint16_t value)
{
	const struct virtio_console_control *control = driver_hear(NULL);

	assert_int_equal(control->id, port);
	assert_int_equal(control->event, event);
	assert_int_equal(control->value, value);
}

void driver_expect_name(uint32_t port, const char *name)
{
	uint32_t len;
	const struct virtio_console_control *control = driver_hear(&len);

	assert_int_equal(control->id, port);
	assert_int_equal(control->event, VIRTIO_CONSOLE_PORT_NAME);
	assert_int_equal(len, sizeof(*control) + strlen(name));
	assert_memory_equal(control + 1, name, strlen(name));
}

void driver_expect_result(uint32_t port, bool is_in, int64_t result)
{
	uint32_t len;
	const struct lde_virtio_console_result *message = driver_hear(&len);

	assert_int_equal(len, sizeof(*message));
	assert_int_equal(message->port, port);
	assert_int_equal(message->event, LDE_VIRTIO_CONSOLE_RESULT);
	assert_int_equal(message->is_input, is_in);
	assert_int_equal(message->result, result);
}

void driver_start_ports(uint16_t nr)
{
	driver_start(F_PORTS, 6);
	for (uint16_t i = 0; i < nr; i++)
		driver_offer_message(i);
	driver_say(0, VIRTIO_CONSOLE_DEVICE_READY, 1);
	driver_expect_event(0, VIRTIO_CONSOLE_PORT_ADD, 1);
	driver_expect_event(1, VIRTIO_CONSOLE_PORT_ADD, 1);
	driver_say(0, VIRTIO_CONSOLE_PORT_READY, 1);
	driver_expect_event(0, VIRTIO_CONSOLE_CONSOLE_PORT, 1);
	driver_expect_name(0, "stdio");
	driver_expect_event(0, VIRTIO_CONSOLE_PORT_OPEN, 1);
	driver_say(1, VIRTIO_CONSOLE_PORT_READY, 1);
	driver_expect_name(1, "stderr");
	driver_expect_event(1, VIRTIO_CONSOLE_PORT_OPEN, 1);
}

unsigned int driver_nr_queues(void)
{
	unsigned int nr = 0;

	do
		driver_set(VIRTIO_MMIO_QUEUE_SEL, nr);
	while (driver_get(VIRTIO_MMIO_QUEUE_NUM_MAX) && ++nr);
	return nr;
}

void driver_offer_input(uint16_t i, uint32_t len)
{
	driver_set_desc(RX0, i, DATA_GPA + i * 256u, len, WRITE, 0);
	driver_offer(RX0, i);
}
