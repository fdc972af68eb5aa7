# Tests: what each target checks is in docs/testing.md.
#
#   tests/unit/NAME_test.c         links with every object of the VMM but main,
#                                  and with what it uses of tests/unit/SUBJECT/
#   tests/unit/kernel_NAME_test.c  links with the kernel's portable part,
#                                  compiled for the host, and with tests/unit/fake
#   tests/guests, tests/abi, tests/e2e: programs, and a runner that speaks TAP

TESTS_BUILD := $(BUILD)/tests
SUITES := guests abi e2e terminal trace busybox fuzz disk tutorial ostep
MUSL_CC ?= musl-gcc

# ---- unit tests ---------------------------------------------------------

UNIT_CFLAGS = $(BASE_CFLAGS) $(CFLAGS) -I.
UNIT_SRCS := $(wildcard tests/unit/*_test.c)
UNIT_TESTS := $(UNIT_SRCS:%.c=$(BUILD)/%)
KERNEL_UNIT_TESTS := $(filter $(BUILD)/tests/unit/kernel_%,$(UNIT_TESTS))
VMM_UNIT_TESTS := $(filter-out $(KERNEL_UNIT_TESTS),$(UNIT_TESTS))

# The kernel without its architecture, as the host sees it: headers in
# tests/unit/fake/guest/arch are found before the real ones. Its sched_yield must not be
# taken for the host's, which the leak sanitizer calls at the end.
GUEST_HOST_CFLAGS = $(BASE_CFLAGS) $(CFLAGS) -fno-strict-aliasing -Itests/unit/fake -I. \
	-Dsched_yield=guest_sched_yield
GUEST_HOST_OBJS := $(patsubst %.c,$(BUILD)/guest-host/%.o,$(GUEST_HOST_SRCS))
FAKE_OBJS := $(patsubst %.c,$(BUILD)/guest-host/%.o,$(wildcard tests/unit/fake/*.c))

# Its variables get sections of their own, so that a test can start it anew; its
# mem* and str* stand beside the host's under the name guest_*.
GUEST_HOST_SECTIONS := --rename-section .bss=guest_bss \
	$(foreach s,.data .data.rel .data.rel.local,--rename-section $(s)=guest_data)
GUEST_HOST_SYMBOLS := \
	$(foreach f,memcpy memmove memset memcmp memchr strlen strnlen strcmp strchr strrchr, \
		--redefine-sym $(f)=guest_$(f))

# Nor may a loop of theirs become a call of themselves.
$(BUILD)/guest-host/guest/lib/string.o: GUEST_HOST_CFLAGS += -fno-builtin \
	$(if $(findstring clang,$(CC)),,-fno-tree-loop-distribute-patterns)
$(BUILD)/guest-host/guest/lib/string.o: GUEST_HOST_SECTIONS += $(GUEST_HOST_SYMBOLS)

$(GUEST_HOST_OBJS): $(BUILD)/guest-host/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$< (host))
	$(Q)$(CC) $(GUEST_HOST_CFLAGS) -c -o $@ $<
	$(Q)objcopy $(GUEST_HOST_SECTIONS) $@

$(FAKE_OBJS): $(BUILD)/guest-host/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(GUEST_HOST_CFLAGS) -c -o $@ $<

# One name in all of them.
$(GUEST_HOST_OBJS) $(FAKE_OBJS) $(KERNEL_UNIT_TESTS): tests/tests.mk

$(BUILD)/guest-host/libguest.a: $(GUEST_HOST_OBJS) $(FAKE_OBJS)
	@mkdir -p $(@D)
	@rm -f $@
	$(call say,AR,$@)
	$(Q)$(AR) rcs $@ $^

# Traces to test on, for unit tests and as a program.
SYNTHETIC := $(BUILD)/tests/synthetic/synthetic.o
MAKE_TRACE := $(BUILD)/tests/synthetic/make_trace

$(SYNTHETIC): tests/synthetic/synthetic.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(UNIT_CFLAGS) -c -o $@ $<

$(MAKE_TRACE): tests/synthetic/make_trace.c $(SYNTHETIC) $(BUILD)/vmm/libvmm.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(UNIT_CFLAGS) $(LDFLAGS) -o $@ $< $(SYNTHETIC) $(BUILD)/vmm/libvmm.a $(VMM_LIBS)

# What tests of one subject share: tests/unit/SUBJECT/*.c. Those of the kernel have
# theirs in tests/unit/fake.
UNIT_SHARED_OBJS := $(patsubst %.c,$(BUILD)/%.o, \
	$(filter-out tests/unit/fake/%,$(wildcard tests/unit/*/*.c)))

