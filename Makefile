# make site: play every page and build the site.  make test: all checks.  make serve: write.  make help: the rest.
SHELL := /bin/bash -o pipefail
PYTHON ?= python3
BIN := .venv/bin
NODE := node_modules/.package-lock.json
# The versions that `make cluster` compiles: what pages are played on, and in CI, where no test may be skipped, all.
KUBERNETES ?= $(if $(CI),1.37 1.36,1.37)
export NO_MKDOCS_2_WARNING := 1

.PHONY: help site serve test test-vm cases kill speed soak picture bench bench-cluster dist lint format prose typography lock debian cluster clean

help: ## what each target does
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

# Built aside, as MkDocs empties its folder first: the last good site stays until there is a new one.
site: .venv/ready $(NODE) cluster ## play every page on the embedded cluster, leave the site in site/
	PREUVE_MODE=play $(BIN)/mkdocs build --site-dir .make/site
	@rm -rf site && mv .make/site site

serve: .venv/ready $(NODE) ## write: the site on a local port, replayed; what you change is played
	$(BIN)/mkdocs serve

test: .venv/ready $(NODE) tests/site/$(NODE) lint cluster ## everything that CI runs
	@failed=; \
	$(BIN)/pytest -n 2 --dist load --maxschedchunk 1 --durations=10 -m 'not cluster and not speed' || failed=1; \
	$(BIN)/pytest --durations=10 -m 'cluster and not speed and not cases and not vm' || failed=1; \
	test -z "$$failed"

test-vm: .venv/ready cluster .make/debian-vm ## a Debian 13 with cgroup v2, emulated: an hour at most; installs tests/vm/packages.txt
	$(BIN)/pytest -m vm -o log_cli=true --log-cli-level=INFO --log-cli-format='%(asctime)s %(message)s'

cases: .venv/ready cluster ## the pages of tests/cases, played once and checked three times: ten minutes
	$(BIN)/pytest -m cases

kill: .venv/ready cluster ## kill plays at KILLS (100) random moments of SEED (1), and see that the next start leaves nothing
	KILLS=$(or $(KILLS),100) $(BIN)/pytest -q -s tests/test_kill.py

speed: .venv/ready $(NODE) tests/site/$(NODE) .make/debian ## the budgets in seconds, on a quiet machine
	$(BIN)/pytest -m speed

soak: .venv/ready cluster ## the course played ten times and checked twenty times, in part on a busy machine: two hours
	$(BIN)/python benchmarks/soak.py

picture: .venv/ready ## take README.webp, a page of site/ as a reader sees it
	$(BIN)/python tests/site/picture.py site README.webp

bench: .venv/ready cluster ## what the engine costs, beside its peer, and what settling does, measured
	$(BIN)/python benchmarks/engine.py
	$(BIN)/python benchmarks/settle.py

bench-cluster: .venv/ready cluster ## a first build, a start, an end of the cluster, and what they take
	$(BIN)/python benchmarks/cluster.py --cold

dist: .venv/ready cluster ## wheels and sdists in dist/: preuve, and the cluster compiled (a few minutes; XZ=0: large, but soon)
	@rm -rf dist
	@for project in . packages/images packages/cluster; do \
	  $(BIN)/uv build --quiet --no-build-isolation --python $(BIN)/python --out-dir dist $(XZ:%=-C preset=%) $$project || exit 1; \
	done
	@ls -l dist

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
	$(BIN)/preuve cluster build $(KUBERNETES:%=--kubernetes %)

debian: .make/debian ## the Debian packages of packages.txt

.make/debian: packages.txt
.make/debian-vm: tests/vm/packages.txt
.make/debian .make/debian-vm:
	@mkdir -p .make
	@missing=$$(grep -v '^#' $< | while read -r p; do dpkg -s "$$p" >/dev/null 2>&1 || echo "$$p"; done); \
	if [ -n "$$missing" ]; then \
	  echo "installing Debian packages:" $$missing; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >.make/apt.log 2>&1 || { cat .make/apt.log; exit 1; }; \
	fi
	@touch $@

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
	  "$(PYTHON) is Python " + sys.version.split()[0] + ", preuve needs 3.11 or newer: make PYTHON=python3.13, say")'
	@echo "installing $$(grep -c '==' requirements.lock) Python packages into .venv (requirements.lock)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# What the site is drawn with, and in a lock of its own, for its tests alone, what it is checked with: Debian 13's npm
# stumbles over the overrides there.
$(NODE): package-lock.json package.json
tests/site/$(NODE): tests/site/package-lock.json tests/site/package.json
$(NODE) tests/site/$(NODE): .npmrc
	@echo "installing npm packages into $(@D) ($(subst $(NODE),package-lock.json,$@))"
	@cd $(subst $(NODE),.,$@) && npm ci --loglevel=error
	@touch $@

lock: ## pin what pyproject.toml asks for (hashes, no addresses)
	$(BIN)/uv pip compile -q --all-extras --group dev --group course --group build --generate-hashes --no-emit-index-url --no-annotate --universal \
	  --python-version 3.11.2 --custom-compile-command 'make lock' pyproject.toml -o requirements.lock

clean: ## forget what was made here (the caches under XDG_CACHE_HOME stay)
	rm -rf .venv .make .cache site node_modules tests/site/node_modules .pytest_cache .mypy_cache .ruff_cache
