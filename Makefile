# Every command of Kantelpunt. The first one that needs it makes .venv; nothing has to be installed by hand.
.DEFAULT_GOAL := help
BIN := .venv/bin
READY := .venv/.ready
export PYTHON
# compiled files make every start faster, also where the environment says not to write them
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help setup demo test check format lint types gentest docs notebooks bench pace quality real lock supply clean system

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

setup: $(READY) ## make .venv (the other commands do this by themselves); PYTHON=... chooses the interpreter

$(READY): requirements-dev.lock pyproject.toml
	@sh scripts/set_up.sh
	@touch $@

system: $(READY)
	@sh scripts/system_packages.sh chromium postgresql

demo: $(READY) ## synthetic persons, a model, a filled store and the web pages, served on this machine
	@$(BIN)/kantelpunt demo $(ARGS)

# the tests of one file stay together, so that what they share is made once
SPREAD := -n 2 --dist loadscope

# many small models in many tests: threads would only wait for each other
test check gentest: export OMP_NUM_THREADS := 1

test: $(READY) system ## all tests, with a PostgreSQL and a browser of their own
	$(BIN)/python -m pytest $(SPREAD)

check: $(READY) system lint types ## what CI runs: lint, types, fresh docs, all tests with coverage
	$(BIN)/python -m scripts.build_docs --check
	$(BIN)/python -m pytest $(SPREAD) --cov --cov-report=term

lint: $(READY) ## ruff and our own file checks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m scripts.check_files

types: $(READY) ## mypy, strict
	$(BIN)/mypy

format: $(READY) ## let ruff lay out and mend the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

gentest: $(READY) system ## the generative tests with many more examples, and 50 crashes
	HYPOTHESIS_PROFILE=long KANTELPUNT_CRASHES=50 $(BIN)/python -m pytest tests/generative tests/serving/test_crashes.py

docs: $(READY) ## write the generated pages: docs/velden.md, docs/regels.md and siblings
	$(BIN)/python -m scripts.build_docs

notebooks: $(READY) ## run every notebook from top to bottom
	$(BIN)/python -m scripts.run_notebooks

# what a part of some benchmarks needs, and cannot be in the repository: docs/planning.md tells where it comes from
bench pace quality: export KANTELPUNT_SSA := $(or $(SSA),$(KANTELPUNT_SSA))

bench: $(READY) system ## speed and strength beside rivals, into benchmarks/RESULTS.md; hours; ONLY="swap soak" for some
	@sh scripts/system_packages.sh nginx
	$(BIN)/python -m benchmarks $(or $(ONLY),$@)

pace: $(READY) system ## how long pages, lists, files and nightly commands take, into the same page
	$(BIN)/python -m benchmarks $(or $(ONLY),$@)

quality: $(READY) ## whether the numbers are right, into the same page; hours; SSA=FILE adds real counts of entries
	$(BIN)/python -m benchmarks $(or $(ONLY),$@)

real: $(READY) ## injury leave beside plain rivals; a bonus given by lot with PENN=penn_jae.dat
	$(BIN)/python -m examples.injury_leave.run
	$(BIN)/python -m examples.penn_bonus.run $(if $(PENN),--data "$(PENN)")

COMPILE := $(BIN)/uv pip compile --quiet $(UPGRADE) --universal --python-version 3.11 --generate-hashes --no-header

lock: $(READY) ## pin again what pyproject.toml asks for; UPGRADE=--upgrade takes the newest versions that it allows
	$(COMPILE) pyproject.toml --extra dev --extra examples --output-file requirements-dev.lock
	$(COMPILE) pyproject.toml --constraint requirements-dev.lock --output-file requirements.lock

supply: $(READY) ## licences, a list of parts (SBOM, CycloneDX) in build/, and known weaknesses of what we depend on
	$(BIN)/python -m scripts.licences
	$(BIN)/python -m scripts.parts build/sbom.cdx.json
	$(BIN)/python -m scripts.weaknesses

clean: ## remove .venv and caches; what you made stays (var, mlflow.db, mlartifacts)
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage coverage.xml build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
