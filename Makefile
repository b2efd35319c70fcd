# Every target makes .venv first, from nothing; once made it is kept until the lock changes.
.POSIX:
.PHONY: demo services services-stop test test-slow check fix bench bench-service docs lock clean help

PY = .venv/bin/python
# Beside PostgreSQL, MariaDB and Redis, which stop afterwards unless `make services` keeps them.
BESIDE = $(PY) .ci/services.py run --
# A file's tests stay together in one process: some of them share what it has. Files begin in the
# order of their names: those that take long come before `unit`, not as the last to end.
EACH_CORE = -n auto --dist loadfile --no-loadscope-reorder
# Compiled files are kept, whatever the environment says: hundreds of processes read them.
PYTEST = PYTHONDONTWRITEBYTECODE= $(PY) -m pytest -q

help:
	@echo "make demo       everything from nothing, then four questions answered"
	@echo "make services   PostgreSQL, MariaDB and Redis for the tests, kept until make services-stop"
	@echo "make test       the tests; starts those servers where they are not running"
	@echo "make test-slow  the long campaigns too"
	@echo "make check      format, lint, types, layers"
	@echo "make fix        mend format and lint where that can be done by itself"
	@echo "make bench      measure against the bars in docs/reference/performance.md"
	@echo "make bench-service   the same of the service, under load from another process"
	@echo "make docs       run every code block of the docs and check the reference pages"
	@echo "make lock       renew requirements.lock (needs uv)"

.venv/.locked: requirements.lock pyproject.toml .ci/setup
	@sh .ci/setup

demo: .venv/.locked
	@$(PY) -m headwater.entries.cli.start demo .demo

services: .venv/.locked
	@$(PY) .ci/services.py start

services-stop: .venv/.locked
	@$(PY) .ci/services.py stop

test: .venv/.locked
	@$(BESIDE) env $(PYTEST) $(EACH_CORE)

test-slow: .venv/.locked
	@$(BESIDE) env $(PYTEST) $(EACH_CORE) -m "slow or not slow"

check: .venv/.locked
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m flake8 --select=ASYNC102,ASYNC103,ASYNC104,ASYNC105 --anyio src
	$(PY) -m mypy
	.venv/bin/lint-imports

fix: .venv/.locked
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: .venv/.locked
	$(PY) -m bench

bench-service: services
	$(PY) -m bench.service

docs: .venv/.locked
	$(PYTEST) tests/arch/test_docs.py tests/arch/test_reference.py

lock:
	uv pip compile --universal -p 3.11 --generate-hashes --no-header --no-emit-index-url \
	  --no-emit-find-links --no-annotate --extra embeddings --extra usearch --group dev pyproject.toml -o requirements.lock
	uv pip compile --universal -p 3.11 --generate-hashes --no-header --no-emit-index-url \
	  --no-emit-find-links --no-annotate --extra bench-peers -c requirements.lock pyproject.toml -o bench/peers.lock

clean:
	rm -rf .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
