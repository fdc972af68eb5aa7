/* SPDX-License-Identifier: MIT */
/* The kernel's books, which the VMM reads (include/lde/ledger.h). */
#ifndef GUEST_LIB_LEDGER_H
#define GUEST_LIB_LEDGER_H

#include <lde/ledger.h>

extern struct lde_ledger ledger;

#endif
