# Every target sets up what it needs in a virtual environment of its own; PYTHON chooses the interpreter (3.11 or later).
PYTHON ?= python3
VENV ?= .venv
DEMO_VENV ?= .venv-demo
BIN := $(VENV)/bin
SOURCES := pyproject.toml setup.py $(wildcard minirpc/*.pyx minirpc/*.pxd minirpc/*.pxi minirpc/*.h)
# pytest's -n is not used: the suites start servers and measure nothing, and two cores are soon full
PYTEST := $(BIN)/python -X dev -m pytest -q
# without -X dev: its debug allocator takes a fifth of the codec's time; tests/wire/test_stress.py has a process with it
PYTEST_CODEC := $(BIN)/python -m pytest -q
TRANSPORT := $(addprefix tests/,aio http2 rpc)
CODEC := $(addprefix tests/,wire message)
PURE := $(addprefix tests/,message plugin services test_rich_errors.py fuzz/test_bombs.py fuzz/test_hostile_input.py examples/test_back_end.py)

.DEFAULT_GOAL := help
.PHONY: help demo test test-compiled test-codec test-transport test-others test-pure asan conformance interop proof lint format golden bench instructions soak clean

help:  ## say what the targets do
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo:  ## install into .venv-demo, generate code, start the geo back end and front end, ask them, stop (needs a C compiler for the fast codec)
	test -x $(DEMO_VENV)/bin/python || $(PYTHON) -m venv $(DEMO_VENV)
	$(DEMO_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --editable ".[protoc,examples]"
	$(DEMO_VENV)/bin/python -m examples.geo.demo

$(VENV)/.installed: $(SOURCES)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	MINIRPC_BUILD=yes $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[test,lint]"
	touch $@

test: $(VENV)/.installed  ## run all tests, on the compiled codec and side by side on the pure-Python one (needs a C compiler)
	@echo "the output of each part follows when it ends, in some minutes"
	@$(MAKE) --no-print-directory --jobs=2 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target) test-others test-codec test-transport test-pure

test-compiled: test-others test-codec test-transport  ## run all tests on the compiled codec

COMPILED := MINIRPC_IMPLEMENTATION=compiled MINIRPC_EXPECT_ENGINE=compiled
test-transport: $(VENV)/.installed  ## run the tests of connections and calls, which hardly depend on the codec
	$(COMPILED) $(PYTEST) $(TRANSPORT)

test-codec: $(VENV)/.installed  ## run the tests of bytes and messages on the compiled codec (those of tests/wire on both)
	$(COMPILED) $(PYTEST_CODEC) $(CODEC)

test-others: $(VENV)/.installed  ## run all other tests on the compiled codec
	$(COMPILED) $(PYTEST) $(addprefix --ignore=,$(TRANSPORT) $(CODEC))

# tests/wire runs over both engines whichever is chosen; calls with the pure one are those of reflection and of the example
test-pure: $(VENV)/.installed  ## run the tests that depend on the chosen codec on the pure-Python one
	MINIRPC_IMPLEMENTATION=pure MINIRPC_EXPECT_ENGINE=pure $(PYTEST_CODEC) $(PURE)

# a build of its own, which stands in front of the one in the virtual environment; the codec's tests do not need the rest
ASAN := build/asan
asan: $(VENV)/.installed  ## run the codec's tests under AddressSanitizer and UBSan (minutes; needs gcc with its sanitizers)
	MINIRPC_BUILD=yes MINIRPC_CFLAGS="-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined" \
	MINIRPC_LDFLAGS="-fsanitize=address,undefined" \
		$(BIN)/python setup.py -q build --build-base $(ASAN) --build-lib $(ASAN)/lib
	LD_PRELOAD="$$(gcc -print-file-name=libasan.so)" PYTHONMALLOC=malloc PYTHONSAFEPATH=1 PYTHONPATH=$(ASAN)/lib \
	ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 \
	MINIRPC_IMPLEMENTATION=compiled MINIRPC_EXPECT_ENGINE=compiled \
		$(BIN)/python -m pytest -q -p no:cacheprovider -k "not pure" tests/wire tests/message

lint: $(VENV)/.installed  ## ruff, mypy --strict and pyright
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pyright

format: $(VENV)/.installed  ## let ruff fix and format what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

golden: $(VENV)/.installed  ## write the golden files and the shipped modules of the plugin again
	UPDATE_GOLDEN=1 $(PYTEST) tests/plugin/test_golden.py
	$(BIN)/python -m protoc_plugin.bootstrap

# INTEROP passes options: make interop INTEROP="--only grpcio", or "--write docs/interop.md"
interop: $(VENV)/.installed  ## play the official gRPC cases with grpcio, Node, Go and etcd, and through proxies (minutes)
	$(BIN)/python -m tests.interop $(INTEROP)

# PROOF passes options: make proof PROOF=roll, or PROOF="--write docs/kubernetes.md"
proof: $(VENV)/.installed  ## scale, roll, kill and cut off replicas under load, with DNS and EndpointSlices as in a cluster (minutes)
	$(BIN)/python -m tests.proof $(PROOF)

bench: $(VENV)/.installed  ## measure beside the peers (minutes): tables for codec, RPC and load balancing
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[bench]"
	$(BIN)/python -m benchmarks.codec
	$(BIN)/python -m benchmarks.http2
	$(BIN)/python -m benchmarks.rpc
	$(BIN)/python -m benchmarks.balancing

# INSTRUCTIONS passes options: make instructions INSTRUCTIONS=--record
instructions: $(VENV)/.installed  ## count the instructions of codec operations beside the recorded counts (minutes; needs valgrind)
	$(BIN)/python -m benchmarks.codec.instructions $(INSTRUCTIONS)

conformance: $(VENV)/.installed  ## run protobuf's official conformance tests, RUNNER=path (without it: how to get a runner)
	$(BIN)/python tests/conformance $(RUNNER)

# SOAK_CALLS, SOAK_STREAMS, SOAK_CANCELS, SOAK_CHANNELS and SOAK_CASES make it shorter: see tests/soak/__main__.py
soak: $(VENV)/.installed  ## run the long tests (an hour): fuzzing, and memory under 10^6 calls, whose curve is printed
	$(PYTEST) -m soak
	$(BIN)/python -m tests.soak

clean:  ## remove what the other targets made, virtual environments included
	rm -rf build dist *.egg-info $(VENV) $(DEMO_VENV) minirpc/*.so minirpc/_varint.c minirpc/_codec.c
