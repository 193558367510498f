# make site: play every page and build the site.  make test: all checks.  make serve: write.  make help: the rest.
SHELL := /bin/bash -o pipefail
PYTHON ?= python3
BIN := .venv/bin
# The versions that `make cluster` compiles: what pages are played on, and in CI, where no test may be skipped, all.
KUBERNETES ?= $(if $(CI),1.37 1.36,1.37)
export NO_MKDOCS_2_WARNING := 1

.PHONY: help site serve test speed picture bench bench-cluster lint format prose typography lock debian cluster clean

help: ## what each target does
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

# Built aside, as MkDocs empties its folder first: the last good site stays until there is a new one.
site: .venv/ready node_modules/.package-lock.json cluster ## play every page on the embedded cluster, leave the site in site/
	PREUVE_MODE=play $(BIN)/mkdocs build --site-dir .make/site
	@rm -rf site && mv .make/site site

serve: .venv/ready node_modules/.package-lock.json ## write: the site on a local port, replayed; what you change is played
	$(BIN)/mkdocs serve

test: .venv/ready node_modules/.package-lock.json cluster lint ## everything that CI runs
	$(BIN)/pytest -m 'not speed'

speed: .venv/ready node_modules/.package-lock.json .make/debian ## the budgets in seconds, on a quiet machine
	$(BIN)/pytest -m speed

picture: .venv/ready ## take README.webp, a page of site/ as a reader sees it
	$(BIN)/python tests/site/picture.py site README.webp

bench: .venv/ready cluster ## what the engine costs, beside its peer, and what settling does, measured
	$(BIN)/python benchmarks/engine.py
	$(BIN)/python benchmarks/settle.py

bench-cluster: .venv/ready cluster ## a first build, a start, an end of the cluster, and what they take
	$(BIN)/python benchmarks/cluster.py --cold

lint: .venv/ready ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/ready ## what ruff can mend by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

prose: .venv/ready .make/debian ## what is wrong with the French of the course
	@PYTHONPATH=hooks $(BIN)/python -m course.typography --check && PYTHONPATH=hooks $(BIN)/python -m course.language

typography: .venv/ready ## mend its spaces, apostrophes and quotes
	@PYTHONPATH=hooks $(BIN)/python -m course.typography

cluster: .venv/ready .make/debian ## compile the embedded cluster, once (minutes, then nothing); KUBERNETES=1.36: another
	$(foreach minor,$(KUBERNETES),$(BIN)/preuve cluster build --kubernetes $(minor) &&) true

debian: .make/debian ## the Debian packages of packages.txt

.make/debian: packages.txt
	@mkdir -p .make
	@missing=$$(grep -v '^#' packages.txt | while read -r p; do dpkg -s "$$p" >/dev/null 2>&1 || echo "$$p"; done); \
	if [ -n "$$missing" ]; then \
	  echo "installing Debian packages:" $$missing; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >.make/apt.log 2>&1 || { cat .make/apt.log; exit 1; }; \
	fi
	@touch $@

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11, 5) and \
	  "$(PYTHON) is Python " + sys.version.split()[0] + ", preuve needs 3.11.5 or newer: make PYTHON=python3.13, say")'
	@echo "installing $$(grep -c '==' requirements.lock) Python packages into .venv (requirements.lock)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

node_modules/.package-lock.json: package-lock.json package.json .npmrc
	@echo "installing npm packages into node_modules (package-lock.json)"
	@npm ci --silent
	@touch $@

lock: ## pin what pyproject.toml asks for (hashes, no addresses)
	$(BIN)/uv pip compile -q --extra dev --group build --generate-hashes --no-emit-index-url --no-annotate --universal \
	  --python-version 3.11.5 --custom-compile-command 'make lock' pyproject.toml -o requirements.lock

clean: ## forget what was made here (the caches under XDG_CACHE_HOME stay)
	rm -rf .venv .make .cache site node_modules .pytest_cache .mypy_cache .ruff_cache
