# Images of ext2 that lie, against the kernel's ext2 compiled for the host, by
# libFuzzer.
#
#   make fuzz-ext2                      a minute; FUZZ_EXT2_TIME=SECONDS for longer
#
# What finds new code is added to build/tests/fuzz/ext2/corpus, and kept in
# tests/fuzz/ext2/corpus when it is worth it: tests/unit/kernel_ext2_corpus_test runs
# that.

FUZZ_EXT2_TIME ?= 60
FUZZ_EXT2_BUILD := $(BUILD)/tests/fuzz/ext2
FUZZ_EXT2_CFLAGS := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined

.PHONY: fuzz-ext2
fuzz: fuzz-ext2
# The kernel's part is built aside, with the sanitizers and libFuzzer's counters.
fuzz-ext2: lde
	@tests/tools/need-packages --probe build check unit
	@mkdir -p $(FUZZ_EXT2_BUILD)/corpus
	@+MAKE='$(MAKE)' tests/tools/build-aside $(FUZZ_EXT2_BUILD)/tree CC=clang \
		CFLAGS='$(FUZZ_EXT2_CFLAGS) -fsanitize=fuzzer-no-link' build/guest-host/libguest.a
	$(call say,FUZZ,$(FUZZ_EXT2_BUILD)/fuzz)
	$(Q)clang $(BASE_CFLAGS) $(FUZZ_EXT2_CFLAGS) -fsanitize=fuzzer -Itests/unit/fake -I. \
		-o $(FUZZ_EXT2_BUILD)/fuzz $(wildcard tests/fuzz/ext2/*.c) \
		$(FUZZ_EXT2_BUILD)/tree/build/guest-host/libguest.a -pthread -lcmocka -lfdt
	cd $(FUZZ_EXT2_BUILD) && ./fuzz -max_total_time=$(FUZZ_EXT2_TIME) -max_len=400 -len_control=0 \
		-timeout=20 -rss_limit_mb=4096 -print_final_stats=1 corpus $(abspath tests/fuzz/ext2/corpus)
