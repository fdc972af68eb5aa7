# The programs of tests/abi: each is run natively and under lde, and must do
# the same. They are built against two C libraries and in two forms of static
# executable:
#
#   $(BUILD)/tests/abi/musl/NAME   musl
#   $(BUILD)/tests/abi/glibc/NAME  glibc
#   $(BUILD)/tests/abi/pie/NAME    glibc, static-pie
#   $(BUILD)/tests/abi/cxx/NAME    C++
#   $(BUILD)/tests/abi/cxxpie/NAME C++, static-pie
#   $(BUILD)/tests/abi/bare/NAME   no library at all

ABI_BUILD := $(BUILD)/tests/abi
ABI_CC ?= gcc
ABI_CXX ?= g++
MUSL_CC ?= musl-gcc

ABI_BOTH := hello args auxv writev stdio_buffer count_lines stdin_eof malloc_stress brk \
	mmap_anon mmap_file mremap files errors clocks cputime identity system signals \
	end_abort end_assert end_fault float_x87 float_sse cpu_matrix cpu_sha256 cpu_sort \
	cpu_nbody setjmp recursion big_bss tls atexit number_text syscall_vectors \
	thread_pointer proc_fork proc_exec sig_handlers sig_frame job_control \
	fs_errors fs_open fs_write fs_rename fs_links fs_dirs fs_attributes fs_mmap fs_numbers \
	fs_at limits pipes pipe_processes polling copying devices input_poll busy_text \
	not_sockets \
	priority sig_wait sig_queue sig_taken_back edge_values root_ids asking futex semaphores robust \
	vsyscall
ABI_MUSL_ONLY := exit_code write_sizes cat mprotect end_signal cpu_primes cpu_crc32 \
	cpu_records unaligned rep_string syscall_registers goto_table pipeline pointers descriptors \
	flag_bits
ABI_GLIBC_ONLY := float_avx cpu_mandelbrot
ABI_PIE_NAMES := hello args auxv malloc_stress mmap_file files tls big_data atexit cpu_sort \
	end_fault thread_pointer
ABI_CXX_NAMES := cxx_streams cxx_exceptions cxx_terminate cxx_containers cxx_static
ABI_CXXPIE_NAMES := cxx_exceptions cxx_static
ABI_BARE_NAMES := stack_start

ABI_MUSL := $(patsubst %,$(ABI_BUILD)/musl/%,$(ABI_BOTH) $(ABI_MUSL_ONLY) big_data)
ABI_GLIBC := $(patsubst %,$(ABI_BUILD)/glibc/%,$(ABI_BOTH) $(ABI_GLIBC_ONLY))
ABI_PIE := $(patsubst %,$(ABI_BUILD)/pie/%,$(ABI_PIE_NAMES))
ABI_CXXS := $(patsubst %,$(ABI_BUILD)/cxx/%,$(ABI_CXX_NAMES))
ABI_CXXPIES := $(patsubst %,$(ABI_BUILD)/cxxpie/%,$(ABI_CXXPIE_NAMES))
ABI_BARES := $(patsubst %,$(ABI_BUILD)/bare/%,$(ABI_BARE_NAMES))
ABI_RIVALS := $(ABI_BUILD)/musl/vectors $(ABI_BUILD)/glibc/vectors
ABI_PROGRAMS := $(ABI_RIVALS) $(ABI_MUSL) $(ABI_GLIBC) $(ABI_PIE) $(ABI_CXXS) $(ABI_CXXPIES) $(ABI_BARES)
TEST_PROGRAMS += $(ABI_PROGRAMS)

# Stripped: KVM B gets all of them in its initramfs.
# Bad arguments are what some of them are about.
ABI_WARNINGS := -Wall -Wextra -Werror -Wno-stringop-overflow -Wno-stringop-overread -Wno-nonnull \
	-Wno-restrict
ABI_CFLAGS := -std=gnu11 -O2 -D_GNU_SOURCE $(ABI_WARNINGS) -MMD -MP -s
ABI_CXXFLAGS := -std=gnu++17 -O2 $(ABI_WARNINGS) -MMD -MP -s

$(ABI_MUSL): $(ABI_BUILD)/musl/%: tests/abi/%.c
	@mkdir -p $(@D)
	$(call say,MUSL,$<)
	$(Q)$(MUSL_CC) $(ABI_CFLAGS) -static -o $@ $< -lm

$(ABI_GLIBC): $(ABI_BUILD)/glibc/%: tests/abi/%.c
	@mkdir -p $(@D)
	$(call say,GLIBC,$<)
	$(Q)$(ABI_CC) $(ABI_CFLAGS) -static -o $@ $< -lm

$(ABI_PIE): $(ABI_BUILD)/pie/%: tests/abi/%.c
	@mkdir -p $(@D)
	$(call say,PIE,$<)
	$(Q)$(ABI_CC) $(ABI_CFLAGS) -fPIE -static-pie -o $@ $< -lm

$(ABI_CXXS): $(ABI_BUILD)/cxx/%: tests/abi/%.cc
	@mkdir -p $(@D)
	$(call say,CXX,$<)
	$(Q)$(ABI_CXX) $(ABI_CXXFLAGS) -static -o $@ $<

$(ABI_CXXPIES): $(ABI_BUILD)/cxxpie/%: tests/abi/%.cc
	@mkdir -p $(@D)
	$(call say,CXXPIE,$<)
	$(Q)$(ABI_CXX) $(ABI_CXXFLAGS) -fPIE -static-pie -o $@ $<

$(ABI_BARES): $(ABI_BUILD)/bare/%: tests/abi/%.S
	@mkdir -p $(@D)
	$(call say,BARE,$<)
	$(Q)$(ABI_CC) -MMD -MP -s -nostdlib -static -o $@ $<

# One of tests/guests that is as good here: run beside a rival on both sides.
ABI_VECTORS := tests/guests/vectors.c tests/guests/hold.S

$(ABI_BUILD)/musl/vectors: $(ABI_VECTORS)
	@mkdir -p $(@D)
	$(call say,MUSL,$<)
	$(Q)$(MUSL_CC) $(ABI_CFLAGS) -static -o $@ $(ABI_VECTORS)

$(ABI_BUILD)/glibc/vectors: $(ABI_VECTORS)
	@mkdir -p $(@D)
	$(call say,GLIBC,$<)
	$(Q)$(ABI_CC) $(ABI_CFLAGS) -static -o $@ $(ABI_VECTORS)

-include $(ABI_PROGRAMS:=.d)

.PHONY: abi-programs
abi-programs: $(ABI_PROGRAMS)