$(UNIT_SHARED_OBJS): $(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(UNIT_CFLAGS) -c -o $@ $<

$(BUILD)/tests/unit/libshared.a: $(UNIT_SHARED_OBJS)
	@rm -f $@
	$(call say,AR,$@)
	$(Q)$(AR) rcs $@ $^

$(VMM_UNIT_TESTS): $(BUILD)/%: %.c $(BUILD)/tests/unit/libshared.a $(BUILD)/vmm/libvmm.a $(SYNTHETIC)
	@mkdir -p $(@D)
	$(call say,TEST,$<)
	$(Q)$(CC) $(UNIT_CFLAGS) $(LDFLAGS) -o $@ $(filter %.c,$^) $(SYNTHETIC) \
		$(BUILD)/tests/unit/libshared.a $(BUILD)/vmm/libvmm.a -lcmocka $(VMM_LIBS)

# The two ends of the ring, the kernel's and the VMM's, in one process.
$(BUILD)/tests/unit/kernel_event_test $(BUILD)/tests/unit/kernel_event_policy_test: \
	$(patsubst %,$(BUILD)/vmm/observe/%.o,trace_ring trace_follow trace_schema linux_names)

$(KERNEL_UNIT_TESTS): $(BUILD)/%: %.c $(BUILD)/guest-host/libguest.a
	@mkdir -p $(@D)
	$(call say,TEST,$<)
	$(Q)$(CC) $(GUEST_HOST_CFLAGS) $(LDFLAGS) -o $@ $(filter %.c %.o %/libvmm.a,$^) $(BUILD)/guest-host/libguest.a \
		-pthread -lcmocka -lfdt

$(BUILD)/tests/unit/vmm_virtio_test: tests/fuzz/virtio/virtio_input.c tests/fuzz/virtio/disk_target.c
$(BUILD)/tests/unit/vmm_virtio_console_test: tests/fuzz/virtio/virtio_input.c \
	tests/fuzz/virtio/console_target.c
$(BUILD)/tests/unit/observe_trace_damage_test: tests/fuzz/trace/trace_input.c

$(BUILD)/tests/unit/kernel_ext2_corpus_test: tests/fuzz/ext2/ext2_input.c

# A driver of the kernel and a device of the VMM, in one process.
$(patsubst %,$(BUILD)/tests/unit/kernel_virtio_%_test,blk blk_look console): \
	$(BUILD)/vmm/libvmm.a

.PHONY: unit-tests
unit-tests: $(UNIT_TESTS)

-include $(UNIT_TESTS:=.d) $(UNIT_SHARED_OBJS:.o=.d) $(SYNTHETIC:.o=.d) $(MAKE_TRACE).d $(GUEST_HOST_OBJS:.o=.d) $(FAKE_OBJS:.o=.d)

# ---- test programs ------------------------------------------------------

# Each suite may list its programs in a programs.mk: rules, and the targets in
# TEST_PROGRAMS. One that has none gets every .c file linked with musl.
TEST_PROGRAMS :=
include $(wildcard $(SUITES:%=tests/%/programs.mk))

plain_suites := $(foreach suite,$(SUITES), \
	$(if $(wildcard tests/$(suite)/programs.mk),,$(suite)))
PLAIN_PROGRAMS := $(patsubst %.c,$(BUILD)/%,$(foreach suite,$(plain_suites), \
	$(wildcard tests/$(suite)/*.c)))
TEST_PROGRAMS += $(PLAIN_PROGRAMS)

$(PLAIN_PROGRAMS): $(BUILD)/%: %.c
	@mkdir -p $(@D)
	$(call say,MUSL,$<)
	$(Q)$(MUSL_CC) -static -O2 -g -std=gnu11 -Wall -Wextra -MMD -MP -o $@ $<

-include $(PLAIN_PROGRAMS:=.d)

.PHONY: test-programs
test-programs: $(TEST_PROGRAMS)

include tests/bench/bench.mk
include tests/fuzz/virtio/virtio.mk
include tests/fuzz/trace/trace.mk
include tests/fuzz/ext2/ext2.mk

# ---- suites, as tests/tools/tap-total takes them -------------------------

TAP_TOTAL := tests/tools/tap-total $(if $(filter 1,$(V)),-v)
# $(call unit_tap,BUILD FOLDER), $(call kvm_tap,SUITE,LDE)
unit_tap = $(foreach test,$(UNIT_SRCS:%.c=$(1)/%), \
	'unit/$(patsubst %_test,%,$(notdir $(test)))=CMOCKA_MESSAGE_OUTPUT=TAP timeout 300 $(test)')
kvm_tap = 'kvm/$(1)=LDE=$(abspath $(2)) BINDIR=$(abspath $(TESTS_BUILD)/$(1)) tests/tools/on-kvm $(1)'

UNIT_TAP = $(call unit_tap,$(BUILD))
STYLE_TAP = style/layers=tests/tools/check-layers \
	style/headers=tests/tools/check-headers \
	style/source=tests/tools/check-source \
	style/docs=tests/tools/check-docs \
	'style/kernel-instructions=tests/tools/check-kernel-insns $(BUILD)/guest/lde-kernel.elf'
# MAKEFLAGS: the descriptors of this make's job server do not reach a suite.
analysis_tap = 'analysis/$(1)=MAKEFLAGS= tests/tools/tap-command $(2) "make $(1)" \
	$(MAKE) --no-print-directory -j2 BUILD=$(BUILD) $(1)'
ANALYSIS_TAP = $(call analysis_tap,build-clang,clang) $(call analysis_tap,tidy,clang-tidy) \
	$(call analysis_tap,cppcheck,cppcheck) \
	$(call analysis_tap,tsan,gcc)
BROWSER_TAP = 'browser/page=LDE=$(abspath lde) MAKE_TRACE=$(abspath $(MAKE_TRACE)) timeout -k 10 300 tests/browser/run'
KVM_TAP = $(foreach suite,$(SUITES),$(call kvm_tap,$(suite),lde))
SVM_TAP = $(foreach suite,$(SUITES), \
	'svm/$(suite)=BUILD=$(abspath $(BUILD)) LDE=$(abspath lde) tests/svm/check-suite $(suite)')

# ---- targets ------------------------------------------------------------

.PHONY: deps build-deps check check-all check-unit check-style check-browser gallery check-kvm check-svm \
	fuzz svm-shell tidy cppcheck build-clang asan tsan demo

build-deps:
	@tests/tools/need-packages build

deps: build-deps
	@tests/tools/need-packages unit check browser svm

# Two steps, so that what the first installs is there for the second.
check: deps
	@+$(MAKE) --no-print-directory check-all

check-all: lde $(UNIT_TESTS) $(TEST_PROGRAMS) $(MAKE_TRACE)
	@$(TAP_TOTAL) --one-of kvm/,svm/ --beside svm/ $(UNIT_TAP) $(STYLE_TAP) $(ANALYSIS_TAP) \
		$(BROWSER_TAP) $(KVM_TAP) $(SVM_TAP)

check-unit:
	@tests/tools/need-packages --probe build unit
	@+$(MAKE) --no-print-directory unit-tests
	@$(TAP_TOTAL) $(UNIT_TAP)

check-style: lde
	@$(TAP_TOTAL) $(STYLE_TAP)

check-browser: lde $(MAKE_TRACE)
	@$(TAP_TOTAL) $(BROWSER_TAP)

# The pictures of docs/gallery.md.
gallery: lde $(TEST_PROGRAMS)
	@tests/tools/need-packages --probe browser
	LDE=$(abspath lde) BINDIR=$(TESTS_BUILD)/trace tests/browser/gallery docs/gallery

check-kvm: lde $(TEST_PROGRAMS)
	@$(TAP_TOTAL) --one-of kvm/ $(KVM_TAP)

check-svm: lde $(TEST_PROGRAMS)
	@$(TAP_TOTAL) --one-of svm/ $(SVM_TAP)

# make check-shuffled: suites whose programs do not look at the schedule, with
# policies and quanta that are drawn; SHUFFLED_ROUNDS=N
SHUFFLED_ROUNDS ?= 1
SHUFFLED_SUITES := busybox abi guests
.PHONY: check-shuffled
check-shuffled: lde $(TEST_PROGRAMS)
	@$(TAP_TOTAL) $(foreach round,$(shell seq $(SHUFFLED_ROUNDS)), \
		$(foreach suite,$(SHUFFLED_SUITES),$(subst kvm/,$(round)/,$(call kvm_tap,$(suite),tests/tools/shuffled))))

# make fuzz FUZZ_TIME=8h: the system-call fuzzer, in rounds of new seeds
FUZZ_TIME ?= 1h
fuzz: lde $(FUZZ_BUILD)/syscalls
	@LDE=$(abspath lde) BINDIR=$(abspath $(FUZZ_BUILD)) tests/fuzz/for-long $(FUZZ_TIME)

# make fuzz-kill DISK_LIVES=N: lde killed so often while it writes to a disk
DISK_LIVES ?= 1000
.PHONY: fuzz-kill
fuzz: fuzz-kill
fuzz-kill: lde $(DISK_OWN) $(DISK_IMAGES) $(DISK_BUILD)/e2fsck
	@DISK_LIVES=$(DISK_LIVES) TEST_ONLY='killed*' $(TAP_TOTAL) $(call kvm_tap,disk,lde)

# make svm-shell CMD='lde doctor': a command under KVM B
svm-shell: lde
	@tests/svm/run-in-b $(SVM_OPTIONS) sh -c '$(subst ','\'',$(CMD))'

tidy: lde
	@tests/tools/need-packages --probe check
	@echo 'clang-tidy: $(words $(VMM_SOURCES)) files'
	$(Q)printf '%s\n' $(VMM_SOURCES) | xargs -P 2 -n 6 sh -c \
		'clang-tidy --quiet "$$@" -- $(VMM_CFLAGS) -I$(BUILD)/vmm/observe 2>/dev/null' tidy

# The linker's symbols are the ends of arrays, which comparePointers cannot know.
cppcheck:
	@tests/tools/need-packages --probe check
	$(Q)cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr -U__ASSEMBLER__ -Iinclude -I. \
		--enable=warning,performance,portability --suppress=comparePointers \
		--library=tests/tools/cppcheck.cfg vmm guest

build-clang:
	@tests/tools/need-packages --probe build check
	@+MAKE='$(MAKE)' tests/tools/build-aside $(BUILD)/clang CC=clang lde
	@echo 'build-clang: built by clang without a warning'

ASAN_CFLAGS := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=undefined

# The sanitizers cannot be linked statically.
asan: lde test-programs
	@tests/tools/need-packages --probe build unit
	@+MAKE='$(MAKE)' tests/tools/build-aside $(BUILD)/asan CFLAGS='$(ASAN_CFLAGS)' \
		LDE_STATIC=0 lde unit-tests
	@$(TAP_TOTAL) $(call unit_tap,$(BUILD)/asan/build) \
		$(call kvm_tap,e2e,$(BUILD)/asan/lde)

# The ring for events is what two threads of which neither has a lock share.
tsan: lde
	@tests/tools/need-packages --probe build unit
	@+MAKE='$(MAKE)' tests/tools/build-aside $(BUILD)/tsan CFLAGS='-O1 -g -fsanitize=thread -Wno-tsan' \
		LDE_STATIC=0 build/tests/unit/kernel_event_test build/tests/unit/vmm_recorder_test
	@$(TAP_TOTAL) $(foreach test,kernel_event vmm_recorder,'tsan/$(test)=CMOCKA_MESSAGE_OUTPUT=TAP \
		timeout 300 $(BUILD)/tsan/build/tests/unit/$(test)_test')

demo: build-deps
	@+$(MAKE) --no-print-directory lde
	./lde demo switching
