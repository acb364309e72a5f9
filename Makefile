# Every target sets up what it needs; `make help` lists them.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help install up demo test check bench lock clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

$(VENV)/installed: requirements/develop.txt pyproject.toml
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/develop.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

install: $(VENV)/installed ## set up the virtual environment

up: install ## start everything on this machine and print the addresses
	@$(BIN)/onboard up

demo: install ## one practice from request to "data received", three weeks in under a minute
	@$(BIN)/onboard demo

test: install ## all tests
	@$(BIN)/python -m pytest

check: install ## lint, types, layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: install ## the benchmarks; the table is printed and docs/benchmarks.md says how to read it
	@$(BIN)/python -m bench

lock: ## lock the dependencies again, with hashes and without addresses
	@for name in runtime develop; do $(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-header requirements/$$name.in -o requirements/$$name.txt; done

clean: ## remove the virtual environment and this machine's state
	@rm -rf $(VENV) .onboard
