# Every command of this project. On a fresh machine each needs only make and any Python 3.9 or later: what it needs
# beyond them is installed first, under .tools and .venv, from the locks in requirements/ and benchmarks/.

MACHINE_PYTHON ?= python3
ENV ?= local
export PORT ?= 3000
export LIVE ?=
export COMPOSITION ?=
export EXAMPLE ?=

UV := .tools/uv/bin/uv
PYTHON := .venv/bin/python
VENV := $(UV) venv --quiet --allow-existing --python
SYNC := $(UV) pip sync --quiet --require-hashes
COMPILED := --compile-bytecode
SAM := SAM_CLI_TELEMETRY=0 .tools/sam/bin/sam
# Two processes of tests more than processors, since about half of a test's time is waiting: for timeouts, and for other
# processes. tests/conftest.py says which tests stay together, and what comes first.
AT_ONCE := --numprocesses $(shell expr $$(getconf _NPROCESSORS_ONLN) + 2) --dist loadscope --no-loadscope-reorder

# Jobs at once write what they have to say one after another. Make 3 cannot do that, and mixes them.
WHOLE := $(if $(filter output-sync,$(.FEATURES)),--output-sync)

# Tests start many interpreters. Without bytecode each of them compiles fanin, and its tests, anew.
test test-slow soak test-sam-local template: export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup run local serve call event build deploy smoke logs delete test test-slow soak trace test-sam-local check lint types imports template locks format lock against bench counts slots contrast lesson site links dist clean

help: ## explain the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# --- What every command needs -------------------------------------------------------------------------------------

setup: .venv/.installed .tools/sam/.installed .tools/emulator/.installed .tools/runtime/.installed ## install what the other commands need; they do it themselves
	@:

# Names the Python 3.13 that was found, and comes with .tools/uv.
.tools/python: src/fanin/local/project/bootstrap.py requirements/uv.txt .python-version
	@command -v $(MACHINE_PYTHON) >/dev/null || { echo "There is no $(MACHINE_PYTHON): install Python 3.9 or later, or name one with MACHINE_PYTHON=" >&2; exit 1; }
	@PYTHONPATH=src $(MACHINE_PYTHON) -m fanin.local.project.bootstrap

.venv/.installed: requirements/dev.txt pyproject.toml .tools/python
	@echo "setting up the development environment"
	@$(VENV) "$$(cat .tools/python)" .venv
	@$(SYNC) $(COMPILED) --python .venv requirements/dev.txt
	@$(UV) pip install --quiet --python .venv --no-deps --no-build-isolation --editable .
	@touch $@

define install
	@echo "setting up $(@D)"
	@$(VENV) "$$(cat .tools/python)" $(@D)
	@$(SYNC) $(COMPILED) --python $(@D) $<
	@touch $@
endef

.tools/%/.installed: requirements/%.txt .tools/python
	$(install)

# Most of what comes with SAM is never imported. What is imported is compiled then.
.tools/sam/.installed: COMPILED :=

.tools/benchmarks/.installed: benchmarks/requirements.txt .tools/python
	$(install)

.tools/peers/.installed: benchmarks/peers/requirements.txt .tools/python
	$(install)

# The interpreter that stands for Lambda's in the embedded AWS. It has no packages: one that a bundle lacks is then
# missing here, too.
.tools/runtime/.installed: .tools/python
	@$(VENV) "$$(cat .tools/python)" .tools/runtime
	@touch $@

# --- Running ------------------------------------------------------------------------------------------------------

run: setup ## build, deploy to an embedded AWS, serve on http://127.0.0.1:3000 (PORT=; LIVE=1 for the public APIs; EXAMPLE=hacker-news)
	@$(PYTHON) -m fanin.local.stack.run

local: setup ## serve in containers with sam local start-api, again after every change (PORT=; LIVE=1)
	@$(PYTHON) -m fanin.local.containers.run

serve: setup ## serve FastAPI, Django and its admin in one process (PORT=; COMPOSITION=mounted or beside; LIVE=1; EXAMPLE=)
	@PYTHONPATH=functions/gateway:functions/django $(PYTHON) -m server

call: setup ## call an example's endpoint over its fakes, and draw its calls (EXAMPLE=hacker-news ASK="front_page count=3")
	@$(PYTHON) -m fanin.local.upstream.fakes "examples/$(EXAMPLE)" .venv/bin/fanin call $(ASK) \
		|| case $$? in 1 | 3) ;; *) exit 2 ;; esac # an answer that failed or is partial has been shown

event: setup ## give a function one event, in a container (E=events/gateway/health.json, or a path such as E=/trip/Lisbon)
	@$(PYTHON) -m fanin.local.containers.event "$(E)"

build: setup ## build the template with sam (ENV=local, dev or prod)
	@$(PYTHON) -m fanin.local.sam.build $(ENV)

build-%: # what `sam build` makes each function and layer of the template by
	@test -x $(PYTHON) || { echo "fanin is not installed here: run make setup first" >&2; exit 1; }
	@$(PYTHON) -m fanin.local.sam.bundle $*

