# Every habit of this project has one command; `make help` lists them.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -I -m pip
MADE_AS := $(shell grep . $(VENV)/.installed 2>/dev/null || sed -n 's/^command = .* -m venv //p' $(VENV)/pyvenv.cfg 2>/dev/null)

# One BLAS thread: sums keep their order, and two processes do not fight over two cores.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1

# Whatever the user's shell asks of other Pythons: pip installs into .venv.  Where packages come from,
# and how they are reached, remains the user's choice; pip's files of configuration stay in force.
unexport PYTHONHOME VIRTUAL_ENV
PIP_KEPT := $(addprefix PIP_,INDEX_URL EXTRA_INDEX_URL NO_INDEX FIND_LINKS TRUSTED_HOST CERT CLIENT_CERT \
  PROXY CONFIG_FILE KEYRING_PROVIDER TIMEOUT DEFAULT_TIMEOUT RETRIES CACHE_DIR NO_CACHE_DIR ONLY_BINARY)
unexport $(filter-out $(PIP_KEPT),$(filter PIP_%,$(.VARIABLES)))
export PIP_USER := 0

# Files only: editors leave links that lead nowhere, and git lists what has just been removed.
SOURCES   := $(shell find spincat -type f ! -name '.*' '(' -name '*.py' -o -name '*.mplstyle' ')')
FRAME     := _config.yml _toc.yml $(shell find book/_ext book/_static -type f ! -name '.*' ! -name '*.pyc')
PAGES     := $(wildcard book/*.md book/*.bib notebooks/*.md)
NOTEBOOKS := $(wildcard notebooks/*.md)
BENCHES   := $(wildcard benchmarks/*.py)
LIST      := { git ls-files --cached --others --exclude-standard 2>/dev/null || \
  find . -type f ! -path './.*' ! -path './_build/*'; } | \
  while read -r file; do if test -f "$$file"; then echo "$$file"; fi; done
CHECKED   := $(shell $(LIST))
PARALLEL  := -n auto --dist loadfile  # refined by tests/dealing.py
UNIT_TESTS := $(wildcard tests/*.py tests/data/*)
LEDGER_TESTS := $(shell grep -l 'mark\.ledger' tests/test_*.py)
FIGURE_TESTS := $(shell grep -l figure_baselines tests/test_*.py)
INDEX     := _build/html/index.html

# A stamp is as old as the beginning of what it stands for: an edit in the meantime is newer.
BEGIN = @mkdir -p $(@D) && touch $@.begun
END   = @mv $@.begun $@

.DEFAULT_GOAL := help
.PHONY: help env book test pytest lint figures reference baseline solutions bench lock clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s%s\n", $$1, $$2}' Makefile

env: $(VENV)/.installed  ## create the environment .venv from requirements.lock (the other targets do it themselves)

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -I -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "spincat needs Python 3.11 or newer; set PYTHON=/path/to/it"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -I -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "no virtual environment: on Debian or Ubuntu install python3-venv"; exit 1; }
	@! $(PIP) config list | grep -E '^(global|install)\.(target|prefix|root)=' || \
	  { echo "pip's configuration, above, has it install elsewhere than into .venv; remove that line"; exit 1; }
	@# compiled afterwards, by all cores and without the tests of others: half a minute less
	$(PIP) install --quiet --disable-pip-version-check --require-hashes --no-compile -r requirements.lock
	$(PIP) install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q -j 0 -x '/tests?/' $(VENV)/lib || true  # some are templates, not Python
	$(BIN)/python -c "import matplotlib.font_manager"  # builds its font cache now, not in a notebook
	@echo '$(CURDIR)/$(VENV)' > $@

# The programs in a copy of .venv are those of the original, and compute with its code.
ifneq ($(MADE_AS),)
ifneq ($(MADE_AS),$(CURDIR)/$(VENV))
$(VENV)/.installed: foreign
endif
endif

.PHONY: foreign
foreign:
	@echo "$(VENV) is a copy of $(MADE_AS), whose code it would run; make it anew: rm -rf $(VENV) && make env" >&2
	@exit 1

lock: $(VENV)/.installed  ## resolve requirements.lock anew from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 \
	  --fork-strategy fewest --generate-hashes --no-header --no-annotate --no-emit-index-url \
	  --no-emit-find-links --quiet -o requirements.lock

book: $(INDEX)  ## build the book; a second call redoes only what changed
	@echo "The book is ready: open $(CURDIR)/$(INDEX)"

# Sphinx does not see edits of the package, the frame or the environment: after one of those it
# starts from nothing.
_build/.inputs: $(SOURCES) $(FRAME) $(VENV)/.installed
	$(BEGIN)
	rm -rf _build/html _build/.doctrees _build/jupyter_execute
	$(END)

# The cells of the pages are executed before Sphinx, which takes their outputs.  What is fresh is not
# executed again: this depends on the code of a page, not on its prose.
_build/.executed: $(SOURCES) $(BENCHES) $(PAGES) book/execute.py $(VENV)/.installed
	$(BEGIN)
	$(BIN)/python book/execute.py
	$(END)

# The verdicts that the book shows are those of the tests that decide them, run for what is here.
# A test that fails does not stop the book, which says so; it stops `make test`.
# Every run of such a test writes _build/ledger.json, hence the stamp, which only this rule makes.
_build/.ledger: $(SOURCES) $(UNIT_TESTS) $(VENV)/.installed
	$(BEGIN)
	@rm -f _build/ledger.json
	-$(BIN)/pytest -m ledger $(LEDGER_TESTS)  # one process: the pages need the other cores
	@test -e _build/ledger.json || echo '{}' > _build/ledger.json
	$(END)

# Pages and tests share the cores, so that none waits for the last test or the longest page.
_build/.computed: $(SOURCES) $(BENCHES) $(PAGES) $(UNIT_TESTS) book/execute.py $(VENV)/.installed
	$(BEGIN)
	$(MAKE) --jobs=2 _build/.executed _build/.ledger
	$(END)

# A failed build forgets what it read: the next one must not pass by skipping the page that failed.
$(INDEX): _build/.inputs _build/.computed book/ledger.yml $(PAGES)
	@mkdir -p _build && touch _build/.book.begun
	$(BIN)/jupyter-book build . -n -W --keep-going || { rm -rf _build/.doctrees _build/.inputs; exit 1; }
	@touch -r _build/.book.begun $@

test: book _build/.tested  ## lint and the whole test suite, unless nothing changed since they passed
	@echo "Every check has passed for what is here (make pytest runs the suite again)."

# mypy takes one core for half a minute: the tests begin meanwhile.
_build/.tested: $(INDEX) $(CHECKED)
	$(BEGIN)
	$(MAKE) --jobs=2 lint undecided
	$(END)

.PHONY: undecided
undecided:
	$(BIN)/pytest $(PARALLEL) -m "not ledger"  # those have just been run for the book

pytest: $(VENV)/.installed  ## the test suite alone: units, figures, notebooks, the built book
	$(BIN)/pytest $(PARALLEL)

lint: $(VENV)/.installed  ## ruff, mypy, codespell and the round trip of the text notebooks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell $$($(LIST))
	$(BIN)/jupytext --test-strict --to ipynb --quiet $(NOTEBOOKS)

figures: $(VENV)/.installed  ## draw the figures alone (_build/figures), and the one in the README
	$(BIN)/python -m spincat.figures _build/figures
	@# only if it differs: a new date would rebuild the book
	cmp -s _build/figures/fig1.png book/_static/fig1.png || cp _build/figures/fig1.png book/_static/fig1.png

reference: $(VENV)/.installed  ## store the outputs of the notebooks for nbval (NAME=... for one of them)
	$(BIN)/python tests/make_reference.py $(NAME)

baseline: $(VENV)/.installed  ## make the figure baselines anew: numbers and pictures (tests/baseline)
	$(BIN)/pytest -q $(FIGURE_TESTS) -k test_data --regen-all
	$(BIN)/pytest -q $(FIGURE_TESTS) -k picture --mpl-generate-path=tests/baseline

solutions: $(VENV)/.installed  ## compute what is missing of the slow solutions that tests compare with (tests/data)
	$(BIN)/python tests/make_qutip_reference.py
	test -f tests/data/exact_means.json || $(BIN)/python tests/make_exact_means.py

bench: $(VENV)/.installed  ## measure what is claimed about speed
	@for script in $(BENCHES); do $(BIN)/python $$script || exit 1; done

clean:  ## remove what was built, but not the environment (rm -rf .venv does that)
	rm -rf _build tests/reference/figures .pytest_cache .mypy_cache .ruff_cache .hypothesis
