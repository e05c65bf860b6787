# SPDX-License-Identifier: Apache-2.0
# One non-recursive Makefile. `make help` lists the targets; variants live side by side under build/<variant>/.
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:

VERSION := 0.1.0
CC ?= gcc
ifeq ($(origin CC),default)
CC := gcc
endif
SAN ?=
BUILD ?= build
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
BASHCOMPDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHCOMPDIR ?= $(PREFIX)/share/zsh/site-functions
FISHCOMPDIR ?= $(PREFIX)/share/fish/vendor_completions.d
PKG_CONFIG ?= pkg-config
PYTHON ?= /usr/bin/python3
V ?= 0
Q := $(if $(filter 1,$(V)),,@)

# ---- variant: build/<variant>/ from CC, SAN, COVERAGE, DEBUG ----
san_name := $(if $(findstring address,$(SAN)),asan,$(if $(findstring thread,$(SAN)),tsan,$(if $(SAN),$(subst $(comma),-,$(SAN)),)))
cc_name := $(if $(findstring clang,$(CC)),clang,)
VARIANT ?= $(or $(subst $(space),-,$(strip $(cc_name) $(san_name) $(if $(COVERAGE),coverage) $(if $(DEBUG),debug))),release)
comma := ,
empty :=
space := $(empty) $(empty)
OUT := $(BUILD)/$(VARIANT)

# ---- flags ----
WARN := -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wvla -Wstrict-prototypes \
        -Wmissing-prototypes -Wwrite-strings -Wundef -Wpointer-arith -Wformat=2 -Wno-format-nonliteral \
        -Wimplicit-fallthrough -Wcast-align -Wno-overlength-strings -Werror
BASEFLAGS := -std=c17 -D_GNU_SOURCE -I. -I$(OUT)/gen -include base/banned.h -fno-common -MMD -MP -g \
             -ffile-prefix-map=$(CURDIR)=. -fstack-protector-strong -fPIE -DWPACK_VERSION='"$(VERSION)"'
OPT := $(if $(SAN)$(DEBUG),-O1 -fno-omit-frame-pointer,$(if $(COVERAGE),-O0,-O2 -D_FORTIFY_SOURCE=2))
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all)
COVFLAGS := $(if $(COVERAGE),--coverage)
CFLAGS ?=
LDFLAGS ?=
ALL_CFLAGS = $(BASEFLAGS) $(OPT) $(WARN) $(SANFLAGS) $(COVFLAGS) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed $(SANFLAGS) $(COVFLAGS) $(LDFLAGS)
# Linked: libcrypto, jansson. Opened at first use in their one home: libcurl (oci/http-curl.c), libmicrohttpd
# (oci/httpd.c). Local commands must not pay for the network at start-up.
LIBS := -ljansson -lcrypto -ldl -lpthread

# ---- sources ----
ROOMS := base runtime-min oci sign pack cmd
SRCS := $(sort $(wildcard $(addsuffix /*.c,$(ROOMS))))
HDRS := $(sort $(wildcard $(addsuffix /*.h,$(ROOMS))))
SCHEMAS := $(sort $(wildcard schemas/*.schema.json))
OBJS := $(SRCS:%.c=$(OUT)/%.o)
LIB_OBJS := $(filter-out $(OUT)/cmd/main.o,$(OBJS)) $(OUT)/gen/schemas.o

UNIT_SRCS := $(sort $(wildcard tests/unit/*/test-*.c))
UNIT_HELP := $(sort $(filter-out $(UNIT_SRCS),$(wildcard tests/unit/*/*.c)))
UNITS := $(UNIT_SRCS:tests/unit/%.c=$(OUT)/tests/unit/%)
FUZZ_SRCS := $(sort $(wildcard tests/fuzz/fuzz-*.c))
FUZZERS := $(FUZZ_SRCS:tests/fuzz/%.c=$(OUT)/tests/fuzz/%)

.PHONY: all
all: $(OUT)/wpack ## build the program: build/<variant>/wpack

$(OUT)/wpack: $(OUT)/cmd/main.o $(OUT)/libwpack.a
	@echo "  LINK    $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(OUT)/libwpack.a: $(LIB_OBJS)
	@echo "  AR      $@"
	$(Q)rm -f $@ && ar rcsD $@ $^

$(OUT)/%.o: %.c | $(OUT)/gen/schemas.h
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(OUT)/gen/%.o: $(OUT)/gen/%.c
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

# Every schemas/NAME.schema.json becomes `const char wp_schema_NAME[]` ('-' as '_').
$(OUT)/gen/schemas.h: $(SCHEMAS) Makefile
	@mkdir -p $(@D)
	$(Q){ echo '#pragma once'; for f in $(SCHEMAS); do n=$${f#schemas/}; n=$${n%.schema.json}; \
	  printf 'extern const char wp_schema_%s[];\n' "$$(echo $$n | tr - _)"; done; } > $@
$(OUT)/gen/schemas.c: $(OUT)/gen/schemas.h
	$(Q){ echo '#include "schemas.h"'; for f in $(SCHEMAS); do n=$${f#schemas/}; n=$${n%.schema.json}; \
	  printf 'const char wp_schema_%s[] =\n' "$$(echo $$n | tr - _)"; \
	  sed 's/\\/\\\\/g; s/"/\\"/g; s/.*/"&\\n"/' $$f; echo ';'; done; } > $@

# ---- unit tests (cmocka) and fuzz corpora ----
$(OUT)/tests/unit/%: $(OUT)/tests/unit/%.o $(UNIT_HELP:%.c=$(OUT)/%.o) $(OUT)/libwpack.a
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lcmocka $(LIBS)
$(OUT)/tests/spec/%: $(OUT)/tests/spec/%.o $(OUT)/libwpack.a
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)
$(OUT)/tests/fuzz/fuzz-%: $(OUT)/tests/fuzz/fuzz-%.o $(OUT)/tests/fuzz/replay.o $(OUT)/libwpack.a
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)
.SECONDARY:

-include $(OBJS:.o=.d) $(UNIT_SRCS:%.c=$(OUT)/%.d) $(UNIT_HELP:%.c=$(OUT)/%.d)

.PHONY: unit
unit: $(UNITS) ## unit tests
	$(Q)set -e; for t in $(UNITS); do echo "  UNIT    $$t"; $$t; done

.PHONY: clean
clean: ## remove build/
	$(Q)rm -rf $(BUILD)

.PHONY: help
help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
