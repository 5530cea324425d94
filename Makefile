# Two commands matter: `make run` and `make test`. Each installs what it needs by itself, inside this folder.
SHELL := /bin/sh
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
# Only the Python on this machine; hashes come with the pins; compiled now, so that the first start is quick too.
UV_PIP = UV_PYTHON_DOWNLOADS=never $(UV) pip install --quiet --compile-bytecode --python $(BIN)/python
HOST ?= 127.0.0.1
PORT ?= 8000
RUST_FILES := $(shell find core_rs -name '*.rs' -o -name '*.toml' -o -name '*.pyi' 2>/dev/null | grep -v '/target/') Cargo.toml Cargo.lock

.PHONY: help run build test test-rust test-python test-browser lint format cov soak bench vendor lock

help: ## print this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort | expand -t 16

run: build ## start the workbench on 127.0.0.1:8000 and print the link that signs you in
	@$(BIN)/python manage.py serve --host $(HOST) --port $(PORT)

build: $(VENV)/.core ## install the environment and build the engine (release)

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@command -v cargo >/dev/null || { echo "cargo is needed to build the engine: install Rust, then run this again"; exit 1; }
	@echo "installing uv into .tools"
	@pip="$(PYTHON) -m pip"; $$pip --version >/dev/null 2>&1 || { \
	  $(PYTHON) -m venv .tools/seed >/dev/null 2>&1 && pip=".tools/seed/bin/python -m pip"; } || { \
	  echo "pip is needed once, to fetch uv: install python3-pip or python3-venv (or uv itself), then run this again"; exit 1; }; \
	  $$pip install --quiet --disable-pip-version-check --root-user-action=ignore --target .tools uv

$(VENV)/.base: requirements/base.txt | $(UV)
	@test -x $(BIN)/python || UV_PYTHON_DOWNLOADS=never $(UV) venv --quiet --python $(PYTHON) $(VENV)
	@echo "installing requirements/base.txt"
	@$(UV_PIP) --require-hashes -r requirements/base.txt
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.base
	@echo "installing requirements/dev.txt"
	@$(UV_PIP) --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/.core: $(RUST_FILES) $(VENV)/.base
	@echo "building the engine (a minute or two the first time)"
	@rm -rf build/wheels
	@mkdir -p build
	@cd core_rs && ../$(BIN)/maturin build --release --locked --interpreter ../$(BIN)/python --out ../build/wheels \
	  >../build/core.log 2>&1 || { cat ../build/core.log; exit 1; }
	@$(UV_PIP) --no-deps --reinstall build/wheels/*.whl
	@touch $@

test: lint test-rust test-python test-browser ## everything: format, lints, types, Rust, Python, browser, docs

test-rust: ## the engine's own tests
	cargo test --locked --quiet

test-python: build $(VENV)/.dev ## the application's tests
	$(BIN)/python -m pytest

test-browser: build $(VENV)/.dev ## the journeys in a real browser
	$(BIN)/python -m pytest -c simulations/tests/e2e/pytest.ini simulations/tests/e2e

lint: build $(VENV)/.dev ## formatting, lints and types, Rust and Python
	cargo fmt --check
	cargo clippy --locked --quiet --all-targets -- -D warnings
	cargo clippy --locked --quiet --features python -- -D warnings
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/python manage.py makemigrations --check --dry-run

format: $(VENV)/.dev ## format Rust and Python
	cargo fmt
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

soak: build $(VENV)/.dev ## every attack at its stated size (hours)
	SOAK_DOCUMENTS=100000 SOAK_CASES=2000 cargo test --locked --quiet
	SOAK=1 FUZZ_SECONDS=$${FUZZ_SECONDS:-180} $(BIN)/python -m pytest -o addopts="--strict-markers -ra --ignore=simulations/tests/e2e"
	$(BIN)/python -m simulations.tests.soak.watchers
	$(BIN)/python -m simulations.tests.soak.crowd
	$(BIN)/python -m simulations.tests.soak.asking
	$(BIN)/python -m simulations.tests.soak.fifty
	$(BIN)/python -m simulations.tests.soak.memory
	$(BIN)/python -m simulations.tests.soak.messages
	$(BIN)/python -m simulations.tests.soak.kills
	$(BIN)/python -m simulations.tests.soak.troubles

bench: build $(VENV)/.dev ## measure; the figures go into docs/benchmarks.md
	cargo bench --locked --quiet
	$(BIN)/python -m simulations.tests.bench.run

vendor: ## rebuild static/vendor from pinned packages, byte for byte (needs node and npm)
	static/vendor/build/vendor.sh

lock: $(VENV)/.base ## compile requirements/*.in into hash-pinned *.txt
	for set in dev scale base; do \
	  $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-emit-find-links --custom-compile-command "make lock" \
	    $$( [ $$set = dev ] || echo "-c requirements/dev.txt" ) requirements/$$set.in -o requirements/$$set.txt || exit 1; \
	done
