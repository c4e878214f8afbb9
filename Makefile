# Every command by name. `make help` lists them.
.DEFAULT_GOAL := help
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
# One more than the two processors of CI: a test that waits leaves its processor to another. On a journey nobody waits.
WORKERS ?= 3
BROWSERS ?= 2
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# The locks are whole, so nothing is resolved: asked for an extra, pip would look past the lock for a newer release.
LOCKED := $(PIP) --no-deps --require-hashes

.PHONY: help run test check unit journeys torture bench screenshots guide catalogue lock clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(VENV)/bin/python:
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements/run.txt requirements/node.txt pyproject.toml | $(VENV)/bin/python
	@echo "installing the server's packages …"
	@$(LOCKED) -r requirements/run.txt
	@if $(BIN)/python hatch_build.py --node-missing; then $(LOCKED) -r requirements/node.txt; fi
	@$(PIP) --no-build-isolation --no-deps --editable .
	@touch $@

$(VENV)/.test: requirements/test.txt $(VENV)/.run
	@echo "installing the packages of the tests …"
	@$(LOCKED) -r requirements/test.txt
	@$(BIN)/python -m pip check
	@touch $@

.PHONY: built
built: $(VENV)/.run
	@$(BIN)/python hatch_build.py

run: built ## set everything up, load the demo and serve on 127.0.0.1:8000 (PORT changes it)
	@exec $(BIN)/yanshou serve --demo

test: ## everything CI runs: linters, types, unit tests, both databases, real browser
	@$(MAKE) --no-print-directory --jobs=2 $(VENV)/.test built test-packages
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target check
	@$(MAKE) --no-print-directory unit journeys

.PHONY: test-packages
test-packages:
	@sh tools/install-test-packages.sh

check: check-python check-phone-style check-phone-types ## linters and type checkers, Python and TypeScript

.PHONY: check-python check-phone-style check-phone-types
check-python: $(VENV)/.test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

check-phone-style: $(VENV)/.test built
	@$(BIN)/python tools/npm.py run lint

check-phone-types: $(VENV)/.test built
	@$(BIN)/python tools/npm.py run check

unit: $(VENV)/.test built ## tests without a browser, and the phone app's own
	@$(BIN)/python tools/npm.py run test
	@$(BIN)/pytest tests --ignore=tests/journeys --ignore=tests/torture/phone -n $(WORKERS) --dist worksteal

journeys: $(VENV)/.test built ## the whole stories in a real browser, and what a phone must survive
	@$(BIN)/pytest tests/journeys -n $(BROWSERS) --dist loadscope
	@$(BIN)/pytest tests/torture/phone -n $(WORKERS) --dist worksteal

# `make bench ingest` measures one part: what follows `bench` names parts and is no target of its own.
ifeq (bench,$(firstword $(MAKECMDGOALS)))
BENCH_PARTS := $(wordlist 2,$(words $(MAKECMDGOALS)),$(MAKECMDGOALS))
ifneq (,$(BENCH_PARTS))
.PHONY: $(BENCH_PARTS)
$(BENCH_PARTS): ; @:
endif
endif

torture: $(VENV)/.test built ## break things on purpose for hours; TORTURE_SIZE=short for minutes; prints JSON lines
	@TORTURE_SIZE=$${TORTURE_SIZE:-full} $(BIN)/python -m pytest tests/torture -s

bench: $(VENV)/.test built ## measure; prints JSON lines (`make bench ingest`: one part)
	@$(BIN)/python -m benchmarks $(BENCH_PARTS)

screenshots: $(VENV)/.test built ## every screen, phone and desktop, Chinese and English, into build/screenshots
	@$(BIN)/python tools/screenshots.py build/screenshots

guide: $(VENV)/.test built ## the inspector's picture guide, docs/inspector.md, from the phone as it is
	@$(BIN)/python -m tools.write_guide

catalogue: $(VENV)/.test ## collect new messages into locale/en.po
	@$(BIN)/pybabel -q extract -F babel.cfg --msgid-bugs-address="" -k t -k tn:1,2 -k tp:1c,2 -k mark --no-location --sort-output -o .venv/yanshou.pot . && \
	  $(BIN)/pybabel -q update -i .venv/yanshou.pot -o locale/en.po -l en --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --width=120

lock: $(VENV)/bin/python ## write the version locks anew
	@$(PIP) uv && sh requirements/lock.sh

clean: ## remove what was built; the data folder stays
	@rm -rf $(VENV) build server/static server/locale pwa/node_modules
