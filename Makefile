# The commands of the house. `make help` lists them.
SHELL := /bin/sh
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
# Calendar programs that ours is tried with and measured beside, apart from the product's environment.
DAV := tests/interop/dav
PINNED := --generate-hashes --no-emit-index-url --no-header -q
CODE := chassis services gateway cli deploy
# Words for pytest: make test PYTEST="-k imap -x"
PYTEST ?=
# Processes that run the tests; most of a test is waiting.
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help run up down status test test-interop test-chaos bench lint format proto proto-baseline lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/stamp ## Start the whole workspace here, in the foreground; Ctrl-C stops it
	@exec $(BIN)/python -m deploy.local run

up: .venv/stamp ## The same in the background
	@$(BIN)/python -m deploy.local up

down: .venv/stamp ## Stop what `make up` or `make run` started
	@$(BIN)/python -m deploy.local down

status: .venv/stamp ## Each process, its health and its address
	@$(BIN)/workspace status

test: .venv/stamp ## Prove the product (some 20 minutes on 2 cores)
	$(BIN)/python -m pytest --suite=test -n $(WORKERS) --ignore=tests/interop --ignore=tests/chaos --ignore=tests/load $(PYTEST)

test-interop: .venv/stamp .venv-dav/stamp ## With clients that we did not write (of Debian, CONTRIBUTING.md lists them; node 20 with npm)
	$(BIN)/python -m pytest --suite=interop tests/interop $(PYTEST)

test-chaos: .venv/stamp ## Kill processes and take dependencies away
	$(BIN)/python -m pytest --suite=chaos tests/chaos $(PYTEST)

bench: .venv/stamp .venv-dav/stamp ## Performance, as ratios measured in the same run
	$(BIN)/python -m tests.load

lint: .venv/stamp ## Style, types, layers, contracts, generated code, features
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports
	$(BIN)/python -m deploy.checks.contracts
	$(BIN)/python -m gateway.check_contract
	$(BIN)/python -m deploy.checks.features

format: .venv/stamp ## Lay the code out as the house does
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

proto: .venv/stamp ## Generate proto/gen from the contracts
	proto/generate.sh

proto-baseline: .venv/stamp ## Take the contracts as they are for what later ones must not break
	$(BIN)/python -m deploy.checks.contracts --accept

lock: .venv/stamp ## Pin again what pyproject.toml and the clients' requirements.in ask for
	$(BIN)/uv pip compile pyproject.toml --all-extras $(PINNED) -o requirements.lock
	$(BIN)/uv pip compile $(DAV)/requirements.in --python-version 3.11 $(PINNED) -o $(DAV)/requirements.lock

clean: ## Remove what was built; data in var/ stays
	rm -rf .venv .venv-dav build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

# Made anew from the lock only when the lock or the project's own metadata changed: a second start is quick.
# The lock is whole, so pip resolves nothing (asked to, it refuses an extra such as pydantic[email] without its own pin).
.venv/stamp: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing what requirements.lock pins ..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip check -q --disable-pip-version-check
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv-dav/stamp: $(DAV)/requirements.lock
	@test -x .venv-dav/bin/python || $(PYTHON) -m venv .venv-dav
	@echo "installing what $(DAV)/requirements.lock pins ..."
	@.venv-dav/bin/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r $(DAV)/requirements.lock
	@touch $@
