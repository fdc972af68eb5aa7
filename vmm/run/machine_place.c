/* SPDX-License-Identifier: MIT */
/*
 * What the guest is doing at an exit, by the pointers that its ledger describes.
 * Each is the guest's word: it is followed only within memory, and what comes of
 * it is a number to be printed.
 */
#include <string.h>

#include <lde/layout.h>

#include "vmm/run/machine_parts.h"

/* len bytes at a virtual address of the guest's direct map or image. */
static bool read_virtual(const struct machine *machine, uint64_t va, void *to, uint64_t len)
{
	uint64_t base = va >= LDE_VA_IMAGE ? LDE_VA_IMAGE : LDE_VA_DIRECT;

	return va >= base && guestmem_read(&machine->mem, gpa_of(va - base), to, len) == 0;
}

/* The word of the last trap's frame that says what it was. */
static bool read_frame_word(const struct machine *machine, const struct lde_ledger *ledger,
			    uint64_t process, uint64_t *word)
{
	uint64_t end;

	return read_virtual(machine, process + ledger->running_frame_end, &end, sizeof(end)) &&
	       read_virtual(machine, end - ledger->frame_number_back, word, sizeof(*word));
}

static void find_trap(const struct machine *machine, const struct lde_ledger *ledger,
		      uint64_t process, struct exit_place *place)
{
	uint64_t word;

	if (!read_frame_word(machine, ledger, process, &word))
		return;
	place->kind = word >> 32 ? EXIT_PLACE_TRAP : EXIT_PLACE_SYSCALL;
	place->number = (uint32_t)(word >> 32 ? word >> 32 : word);
}

void machine_find_place(void *ctx, bool in_kernel, struct exit_place *place)
{
	const struct machine *machine = ctx;
	const struct lde_ledger *ledger = machine_live_ledger(machine);
	uint64_t process;
	uint32_t state;

	*place = (struct exit_place){0};
	if (!ledger || guestmem_read(&machine->mem, gpa_of(ledger->running_gpa), &process,
				     sizeof(process)))
		return;
	if (!read_virtual(machine, process + ledger->running_pid, &place->pid,
			  sizeof(place->pid)) ||
	    !read_virtual(machine, process + ledger->running_state, &state, sizeof(state))) {
		place->pid = 0;
		return;
	}
	if (!place->pid)
		place->kind = EXIT_PLACE_START;
	else if (state == LDE_STATE_BLOCKED || state == LDE_STATE_STOPPED)
		*place = (struct exit_place){.kind = EXIT_PLACE_IDLE};
	else if (in_kernel)
		find_trap(machine, ledger, process, place);
}
