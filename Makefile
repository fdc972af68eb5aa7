# lde: a hypervisor-based demonstrator of limited direct execution.
#
#   make            builds ./lde: the VMM, with the guest kernel and the
#                   built-in programs inside it
#   make demo       installs what is missing, builds, runs the main job
#   make check      installs what is missing, builds, runs every test
#   make check-unit the quick tests only; no KVM, no installation
#   make fuzz       hours of random system calls: FUZZ_TIME=8h
#   make install    PREFIX=/usr/local
#
# What each folder builds is in its own .mk file.

BUILD   ?= build
PREFIX  ?= /usr/local
DESTDIR ?=
V       ?= 0

ifeq ($(origin CC),default)
CC := gcc
endif

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wpointer-arith -Wundef -Wvla
CFLAGS  ?= -O2 -g
# Flags of every C file; CFLAGS is the user's to change.
BASE_CFLAGS := -std=gnu11 $(WARNINGS) -Iinclude -MMD -MP

ifeq ($(V),0)
Q := @
say = @printf '  %-7s %s\n' '$(1)' '$(2)'
else
Q :=
say = @:
endif

.PHONY: all clean
all: lde

include guest/guest.mk
include vmm/vmm.mk
include vmm/cli/install.mk
include tests/tests.mk

clean:
	rm -rf $(BUILD) lde
