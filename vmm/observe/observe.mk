# The names of the system calls, made from the kernel's own header, so that
# they are as new as the machine that builds.

SYSCALL_NAMES := $(BUILD)/vmm/observe/syscall-names.inc

$(SYSCALL_NAMES):
	$(call say,GEN,$@)
	@mkdir -p $(@D)
	$(Q)echo '#include <asm/unistd_64.h>' | $(CC) -E -dM - \
		| sed -n 's/^#define __NR_\([a-z0-9_]*\) \([0-9]*\)$$/[\2] = "\1",/p' \
		| sort -t'[' -k2n > $@.new
	$(Q)test -s $@.new && mv $@.new $@

$(BUILD)/vmm/observe/linux_names.o: $(SYSCALL_NAMES)
$(BUILD)/vmm/observe/linux_names.o: VMM_CFLAGS += -I$(BUILD)/vmm/observe

# The page of lde report --html.
$(BUILD)/vmm/observe/page/embed.o: vmm/observe/page/embed.S $(wildcard vmm/observe/page/*.[chj]*)
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) -c -o $@ $<
