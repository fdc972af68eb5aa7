/* SPDX-License-Identifier: MIT */
#include "vmm/dev/bus.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

static bool ranges_overlap(const struct portbus_device *a, const struct portbus_device *b)
{
	return a->port < b->port + b->nr_ports && b->port < a->port + a->nr_ports;
}

int portbus_register(struct portbus *bus, const struct portbus_device *device)
{
	if (!device->nr_ports || device->port + device->nr_ports > 0x10000)
		return -EINVAL;
	for (unsigned int i = 0; i < bus->nr_devices; i++)
		if (ranges_overlap(&bus->devices[i], device))
			return -EBUSY;
	if (bus->nr_devices == PORTBUS_DEVICES_MAX)
		return -ENOSPC;
	bus->devices[bus->nr_devices++] = *device;
	return 0;
}

/* The device whose range has this port, or NULL. */
static const struct portbus_device *find_device(const struct portbus *bus, uint16_t port)
{
	for (unsigned int i = 0; i < bus->nr_devices; i++) {
		const struct portbus_device *device = &bus->devices[i];
		if (port >= device->port && port - device->port < device->nr_ports)
			return device;
	}
	return NULL;
}

const struct portbus_device *portbus_access(struct portbus *bus, uint16_t port, bool is_write,
					    void *data, uint8_t size)
{
	const struct portbus_device *device = find_device(bus, port);

	if (!device || port - device->port + size > device->nr_ports) {
		bus->nr_unclaimed++;
		if (!is_write)
			memset(data, 0xff, size);
		return NULL;
	}
	struct portbus_access access = {
		.offset = (uint16_t)(port - device->port),
		.size = size,
		.is_write = is_write,
	};
	if (is_write)
		memcpy(&access.value, data, size);
	else
		access.value = UINT32_MAX;
	device->handler(device->opaque, &access);
	if (!is_write)
		memcpy(data, &access.value, size);
	return device;
}
