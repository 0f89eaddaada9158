# Two commands do everything: `make demo` opens the app, `make test` runs the tests. Each sets up what it needs once.

PYTHON ?= python3
PORT ?= 8501
ADDRESS ?= localhost
WORKSPACE ?= workspace
SOURCE ?= default
# Tests run side by side, but for those of the store: they start processes that cannot be started from a test worker.
# Each worker holds the models, about 2 GB. Files are dealt out in the order of tests/conftest.py, long ones first.
JOBS ?= $(shell cores=$$(nproc 2>/dev/null || echo 2); echo $$((cores < 4 ? cores : 4)))
PYTEST ?=

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
TEST_INSTALLED := $(VENV)/.test-installed
DEV_INSTALLED := $(VENV)/.dev-installed
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test install setup catalogue check clean help

help:  ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

demo: catalogue  ## set up what is missing and open the app on http://ADDRESS:PORT
	$(BIN)/mmdemo run --workspace $(WORKSPACE) --port $(PORT) --address $(ADDRESS)

test: $(TEST_INSTALLED) setup  ## run the tests
	$(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder --ignore tests/store $(PYTEST)
	$(BIN)/python -m pytest tests/store $(PYTEST)

install: $(INSTALLED)  ## the package and its dependencies, in .venv

setup: $(INSTALLED)  ## the weights of the offline encoders (153 MB, once)
	@$(BIN)/mmdemo setup

catalogue: setup  ## the default catalogue, indexed and mapped
	@$(BIN)/mmdemo import $(SOURCE) --if-empty --workspace $(WORKSPACE)
	@$(BIN)/mmdemo index --if-stale --workspace $(WORKSPACE)
	-@$(BIN)/mmdemo map --if-missing --workspace $(WORKSPACE)

check: $(DEV_INSTALLED)  ## layers, lint, formatting, types
	$(BIN)/lint-imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

clean:  ## remove the virtual environment; weights, catalogue and workspace stay
	rm -rf $(VENV)

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(INSTALLED): pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing mmdemo and what it needs (about 6 GB with PyTorch; a few minutes, once)"
	$(INSTALL) --editable .
	@touch $@

$(TEST_INSTALLED): $(INSTALLED)
	$(INSTALL) --editable '.[test]'
	@touch $@

$(DEV_INSTALLED): $(INSTALLED)
	$(INSTALL) --editable '.[dev]'
	@touch $@
