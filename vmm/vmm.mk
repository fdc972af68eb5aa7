# The VMM: builds ./lde.
#
# LDE_STATIC=0 links it dynamically, except for libfdt and libjson-c.

VMM_LAYERS  := base host dev boot observe run cli
VMM_SOURCES := $(foreach layer,$(VMM_LAYERS),$(sort $(wildcard vmm/$(layer)/*.c)))
VMM_OBJECTS := $(VMM_SOURCES:vmm/%.c=$(BUILD)/vmm/%.o) $(BUILD)/vmm/boot/embedded.o
VMM_CFLAGS  := $(BASE_CFLAGS) -D_GNU_SOURCE -I. -fstack-protector-strong

LDE_STATIC  ?= 1
ifeq ($(LDE_STATIC),1)
VMM_LDFLAGS := -static
endif
VMM_LIBS    := -Wl,-Bstatic -lfdt -ljson-c
ifneq ($(LDE_STATIC),1)
VMM_LIBS    += -Wl,-Bdynamic
endif
VMM_LIBS    += -pthread

lde: $(VMM_OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(VMM_LDFLAGS) -o $@ $^ $(VMM_LIBS)

$(BUILD)/vmm/%.o: vmm/%.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(VMM_CFLAGS) $(CFLAGS) -c -o $@ $<

# The list of the built-in programs changes when its text does, so that
# adding one rebuilds what contains it.
EMBEDDED_LIST := $(BUILD)/vmm/boot/embedded-list.inc

$(EMBEDDED_LIST): FORCE
	@mkdir -p $(@D)
	@printf 'embedded_program %s\n' $(sort $(GUEST_USER_PROGRAMS)) \
		| sed '/^embedded_program $$/d' > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

.PHONY: FORCE
FORCE:

$(BUILD)/vmm/boot/embedded.o: vmm/boot/embedded.S $(EMBEDDED_LIST) \
		$(BUILD)/guest/lde-kernel.elf \
		$(foreach name,$(GUEST_USER_PROGRAMS),$(BUILD)/guest/user/$(name))
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) -Wa,-I$(BUILD)/vmm/boot,-I$(BUILD)/guest -c -o $@ $<

include vmm/observe/observe.mk
-include $(VMM_OBJECTS:.o=.d)
