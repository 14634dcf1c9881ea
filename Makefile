# Two commands matter: `make demo` and `make test`. Both do all their set-up from a bare clone.

PYTHON ?= python3
BIN := .venv/bin
TESTS ?= tests
# Where SQLite and PostgreSQL can differ; run again on a server that the tests start themselves.
ON_POSTGRESQL ?= tests/sync tests/audience tests/admin tests/onboarding tests/security \
	tests/faults/test_holds.py tests/faults/test_killed_workers.py

.PHONY: demo demo-reset test soak bench lint types check coverage lock clean

# No shell in between, so that a signal to make reaches the demo.
demo: .venv/runtime
	@$(BIN)/python manage.py demo $(if $(PORT),--port $(PORT))

demo-reset: .venv/runtime
	@$(BIN)/python manage.py demo --reset

# Tests that wait for processes and browsers run beside those that compute; their output follows at the end.
# Status 5 is pytest's word for "none of these here".
OUTSIDE := processes or browser
test: .venv/development .system
	@mkdir -p artefacts; \
	$(BIN)/python -m pytest -m "($(OUTSIDE)) and not soak" $(TESTS) >artefacts/outside.log 2>&1 & outside=$$!; \
	trap "kill $$outside 2>/dev/null" INT TERM; \
	$(BIN)/python -m pytest -m "not ($(OUTSIDE)) and not soak" $(TESTS); inside=$$?; \
	$(if $(filter tests,$(TESTS)),$(BIN)/python -m tests.postgresql -m "not soak" $(ON_POSTGRESQL),true); postgresql=$$?; \
	echo "Processes and browsers:"; wait $$outside; outside=$$?; cat artefacts/outside.log; \
	for status in $$inside $$postgresql $$outside; do case $$status in 0|5) ;; *) exit 1;; esac; done

soak: .venv/development .system
	@$(BIN)/python -m pytest -m soak $(TESTS)

# An hour or so; `make bench SIZES=L` takes half an hour and 6 GiB more. All of it ends in docs/performance.md.
SIZES ?= S,M
FAR_AWAY := --sizes S --latency 0.2 --only first,fast,quiet,changed
bench: .venv/development
	@$(BIN)/python -m benchmarks --sizes $(SIZES) --write
	$(if $(findstring S,$(SIZES)),@$(BIN)/python -m benchmarks $(FAR_AWAY) --write)

lint: .venv/development
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: .venv/development
	@$(BIN)/mypy

check: .venv/development
	@READ_DOT_ENV=false VAR_DIR=$$(mktemp -d) $(BIN)/python manage.py makemigrations --check --dry-run
	@set -a; eval "$$(READ_DOT_ENV=false $(BIN)/python manage.py generate_keys)"; \
	READ_DOT_ENV=false VAR_DIR=$$(mktemp -d) BASE_URL=https://hq.example ALLOWED_HOSTS=hq.example \
	$(BIN)/python manage.py check --deploy --fail-level WARNING

coverage: .venv/development .system
	@$(BIN)/coverage run -m pytest -m "not soak" $(TESTS)
	@$(BIN)/coverage report

# The locks are compiled from the human lists; `--no-header` and no index options keep this machine out of them.
lock: .venv/development
	@$(BIN)/uv pip compile -q requirements.txt --generate-hashes --universal --python-version 3.11 --no-header -o requirements.lock
	@$(BIN)/uv pip compile -q requirements-dev.txt --generate-hashes --universal --python-version 3.11 --no-header -o requirements-dev.lock

clean:
	@rm -rf .venv var staticfiles artefacts .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage

.venv/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "Python is missing. Install it with: sudo apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; this is $$($(PYTHON) -V). Name another with: make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "Python's venv is missing. Install it with: sudo apt-get install python3-venv"; exit 1; }
	@$(PYTHON) -m venv .venv

.venv/runtime: requirements.lock | .venv/bin/python
	@echo "Installing what the application needs …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

.venv/development: requirements-dev.lock | .venv/bin/python
	@echo "Installing what development and tests need …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@ .venv/runtime

.PHONY: .system
.system:
	@command -v chromium >/dev/null || { echo "Chromium is missing, which the browser tests drive. Install it with: sudo apt-get install chromium"; exit 1; }
	@test -d /usr/lib/postgresql || { echo "PostgreSQL is missing, on which tests run. Install it with: sudo apt-get install postgresql"; exit 1; }
