# What a person runs; `make help` lists it, docs/testing.md says what each needs. Every target does its own set-up.

PYTHON = python3
VENV = .venv
RUN = $(VENV)/bin
LOCK = requirements-dev.lock
SHIPPED = $(firstword $(wildcard tests/data/*_x86_64/snapshot.json.gz) $(wildcard tests/data/*/snapshot.json.gz))
PYTEST = $(RUN)/python -m pytest
PIP = $(RUN)/python -m pip --disable-pip-version-check -qq

export PYTHON

.PHONY: help run test lint types unit live vectors docs bench fuzz kills lock set-up clean
.DEFAULT_GOAL = help

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-16s %s\n", $$1, $$2 }'

run: $(VENV)/.installed ## print this host's domain capabilities (installs an emulator when there is none, if it may)
	@if tools/set-up emulator; then \
	  exec $(RUN)/domcaps show; \
	elif [ -n '$(SHIPPED)' ]; then \
	  echo 'no emulator on this host, and none could be installed: this is the host recorded in $(SHIPPED)' >&2; \
	  exec $(RUN)/domcaps show --from '$(SHIPPED)'; \
	else \
	  echo 'no emulator on this host, and none could be installed' >&2; exit 2; \
	fi

test: $(VENV)/.developer lint types ## everything: lint, types, all tests (what needs more than this host has is skipped)
	@$(PYTEST) -n 2 --dist loadgroup

lint: $(VENV)/.developer ## ruff's rules and its format
	@$(RUN)/ruff check
	@$(RUN)/ruff format --check

types: $(VENV)/.developer ## mypy --strict over src, tests, tools and benchmarks
	@$(RUN)/mypy

unit: $(VENV)/.developer ## the tests that need no libvirt, but for the recorded hosts of ../shared
	@$(PYTEST) -n 2 -m 'not live' --ignore=tests/test_vectors.py

live: $(VENV)/.developer ## compare with a real libvirt daemon on this host (root, libvirt, emulators)
	@$(PYTEST) -m live tests/live

vectors: $(VENV)/.installed ## every recorded case of ../shared, each in a process of its own
	@if [ -f ../shared/tools/vectors.py ]; then \
	  exec $(RUN)/python ../shared/tools/vectors.py --domcaps $(RUN)/domcaps; \
	else echo 'skipped: there is no ../shared beside this checkout' >&2; fi

docs: $(VENV)/.developer ## write reference, guide, man pages and completions anew, from the code
	@$(RUN)/python tools/reference.py
	@$(RUN)/python -m tools.manpages
	@$(RUN)/python -m tools.completions
	@$(RUN)/python -m tools.guide

bench: $(VENV)/.developer $(VENV)-plain/.installed ## the table of benchmarks
	@$(RUN)/python -m benchmarks.run

fuzz: $(VENV)/.developer ## a million made-up inputs for every reader (three quarters of an hour)
	@nice $(RUN)/python benchmarks/fuzz.py 1000000

kills: $(VENV)/.developer ## a thousand commands killed at random moments, and as many writers of the cache (10 minutes)
	@DOMCAPS_KILLS=1000 $(PYTEST) -q -k kill tests/faults tests/test_cache.py

lock: ## write requirements-dev.lock anew: the newest versions that pyproject.toml allows
	@rm -rf $(VENV)-lock && tools/set-up venv $(VENV)-lock
	@$(VENV)-lock/bin/python -m pip -qq install --upgrade pip
	@$(VENV)-lock/bin/python -m pip -qq install hatchling editables . --group dev
	@{ echo '# Made by `make lock`: every package of our own runs. Nothing of where they come from belongs here.'; \
	   $(VENV)-lock/bin/python -m pip -qq freeze --exclude domcaps; } > $(LOCK)
	@rm -rf $(VENV)-lock
	@grep -c == $(LOCK) | sed 's/$$/ packages in $(LOCK)/'

set-up: $(VENV)/.developer ## only the set-up, as `make test` needs it

clean: ## remove what make made
	@rm -rf $(VENV) $(VENV)-lock $(VENV)-plain .mypy_cache .ruff_cache .pytest_cache .hypothesis .bench build dist
	@find src tests tools benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps. An interrupted or moved environment is made anew.
$(VENV)/.made:
	@if [ ! -x $(RUN)/python ] || ! $(RUN)/python -m pip --version >/dev/null 2>&1; then \
	  echo 'making $(VENV)' >&2; rm -rf $(VENV); tools/set-up venv $(VENV); fi
	@touch $@

$(VENV)/.installed: $(VENV)/.made pyproject.toml scripts/domcaps $(LOCK)
	@echo 'installing domcaps into $(VENV)' >&2
	@$(PIP) install --constraint $(LOCK) hatchling editables
	@$(PIP) install --constraint $(LOCK) --no-build-isolation --editable .
	@touch $@

# What users have: domcaps and what it needs to run. Our tools beside it would slow its start.
$(VENV)-plain/.installed: $(VENV)/.made pyproject.toml $(LOCK)
	@echo 'installing domcaps into $(VENV)-plain' >&2
	@rm -rf $(VENV)-plain && tools/set-up venv $(VENV)-plain
	@$(VENV)-plain/bin/python -m pip --disable-pip-version-check -qq install --constraint $(LOCK) --editable .
	@touch $@

$(VENV)/.developer: $(VENV)/.installed
	@echo 'installing the tools of $(LOCK)' >&2
	@$(PIP) install --requirement $(LOCK)
	@touch $@
