# The programs of tests/e2e, static with musl, in $(BUILD)/tests/e2e. Some run
# in the guest; awaited, mkbadelf, on_tty and signal_after help the runner on the
# host, and are static so that they run in the initramfs of KVM B too.

E2E_BUILD := $(BUILD)/tests/e2e
MUSL_CC ?= musl-gcc

E2E_PROGRAMS := $(patsubst tests/e2e/%.c,$(E2E_BUILD)/%,$(wildcard tests/e2e/*.c))
TEST_PROGRAMS += $(E2E_PROGRAMS)

$(E2E_PROGRAMS): $(E2E_BUILD)/%: tests/e2e/%.c
	@mkdir -p $(@D)
	$(call say,E2E,$<)
	$(Q)$(MUSL_CC) -std=gnu11 -O2 -D_GNU_SOURCE -Wall -Wextra -Werror -MMD -MP -s -static \
		-o $@ $<

-include $(E2E_PROGRAMS:=.d)

.PHONY: e2e-programs
e2e-programs: $(E2E_PROGRAMS)
