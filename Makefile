# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# The sections share two cores and the collection's tree: one after the other is faster, and readable.
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

PYTHON ?= $(or $(shell command -v python3.11),python3)
PORT ?= 5000
# More than the two cores: the playbooks under test wait a good part of their time.
JOBS ?= 4

# Absolute, so that a command keeps working after `cd`.
ROOT := $(CURDIR)
VENV := $(ROOT)/.venv
BIN := $(VENV)/bin
READY := $(VENV)/ready

# The tools call each other by name. None may write beside the sources or in the user's home.
export PATH := $(BIN):$(PATH)
export ANSIBLE_HOME := $(ROOT)/.cache/ansible
export ANSIBLE_REMOTE_TMP := $(ROOT)/.cache/ansible/tmp
export PYTHONDONTWRITEBYTECODE := 1
export HYPOTHESIS_STORAGE_DIRECTORY := $(ROOT)/.cache/hypothesis

section = @printf '\n=== %s\n' '$(1)'

.PHONY: help
help:
	@echo "make demo                a whole deployment against the emulator, in a few seconds"
	@echo "make test                everything below that can fail"
	@echo "make setup               .venv with every tool and this collection linked into it"
	@echo "make unit | integration  pytest on tests/unit or tests/integration"
	@echo "make lint                ruff, mypy, yamllint, ansible-lint, pipelines, licences, changelog"
	@echo "make sanity              ansible-test sanity, without containers and without ignores"
	@echo "make galaxy              build the artifact, install it elsewhere and look at it"
	@echo "make docs                check the documentation and build it into build/docs"
	@echo "make pictures            draw the pictures of the documentation from docs/pictures/*.typ"
	@echo "make emulator PORT=5000  the ECS emulator in the foreground"
	@echo "make bench PART=...      the benchmark: tasks, estates or throttled, with their options"
	@echo "make lock                resolve requirements/dev.in into requirements/dev.txt"
	@echo "make clean               remove everything that these commands made"

.PHONY: setup
setup: $(READY)

# The link makes the checkout an installed collection: Ansible and pytest find it from any directory.
$(READY): requirements/dev.txt
	$(call section,setup)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is not Python 3.11 or newer: install that, or say what it is called with make PYTHON=..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "Python cannot make virtual environments: install its venv module, on Debian with apt-get install python3-venv."; exit 1; }
	@echo "Installing requirements/dev.txt into .venv, which takes about a minute."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements/dev.txt || \
		{ echo "The packages could not be installed: check that pip reaches its package index, then run make setup again."; exit 1; }
	@site=$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))'); \
		mkdir -p "$$site/ansible_collections/longshore"; \
		ln -sfn $(ROOT) "$$site/ansible_collections/longshore/ecs"
	@touch $@

.PHONY: demo
demo: $(READY)
	@$(BIN)/python scripts/demo.py

# Cheap sections first. The tests come last, so that pytest's count is the last line of a good run.
.PHONY: test
test: lint docs sanity galaxy
	$(call section,unit and integration tests)
	@$(BIN)/python -m pytest -q -n $(JOBS) --maxschedchunk 1

.PHONY: unit integration
unit integration: $(READY)
	$(call section,$@ tests)
	@$(BIN)/python -m pytest -q -n $(JOBS) --maxschedchunk 1 tests/$@

.PHONY: lint
lint: $(READY)
	$(call section,ruff)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check . || { echo "Run .venv/bin/ruff format."; exit 1; }
	$(call section,mypy)
	@$(BIN)/mypy plugins tests/emulator scripts
	$(call section,yamllint)
	@$(BIN)/yamllint --strict .
	$(call section,ansible-lint)
	@$(BIN)/ansible-lint --offline
	$(call section,pipelines)
	@$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml examples/pipelines/github-actions/*.yml
	@$(BIN)/check-jsonschema --builtin-schema vendor.gitlab-ci --data-transform gitlab-ci examples/pipelines/gitlab-ci/.gitlab-ci.yml
	$(call section,licences)
	@$(BIN)/reuse lint --lines && echo "Every file says its licence." || \
		{ echo "Give these files the header that scripts/sanity.py has, or an entry in REUSE.toml."; exit 1; }
	$(call section,changelog)
	@$(BIN)/antsibull-changelog lint

.PHONY: sanity
sanity: $(READY)
	$(call section,sanity)
	@$(BIN)/python scripts/sanity.py

.PHONY: galaxy
galaxy: $(READY)
	$(call section,galaxy)
	@$(BIN)/python scripts/galaxy.py

# antsibull-docs copies amazon.aws for its fragments, by git's list of files where there is one. Below .venv, which git
# ignores, that list would be empty, so git may not look above it. The home is for the log that it writes.
ANTSIBULL_DOCS := HOME=$(ROOT)/.cache/home GIT_CEILING_DIRECTORIES=$(VENV) antsibull-docs

# Sphinx's links to other sites need a network, and are left out.
.PHONY: docs
docs: $(READY)
	$(call section,docs)
	@mkdir -p .cache/home
	@$(ANTSIBULL_DOCS) lint-collection-docs --plugin-docs --check-extra-docs-refs --validate-collection-refs dependent . || \
		{ echo "Correct the documentation that is named above."; exit 1; }
	@$(BIN)/python scripts/pictures.py --check
	@rm -rf build/docs && mkdir -p build && mkdir -m 755 build/docs build/docs/rst
	@cp -r docs/pictures build/docs/pictures
	@cd build/docs && $(ANTSIBULL_DOCS) sphinx-init --use-current --squash-hierarchy --lenient --sphinx-theme alabaster \
		--project longshore.ecs --title longshore.ecs --dest-dir . longshore.ecs > /dev/null
	@cd build/docs && $(ANTSIBULL_DOCS) --config-file antsibull-docs.cfg collection \
		--cleanup everything --use-current --squash-hierarchy --dest-dir rst longshore.ecs > /dev/null
	@sphinx-build -Q -j $(JOBS) -c build/docs -D intersphinx_mapping= build/docs/rst build/docs/html
	@echo "Read build/docs/html/index.html."

.PHONY: pictures
pictures: $(READY)
	@$(BIN)/python scripts/pictures.py

.PHONY: emulator
emulator: $(READY)
	@PYTHONPATH=tests exec $(BIN)/python -m emulator --port $(PORT)

.PHONY: bench
bench: $(READY)
	@$(BIN)/python tests/benchmark/run.py $(PART)

.PHONY: lock
lock:
	@rm -rf build/lock
	@$(PYTHON) -m venv build/lock
	@build/lock/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements/dev.in
	@{ echo "# Made by \`make lock\` from dev.in. Do not edit."; build/lock/bin/python -m pip freeze; } > requirements/dev.txt
	@rm -rf build/lock

.PHONY: clean
clean:
	rm -rf .ansible .cache .hypothesis .venv build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
