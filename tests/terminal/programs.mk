# The programs of tests/terminal, static with musl, in $(BUILD)/tests/terminal:
# typist helps the runner on the host, tty_facts runs natively and in the guest.

TERMINAL_BUILD := $(BUILD)/tests/terminal
TERMINAL_PROGRAMS := $(patsubst tests/terminal/%.c,$(TERMINAL_BUILD)/%,$(wildcard tests/terminal/*.c))
TEST_PROGRAMS += $(TERMINAL_PROGRAMS)

$(TERMINAL_PROGRAMS): $(TERMINAL_BUILD)/%: tests/terminal/%.c
	@mkdir -p $(@D)
	$(call say,TERM,$<)
	$(Q)$(MUSL_CC) -std=gnu11 -O2 -D_GNU_SOURCE -Wall -Wextra -Werror -MMD -MP -s -static \
		-o $@ $<

-include $(TERMINAL_PROGRAMS:=.d)
