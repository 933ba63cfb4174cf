# make help lists what can be done. Needed: make, and Python 3.11 or later (another one: make serve PYTHON=python3.12).

VENV := .venv
PEERS := .venv-peers
BIN := $(VENV)/bin
JS := tools/js/node_modules/.package-lock.json
# The node that is installed with the site.
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix tools/js
PORT := 8000

# The first that is new enough and runs, or else the one that the complaint below is about.
PYTHON ?= $(or $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$p && break; done),python3)

# Code is compiled once, and not by every process.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help serve lint check test fresh suite claims experiments book pdf lab bench peers browsers sphinx9 clean

help:  ## show this list
	@sed -n 's/^\([a-z0-9]*\):.*## /  make \1\t/p' Makefile | expand -t 20

serve: book  ## build the book and show it in the browser, at http://localhost:8000 or the next free port (PORT=...)
	@$(BIN)/python tools/serve.py --port $(PORT)

lint: $(VENV)/.test $(JS)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/python -m mypy
	$(NPM) run --silent check

check: lint  ## lint, types and unit tests, of Python and JavaScript: what one runs before a commit
	$(BIN)/python -m pytest -n 2 -m "not browser and not build and not network and not slow" tests/science tests/book src

test: lint  ## lint, a fresh strict build, all tests: in a browser, and with the package index, too
	@$(MAKE) --no-print-directory --jobs=2 fresh suite

# Tests that need no site run while it is being built. Where it could not be built, those that need one end the run.
fresh:
	@log="$$($(BIN)/python tools/build.py --fresh 2>&1)" || { echo "$$log"; exit 1; }; echo "$$log" | tail -n 1
suite:
	INITLAB_SITE_DIR=_build/html $(BIN)/python -m pytest -n 4

claims: $(VENV)/.test  ## how every number in the prose is accounted for (ALL=1 lists all of them)
	@PYTHONPATH=tests $(BIN)/python -m claims $(if $(ALL),--all)

experiments: $(VENV)/.site  ## compute the experiments whose results are missing or older than their code (all: 35 minutes on two cores)
	$(BIN)/python tools/experiments.py $(if $(SCHEDULER),--scheduler $(SCHEDULER))

book: $(VENV)/.site  ## build the book into _build/html
	@$(BIN)/python tools/build.py

pdf: book $(VENV)/.test  ## print the book into _build/initialization-lab.pdf, with Chromium (some minutes)
	@$(BIN)/python tools/make_pdf.py

lab: $(VENV)/.test  ## open the chapters in JupyterLab
	$(BIN)/jupyter lab book/index.ipynb

bench: $(PEERS)/.peers $(VENV)/.test  ## measure against the budgets, next to PyTorch
	-$(PEERS)/bin/python benchmarks/run.py import simulation training
	$(BIN)/python benchmarks/run.py engine explorer films lab site

peers: $(PEERS)/.peers $(VENV)/.test  ## compare with what PyTorch, JAX, Keras and Flax do, live; compute an experiment on a Dask cluster
	$(PEERS)/bin/python tests/peers/record.py --compare
	$(PEERS)/bin/python tests/peers/record_frameworks.py --compare
	$(PEERS)/bin/python tests/peers/record_network.py
	$(PEERS)/bin/python tests/peers/cluster.py
	$(BIN)/python -m pytest tests/peers

browsers: $(VENV)/.test $(JS) book  ## move every control of every figure in Firefox and in WebKit (apt-get install firefox-esr webkit2gtk-driver xvfb)
	PATH="$(CURDIR)/$(BIN):$$PATH" xvfb-run -a node tests/js/engines.mjs _build/html

sphinx9: $(VENV)/.site  ## build with Sphinx 9 and without Jupyter Book's extension, in an environment of its own
	$(BIN)/python tools/build_without_jupyter_book.py

clean:  ## remove the built book and all caches; the environments stay
	rm -rf _build .experiments .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find src tests tools book benchmarks -name __pycache__ -prune -exec rm -rf {} +

# The environments. A stamp is older than what it depends on when something has to be installed.

PIP := -m pip install --disable-pip-version-check

$(VENV)/.site: EXTRAS := site
$(VENV)/.test: EXTRAS := site,test
$(VENV)/.site $(VENV)/.test: requirements.txt constraints.txt pyproject.toml | $(BIN)/python
	@echo "Installing the pinned packages into $(VENV): a few minutes the first time, nothing the next."
	$(BIN)/python $(PIP) -r requirements.txt -e ".[$(EXTRAS)]"
	@touch $@

$(JS): tools/js/package-lock.json | $(VENV)/.test
	$(NPM) ci --no-fund --no-audit
	@touch $@

$(PEERS)/.peers: tests/peers/requirements.txt constraints.txt pyproject.toml | $(PEERS)/bin/python
	@echo "Installing PyTorch, JAX, Keras, Flax and Dask into $(PEERS): several minutes the first time."
	$(PEERS)/bin/python $(PIP) -r tests/peers/requirements.txt -e ".[book,cluster]"
	@touch $@

%/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or later is needed, and there is no $(PYTHON)."; exit 1; }
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit("Python 3.11 or later is needed; $(PYTHON) is %d.%d. Name another: make PYTHON=/path/to/python" % v[:2])'
	$(PYTHON) -m venv $*
