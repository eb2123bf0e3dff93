PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/pip --disable-pip-version-check install --quiet --constraint constraints.txt
BUNDLE ?= models/candidate
IN     ?= $(wildcard seeds/documents/*.txt)
OUT    ?= out
CORPUS ?=
CORPUS_OPTION := $(if $(CORPUS),--corpus $(CORPUS))
START  ?=
START_OPTION  := $(if $(START),--start $(START))

.DEFAULT_GOAL := help
.PHONY: help install tag serve train evaluate crossval bench test quick check fix cover lock clean

help:  ## list these targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# Two stamps in one environment: what serving needs (a minute), and everything (torch, the tools).
$(VENV)/.serving: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) --editable .
	touch $@

$(VENV)/.everything: $(VENV)/.serving
	$(PIP) --editable '.[train,dev]'
	touch $@

install: $(VENV)/.everything  ## make .venv with everything, training and tools included

tag: $(VENV)/.serving  ## tag and strip $(IN) (the seeds) into $(OUT)
	$(BIN)/segue tag $(IN) --out $(OUT)

serve: $(VENV)/.serving  ## the service and its page on 127.0.0.1:8000
	$(BIN)/segue serve

train: $(VENV)/.everything  ## train on seeds/written (and CORPUS=folder) into $(BUNDLE); START=models/encoder: in minutes
	$(BIN)/python -m train fit $(CORPUS_OPTION) $(START_OPTION) --out $(BUNDLE)

evaluate: $(VENV)/.everything  ## score $(BUNDLE) on the seed documents (and CORPUS=folder)
	$(BIN)/python -m train evaluate $(CORPUS_OPTION) $(BUNDLE)

crossval: $(VENV)/.everything  ## score shows left out of training, three seeds, beside TF-IDF
	$(BIN)/python -m train crossval $(CORPUS_OPTION)

BENCHES := speed batch safety service chaos

bench: $(VENV)/.everything  ## speed and memory, large runs, the service under load and harm, into bench/*.json
	for name in $(BENCHES); do $(BIN)/python bench/$$name.py || exit 1; done

test: $(VENV)/.everything  ## every test this machine can run
	$(BIN)/pytest

quick: $(VENV)/.everything  ## tests under ten seconds, no training
	$(BIN)/pytest -m "not slow and not gpu"

cover: $(VENV)/.everything  ## tests, with branch coverage
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage report

check: $(VENV)/.everything  ## lint, format and types; changes nothing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fix: $(VENV)/.everything  ## format, and mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(VENV)/.everything  ## record the versions in .venv as the ones we test with
	$(BIN)/pip freeze --exclude-editable | sed 's/+cpu$$//' > constraints.txt

clean:  ## remove caches and build output, never models, runs or seeds
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage build dist *.egg-info out
