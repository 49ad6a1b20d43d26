# What can be done here. `make` alone lists it.
#
# Nothing but Python (3.11 or newer), make and git is needed: the first target that needs it makes
# .venv and fills it, once. uv is used when it is there, otherwise python3 -m venv and pip.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
UV     := $(shell command -v uv 2>/dev/null)
# What stands in these two files says that the environment is ready; they are newer than the locks.
RUN    := $(VENV)/.ready-run
DEV    := $(VENV)/.ready-dev
# One thread for the linear algebra: tests run in two processes, benchmarks are to be comparable.
ONE    := OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1
PYTEST := $(ONE) $(BIN)/python -m pytest

ifdef UV
PIP := $(UV) pip install --python $(BIN)/python
else
PIP := $(BIN)/python -m pip install --disable-pip-version-check
endif

.DEFAULT_GOAL := help
.PHONY: help demo setup test test-slow test-all lint docs docs-pages golden bench locks fuzz fuzz-night clean

help: ## list what can be done
	@grep -E '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/^([a-z-]+):.*## /\1|/' \
	  | while IFS='|' read -r name text; do printf '  make %-10s %s\n' "$$name" "$$text"; done

demo: $(RUN) ## analyse the bundled example study and name the report
	$(BIN)/reattune demo

setup: $(DEV) ## make .venv with everything for development

test: $(DEV) ## the default tests (under two minutes)
	$(PYTEST) -n 2 -m "not slow and not browser"

test-slow: $(DEV) ## only the slow and the browser tests
	$(PYTEST) -n 2 -m "slow or browser"

test-all: $(DEV) ## every test, slow and browser ones too
	$(PYTEST) -n 2

lint: $(DEV) ## style, format, types, spelling
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell src tests docs benchmarks changes README.md CONTRIBUTING.md CITATION.cff

docs: $(DEV) ## build the pages into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --site-dir site
	@echo "site/index.html"

docs-pages: $(DEV) ## write the pages that are made from the code
	$(BIN)/python scripts/generate_docs.py

golden: $(DEV) ## rewrite the golden files; read the diff before you commit it
	$(PYTEST) tests/golden --update-golden

bench: $(DEV) ## run every benchmark, one thread
	@set -e; for file in benchmarks/bench_*.py; do \
	  [ -e "$$file" ] || { echo "no benchmarks yet"; exit 0; }; \
	  echo "== $$file"; $(ONE) $(BIN)/python "$$file"; done

# No address of any package index ends up in a lock; a test looks.
locks: ## write requirements/*.lock anew from pyproject.toml (needs uv)
	uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
	  pyproject.toml --extra dev -o requirements/dev.lock
	uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
	  pyproject.toml -c requirements/dev.lock -o requirements/run.lock

fuzz-night: $(DEV) ## the structure-aware fuzz tests with 2,000 examples each
	REATTUNE_FUZZ_EXAMPLES=2000 $(PYTEST) -n 2 tests/readers/test_fuzz_*.py

fuzz: $(DEV) ## coverage-guided fuzzing of the readers for five minutes (Linux)
	$(PIP) --quiet atheris
	$(BIN)/python fuzz/make_seeds.py fuzz/corpus
	$(BIN)/python fuzz/fuzz_readers.py fuzz/corpus -max_total_time=300 -max_len=8192 -timeout=10 \
	  -artifact_prefix=fuzz/

clean: ## remove .venv and everything that was built
	rm -rf $(VENV) site demo build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

# -- set-up ----------------------------------------------------------------------------------

# The lock first. Where it does not fit (another Python, another platform) pyproject.toml alone
# decides. The second line is quick when the lock did fit, and adds what the lock does not know yet.
$(RUN): pyproject.toml requirements/run.lock | $(BIN)/python
	@$(PIP) --quiet -r requirements/run.lock \
	  || echo "The lock does not fit here; installing what pyproject.toml asks for."
	@$(PIP) --quiet -e .
	@touch $@

$(DEV): pyproject.toml requirements/dev.lock $(RUN)
	@$(PIP) --quiet -r requirements/dev.lock \
	  || echo "The lock does not fit here; installing what pyproject.toml asks for."
	@$(PIP) --quiet -e ".[dev]"
	@touch $@

$(BIN)/python:
	@echo "Making $(VENV) and installing; this happens once and takes a minute or two."
ifdef UV
	@$(UV) venv --quiet --python ">=3.11" $(VENV)
else
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "reattune needs Python 3.11 or newer. Name one: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "python3 -m venv did not work. On Debian or Ubuntu: apt install python3-venv"; exit 1; }
endif
