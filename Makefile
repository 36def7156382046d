# Two commands matter: `make demo` and `make test`. `make help` lists the rest.
# Needs python3 (3.11 or newer) with its venv module, and make. Everything else is installed into .venv from hash-pinned locks.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA_DIR ?= var
HTTP ?= 127.0.0.1:8000
MQTT ?= 127.0.0.1:1883
DEMO_FLAGS ?=
PYTEST_FLAGS ?=
TESTS ?=
DECODER ?=
FUZZ_FLAGS ?=
ROOMS := gridwatch dashboard incidents alerts ingest geo database simulators
# Chromium, CJK fonts and Mosquitto may have been unpacked here by tests/debian_packages.sh.
PACKAGES := .test-packages
# What may run side by side, the longest first; and what kills, floods or waits for a machine's own pace.
TOGETHER := tests/properties tests/acceptance tests/browser tests/integration tests/recordings tests/unit
ALONE := tests/faults
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help setup demo test check bench bench-alarms bench-decoders fuzz fmt clean packages

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 16
	@printf '\nSettings: PYTHON=%s DATA_DIR=%s HTTP=%s MQTT=%s\n' '$(PYTHON)' '$(DATA_DIR)' '$(HTTP)' '$(MQTT)'

demo: setup  ## Start everything with a demo county; Ctrl-C stops it
	@exec $(BIN)/gridwatch run --demo --data-dir '$(DATA_DIR)' --http '$(HTTP)' --mqtt '$(MQTT)' $(DEMO_FLAGS)

setup: $(VENV)/.installed  ## Make the environment only (.venv/bin/gridwatch)

test: $(VENV)/.installed-dev packages  ## Install what the tests need and run them all
	@if [ -f $(PACKAGES)/env ]; then . ./$(PACKAGES)/env; fi; failed=0; \
	if [ -n '$(TESTS)' ]; then exec $(BIN)/python -m pytest $(TESTS) $(PYTEST_FLAGS); fi; \
	$(BIN)/python -m pytest -n logical --maxprocesses 4 --dist loadfile $(TOGETHER) $(PYTEST_FLAGS) || failed=1; \
	$(BIN)/python -m pytest $(ALONE) $(PYTEST_FLAGS) || failed=1; \
	exit $$failed

check: $(VENV)/.installed-dev  ## Format, lint, types, import contracts; CI runs this and then the tests
	@$(BIN)/ruff format --check --quiet . || { echo 'format: run make fmt'; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(VENV)/.installed-dev packages  ## Measure against the limits of this machine
	@if [ -f $(PACKAGES)/env ]; then . ./$(PACKAGES)/env; fi; $(BIN)/python -m bench

bench-alarms: $(VENV)/.installed-dev  ## What the default rules find and miss in every recording, as one table
	@$(BIN)/python -m bench.alarms

bench-decoders: $(VENV)/.installed-dev  ## Messages per second of each decoder, as a share of a bare parse of the same bytes
	@$(BIN)/python -m bench.decoders

fuzz: $(VENV)/.installed-dev  ## 1,000,000 damaged payloads to each decoder, or to DECODER=name; 15 minutes, half with FUZZ_FLAGS="--jobs 2"
	@nice -n 19 $(BIN)/python -m bench.fuzz $(DECODER) $(FUZZ_FLAGS)

fmt: $(VENV)/.installed-dev  ## Format the code
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

clean:  ## Remove everything that can be made again; keeps the data
	rm -rf $(VENV) $(PACKAGES) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .grimp_cache .hypothesis
	find $(ROOMS) tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

packages:
	@bash tests/debian_packages.sh $(PACKAGES)

$(BIN)/python:
	@command -v '$(PYTHON)' >/dev/null || { echo 'gridwatch needs Python 3.11 or newer; on Debian: apt-get install python3 python3-venv' >&2; exit 1; }
	@'$(PYTHON)' -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "gridwatch needs Python 3.11 or newer, and $(PYTHON) is $$('$(PYTHON)' -V); name another with PYTHON=" >&2; exit 1; }
	@'$(PYTHON)' -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo 'this Python cannot make environments; on Debian: apt-get install python3-venv' >&2; exit 1; }
	@echo 'setup: making the environment in $(VENV)'
	@'$(PYTHON)' -m venv $(VENV)

# The stamp is written last, so that an interrupted install is taken up again.
$(VENV)/.installed: requirements.lock pyproject.toml | $(BIN)/python
	@echo 'setup: installing packages (requirements.lock)'
	@$(PIP) install --require-hashes --no-deps -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@echo 'setup: installing what the tests need (requirements-dev.lock)'
	@$(PIP) install --require-hashes --no-deps -r requirements-dev.lock
	@touch $@
