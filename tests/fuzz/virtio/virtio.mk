# A hostile guest against the disk's device model, by libFuzzer.
#
#   make fuzz-virtio                    a minute; FUZZ_VIRTIO_TIME=SECONDS for longer
#
# What finds new code is added to build/tests/fuzz/virtio/corpus, and kept in
# tests/fuzz/virtio/corpus when it is worth it: tests/unit/vmm_virtio_test runs that.

FUZZ_VIRTIO_TIME ?= 60
FUZZ_VIRTIO_BUILD := $(BUILD)/tests/fuzz/virtio
FUZZ_VIRTIO_SOURCES := $(wildcard tests/fuzz/virtio/*.c) vmm/dev/virtio_queue.c \
	vmm/dev/virtio_mmio.c vmm/dev/virtio_blk.c vmm/host/disk.c vmm/host/disk_pool.c \
	vmm/host/memory.c

$(FUZZ_VIRTIO_BUILD)/fuzz: $(FUZZ_VIRTIO_SOURCES) tests/fuzz/virtio/virtio_input.h
	@tests/tools/need-packages --probe build check
	@mkdir -p $(@D)
	$(call say,FUZZ,$@)
	$(Q)clang -std=gnu11 -O1 -g -D_GNU_SOURCE -I. -Iinclude \
		-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
		-o $@ $(FUZZ_VIRTIO_SOURCES) -pthread

.PHONY: fuzz-virtio fuzz
fuzz: fuzz-virtio
fuzz-virtio: $(FUZZ_VIRTIO_BUILD)/fuzz
	@mkdir -p $(FUZZ_VIRTIO_BUILD)/corpus
	cd $(FUZZ_VIRTIO_BUILD) && ./fuzz -max_total_time=$(FUZZ_VIRTIO_TIME) -max_len=4096 \
		-print_final_stats=1 corpus $(abspath tests/fuzz/virtio/corpus)
