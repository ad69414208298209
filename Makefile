# make demo | test | run | lint: each makes .venv first when it is missing or out of date, and is safe to repeat.
PYTHON ?= python3
# more words for pip when it fetches torch, such as the address of an index with CPU-only builds
TORCH_PIP_FLAGS ?=
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PIP := $(BIN)/python -m pip install --quiet --constraint constraints.txt
TORCH := $(shell grep '^torch==' constraints.txt)
# one test process per core, two at most: the end-to-end tests start processes of their own
WORKERS := $(shell n=$$(nproc 2>/dev/null || echo 1); [ $$n -ge 2 ] && echo 2 || echo 0)

.DEFAULT_GOAL := help
.PHONY: help demo test run lint install

help:
	@echo "make demo   the whole main job on this machine, without any token"
	@echo "make test   lint, types and all tests"
	@echo "make run    the real bot (first: $(BIN)/tapcrowd init)"
	@echo "make lint   lint and types only"

demo: $(STAMP)
	$(BIN)/tapcrowd demo

run: $(STAMP)
	$(BIN)/tapcrowd run

test: lint
	$(BIN)/pytest -n $(WORKERS)

lint: $(STAMP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "Missing: $(PYTHON). Install Python 3.11 or newer, or name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is $$($(PYTHON) -V 2>&1), too old: 3.11 or newer is needed. Name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Missing: Python's venv module. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@echo "Setting up $(VENV); this takes a minute or more and happens once."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) $(TORCH_PIP_FLAGS) $(TORCH) && $(PIP) --editable '.[dev]' || { echo "The packages could not be installed: see above. Check network and disk space, then run make again." >&2; exit 1; }
	@touch $@
