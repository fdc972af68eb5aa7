/* SPDX-License-Identifier: MIT */
/*
 * The port bus: ranges of x86 I/O ports and who answers for them. A device
 * sees its own argument and the access, and nothing else of the machine.
 */
#ifndef VMM_DEV_BUS_H
#define VMM_DEV_BUS_H

#include <stdbool.h>
#include <stdint.h>

/* One access of the guest, as decoded by KVM; not to be trusted beyond that. */
struct portbus_access {
	uint16_t offset; /* from the start of the device's range */
	uint8_t size;    /* bytes: 1, 2 or 4 */
	bool is_write;
	uint32_t value; /* written, or to be filled in for a read */
};

typedef void portbus_handler(void *opaque, struct portbus_access *access);

#define PORTBUS_DEVICES_MAX 8

struct portbus_device {
	uint16_t port;
	uint16_t nr_ports;
	int tag; /* the owner's, for counting */
	portbus_handler *handler;
	void *opaque;
};

struct portbus {
	struct portbus_device devices[PORTBUS_DEVICES_MAX];
	unsigned int nr_devices;
	uint64_t nr_unclaimed; /* accesses that no device answered */
};

/* 0, -EINVAL (empty or beyond port 0xffff), -EBUSY (overlaps) or -ENOSPC. */
int portbus_register(struct portbus *bus, const struct portbus_device *device);

/*
 * Carries out one access. size is 1, 2 or 4 and data that many bytes, little
 * endian. An access that no device claims, or that runs over the end of its
 * range, reads as all ones and writes nothing, as an empty ISA bus does.
 * Returns the device, or NULL if there was none.
 */
const struct portbus_device *portbus_access(struct portbus *bus, uint16_t port, bool is_write,
					    void *data, uint8_t size);

#endif
