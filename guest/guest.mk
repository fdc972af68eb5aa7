# The guest kernel and the built-in programs.

GUEST_LAYERS := lib arch mm core dev fs sys boot
GUEST_SRCS := $(foreach l,$(GUEST_LAYERS),$(sort $(wildcard guest/$(l)/*.c guest/$(l)/*.S)))
GUEST_OBJS := $(patsubst guest/%,$(BUILD)/guest/%.o,$(GUEST_SRCS))
GUEST_KERNEL := $(BUILD)/guest/lde-kernel.elf

# What can be compiled for the host, with the fakes of tests/unit in the place
# of the architecture.
GUEST_HOST_SRCS := $(foreach l,lib mm core dev fs,$(sort $(wildcard guest/$(l)/*.c))) \
	guest/arch/paging.c guest/arch/event.c guest/sys/exec.c guest/sys/image.c \
	guest/sys/signal_frame.c guest/sys/signal_queue.c

# -mgeneral-regs-only: the vector registers are the programs'.
# -march=x86-64: nothing that some KVM cannot execute in ring 0.
# -mno-red-zone: traps in ring 0 push on the same stack.
# gcc makes calls of memcpy and the like out of loops even where those are
# being defined; clang does not when freestanding.
GUEST_NO_IDIOMS := $(if $(findstring clang,$(shell $(CC) --version)),,\
	-fno-tree-loop-distribute-patterns)
GUEST_CFLAGS := -std=gnu11 $(WARNINGS) -I. -Iinclude -MMD -MP -O2 -g \
	-ffreestanding $(GUEST_NO_IDIOMS) -fno-stack-protector -fno-pic -fno-pie -mcmodel=kernel \
	-march=x86-64 -mgeneral-regs-only -mno-red-zone -fno-asynchronous-unwind-tables \
	-fno-strict-aliasing -fcf-protection=none -Wframe-larger-than=1024
# Each switch of a trace calls the policy from there, and the CPU aligns nothing on a stack
# that has no vectors: 2 instructions less.
$(BUILD)/guest/core/event_policy.c.o: GUEST_CFLAGS += $(if $(GUEST_NO_IDIOMS),\
	-mpreferred-stack-boundary=3,-mstack-alignment=8)
LIBFDT_A ?= $(firstword $(wildcard /usr/lib/x86_64-linux-gnu/libfdt.a /usr/lib/libfdt.a))

$(BUILD)/guest/%.c.o: guest/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(GUEST_CFLAGS) -c -o $@ $<

$(BUILD)/guest/%.S.o: guest/%.S
	@mkdir -p $(@D)
	$(call say,AS,$<)
	$(Q)$(CC) -I. -Iinclude -MMD -MP -g -c -o $@ $<

$(GUEST_KERNEL): $(GUEST_OBJS) guest/arch/kernel.ld
	$(call say,LD,$@)
	$(Q)ld -nostdlib -static -z max-page-size=4096 -z noexecstack --build-id=none \
		--defsym=ledger_size=`nm -S $(BUILD)/guest/lib/ledger.c.o | \
			awk '$$4 == "ledger" { print "0x" $$2 }'` \
		-T guest/arch/kernel.ld -o $@ $(GUEST_OBJS) $(LIBFDT_A)

# Built-in programs: ordinary C, linked with musl.
GUEST_USER_SRCS := $(sort $(wildcard guest/user/*.c))
GUEST_USER_PROGRAMS := $(patsubst guest/user/%.c,%,$(GUEST_USER_SRCS))
MUSL_CC ?= musl-gcc
# Some KVMs cannot run vector instructions in ring 0, where this one may get to.
GUEST_USER_CFLAGS_intruder := -nostdlib -ffreestanding -mgeneral-regs-only -mno-red-zone \
	-fno-stack-protector -fno-tree-loop-distribute-patterns

$(BUILD)/guest/user/%: guest/user/%.c
	@mkdir -p $(@D)
	$(call say,MUSL,$<)
	$(Q)$(MUSL_CC) -std=gnu11 -O2 $(WARNINGS) $(GUEST_USER_CFLAGS_$(*F)) -static -s -o $@ $<

.PHONY: kernel
kernel: $(GUEST_KERNEL)

-include $(GUEST_OBJS:.o=.d)
