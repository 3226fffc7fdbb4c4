# Every command sets up .venv/ on first use: it needs Python 3.11, make and a package
# index. Pick the interpreter with `make PYTHON=/path/to/python3.11 …`.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
UV := uv==0.13.9

VENV := .venv
READY := $(VENV)/.ok
RUN := $(VENV)/bin
CLIENTS := $(VENV)/clients
PEERS := $(VENV)/peers
BYTECODE := $(VENV)/bytecode
WARM := $(BYTECODE)/.ok
PLUGINS := $(patsubst %/pyproject.toml,%,$(wildcard plugins/*/pyproject.toml))
PROJECTS := . ./sdk $(PLUGINS:%=./%)
PYPROJECTS := pyproject.toml sdk/pyproject.toml $(PLUGINS:%=%/pyproject.toml)

.DEFAULT_GOAL := help
.PHONY: help demo serve install format lint test browser clients contract check bench bench-large peers docs lock

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

demo: $(READY) ## Install a simulated site over OAuth, scan it, print what is exposed
	$(RUN)/casb demo

serve: $(READY) ## Serve the web application on the demo's database
	$(RUN)/casb demo --serve

install: $(READY) $(WARM) ## Set up .venv: the locked dependencies, then our packages, editable

format: $(READY) ## Sort the imports and format the code
	$(RUN)/ruff check --fix --exit-zero --quiet .
	$(RUN)/ruff format .

lint: $(READY) ## Check style, types and architecture
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/mypy
	$(RUN)/mypy $(wildcard tests benchmarks)
	$(RUN)/mypy $(wildcard sdk/tests plugins/*/tests)
	$(RUN)/lint-imports --no-logo

# The tests start many processes: without a cache each compiles all it imports anew.
test contract $(WARM): export PYTHONDONTWRITEBYTECODE :=
test contract $(WARM): export PYTHONPYCACHEPREFIX := $(abspath $(BYTECODE))

test: $(READY) $(WARM) ## Run all tests
	$(RUN)/pytest -n 4 --dist loadfile --no-loadscope-reorder

browser: $(READY) ## Look at the web pages with a real browser
	$(RUN)/pytest -m browser tests/browser

clients: $(READY) $(CLIENTS)/dlt/.ok $(CLIENTS)/airbyte/.ok ## Let dlt and Airbyte pull the export
	$(RUN)/pytest -n 2 --dist loadfile -m clients tests/clients

contract: $(READY) ## Run the contract suites alone: the ports and the detectors
	$(RUN)/pytest $(wildcard tests/contract) plugins

check: lint test browser clients docs ## Do what the continuous integration does

bench: $(READY) peers ## Measure the small and the medium site
	$(RUN)/python -m benchmarks

bench-large: $(READY) peers ## Measure the large site, and a feed of a million rows
	$(RUN)/python -m benchmarks --large

peers: $(PEERS)/script/.ok $(PEERS)/unstructured/.ok $(PEERS)/airbyte/.ok $(PEERS)/duckdb/.ok ## Install what the benchmarks compare with

docs: $(READY) ## Build the documentation into docs/_build/html
	$(RUN)/sphinx-build -W --keep-going --quiet docs docs/_build/html

COMPILE := pip compile --universal --python-version 3.11 --upgrade --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --quiet

lock: $(READY) ## Resolve the dependencies anew: ours, those of the clients and the peers
	$(RUN)/uv $(COMPILE) pyproject.toml sdk/pyproject.toml --all-extras --group dev \
		--no-emit-package casb-sdk --output-file requirements.lock
	$(RUN)/uv $(COMPILE) tests/clients/dlt.in --output-file tests/clients/dlt.txt
	$(RUN)/uv $(COMPILE) tests/clients/airbyte.in --output-file tests/clients/airbyte.txt
	$(RUN)/uv $(COMPILE) benchmarks/peers/script.in --output-file benchmarks/peers/script.txt
	$(RUN)/uv $(COMPILE) benchmarks/peers/unstructured.in --output-file benchmarks/peers/unstructured.txt
	$(RUN)/uv $(COMPILE) --override benchmarks/peers/airbyte.override \
		benchmarks/peers/airbyte.in --output-file benchmarks/peers/airbyte.txt
	$(RUN)/uv $(COMPILE) benchmarks/peers/duckdb.in --output-file benchmarks/peers/duckdb.txt

# An environment for each client and peer: what it needs must not meet what we need.
define install-apart
$(PYTHON) -m venv --clear $(@D)
@for install in "$(RUN)/uv pip install --compile-bytecode --python $(@D)/bin/python" "$(@D)/bin/pip install"; do \
	echo "$$install -r $<"; \
	$$install --quiet $(ALONE) --require-hashes -r $< && touch $@ && exit; \
done; exit 1
endef

$(CLIENTS)/%/.ok: tests/clients/%.txt | $(READY)
	$(install-apart)

# The source of Airbyte asks for a kit that is older than the one it is run with.
$(PEERS)/%/.ok: ALONE := --no-deps
$(PEERS)/%/.ok: benchmarks/peers/%.txt | $(READY)
	$(install-apart)

# Workers that start together would each compile all there is; one does it for them.
$(WARM): $(READY)
	@mkdir -p $(@D)
	@$(RUN)/pytest --collect-only --quiet --quiet >/dev/null || true
	@touch $@

$(RUN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 is needed: make PYTHON=/path/to/python3.11 ...")'
	$(PYTHON) -m venv $(VENV)

# uv takes a second where pip takes half a minute; without it, or without its index, pip does.
$(READY): requirements.lock $(PYPROJECTS) | $(RUN)/python
	$(RUN)/pip install --quiet $(UV) || true
	@for install in "uv pip install --python $(RUN)/python" "pip install"; do \
		echo "$(RUN)/$$install -r requirements.lock $(PROJECTS:%=-e %)"; \
		$(RUN)/$$install --quiet --require-hashes -r requirements.lock \
		&& $(RUN)/$$install --quiet --no-deps --no-build-isolation $(PROJECTS:%=-e %) \
		&& touch $@ && exit; \
	done; exit 1
