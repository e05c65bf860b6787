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
DISPATCH ?=
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

# ---- variant: build/<variant>/ from CC, SAN, COVERAGE, DEBUG, DISPATCH, CURL ----
# libcurl as a part of the program, or opened as the system has it: CURL=shared.
CURL ?= static
CURL_OUT := $(BUILD)/curl-$(CURL)
san_name := $(if $(findstring address,$(SAN)),asan,$(if $(findstring thread,$(SAN)),tsan,$(if $(SAN),$(subst $(comma),-,$(SAN)),)))
cc_name := $(if $(findstring clang,$(CC)),clang,)
VARIANT ?= $(or $(subst $(space),-,$(strip $(cc_name) $(san_name) $(if $(COVERAGE),coverage) $(if $(DEBUG),debug) $(DISPATCH) $(filter shared,$(CURL)))),release)
comma := ,
empty :=
space := $(empty) $(empty)
OUT := $(BUILD)/$(VARIANT)

# ---- flags ----
WARN := -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wvla -Wstrict-prototypes \
        -Wmissing-prototypes -Wwrite-strings -Wundef -Wpointer-arith -Wformat=2 -Wno-format-nonliteral \
        -Wimplicit-fallthrough -Wcast-align -Wno-overlength-strings -Werror
# Modules compute the same everywhere: no fused multiply-add; a square root is an instruction, not a call that sets errno.
FLOATFLAGS := -ffp-contract=off -fno-math-errno
BASEFLAGS := -std=c17 -D_GNU_SOURCE -I. -I$(OUT)/gen -include base/banned.h -fno-common -MMD -MP -g \
             -I$(CURL_OUT) -ffile-prefix-map=$(CURDIR)=. -fstack-protector-strong -fPIE -DWPACK_VERSION='"$(VERSION)"' $(FLOATFLAGS)
