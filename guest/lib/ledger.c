/* SPDX-License-Identifier: MIT */
#include "guest/lib/ledger.h"

#include <lde/boot.h>

struct lde_ledger ledger __attribute__((aligned(4096))) = {
	.magic = LDE_LEDGER_MAGIC,
	.version = LDE_CONTRACT_VERSION,
};
