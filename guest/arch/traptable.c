/* SPDX-License-Identifier: MIT */
#include "guest/arch/traptable.h"

#include "guest/arch/cpu_offsets.h"
#include "guest/arch/descriptor.h"
#include "guest/arch/frame.h"
#include "guest/lib/fmt.h"

/* Interrupt gate (SDM vol. 3, 6.14.1). */
struct gate {
	uint16_t offset_low;
	uint16_t selector;
	uint8_t ist;
	uint8_t type; /* present, DPL, 0xe: interrupts go off */
	uint16_t offset_middle;
	uint32_t offset_high;
	uint32_t reserved;
};
_Static_assert(sizeof(struct gate) == 16, "SDM vol. 3, 6.14.1");

#define GATE_KERNEL 0x8e
#define GATE_USER   0xee /* INT3 in a program may use it */

static struct gate trap_table[NR_TRAP_VECTORS] __attribute__((aligned(4096)));

extern const uint64_t trap_entries[NR_TRAP_VECTORS]; /* entry.S */
extern const char trap_timer_outside[], trap_page_fault[];
extern const char syscall_entry[], syscall_entry_ring_0[];

static uint8_t vector_ist(unsigned vector)
{
	switch (vector) {
	case VECTOR_DB:
		return IST_DEBUG;
	case VECTOR_BP:
		return IST_BREAKPOINT;
	case VECTOR_NMI:
	case VECTOR_DF:
	case VECTOR_MC:
		return IST_FATAL;
	default:
		return IST_NONE;
	}
}

static void set_gate_to(unsigned vector, uint64_t entry)
{
	trap_table[vector] = (struct gate){
		.offset_low = (uint16_t)entry,
		.offset_middle = (uint16_t)(entry >> 16),
		.offset_high = (uint32_t)(entry >> 32),
		.selector = KERNEL_CS,
		.ist = vector_ist(vector),
		.type = vector == VECTOR_BP ? GATE_USER : GATE_KERNEL,
	};
}

static void set_gate(unsigned vector)
{
	set_gate_to(vector, trap_entries[vector]);
}

void traptable_begin(void)
{
	set_gate(VECTOR_BP);
	set_gate(VECTOR_PF);
	set_gate(VECTOR_DF);
}

void traptable_complete(void)
{
	for (unsigned v = 0; v < NR_TRAP_VECTORS; v++)
		set_gate(v);
}

void traptable_move_tick_outside(void)
{
	set_gate_to(VECTOR_TIMER, (uint64_t)trap_timer_outside);
}

/* The CPU changes the stack by itself only if the ring changes, or for a slot. */
void traptable_serve_ring_0(void)
{
	for (unsigned v = 0; v < NR_TRAP_VECTORS; v++)
		if (!trap_table[v].ist)
			trap_table[v].ist = IST_PROCESS;
}

void traptable_load(void)
{
	struct table_register idtr = { sizeof(trap_table) - 1, (uint64_t)trap_table };

	__asm__ volatile("lidt %0" : : "m"(idtr));
}

vaddr_t traptable_gate(unsigned vector)
{
	return (vaddr_t)&trap_table[vector];
}

vaddr_t traptable_entry(unsigned vector)
{
	const struct gate *gate = &trap_table[vector];

	return (vaddr_t)gate->offset_high << 32 | (vaddr_t)gate->offset_middle << 16 |
	       gate->offset_low;
}

/* Most names in entry.S are made of the vector. */
struct trap_entry_name traptable_entry_name(unsigned vector, vaddr_t entry)
{
	static const struct {
		const char *entry, *name;
	} others[] = {
		{ trap_page_fault, "trap_page_fault" },
		{ trap_timer_outside, "trap_timer_outside" },
		{ syscall_entry, "syscall_entry" },
		{ syscall_entry_ring_0, "syscall_entry_ring_0" },
	};
	struct trap_entry_name name = { "" };
	struct fmt f = { name.text, name.text + sizeof(name.text) - 1 };

	for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (entry == (vaddr_t)others[i].entry) {
			fmt_text(&f, others[i].name);
			return name;
		}
	fmt_text(&f, "trap_");
	fmt_number(&f, vector);
	return name;
}
