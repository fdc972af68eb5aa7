# The system-call fuzzer, static with musl: one program, $(BUILD)/tests/fuzz/syscalls.

FUZZ_BUILD := $(BUILD)/tests/fuzz
MUSL_CC ?= musl-gcc
TEST_PROGRAMS += $(FUZZ_BUILD)/syscalls

$(FUZZ_BUILD)/syscalls: $(wildcard tests/fuzz/*.c) tests/fuzz/fuzz.h tests/fuzz/programs.mk
	@mkdir -p $(@D)
	$(call say,FUZZ,$@)
	$(Q)$(MUSL_CC) -std=gnu11 -O2 -D_GNU_SOURCE -Wall -Wextra -Werror -s -static -o $@ \
		$(filter %.c,$^)
