# `make` lists the targets. Every target sets up what it needs.
.DEFAULT_GOAL := help
.PHONY: help setup engine demo test check lint fmt unit golden fuzz verify schemas lock bench corpus clean
BIN := .venv/bin
# What has no effects is covered whole, every branch of it.
PURE := checks claims errors language model record report results score spec texts verify
COVERAGE := $(PURE:%=--cov=gradekit.%) --cov-branch --cov-report=term-missing:skip-covered --cov-fail-under=100
# Tests run in as many processes as there are cores, up to six; with more, limits of time are missed now and then. Which
# may not share the machine is said in tests/conftest.py.
WORKERS ?= $(shell cores=$$(getconf _NPROCESSORS_ONLN); echo $$((cores < 6 ? cores : 6)))
PYTEST := $(BIN)/pytest -n $(WORKERS) --durations=20

help: ## list the targets
	@sed -nE 's/^([a-z]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

setup: .venv/.ready ## virtual environment with everything from the lock file

.venv/.ready: .ci/requirements.txt pyproject.toml .ci/setup
	@sh .ci/setup

engine: setup ## a running container engine and the images
	@$(BIN)/gradekit doctor --fix

demo: setup ## grade two sample submissions and show their reports
	@$(BIN)/gradekit demo --fix

test: engine ## all tests, those in containers included
	@GRADEKIT_REQUIRE_DOCKER=1 $(PYTEST) $(COVERAGE)

check: lint test ## what CI runs

lint: setup ## formatting, lint, types, layers
	@$(BIN)/ruff check && $(BIN)/ruff format --check && $(BIN)/mypy && $(BIN)/lint-imports

fmt: setup ## format and apply safe fixes
	@$(BIN)/ruff check --fix && $(BIN)/ruff format

unit: setup ## the tests that need no engine, with the coverage of the pure packages
	@$(PYTEST) -m "not docker" $(COVERAGE)

golden: setup ## rewrite golden files; review the diff
	@$(BIN)/pytest -m "not docker" --update-golden

fuzz: SECONDS ?= 600
fuzz: setup ## the parsers of candidates' bytes under a fuzzer, SECONDS=600 for each of TARGETS
	@$(BIN)/python -m pip install -q "atheris>=3,<4" || echo "without atheris: inputs are not chosen by coverage" >&2
	@$(BIN)/python -m tests.fuzz $(TARGETS) --seconds=$(SECONDS)

verify: engine ## every challenge against its own solutions, in every language
	@$(BIN)/gradekit challenge verify --all

corpus: engine ## prove that this host holds against hostile submissions, and write the table of docs/security.md
	@$(BIN)/gradekit runner test --write docs/security.md

bench: engine ## what cached packages cost a grading
	@$(BIN)/python -m benchmarks.deps

schemas: setup ## rewrite docs/schema
	@for name in challenge config report rubric; do $(BIN)/gradekit schema $$name > docs/schema/$$name.schema.json; done

lock: setup ## resolve the development lock file again
	@$(BIN)/python -m pip install -q "uv>=0.13,<0.14"
	@$(BIN)/uv pip compile -q --generate-hashes --universal --no-strip-extras --no-emit-index-url --no-annotate --no-header --group dev --extra mutants pyproject.toml -o .ci/requirements.txt

clean: ## remove what killed runs left on the engine, and local caches
	@$(BIN)/gradekit clean; rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage demo-reports
