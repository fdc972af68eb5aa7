/* SPDX-License-Identifier: MIT */
/*
 * A virtio console and a driver of it, of one port or of several: tests say what the
 * driver does, queue by queue. What is expected and does not come fails the test. The
 * host's ends are those of host_side.h.
 */
#ifndef TESTS_UNIT_CONSOLE_PORT_DRIVER_H
#define TESTS_UNIT_CONSOLE_PORT_DRIVER_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "vmm/dev/virtio_console.h"

#define MEMORY_BYTES (4u << 20) /* of the machine */
#define QUEUE_SIZE   16
#define MESSAGES_GPA 0x10000 /* the buffers for messages */
#define DATA_GPA     0x100000

#define NEXT  VRING_DESC_F_NEXT
#define WRITE VRING_DESC_F_WRITE

enum { RX0, TX0, TO_DRIVER, FROM_DRIVER, RX1, TX1, RX2, TX2 };

#define F(bit) (1ull << (bit))
/* What a driver of several ports asks for. */
#define F_PORTS (F(VIRTIO_F_VERSION_1) | F(VIRTIO_CONSOLE_F_SIZE) | F(VIRTIO_CONSOLE_F_MULTIPORT))

extern struct vcon driver_vcon;
extern struct vconsole driver_console;

/* For each test, with cmocka: streams that are no terminal. */
int driver_set_up(void **state);
int driver_tear_down(void **state);

/* The device again, with host[] as it is then. */
void driver_open_device(bool has_terminal);
void driver_close_device(void);
/* The device again, that stream from or to a file; NULL: it is closed. */
void driver_use_path(int stream, const char *path);

/* ---- registers and queues ----------------------------------------------- */

uint32_t driver_get(uint32_t reg);
void driver_set(uint32_t reg, uint32_t value);

/* Up to DRIVER_OK, with the first queues set up. */
void driver_start(uint64_t features, unsigned int nr_queues);
/* How many queues the device has. */
unsigned int driver_nr_queues(void);

void driver_set_desc(unsigned int queue, unsigned int i, uint64_t addr, uint32_t len,
		     uint16_t flags, uint16_t next);
/* Makes the chain available and rings. */
void driver_offer(unsigned int queue, uint16_t head);
bool driver_has_used(unsigned int queue);
/* Waits for the next used entry of the queue. */
struct vring_used_elem driver_take_used(unsigned int queue);

/* The driver's memory at DATA_GPA. */
char *driver_data(void);
/* Descriptor i of a queue, with the text. */
void driver_send_text(unsigned int queue, uint16_t i, const char *text);
/* Descriptor i of RX0, with room for len bytes. */
void driver_offer_input(uint16_t i, uint32_t len);

/* ---- control messages --------------------------------------------------- */

/* A driver of several ports that is ready, with nr buffers for messages. */
void driver_start_ports(uint16_t nr);
void driver_offer_message(uint16_t i);
void driver_say(uint32_t port, uint16_t event, uint16_t value);
/* The next message; its place is offered again. */
const void *driver_hear(uint32_t *len);
void driver_expect_event(uint32_t port, uint16_t event, uint16_t value);
void driver_expect_name(uint32_t port, const char *name);
void driver_expect_result(uint32_t port, bool is_in, int64_t result);

#endif
