# make help lists what can be done. Needed: make, and Python 3.11 or later (another one: make serve PYTHON=python3.12).

VENV := .venv
PEERS := .venv-peers
BIN := $(VENV)/bin
PORT := 8000

# The first that is new enough and runs.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$p && break; done)

.DEFAULT_GOAL := help
.PHONY: help serve test claims book lab bench peers clean

help:  ## show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 16

serve: book  ## build the book and show it in the browser, at http://localhost:8000 or the next free port (PORT=...)
	@$(BIN)/python tools/serve.py --port $(PORT)

test: $(VENV)/.test  ## lint, unit and property tests, a fresh strict build, browser tests, Binder's environment
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/python tools/build.py --fresh
	INITLAB_SITE_DIR=_build/html $(BIN)/python -m pytest -n 3

claims: $(VENV)/.test  ## how every number in the prose is accounted for (ALL=1 lists all of them)
	@PYTHONPATH=tests $(BIN)/python -m claims $(if $(ALL),--all)

book: $(VENV)/.site  ## build the book into _build/html
	@$(BIN)/python tools/build.py

lab: $(VENV)/.test  ## open the chapters in JupyterLab
	$(BIN)/jupyter lab book/index.ipynb

bench: $(PEERS)/.peers $(VENV)/.test  ## measure against the budgets, next to PyTorch
	-$(PEERS)/bin/python benchmarks/run.py import simulation training
	$(BIN)/python benchmarks/run.py explorer films site

peers: $(PEERS)/.peers $(VENV)/.test  ## compare with what PyTorch, JAX, Keras and Flax do, live
	$(PEERS)/bin/python tests/peers/record.py --compare
	$(PEERS)/bin/python tests/peers/record_frameworks.py --compare
	$(PEERS)/bin/python tests/peers/record_network.py
	$(BIN)/python -m pytest tests/peers

clean:  ## remove the built book and all caches; the environments stay
	rm -rf _build .pytest_cache .ruff_cache .hypothesis
	find src tests tools book benchmarks -name __pycache__ -prune -exec rm -rf {} +

# The environments. A stamp is older than what it depends on when something has to be installed.

PIP := -m pip install --disable-pip-version-check

$(VENV)/.site: EXTRAS := site
$(VENV)/.test: EXTRAS := site,test
$(VENV)/.site $(VENV)/.test: requirements.txt constraints.txt pyproject.toml | $(BIN)/python
	@echo "Installing the pinned packages into $(VENV): a few minutes the first time, nothing the next."
	$(BIN)/python $(PIP) -r requirements.txt -e ".[$(EXTRAS)]"
	@touch $@

$(PEERS)/.peers: tests/peers/requirements.txt constraints.txt pyproject.toml | $(PEERS)/bin/python
	@echo "Installing PyTorch, JAX, Keras and Flax into $(PEERS): several minutes the first time."
	$(PEERS)/bin/python $(PIP) -r tests/peers/requirements.txt -e .
	@touch $@

%/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed, and none was found. Install one, or name it: make PYTHON=/path/to/python"; exit 1; }
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit(f"Python 3.11 or later is needed; $(PYTHON) is {v[0]}.{v[1]}")'
	$(PYTHON) -m venv $*
