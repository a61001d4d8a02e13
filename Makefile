# What can be done with a checkout. `make` alone lists it.
#
# Everything happens in .venv, which the first target that needs it creates. Another interpreter:
#     make PYTHON=python3.12 test
# Programs are run as modules of the environment's Python: the scripts beside it name their interpreter in a first line
# that some systems can't read where the checkout's path holds a blank or is long.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --disable-pip-version-check -q

# A stamp is newer than these files as long as what they ask for is installed.
REQUIREMENTS := setup.cfg pyproject.toml
BASE  := $(VENV)/.visalign
TEST  := $(VENV)/.visalign-test
DEV   := $(VENV)/.visalign-dev
DOCS  := $(VENV)/.visalign-docs
BUILD := $(VENV)/.visalign-build

# Which tests to run, and how: make test ARGS="-k timeline"
ARGS ?=
# In so many processes at once, each of which may take 2 GB; none of its own with JOBS=0, as a debugger wants it.
# Neighbours stay together, since what a file's tests share is made once a process; whoever has done takes from others.
JOBS ?= auto
PYTEST := $(BIN)/python -m pytest -n $(JOBS) --maxprocesses 8 --dist worksteal

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test test-all fuzz mutants lint format types audit docs man wheel clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(BASE) ## create .venv and install visalign into it

demo: $(BASE) ## analyse a clip that visalign generates itself; truth beside measurement
	$(BIN)/python -m visalign demo

test: $(TEST) ## run the tests that are quick: some minutes
	$(PYTEST) -m "not slow" $(ARGS)

test-all: $(TEST) ## run all tests, as .ci/run does
	$(PYTEST) $(ARGS)

# For how long, seconds; where atheris can be installed it is used, elsewhere seeded mutations are.
SECONDS ?= 600
FUZZ := $(BIN)/python tests/fuzz

fuzz: $(TEST) ## fuzz readers and clips: make fuzz SECONDS=3600; findings go to fuzz-findings/
	-$(PIP) -e '.[fuzz]'
	$(FUZZ)/fuzz_readers.py --seconds $$(( $(SECONDS) * 2 / 3 ))
	$(FUZZ)/fuzz_media.py --seconds $$(( $(SECONDS) / 3 ))

# Which ones are drawn, and of which modules: make mutants ARGS="--seed 2 --number 50 --only sync.py"
mutants: $(BASE) ## break a hundred lines, one at a time; 1 in 10 may pass the tests
	$(BIN)/python tests/mutants/run_mutants.py $(ARGS)

lint: $(DEV) ## check style and format
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/hadolint Containerfile

format: $(DEV) ## put the code into the house format
	$(BIN)/python -m ruff check --fix .
	$(BIN)/python -m ruff format .

types: $(DEV) ## check the types
	$(BIN)/python -m mypy --strict

audit: $(DEV) ## check licences and known weaknesses of what is installed
	$(BIN)/python .ci/audit.py

docs: $(DOCS) ## build the documentation into docs/_build/html, warnings are errors
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

man: $(DOCS) ## build the command line as a page of the manual: docs/_build/man/visalign.1
	$(BIN)/python -m sphinx -W --keep-going -q -b man docs docs/_build/man
	@echo "docs/_build/man/visalign.1"

wheel: $(BUILD) ## build the source archive and the wheel into dist/
	rm -rf build dist
	$(BIN)/python -m build --outdir dist .
	@ls -l dist

clean: ## remove .venv and everything that was built
	rm -rf $(VENV) build dist docs/_build docs/commands demo fuzz-findings *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "visalign needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)." >&2; \
	    echo "Name a newer one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Creating $(VENV) …"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	    echo "$(PYTHON) can't create virtual environments (on Debian and Ubuntu: apt-get install python3-venv)." >&2; exit 1; }

$(BASE): $(REQUIREMENTS) | $(BIN)/python
	@echo "Installing visalign and what it needs (250 MB to download the first time) …"
	$(PIP) -e '.[demo]'
	@touch $@

$(TEST): $(REQUIREMENTS) | $(BIN)/python
	@echo "Installing visalign and what its tests need (460 MB to download the first time) …"
	$(PIP) -e '.[demo,test]'
	@touch $(BASE) $@

# The types are those of the optional libraries, too, which the tests bring along; so do pages of the reference.
$(DEV): $(TEST)
	$(PIP) -e '.[dev]'
	@touch $@

$(DOCS): $(TEST)
	$(PIP) -e '.[docs]'
	@touch $@

$(BUILD): $(BASE)
	$(PIP) build
	@touch $@
