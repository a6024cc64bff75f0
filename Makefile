# Every habit of this project has one command; `make help` lists them.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

# One BLAS thread: sums keep their order, and two processes do not fight over two cores.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1

SOURCES   := $(shell find spincat -name '*.py' -o -name '*.mplstyle')
FRAME     := _config.yml _toc.yml $(shell find book/_ext book/_static -type f -not -name '*.pyc')
PAGES     := README.md CHANGELOG.md CITATION.cff $(wildcard book/*.md book/*.bib notebooks/*.md)
NOTEBOOKS := $(wildcard notebooks/*.md)
INDEX     := _build/html/index.html

.DEFAULT_GOAL := help
.PHONY: help env book test check pytest lint figures reference baseline bench lock clean

help:  ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /  make \1\t/' | expand -t 18

env: $(VENV)/.installed  ## create the environment .venv from requirements.lock (the other targets do it themselves)

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "spincat needs Python 3.11 or newer; set PYTHON=/path/to/it"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "no virtual environment: on Debian or Ubuntu install python3-venv"; exit 1; }
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

lock: $(VENV)/.installed  ## resolve requirements.lock anew from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 \
	  --fork-strategy fewest --generate-hashes --no-header --no-annotate --no-emit-index-url \
	  --no-emit-find-links --quiet -o requirements.lock
