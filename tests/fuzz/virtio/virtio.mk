# A hostile guest against the models of the virtio devices, by libFuzzer.
#
#   make fuzz-virtio        a minute for each; FUZZ_VIRTIO_TIME=SECONDS for longer
#
# What finds new code is added to build/tests/fuzz/virtio/corpus-DEVICE, and kept in
# tests/fuzz/virtio/corpus-DEVICE when it is worth it: unit tests run that.

FUZZ_VIRTIO_TIME ?= 60
FUZZ_VIRTIO_BUILD := $(BUILD)/tests/fuzz/virtio
FUZZ_VIRTIO_DEVICES := disk console
FUZZ_VIRTIO_COMMON := tests/fuzz/virtio/fuzz_virtio.c tests/fuzz/virtio/virtio_input.c \
	vmm/dev/virtio_queue.c vmm/dev/virtio_mmio.c vmm/host/memory.c
FUZZ_VIRTIO_disk := vmm/dev/virtio_blk.c vmm/host/disk.c vmm/host/disk_pool.c
FUZZ_VIRTIO_console := vmm/dev/virtio_console.c vmm/dev/console.c vmm/dev/console_thread.c \
	vmm/dev/keyboard.c vmm/dev/tag.c vmm/host/hostio.c vmm/host/terminal.c \
	vmm/base/status_line.c
FUZZ_VIRTIO_PROGRAMS := $(FUZZ_VIRTIO_DEVICES:%=$(FUZZ_VIRTIO_BUILD)/fuzz-%)

$(FUZZ_VIRTIO_BUILD)/fuzz-disk: $(FUZZ_VIRTIO_disk)
$(FUZZ_VIRTIO_BUILD)/fuzz-console: $(FUZZ_VIRTIO_console)

$(FUZZ_VIRTIO_PROGRAMS): $(FUZZ_VIRTIO_BUILD)/fuzz-%: tests/fuzz/virtio/%_target.c \
		$(FUZZ_VIRTIO_COMMON) tests/fuzz/virtio/virtio_input.h
	@tests/tools/need-packages --probe build check
	@mkdir -p $(@D)
	$(call say,FUZZ,$@)
	$(Q)clang -std=gnu11 -O1 -g -D_GNU_SOURCE -DFUZZ_TARGET=virtio_target_$* -I. -Iinclude \
		-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
		-o $@ $(filter %.c,$^) -pthread

.PHONY: fuzz-virtio fuzz
fuzz: fuzz-virtio
fuzz-virtio: $(FUZZ_VIRTIO_PROGRAMS)
	@mkdir -p $(FUZZ_VIRTIO_DEVICES:%=$(FUZZ_VIRTIO_BUILD)/corpus-%)
	cd $(FUZZ_VIRTIO_BUILD) && for device in $(FUZZ_VIRTIO_DEVICES); do \
		./fuzz-$$device -max_total_time=$(FUZZ_VIRTIO_TIME) -max_len=4096 \
			-print_final_stats=1 corpus-$$device \
			$(abspath tests/fuzz/virtio)/corpus-$$device || exit 1; \
	done
