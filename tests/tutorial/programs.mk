# The programs of docs/tutorial, as the tutorial has them compiled, and the tutorial
# itself: KVM B has no compiler, and none of docs/.

TUTORIAL_BUILD := $(BUILD)/tests/tutorial
TUTORIAL_PROGRAMS := $(patsubst docs/tutorial/%.c,$(TUTORIAL_BUILD)/%,$(wildcard docs/tutorial/*.c))
TUTORIAL_FILES := $(TUTORIAL_BUILD)/tutorial.md \
	$(patsubst docs/tutorial/%,$(TUTORIAL_BUILD)/%,$(wildcard docs/tutorial/*.c))
TEST_PROGRAMS += $(TUTORIAL_PROGRAMS) $(TUTORIAL_FILES)

$(TUTORIAL_BUILD)/two_calls $(TUTORIAL_BUILD)/spin: TUTORIAL_FLAGS := -nostdlib

$(TUTORIAL_PROGRAMS): $(TUTORIAL_BUILD)/%: docs/tutorial/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)cc -static $(TUTORIAL_FLAGS) -o $@ $<

$(TUTORIAL_BUILD)/tutorial.md: docs/tutorial.md
	@mkdir -p $(@D)
	$(Q)cp $< $@

$(TUTORIAL_BUILD)/%.c: docs/tutorial/%.c
	@mkdir -p $(@D)
	$(Q)cp $< $@
