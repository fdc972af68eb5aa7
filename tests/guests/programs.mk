# The programs of tests/guests: one behaviour each, in $(BUILD)/tests/guests.
# All are static with musl, which uses no vector registers of its own accord.

GUESTS_BUILD := $(BUILD)/tests/guests
MUSL_CC ?= musl-gcc

GUESTS_NAMES := $(basename $(notdir $(wildcard tests/guests/*.c)))
GUESTS_PROGRAMS := $(patsubst %,$(GUESTS_BUILD)/%,$(GUESTS_NAMES))
TEST_PROGRAMS += $(GUESTS_PROGRAMS)

GUESTS_CFLAGS := -std=gnu11 -O2 -D_GNU_SOURCE -Wall -Wextra -Werror -MMD -MP -s -static

$(GUESTS_PROGRAMS): $(GUESTS_BUILD)/%: tests/guests/%.c tests/guests/programs.mk
	@mkdir -p $(@D)
	$(call say,GUEST,$<)
	$(Q)$(MUSL_CC) $(GUESTS_CFLAGS) $(GUESTS_FLAGS) -o $@ $(filter %.c %.S,$^)

$(GUESTS_BUILD)/vectors $(GUESTS_BUILD)/registers $(GUESTS_BUILD)/dirty: tests/guests/hold.S
$(GUESTS_BUILD)/clean_start: tests/guests/first.S
$(GUESTS_BUILD)/clean_start: GUESTS_FLAGS := -Wl,-e,first

-include $(GUESTS_PROGRAMS:=.d)

.PHONY: guest-programs
guest-programs: $(GUESTS_PROGRAMS)
