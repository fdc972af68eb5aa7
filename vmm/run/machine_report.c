/* SPDX-License-Identifier: MIT */
/* What the guest's kernel wrote in its books, checked and copied out. */
#include <stdlib.h>
#include <string.h>

#include <lde/boot.h>

#include "vmm/run/machine.h"
#include "vmm/run/machine_parts.h"

/* More than a guest of 3 GiB can have processes; bounds what is copied. */
#define RECORDS_MAX (1u << 20)

const struct lde_ledger *machine_live_ledger(const struct machine *machine)
{
	const struct lde_ledger *ledger =
		guestmem_at(&machine->mem, gpa_of(machine->image.note.ledger_gpa), sizeof(*ledger));

	if (!ledger || ledger->magic != LDE_LEDGER_MAGIC || ledger->version != LDE_CONTRACT_VERSION)
		return NULL;
	return ledger;
}

const struct lde_process_record *machine_live_records(const struct machine *machine,
						      const struct lde_ledger *ledger, uint32_t *nr)
{
	uint32_t wanted = __atomic_load_n(&ledger->nr_records, __ATOMIC_ACQUIRE);
	uint64_t gpa = ledger->records_gpa;
	const struct lde_process_record *records = NULL;

	if (wanted && wanted <= ledger->records_cap && wanted <= RECORDS_MAX &&
	    gpa % _Alignof(struct lde_process_record) == 0)
		records = guestmem_at(&machine->mem, gpa_of(gpa), wanted * sizeof(*records));
	*nr = records ? wanted : 0;
	return records;
}

bool machine_progress_facts(void *ctx, struct progress_facts *facts)
{
	const struct machine *machine = ctx;
	const struct lde_ledger *ledger = machine_live_ledger(machine);
	const struct lde_process_record *records;
	uint32_t nr;

	if (!ledger)
		return false;
	records = machine_live_records(machine, ledger, &nr);
	for (uint32_t i = 0; i < nr; i++) {
		uint32_t state = __atomic_load_n(&records[i].state, __ATOMIC_RELAXED);

		if (state < LDE_NR_STATES)
			facts->states[state]++;
	}
	for (unsigned int i = 0; i < NR_EXIT_CAUSES; i++)
		facts->nr_exits += __atomic_load_n(&machine->report->exits.causes[i].count,
						   __ATOMIC_RELAXED);
	return true;
}

void machine_sanitise_name(char *name, size_t size)
{
	name[size - 1] = '\0';
	for (char *c = name; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
}

static void copy_records(const struct machine *machine, const struct lde_ledger *ledger)
{
	uint32_t nr;
	const struct lde_process_record *live = machine_live_records(machine, ledger, &nr);
	struct lde_process_record *copy = nr ? malloc(nr * sizeof(*copy)) : NULL;

	if (!copy)
		return;
	memcpy(copy, live, nr * sizeof(*copy));
	for (uint32_t i = 0; i < nr; i++)
		machine_sanitise_name(copy[i].name, sizeof(copy[i].name));
	machine->report->records = copy;
	machine->report->nr_records = nr;
}

void machine_copy_ledger(const struct machine *machine)
{
	const struct lde_ledger *live = machine_live_ledger(machine);
	struct lde_ledger *copy = live ? malloc(sizeof(*copy)) : NULL;

	if (!copy)
		return;
	memcpy(copy, live, sizeof(*copy));
	machine->report->ledger = copy;
	copy_records(machine, copy);
}

const char *machine_process_name(void *ctx, uint32_t pid, char *buf, size_t size)
{
	const struct machine *machine = ctx;
	const struct lde_ledger *ledger = machine_live_ledger(machine);
	uint32_t nr = 0;
	const struct lde_process_record *records =
		ledger ? machine_live_records(machine, ledger, &nr) : NULL;

	/* From the end: the latest to have that number. */
	while (nr--) {
		if (records[nr].pid != pid)
			continue;
		size_t len = size < sizeof(records[nr].name) ? size : sizeof(records[nr].name);
		memcpy(buf, records[nr].name, len);
		machine_sanitise_name(buf, len);
		return buf;
	}
	return NULL;
}

void machine_report_fini(struct machine_report *report)
{
	free(report->kvm_stats);
	exits_ledger_fini(&report->exit_ledger);
	free((void *)report->ledger);
	free((void *)report->records);
	*report = (struct machine_report){0};
}
