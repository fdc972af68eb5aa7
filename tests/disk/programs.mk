# The programs of tests/disk, static with musl, in $(BUILD)/tests/disk: its own, some
# of tests/abi, which are to do the same on a disk, and what cannot be made in KVM B:
# empty images, and an e2fsck that needs no libraries.

DISK_BUILD := $(BUILD)/tests/disk
MUSL_CC ?= musl-gcc

# What natively differs between ext2 and the memory that natives use is not in it.
DISK_ABI_NAMES := fs_at fs_dirs fs_errors fs_mmap fs_numbers fs_rename copying busy_text

DISK_OWN := $(patsubst tests/disk/%.c,$(DISK_BUILD)/%,$(wildcard tests/disk/*.c))
DISK_ABI := $(patsubst %,$(DISK_BUILD)/%,$(DISK_ABI_NAMES))
DISK_IMAGES := $(patsubst %,$(DISK_BUILD)/%.ext2,1k 2k 4k)
TEST_PROGRAMS += $(DISK_OWN) $(DISK_ABI) $(DISK_IMAGES) $(DISK_BUILD)/e2fsck

$(DISK_OWN): $(DISK_BUILD)/%: tests/disk/%.c
	@mkdir -p $(@D)
	$(call say,DISK,$<)
	$(Q)$(MUSL_CC) -std=gnu11 -O2 -D_GNU_SOURCE -Wall -Wextra -Werror -MMD -MP -s -static \
		-o $@ $<

$(DISK_ABI): $(DISK_BUILD)/%: tests/abi/%.c
	@mkdir -p $(@D)
	$(call say,DISK,$<)
	$(Q)$(MUSL_CC) -std=gnu11 -O2 -Wall -Wextra -MMD -MP -s -static -o $@ $<

$(DISK_IMAGES): $(DISK_BUILD)/%k.ext2: tests/disk/programs.mk
	@mkdir -p $(@D)
	$(call say,MKE2FS,$@)
	$(Q)rm -f $@
	$(Q)PATH="$$PATH:/usr/sbin:/sbin" mke2fs -q -t ext2 -b $$(($* * 1024)) -N 4096 $@ 8M

$(DISK_BUILD)/e2fsck: tests/disk/programs.mk
	@mkdir -p $(@D)
	$(Q)export PATH="$$PATH:/usr/sbin:/sbin"; \
		e2fsck=$$(command -v e2fsck.static || command -v e2fsck) || \
			{ echo 'no e2fsck: make deps' >&2; exit 1; }; \
		cp "$$e2fsck" $@

-include $(DISK_OWN:=.d) $(DISK_ABI:=.d)