# Handlers of instructions are tail calls where the compiler makes jumps of them, else cases of a loop: DISPATCH=loop.
DISPATCHFLAGS := $(if $(SAN)$(DEBUG)$(COVERAGE)$(filter loop,$(DISPATCH)),-DWRT_LOOP)
OPT := $(if $(SAN)$(DEBUG),-O1 -fno-omit-frame-pointer,$(if $(COVERAGE),-O0,-O2 -D_FORTIFY_SOURCE=2))
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all)
# Threads count, too.
COVFLAGS := $(if $(COVERAGE),--coverage -fprofile-update=atomic)
CFLAGS ?=
LDFLAGS ?=
ALL_CFLAGS = $(BASEFLAGS) $(OPT) $(WARN) $(SANFLAGS) $(COVFLAGS) $(DISPATCHFLAGS) $(CFLAGS)
MACHINE := $(shell $(CC) -dumpmachine)
# Addresses inside of the program as a bitmap (glibc 2.36): 120 KiB less to read at each start. Other linkers have none.
RELRFLAGS := $(if $(filter x86_64%,$(MACHINE)),$(comma)-z$(comma)pack-relative-relocs)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now,-z,noexecstack$(RELRFLAGS) -Wl,--as-needed $(SANFLAGS) $(COVFLAGS) $(LDFLAGS)
# Opened at first use: libcrypto, jansson, libsodium, zlib (base/lazy.c; linked where it knows no jump of the processor),
# libmicrohttpd (oci/httpd-lib.c) and what libcurl.a, a part of the program, calls of other libraries (CURL=shared: all of
# libcurl, oci/http-curl-lib.c). No command pays at start-up for what it does not use.
LIBS := @$(CURL_OUT)/args -ldl -lpthread $(if $(filter x86_64% aarch64%,$(MACHINE)),,-lcrypto -ljansson -lsodium -lz)
# Tests may call more of them.
TEST_LIBS := $(LIBS) -lcrypto -ljansson -lsodium -lz

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
SIGN_SRCS := $(sort $(wildcard tests/sign/*.c))
FUZZ_SRCS := $(sort $(wildcard tests/fuzz/fuzz-*.c))
FUZZERS := $(FUZZ_SRCS:tests/fuzz/%.c=$(OUT)/tests/fuzz/%)

.PHONY: all
all: $(OUT)/wpack ## build the program: build/<variant>/wpack

# What `run` takes of a small module lies together: the kernel maps the pages around each that is touched.
APART := component% wit% op-% exec-% translate-vector%
TOGETHER := $(filter-out $(APART:%=runtime-min/%) base/schema% base/json% base/lazy% base/hash% base/fs-folder% base/program%, \
            $(filter base/% runtime-min/% cmd/run% cmd/cmd-run% cmd/child% cmd/look.% cmd/inspect-load% \
            cmd/trust.% cmd/opt% cmd/out% cmd/table%,$(SRCS)))
$(OUT)/wpack: $(OUT)/cmd/main.o $(TOGETHER:%.c=$(OUT)/%.o) $(OUT)/libwpack.a
	@echo "  LINK    $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(OUT)/libwpack.a: $(LIB_OBJS)
	@echo "  AR      $@"
	$(Q)rm -f $@ && ar rcsD $@ $^

$(CURL_OUT)/curl-rows.h: oci/curl-rows.sh base/lazy-crypto.h base/lazy-zlib.h
	$(Q)sh oci/curl-rows.sh $(CURL) $(CC) $(@D)

$(OUT)/%.o: %.c | $(OUT)/gen/schemas.h $(CURL_OUT)/curl-rows.h
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<
# One function of all handlers: clang with sanitizers optimises it for minutes.
$(BUILD)/fuzz/runtime-min/exec-loop.o: OPT := -O0 -fno-omit-frame-pointer

# Every handler has its own jump to the next one, for the processor to learn where it leads.
$(OUT)/runtime-min/exec-tail.o: CFLAGS += $(if $(cc_name),,-fno-ipa-icf -fno-partial-inlining -fno-crossjumping -fno-gcse)

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
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lcmocka $(TEST_LIBS)
$(OUT)/tests/spec/%: $(OUT)/tests/spec/%.o $(OUT)/libwpack.a
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(TEST_LIBS)
$(OUT)/tests/spec/run-suite: $(addprefix $(OUT)/tests/spec/,run-suite.o suite-value.o suite-host.o suite-trace.o) $(OUT)/libwpack.a
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(TEST_LIBS)
$(OUT)/tests/wasi/%: $(OUT)/tests/wasi/%.o $(OUT)/libwpack.a
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(TEST_LIBS)
$(OUT)/tests/agree/%: $(OUT)/tests/agree/%.o $(OUT)/libwpack.a
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(TEST_LIBS)
$(OUT)/tests/sign/%: $(addprefix $(OUT)/tests/sign/,%.o case.o mutate.o) $(OUT)/libwpack.a
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(TEST_LIBS)
$(OUT)/tests/fuzz/fuzz-%: $(OUT)/tests/fuzz/fuzz-%.o $(OUT)/tests/fuzz/replay.o $(OUT)/libwpack.a
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(TEST_LIBS)
.SECONDARY:

-include $(OBJS:.o=.d) $(patsubst %.c,$(OUT)/%.d,$(wildcard tests/*/*.c tests/unit/*/*.c))

.PHONY: unit
unit: $(UNITS) ## unit tests
	$(Q)set -e; for t in $(UNITS); do echo "  UNIT    $$t"; $$t; done

.PHONY: fuzz-replay
fuzz-replay: $(FUZZERS) ## every fuzz target over its committed corpus
	$(Q)set -e; for t in $(FUZZERS); do n=$$(basename $$t); echo "  REPLAY  $$n"; $$t tests/fuzz/corpus/$${n#fuzz-}; done

FUZZ ?= wasm
TIME ?= 60
.PHONY: fuzz
fuzz: ## fuzz one target with libFuzzer: make fuzz FUZZ=manifest TIME=60
	$(Q)$(MAKE) --no-print-directory CC=clang SAN=address,undefined VARIANT=fuzz CFLAGS=-fsanitize=fuzzer-no-link build/fuzz/libwpack.a
	$(Q)mkdir -p build/fuzz/corpus/$(FUZZ)
	$(Q)clang -std=c17 -D_GNU_SOURCE -I. -g -O1 -fsanitize=fuzzer,address,undefined -o build/fuzz/fuzz-$(FUZZ) \
	  tests/fuzz/fuzz-$(FUZZ).c build/fuzz/libwpack.a $(TEST_LIBS)
	build/fuzz/fuzz-$(FUZZ) -max_total_time=$(TIME) build/fuzz/corpus/$(FUZZ) tests/fuzz/corpus/$(FUZZ)

# ---- end-to-end tests: the built program, real registries and clients ----
E2E ?= tests/e2e
# They wait more than they work. A file's tests stay together: fixtures are per file.
E2E_JOBS ?= $(shell expr 2 '*' $$(nproc))
.PHONY: e2e
e2e: $(OUT)/wpack ## end-to-end tests (pytest); E2E=tests/e2e/test_x.py for one file
	$(Q)WPACK_BIN=$(CURDIR)/$(OUT)/wpack $(PYTHON) -B -m pytest -q -p no:cacheprovider -rsfE --tb=short -n $(E2E_JOBS) --dist loadfile $(E2E)

FAULTS ?=
.PHONY: faults
faults: $(OUT)/wpack ## the fault matrix: every fault at every kind of request; FAULTS=--quick for some
	$(Q)$(PYTHON) -B tests/faults/run.py $(CURDIR)/$(OUT)/wpack $(FAULTS)

CONFORMANCE ?= --peers
.PHONY: conformance
conformance: $(OUT)/wpack ## the distribution-spec's own suite against wpack serve and other registries (make peers)
	$(Q)$(PYTHON) -B tests/conformance/run.py $(OUT)/wpack $(CONFORMANCE)

# ---- crashes: kill, error and power loss at every point of every command ----
POINTS ?= 1000
CRASH ?=
.PHONY: crash crash-self-test crash-peers
crash: $(OUT)/wpack ## kill -9, I/O errors, power loss (root, loop devices): POINTS=0 for all, CRASH=--quick for few
	$(Q)$(PYTHON) -B tests/crash/run.py $(OUT)/wpack --points $(POINTS) $(CRASH)
crash-self-test: $(OUT)/wpack ## see the crash harness catch missing fsyncs
	$(Q)$(PYTHON) -B tests/crash/run.py $(OUT)/wpack --self-test
crash-peers: $(OUT)/wpack ## other programs' layouts under the same power losses, for the record
	$(Q)$(PYTHON) -B tests/crash/run.py $(OUT)/wpack --peers

INTEROP ?= --rounds 50
.PHONY: signature-races
signature-races: $(OUT)/wpack ## fifty rounds of eight signers at once, through registries without the referrers API
	$(Q)WPACK_RACE_ROUNDS=50 $(MAKE) --no-print-directory e2e E2E_JOBS=0 E2E="-s tests/e2e/test_signature_races.py"

.PHONY: interop
interop: $(OUT)/wpack ## the table of real registries and clients, both ways (make peers PEERS=all)
	$(Q)$(PYTHON) -B tests/interop/run.py $(CURDIR)/$(OUT)/wpack $(INTEROP)
	$(Q)$(MAKE) --no-print-directory programs

# Kernels are built for WASI, whatever the program itself is built with.
KERNELS := $(patsubst tests/bench/kernels/%.c,$(OUT)/tests/bench/kernels/%.wasm,$(wildcard tests/bench/kernels/*.c))
$(OUT)/tests/bench/kernels/%.wasm: tests/bench/kernels/%.c
	@mkdir -p $(@D)
	$(Q)clang --target=wasm32-wasi -O2 -s -o $@ $<
PROGRAMS ?=
.PHONY: programs replay
programs: $(OUT)/wpack ## real programs, the same answers as wasmtime (make peers PEERS="wasmtime modules programs"); PROGRAMS="--only go"
	$(Q)WPACK_BIN=$(CURDIR)/$(OUT)/wpack $(PYTHON) -B tests/programs/run.py $(PROGRAMS)
replay: $(KERNELS) ## the same instructions and bytes from gcc, clang and the loop, each twice, of real programs and kernels
	$(Q)$(MAKE) --no-print-directory -j2 all
	$(Q)$(MAKE) --no-print-directory -j2 CC=clang all
	$(Q)$(MAKE) --no-print-directory -j2 DISPATCH=loop all
	$(Q)$(PYTHON) -B tests/programs/run.py --kernels $(OUT)/tests/bench/kernels $(PROGRAMS) \
	  --replay $(foreach v,release clang loop,$(CURDIR)/$(BUILD)/$(v)/wpack)

# ---- lints ----
# -O2: the dispatcher by tail calls; the loop is one function of the same handlers, too large to be looked at.
TIDYFLAGS := -O2 -D__NO_CTYPE -std=c17 -D_GNU_SOURCE -I. -I$(OUT)/gen -I$(CURL_OUT) -include base/banned.h -DWPACK_VERSION='"$(VERSION)"'
.PHONY: lint headers format format-check tidy
lint: headers format-check $(OUT)/wpack ## layering, headers, tree, formatting, documents
	$(Q)tests/lint/deps.sh
	$(Q)tests/lint/tree.sh
	$(Q)tests/lint/tail.sh $(OUT)/runtime-min/exec-tail.o
	$(Q)$(PYTHON) -B tests/lint/docs.py $(OUT)/wpack

# Handlers are parts of the dispatchers: they do not stand alone.
headers: $(patsubst %.h,$(OUT)/headers/%.ok,$(filter-out %-handlers.h,$(HDRS)))
$(OUT)/headers/%.ok: %.h
	@mkdir -p $(@D)
	$(Q)printf '#include "%s"\n' $< | $(CC) -std=c17 -D_GNU_SOURCE -I. -include base/banned.h -Wall -Wextra -Wpedantic -Werror -fsyntax-only -x c -
	@touch $@

C_FILES := $(SRCS) $(HDRS) $(UNIT_SRCS) $(UNIT_HELP) $(wildcard tests/unit/*/*.h) $(SIGN_SRCS) $(wildcard tests/sign/*.h) $(FUZZ_SRCS) tests/fuzz/replay.c
format: ## format all C files
	$(Q)clang-format -i $(C_FILES)
format-check:
	$(Q)clang-format --dry-run -Werror $(C_FILES)
tidy: $(SRCS:%.c=$(OUT)/tidy/%.ok) ## clang-tidy over the program
$(OUT)/tidy/%.ok: %.c .clang-tidy | $(OUT)/gen/schemas.h $(CURL_OUT)/curl-rows.h
	@mkdir -p $(@D)
	@echo "  TIDY    $<"
	$(Q)clang-tidy --quiet $< -- $(TIDYFLAGS) 2>/dev/null
	@touch $@

# ---- everything ----
.PHONY: check check-gcc check-asan check-clang coverage
check: ## every test: install what is missing, lints, gcc, ASan+UBSan, clang, clang-tidy
	$(Q)$(MAKE) --no-print-directory deps-test
	$(Q)$(MAKE) --no-print-directory check-gcc
	$(Q)$(MAKE) --no-print-directory check-clang
	$(Q)$(MAKE) --no-print-directory check-asan
check-gcc:
	$(Q)$(MAKE) --no-print-directory -j2 all man lint
	$(Q)$(MAKE) --no-print-directory -j2 build/release/units
	$(Q)$(MAKE) --no-print-directory unit fuzz-replay spec wasi sigstore traps e2e
	$(Q)$(MAKE) --no-print-directory agree N=1000
	$(Q)$(MAKE) --no-print-directory agree-run N=300
	$(Q)$(MAKE) --no-print-directory faults FAULTS=--quick
	$(Q)$(MAKE) --no-print-directory conformance CONFORMANCE=
	$(Q)$(MAKE) --no-print-directory soak TIME=60
	$(Q)$(MAKE) --no-print-directory crash CRASH=--quick
check-clang:
	$(Q)$(MAKE) --no-print-directory -j2 CC=clang all
	$(Q)$(MAKE) --no-print-directory -j2 CC=clang build/clang/units
	$(Q)$(MAKE) --no-print-directory CC=clang spec wasi
	$(Q)$(MAKE) --no-print-directory -j2 DISPATCH=loop CURL=shared all build/loop-shared/tests/unit/oci/test-http-curl
	$(Q)build/loop-shared/tests/unit/oci/test-http-curl
	$(Q)$(MAKE) --no-print-directory DISPATCH=loop CURL=shared spec wasi
	$(Q)$(MAKE) --no-print-directory -j2 tidy
check-asan:
	$(Q)$(MAKE) --no-print-directory -j2 SAN=address,undefined all build/asan/units
	$(Q)$(MAKE) --no-print-directory SAN=address,undefined unit fuzz-replay spec wasi e2e
	$(Q)$(MAKE) --no-print-directory SAN=address,undefined faults FAULTS=--quick
.PHONY: $(OUT)/units
$(OUT)/units: $(UNITS) $(FUZZERS)

.PHONY: spec
SPEC ?=
TRAPS ?=
traps: $(OUT)/libwpack.a ## small inputs that try to cost much, to the validator; TRAPS=--time
	$(Q)OUT=$(OUT) MAKE="$(MAKE)" $(PYTHON) -B tests/spec/traps.py $(TRAPS)
spec: $(OUT)/libwpack.a ## public WebAssembly suites (needs WPACK_DATA); SPEC=-v for every file, SPEC="--group threads"; SUITE=crate without it; WIT=500 packages
	$(Q)OUT=$(OUT) MAKE="$(MAKE)" $(PYTHON) -B tests/spec/run.py $(SPEC) $(if $(SUITE),--suite $(SUITE))
	$(Q)OUT=$(OUT) MAKE="$(MAKE)" $(PYTHON) -B tests/spec/wit-oracle.py $(if $(WIT),--seeds $(WIT))

.PHONY: sigstore
SIGSTORE := $(addprefix $(OUT)/tests/sign/,conformance mutants)
sigstore: $(SIGSTORE) $(OUT)/wpack ## Sigstore's conformance suite (needs WPACK_DATA)
	$(Q)OUT=$(OUT) $(PYTHON) -B tests/sign/run.py

.PHONY: wasi
WASI ?=
wasi: $(OUT)/wpack ## the public WASI suite (needs WPACK_DATA); WASI=-v for every module, WASI=rename for some
	$(Q)OUT=$(OUT) MAKE="$(MAKE)" $(PYTHON) -B tests/wasi/run.py $(WASI)

N ?= 10000
.PHONY: agree
agree: $(OUT)/wpack ## generated inputs, the same verdict as wasm-tools: make agree N=10000 SEED=1; REAL=1 for real modules
	$(Q)OUT=$(OUT) MAKE="$(MAKE)" WPACK_BIN=$(CURDIR)/$(OUT)/wpack $(PYTHON) -B tests/agree/run.py \
	  $(if $(REAL),--real,--count $(N) --seed $(or $(SEED),1))

.PHONY: agree-run
agree-run: $(OUT)/tests/agree/exec-run ## generated modules compute what wasmtime computes (make peers): make agree-run N=5000 SEED=1; AGAINST=another exec-run
	$(Q)OUT=$(OUT) MAKE="$(MAKE)" $(PYTHON) -B tests/agree/exec.py --count $(N) --seed $(or $(SEED),1) \
	  --against "$(OUT)/tests/agree/exec-run --watch" $(if $(AGAINST),--against "$(AGAINST)") --shrink 10

coverage: ## line coverage of base/ and oci/, by unit and end-to-end tests
	$(Q)$(MAKE) --no-print-directory deps-test
	$(Q)$(MAKE) --no-print-directory COVERAGE=1 -j2 all build/coverage/units
	$(Q)find build/coverage -name '*.gcda' -delete
	$(Q)$(MAKE) --no-print-directory COVERAGE=1 -k unit fuzz-replay e2e; tests=$$?; \
	  $(MAKE) --no-print-directory coverage-report && exit $$tests
.PHONY: coverage-report
coverage-report: # of what ran last; each room has to reach 85 %
	$(Q)set -e; for room in base oci; do \
	  gcovr -r . --object-directory build/coverage -f "$$room/" --exclude-throw-branches --fail-under-line 85; done

# ---- by hand ----
.PHONY: tsan soak resume mutation
TSAN_UNITS := $(addprefix build/tsan/tests/unit/,base/test-pool base/test-job oci/test-store-memory oci/test-store-layout \
              oci/test-layout-index oci/test-copy oci/test-serve oci/test-serve-blob oci/test-serve-manifest oci/test-httpd \
              oci/test-http oci/test-http-auth oci/test-http-curl runtime-min/test-load)
tsan: ## what has threads, under ThreadSanitizer
	$(Q)$(MAKE) --no-print-directory -j2 SAN=thread $(TSAN_UNITS)
	$(Q)set -e; for t in $(TSAN_UNITS); do echo "  TSAN    $$t"; $$t; done

soak: $(OUT)/wpack ## a served layout under load while the server is killed: make soak TIME=600 SEED=1
	$(Q)WPACK_BIN=$(CURDIR)/$(OUT)/wpack $(PYTHON) -B tests/soak/run.py --time $(TIME) $(if $(SEED),--seed $(SEED))

resume: $(OUT)/wpack ## a large pull killed 16 times: what it costs in bytes
	$(Q)WPACK_BIN=$(CURDIR)/$(OUT)/wpack $(PYTHON) -B tests/soak/resume.py

mutation: ## do the unit tests notice small changes of oci/? make mutation SEED=2
	$(Q)$(MAKE) --no-print-directory -j2 build/release/units
	$(Q)$(MAKE) --no-print-directory -j2 SAN=address,undefined build/asan/units
	$(Q)$(MAKE) --no-print-directory -j2 SAN=thread build/tsan/units
	$(Q)$(PYTHON) -B tests/mutation/run.py $(if $(SEED),--seed $(SEED))

# ---- what is needed ----
DEPS_BUILD := gcc make pkg-config libc6-dev libssl-dev libsodium-dev libjansson-dev zlib1g-dev libcurl4-openssl-dev libmicrohttpd-dev
DEPS_DEMO := $(DEPS_BUILD) ca-certificates clang lld wasi-libc libclang-rt-14-dev-wasm32
DEPS_TEST := $(DEPS_DEMO) git clang-format clang-tidy libclang-rt-14-dev libcmocka-dev python3 python3-pytest python3-pytest-xdist \
             python3-jsonschema scdoc skopeo docker-registry apache2-utils openssl strace xfsprogs gcovr minisign softhsm2 libengine-pkcs11-openssl \
             nodejs
.PHONY: deps deps-demo deps-test peers
deps: ## install what building needs (Debian)
	$(Q)tests/deps.sh $(DEPS_BUILD)
deps-demo:
	$(Q)tests/deps.sh $(DEPS_DEMO)
deps-test: ## install what testing needs (Debian)
	$(Q)tests/deps.sh $(DEPS_TEST)
PEERS ?=
peers: ## real programs to test against into ~/.cache/wpack/peers; PEERS=all for the slow ones too
	$(Q)tests/peers/install.sh $(PEERS)

ROUNDS ?= 11
$(OUT)/tests/bench/timed: $(OUT)/tests/bench/timed.o
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^
.PHONY: bench
bench: $(OUT)/wpack $(OUT)/tests/bench/timed ## time wpack beside its peers: make bench ROUNDS=11
	$(Q)WPACK_BIN=$(CURDIR)/$(OUT)/wpack WPACK_TIMED=$(CURDIR)/$(OUT)/tests/bench/timed $(PYTHON) -B tests/bench/run.py --rounds $(ROUNDS)
	$(Q)$(MAKE) --no-print-directory bench-serve
.PHONY: bench-serve
bench-serve: $(OUT)/wpack ## wpack serve under load beside crane, distribution and nginx
	$(Q)WPACK_BIN=$(CURDIR)/$(OUT)/wpack $(PYTHON) -B tests/bench/serve.py --rounds 5

.PHONY: bench-sign
bench-sign: $(OUT)/wpack $(OUT)/tests/bench/timed ## sign and verify beside cosign and notation-go (make peers PEERS="cosign notation-check")
	$(Q)WPACK_BIN=$(CURDIR)/$(OUT)/wpack WPACK_TIMED=$(CURDIR)/$(OUT)/tests/bench/timed $(PYTHON) -B tests/bench/sign.py --rounds $(ROUNDS) $(BENCH)

.PHONY: bench-validate
bench-validate: $(OUT)/wpack $(OUT)/tests/bench/timed ## validate beside wasm-tools on real modules (make peers PEERS=modules)
	$(Q)WPACK_BIN=$(CURDIR)/$(OUT)/wpack WPACK_TIMED=$(CURDIR)/$(OUT)/tests/bench/timed $(PYTHON) -B tests/bench/validate.py --rounds $(ROUNDS)

$(OUT)/tests/bench/tree-peak: $(OUT)/tests/bench/tree-peak.o
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^
.PHONY: bench-run
bench-run: $(OUT)/wpack $(OUT)/tests/bench/timed $(OUT)/tests/bench/tree-peak $(KERNELS) ## run beside wasmi on kernels, and start-up (make peers PEERS="wasmi wasmtime programs modules")
	$(Q)WPACK_BIN=$(CURDIR)/$(OUT)/wpack WPACK_BENCH=$(CURDIR)/$(OUT)/tests/bench $(PYTHON) -B tests/bench/runtime.py --rounds $(ROUNDS) $(BENCH)

.PHONY: demo
demo: ## install what is missing, build, run the main job: build, push, pull, compare, inspect
	$(Q)$(MAKE) --no-print-directory deps-demo
	$(Q)$(MAKE) --no-print-directory -j2 all
	$(Q)tests/demo/demo.sh $(OUT)/wpack

# ---- manual pages and completions, from the same rows as --help ----
MAN_SRCS := $(sort $(wildcard cmd/man/*.scd))
MANS := $(MAN_SRCS:cmd/man/%.scd=$(OUT)/man/%)
.PHONY: man docs
man: $(MANS) ## manual pages
docs: $(OUT)/wpack ## carry the program's tables into the documents
	$(Q)$(PYTHON) -B tests/lint/docs.py $(OUT)/wpack --write
$(OUT)/man/%: cmd/man/%.scd cmd/man/expand.py $(OUT)/wpack
	@mkdir -p $(@D)
	$(Q)$(OUT)/wpack __dump > $@.json && $(PYTHON) cmd/man/expand.py $@.json $< > $@.scd && scdoc < $@.scd > $@; rm -f $@.json $@.scd

# ---- install ----
.PHONY: install uninstall
install: all man ## install program, manual pages and completions (DESTDIR, PREFIX)
	install -D -m 0755 $(OUT)/wpack $(DESTDIR)$(BINDIR)/wpack
	$(Q)set -e; for m in $(MANS); do s=$${m##*.}; install -D -m 0644 $$m $(DESTDIR)$(MANDIR)/man$$s/$$(basename $$m); done
	$(Q)mkdir -p $(DESTDIR)$(BASHCOMPDIR) $(DESTDIR)$(ZSHCOMPDIR) $(DESTDIR)$(FISHCOMPDIR)
	$(OUT)/wpack completion bash > $(DESTDIR)$(BASHCOMPDIR)/wpack
	$(OUT)/wpack completion zsh > $(DESTDIR)$(ZSHCOMPDIR)/_wpack
	$(OUT)/wpack completion fish > $(DESTDIR)$(FISHCOMPDIR)/wpack.fish
	$(Q)chmod 0644 $(DESTDIR)$(BASHCOMPDIR)/wpack $(DESTDIR)$(ZSHCOMPDIR)/_wpack $(DESTDIR)$(FISHCOMPDIR)/wpack.fish
uninstall: ## remove what install put there
	rm -f $(DESTDIR)$(BINDIR)/wpack $(DESTDIR)$(BASHCOMPDIR)/wpack $(DESTDIR)$(ZSHCOMPDIR)/_wpack $(DESTDIR)$(FISHCOMPDIR)/wpack.fish
	$(Q)set -e; for m in $(MANS); do s=$${m##*.}; rm -f $(DESTDIR)$(MANDIR)/man$$s/$$(basename $$m); done

# The same tree in two folders of different names and depths must give the same bytes.
REPRO := $(BUILD)/repro
.PHONY: repro
repro: ## two builds in two folders give the same program, bit for bit (takes two whole builds)
	$(Q)rm -rf $(REPRO) && mkdir -p $(REPRO)/a $(REPRO)/another/and/deeper
	$(Q)set -e; for d in $(REPRO)/a $(REPRO)/another/and/deeper; do \
	  cp -r Makefile $(wildcard $(ROOMS)) schemas $$d; $(MAKE) --no-print-directory -C $$d -s -j2 BUILD=out all >/dev/null; done
	cmp $(REPRO)/a/out/$(notdir $(OUT))/wpack $(REPRO)/another/and/deeper/out/$(notdir $(OUT))/wpack
	$(Q)rm -rf $(REPRO)

.PHONY: clean
clean: ## remove build/
	$(Q)rm -rf $(BUILD)

.PHONY: help
help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
