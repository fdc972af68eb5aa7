# The programs of tests/trace, static, in $(BUILD)/tests/trace: with musl for the guest,
# and with the host's C library what helps the runner and needs Linux's headers.

TRACE_BUILD := $(BUILD)/tests/trace
TRACE_HELPERS := $(TRACE_BUILD)/slow_disk
TRACE_GUESTS := $(filter-out $(TRACE_HELPERS), \
	$(patsubst tests/trace/%.c,$(TRACE_BUILD)/%,$(wildcard tests/trace/*.c)))
TEST_PROGRAMS += $(TRACE_GUESTS) $(TRACE_HELPERS)

$(TRACE_GUESTS): $(TRACE_BUILD)/%: tests/trace/%.c
	@mkdir -p $(@D)
	$(call say,MUSL,$<)
	$(Q)$(MUSL_CC) -static -O2 -g -std=gnu11 -Wall -Wextra -Werror -MMD -MP -o $@ $<

$(TRACE_HELPERS): $(TRACE_BUILD)/%: tests/trace/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) -static -O2 -g -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -MMD -MP -o $@ $<

-include $(TRACE_GUESTS:=.d) $(TRACE_HELPERS:=.d)
