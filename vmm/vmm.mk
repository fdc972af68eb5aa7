# The VMM: builds ./lde, and libvmm.a for the unit tests.
#
# libfdt, libjson-c and ncurses are linked statically in any case. LDE_STATIC=0 links
# the C library dynamically, as the sanitizers need it; static starts faster
# (docs/decisions/0002-launch-order.md).

VMM_LAYERS  := base host dev boot observe run ostep cli
VMM_SOURCES := $(foreach layer,$(VMM_LAYERS),$(sort $(wildcard vmm/$(layer)/*.c)))
VMM_OBJECTS := $(VMM_SOURCES:vmm/%.c=$(BUILD)/vmm/%.o) $(BUILD)/vmm/boot/embedded.o \
	$(BUILD)/vmm/observe/page/embed.o $(BUILD)/vmm/cli/help/embed.o
VMM_CFLAGS  := $(BASE_CFLAGS) -D_GNU_SOURCE -I. -fPIE -fstack-protector-strong
VMM_LIBS    := -l:libfdt.a -l:libjson-c.a -l:libncursesw.a -l:libtinfo.a -pthread

LDE_STATIC  ?= 1
ifeq ($(LDE_STATIC),1)
VMM_LDFLAGS := -static-pie
endif

lde: $(VMM_OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(VMM_LDFLAGS) -o $@ $^ $(VMM_LIBS)

# All but main().
$(BUILD)/vmm/libvmm.a: $(filter-out $(BUILD)/vmm/cli/main.o,$(VMM_OBJECTS))
	$(call say,AR,$@)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(BUILD)/vmm/%.o: vmm/%.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(VMM_CFLAGS) $(CFLAGS) -c -o $@ $<

# The list of the built-in programs changes when its text does, so that
# adding one rebuilds what contains it.
EMBEDDED_LIST := $(BUILD)/vmm/boot/embedded-list.inc

$(EMBEDDED_LIST): FORCE
	@mkdir -p $(@D)
	@for name in $(sort $(GUEST_USER_PROGRAMS)); do \
		echo "embedded_program $$name"; done > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

.PHONY: FORCE
FORCE:

$(BUILD)/vmm/boot/embedded.o: vmm/boot/embedded.S $(EMBEDDED_LIST) \
		$(BUILD)/guest/lde-kernel.elf \
		$(foreach name,$(GUEST_USER_PROGRAMS),$(BUILD)/guest/user/$(name))
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) -Wa,-I$(BUILD)/vmm/boot,-I$(BUILD)/guest -c -o $@ $<

# What lde help says of topics.
$(BUILD)/vmm/cli/help/embed.o: vmm/cli/help/embed.S $(wildcard vmm/cli/help/*.txt)
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) -c -o $@ $<

include vmm/observe/observe.mk
-include $(VMM_OBJECTS:.o=.d)
