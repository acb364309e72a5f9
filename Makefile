# Every target sets up what it needs; `make help` lists them.
PYTHON ?= $(shell for name in python3.11 python3 python3.12 python3.13 python3.14; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$name; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
# The release whose histories are recorded: the first two numbers of the version.
RELEASE ?= $(shell sed -n 's/^version = "\([0-9]*\.[0-9]*\).*/\1/p' pyproject.toml)

TESTS = $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --durations 20

.PHONY: help install up demo test test-unit test-store test-workflow test-process test-web test-browser test-faults check bench browser screenshots histories docs lock clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(VENV)/installed: requirements/develop.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed: install it, or name it with PYTHON=/path/to/python3.11." >&2; exit 1; }
	@echo "Setting up $(VENV); this can take a minute or two."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes -r requirements/develop.txt
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q -x '/(\.venv|tests|bench)/' .
	@touch $@

install: $(VENV)/installed ## set up the virtual environment

up: install ## start everything on this machine and print the addresses
	@$(BIN)/onboard up

demo: install ## one practice from request to its data and beyond, a month in under a minute
	@$(BIN)/onboard demo

test: install browser ## all tests, cheap layers first; one layer: make test-unit, test-store ...
	@$(TESTS)

test-unit test-store test-workflow test-process test-web test-browser test-faults: install
	@$(TESTS) -m $(@:test-%=%)

check: install ## lint, types, layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: install ## the benchmarks; the table is printed and docs/benchmarks.md says how to read it
	@$(BIN)/python -m bench

browser: ## the browser that the screenshots are taken with, if it is missing and may be installed
	@for name in chromium chromium-browser google-chrome; do command -v $$name >/dev/null && exit 0; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing chromium, which the screenshot tests need."; \
		{ apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends chromium; } >/dev/null \
			|| echo "chromium could not be installed; without it the screenshot tests fail."; \
	else \
		echo "No browser is installed; the screenshot tests need one: apt-get install chromium"; \
	fi

screenshots: install browser ## take the pictures in docs/images anew
	@ONBOARD_SCREENSHOTS=1 $(BIN)/python -m pytest tests/test_screenshots.py tests/web/test_team_day.py tests/web/practice/test_practice_picture.py tests/web/clinic/test_portal_picture.py

histories: install ## record one history of each outcome for this release, in tests/histories
	@ONBOARD_HISTORIES=tests/histories/$(RELEASE) $(BIN)/python -m pytest tests/system -m outcome

docs: install ## write the generated parts of the documents anew
	@$(BIN)/python -m tests.documents

lock: ## lock the dependencies again, with hashes and without addresses
	@for name in runtime develop; do $(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-header requirements/$$name.in -o requirements/$$name.txt; done

clean: ## remove the virtual environment and this machine's state
	@rm -rf $(VENV) .onboard
