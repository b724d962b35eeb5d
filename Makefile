# SMS Bridge. Needs python3 (3.11 or newer, with venv), make and git; everything else is installed here, in
# .venv and .tools, from files that pin every package with its hashes.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# A virtual environment has a stamp that is named after what it was made from, so it is renewed exactly when its
# requirements change.
digest = $(shell cat $(1) | sha256sum | cut -c1-16)
VENV := .venv/.made-$(call digest,requirements/dev.txt pyproject.toml)
EMULATOR := .tools/emulator/.made-$(call digest,requirements/emulator.txt)
SAM := .tools/sam/.made-$(call digest,requirements/sam.txt)

LOCAL := .venv/bin/python -m infra.local
QUIET := infra/quiet

.PHONY: help
help:
	@echo "make demo     send two messages through the whole system on this machine, and watch them arrive"
	@echo "make up       start that system in the background; prints requests to paste"
	@echo "make down     stop it"
	@echo "make test     run all tests"
	@echo "make check    formatting, lint, types, import rules, template"
	@echo "make setup    only install, into .venv and .tools; .venv/bin/smsbridge is there then"
	@echo "make lock     renew the pinned requirements (UPGRADE=1: to the newest)"
	@echo "make clean    remove all that was made here"

# ------------------------------------------------------------------------------------------------- install
.PHONY: setup
setup: $(VENV) $(EMULATOR) $(SAM)
	@true

define install
	@echo "setup: $(@D)"
	@test -x $(@D)/bin/python || python3 -m venv $(@D)
	@$(QUIET) $(@D)/bin/python -m pip install --disable-pip-version-check --no-deps --require-hashes -r $(1)
endef

$(VENV): requirements/dev.txt pyproject.toml
	$(call install,requirements/dev.txt)
	@$(QUIET) $(@D)/bin/python -m pip install --disable-pip-version-check --no-deps --no-build-isolation -e .
	@rm -f $(@D)/.made-* && touch $@

$(EMULATOR): requirements/emulator.txt
	$(call install,requirements/emulator.txt)
	@rm -f $(@D)/.made-* && touch $@

$(SAM): requirements/sam.txt
	$(call install,requirements/sam.txt)
	@rm -f $(@D)/.made-* && touch $@

.PHONY: lock
lock: $(VENV)
	@requirements/lock $(if $(UPGRADE),--upgrade)

# ----------------------------------------------------------------------------------------- the local system
.PHONY: demo up down
demo: setup
	@$(LOCAL) demo

up: setup
	@$(LOCAL) up

down: $(VENV)
	@$(LOCAL) down

# -------------------------------------------------------------------------------------------------- quality
.PHONY: test test-unit test-journeys
test: test-unit test-journeys

test-unit: $(VENV)
	@.venv/bin/pytest -q -n 2 --ignore tests/journeys

# The journeys share one deployed stack, so they run in one process.
test-journeys: setup
	@.venv/bin/pytest -q -n 0 tests/journeys

CHECKS := check-format check-lint check-types check-imports check-template
.PHONY: check $(CHECKS)
check: $(CHECKS)

$(CHECKS): setup

check-format:
	@echo 'check: format'
	@$(QUIET) .venv/bin/ruff format --check .

check-lint:
	@echo 'check: lint'
	@$(QUIET) .venv/bin/ruff check .

check-types:
	@echo 'check: types'
	@$(QUIET) .venv/bin/mypy

check-imports:
	@echo 'check: imports'
	@$(QUIET) .venv/bin/lint-imports

check-template:
	@echo 'check: template'
	@$(QUIET) .venv/bin/cfn-lint template.yaml
	@SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1 $(QUIET) .tools/sam/bin/sam validate --lint

.PHONY: clean
clean:
	@if test -x .venv/bin/python; then $(LOCAL) down; fi
	rm -rf .venv .tools .run .aws-sam .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache \
		.import_linter_cache dist
	find . -name __pycache__ -prune -exec rm -r {} +
