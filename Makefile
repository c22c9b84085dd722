# Two commands matter: `make demo` and `make test`. Everything else is for those who change the program.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help demo test check format bench services clean

help: ## Say what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 20

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY) ## Make sample scans, take them through the pipeline, serve the result on http://127.0.0.1:8000
	ARCHIVE_HOME=$${ARCHIVE_HOME:-demo-data} $(BIN)/archive-service demo $(ARGS)

test: $(READY) ## Run the tests (what needs a program that is not here says so and is left out)
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(READY) ## Format, lint, types, import contract, migrations: all that CI checks besides the tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint archive_service/web/templates --check --quiet --lint
	$(BIN)/python -m tests.support.migrations

format: $(READY) ## Put the code in order
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY) ## Measure: prints the figures that stand in the README
	$(BIN)/python -m benchmarks.assess
	$(BIN)/python -m benchmarks.imports
	$(BIN)/python -m benchmarks.search
	$(BIN)/python -m benchmarks.ingest
	$(BIN)/python -m benchmarks.marks
	$(BIN)/python -m benchmarks.recognition
	$(BIN)/python -m benchmarks.web
	$(BIN)/python -m benchmarks.scale --items 100000

services: $(READY) ## Run the suites that need real services (see .ci/run for how they are started)
	$(BIN)/python -m pytest -m service -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

clean: ## Remove the virtual environment and the demo's data
	rm -rf $(VENV) demo-data