deploy: setup ## build, and deploy to AWS with your credentials, guided the first time (ENV=dev or prod; YES=1 if what changes has been approved)
	@$(PYTHON) -m fanin.local.aws.deploy $(ENV) $(if $(YES),--yes)

smoke: setup ## ask a deployment what the contract promises (ENV=dev or prod, or URL=https://…)
	@$(PYTHON) -m fanin.local.smoke.run "$(or $(URL),$(ENV))"

logs: setup ## show what functions and API log in AWS, as it comes (ENV=dev or prod)
	@$(PYTHON) -m fanin.local.aws.logs $(ENV)

delete: setup ## delete what was deployed to AWS; asks first (ENV=dev or prod)
	@$(PYTHON) -m fanin.local.aws.delete $(ENV)

# --- Proving ------------------------------------------------------------------------------------------------------

test: setup ## run the tests, those of the deployed stack included (TESTS=tests/unit for some of them)
	@$(PYTHON) -m pytest $(AT_ONCE) $(or $(TESTS),--ignore tests/sam_local --ignore tests/slow --ignore tests/soak)

test-slow: .tools/lambda/.installed setup .tools/site/.installed .tools/browser/.installed ## run the tests that start a browser, PostgreSQL or make run; skipped where there is no browser or PostgreSQL
	@$(PYTHON) -m pytest $(AT_ONCE) tests/slow

soak: setup ## run what takes too long for every change
	@$(PYTHON) -m pytest tests/soak

trace: setup ## count the files and calls that a request passes
	@$(PYTHON) -m tests.contract.trace

test-sam-local: setup ## run the tests of events/ and the contract in containers under sam local; takes a container engine
	@$(PYTHON) -m pytest tests/sam_local

check: setup ## look at code, template and locks without running them
	@$(MAKE) --no-print-directory --keep-going --jobs 2 $(WHOLE) types template lint locks imports links

lint: setup
	@$(PYTHON) -m ruff check
	@$(PYTHON) -m ruff format --check

types: setup
	@$(PYTHON) -m mypy

imports: setup
	@.venv/bin/lint-imports --no-cache

template: setup
	@$(PYTHON) -m fanin.local.sam.template_check

locks: setup
	@$(PYTHON) -m fanin.local.locks check

links: .tools/site/.installed
	@.tools/site/bin/lychee --offline --include-fragments --no-progress --quiet README.md CONTRIBUTING.md CHANGELOG.md docs examples

format: setup ## let ruff rewrite the code
	@$(PYTHON) -m ruff check --fix
	@$(PYTHON) -m ruff format

lock: setup ## resolve the locked requirements anew (UPGRADE=1 for newer versions)
	@$(PYTHON) -m fanin.local.locks compile $(if $(UPGRADE),--upgrade)

against: .tools/benchmarks/.installed .tools/runtime/.installed ## measure calls and cold start beside another commit, 2 minutes (REF=HEAD~1)
	@PYTHONPATH=src .tools/benchmarks/bin/python -m benchmarks.against $(or $(REF),HEAD~1)

bench: .tools/benchmarks/.installed .tools/lambda/.installed .tools/peers/.installed setup ## measure what a call costs beside fanin's peers, 5 minutes (QUICK=1 for less than two; RECORD=1 into docs/bench.md)
	@PYTHONPATH=src .tools/benchmarks/bin/python -m benchmarks.bench $(if $(QUICK),--quick) $(if $(RECORD),--record)

counts: .tools/benchmarks/.installed setup ## count instructions by valgrind, and compare with benchmarks/counts.json, 2 minutes (RECORD=1 to write it)
	@PYTHONPATH=src .tools/benchmarks/bin/python -m benchmarks.counts $(if $(RECORD),--record)

slots: .tools/benchmarks/.installed .tools/lambda/.installed setup ## measure many invocations at once in one environment, beside AWS's runtime, a minute (ROUNDS=7)
	@PYTHONPATH=src .tools/benchmarks/bin/python -m benchmarks.slots $(if $(ROUNDS),--rounds $(ROUNDS))

contrast: .tools/benchmarks/.installed .tools/lambda/.installed setup ## measure what each execution model costs, 21 minutes (QUICK=1 for one; ENDPOINT=trip; URL=https://...)
	@PYTHONPATH=src .tools/benchmarks/bin/python -m benchmarks.contrast $(if $(QUICK),--quick) \
		$(if $(ENDPOINT),--endpoint "$(ENDPOINT)") $(if $(DELAY),--delay "$(DELAY)") $(if $(LIVE),--live) $(if $(URL),--url "$(URL)") $(if $(RECORD),--record)

lesson: .tools/benchmarks/.installed setup ## measure one listing of docs/lesson.md (TAKE=django CLIENTS=10; RECORD=1 for all, into the page)
	@PYTHONPATH=src .tools/benchmarks/bin/python -m benchmarks.lesson $(or $(TAKE),django) $(or $(CLIENTS),10) $(if $(RECORD),--record)

site: setup .tools/site/.installed ## build the documentation's site into build/site, and check its links
	@$(PYTHON) -m fanin.local.site

dist: setup ## build the wheel and the sdist into build/dist
	@.venv/bin/hatchling build -d build/dist

clean: ## remove all that the commands made
	rm -rf .venv .tools .aws-sam build .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +
