/* SPDX-License-Identifier: MIT */
#include "guest/arch/monitor.h"

#include "guest/arch/direct.h"
#include "guest/arch/insn.h"

static uint16_t monitor_port = LDE_MONITOR_PORT; /* until the device tree has been read */

static void monitor_write(uint16_t reg, const void *p)
{
	paddr_t pa = (uint64_t)p >= LDE_VA_IMAGE ? image_paddr(p) : direct_paddr(p);

	insn_outl(monitor_port + reg, (uint32_t)pa);
}

void monitor_init(uint16_t port)
{
	monitor_port = port;
}

void monitor_notice(const struct lde_notice *notice)
{
	monitor_write(LDE_MONITOR_NOTICE, notice);
}

void monitor_read_clock(struct lde_clock *clock)
{
	monitor_write(LDE_MONITOR_CLOCK, clock);
}

void monitor_read_entropy(struct lde_entropy *entropy)
{
	monitor_write(LDE_MONITOR_ENTROPY, entropy);
}

void monitor_power_off(enum lde_poweroff how)
{
	for (;;)
		insn_outl(monitor_port + LDE_MONITOR_POWEROFF, how);
}
