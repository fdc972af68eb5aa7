# Programs of make bench: what runs in the guest, and the tools around it.

BENCH_BUILD := $(BUILD)/tests/bench
BENCH_GUESTS := $(patsubst tests/bench/guest/%.c,$(BENCH_BUILD)/%,$(wildcard tests/bench/guest/*.c))
BENCH_TOOLS := $(BENCH_BUILD)/interleave $(BENCH_BUILD)/floor
BENCH_PLUGIN := $(BENCH_BUILD)/insn_trace.so
BENCH_PIPELINE := $(BENCH_BUILD)/pipeline
BENCH_FILES := $(BENCH_GUESTS) $(BENCH_PIPELINE) $(BENCH_TOOLS) $(BENCH_PLUGIN)

# QEMU 9 dropped the plugin interface's version 1; the rest that is used here
# stayed as it was.
QEMU_PLUGIN_VERSION = $(shell qemu-system-x86_64 --version 2>/dev/null | \
	awk 'NR == 1 { print ($$4 + 0 >= 9) ? 2 : 1 }')

$(BENCH_PIPELINE): tests/abi/pipeline.c
$(BENCH_GUESTS): $(BENCH_BUILD)/%: tests/bench/guest/%.c

$(BENCH_GUESTS) $(BENCH_PIPELINE):
	@mkdir -p $(@D)
	$(call say,MUSL,$<)
	$(Q)$(MUSL_CC) -static -O2 -g -std=gnu11 -Wall -Wextra -Werror -o $@ $<

$(BENCH_TOOLS): $(BENCH_BUILD)/%: tests/bench/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(BASE_CFLAGS) $(CFLAGS) -static -o $@ $<

$(BENCH_PLUGIN): tests/bench/insn_trace.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(BASE_CFLAGS) $(CFLAGS) -DPLUGIN_VERSION=$(or $(QEMU_PLUGIN_VERSION),1) \
		-fPIC -shared -fvisibility=hidden -o $@ $<

-include $(BENCH_TOOLS:=.d) $(BENCH_PLUGIN:.so=.d)

.PHONY: bench
bench: lde $(BENCH_FILES)
	@BUILD=$(BUILD) LDE=$(abspath lde) tests/bench/run

# What policies promise, by the real clock: five minutes of it.
.PHONY: bench-policies
bench-policies: lde
	@LDE=$(abspath lde) tests/bench/policies
