# Hostile rings and hostile traces, by libFuzzer.
#
#   make fuzz-trace                     a minute; FUZZ_TRACE_TIME=SECONDS for longer
#
# What finds new code is added to build/tests/fuzz/trace/corpus, and kept in
# tests/fuzz/trace/corpus when it is worth it: tests/unit/observe_trace_test runs that.

FUZZ_TRACE_TIME ?= 60
FUZZ_TRACE_BUILD := $(BUILD)/tests/fuzz/trace
FUZZ_TRACE_SOURCES := $(wildcard tests/fuzz/trace/*.c) $(wildcard vmm/observe/trace_*.c) \
	vmm/observe/quantity.c vmm/observe/linux_names.c

$(FUZZ_TRACE_BUILD)/fuzz: $(FUZZ_TRACE_SOURCES) tests/fuzz/trace/trace_input.h $(SYSCALL_NAMES)
	@tests/tools/need-packages --probe build check
	@mkdir -p $(@D)
	$(call say,FUZZ,$@)
	$(Q)clang -std=gnu11 -O1 -g -D_GNU_SOURCE -I. -Iinclude -I$(BUILD)/vmm/observe \
		-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
		-o $@ $(FUZZ_TRACE_SOURCES)

.PHONY: fuzz-trace fuzz
fuzz: fuzz-trace
fuzz-trace: $(FUZZ_TRACE_BUILD)/fuzz
	@mkdir -p $(FUZZ_TRACE_BUILD)/corpus
	cd $(FUZZ_TRACE_BUILD) && ./fuzz -max_total_time=$(FUZZ_TRACE_TIME) -max_len=5000 -len_control=0 \
		-print_final_stats=1 corpus $(abspath tests/fuzz/trace/corpus)
