# Sets itself up in .venv: needs Python >= 3.11, git and make, and nothing else.
PYTHON ?= python3
FUZZ_SECONDS ?= 20
BIN := .venv/bin
READY := .venv/.ready

BENCH := .venv-bench/bin
OLD_SDK := .venv-bench-old-sdk/bin
BENCH_READY := .venv-bench/.ready .venv-bench-old-sdk/.ready

.PHONY: help demo test check format record bench smoke soak fuzz reliability clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile

$(READY): pyproject.toml requirements-dev.txt constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt -c constraints.txt
	@touch $(READY)

demo: $(READY) ## run the examples: on Foundry if its variables are set, else on the embedded emulator
	@for example in plain_client langchain_agent llamaindex_rag llamaindex_agent \
		llamaindex_citations one_transport structured_extraction citations files; do \
		echo "=== examples/$$example.py"; $(BIN)/python examples/$$example.py || exit 1; echo; done

test: $(READY) ## run the tests
	$(BIN)/python -m pytest

check: $(READY) ## formatting, lint, types, and which module may import which
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: $(READY) ## put the code into its form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

record: $(READY) ## record the cassettes anew: from Foundry if its variables are set, else from the emulator
	$(BIN)/python -m pytest --record-mode=rewrite -m vcr

.venv-bench/.ready: pyproject.toml benchmarks/constraints.txt
	$(PYTHON) -m venv .venv-bench
	$(BENCH)/python -m pip install --quiet --disable-pip-version-check -c benchmarks/constraints.txt pip
	$(BENCH)/python -m pip install --quiet --group bench -e .[langchain] -c benchmarks/constraints.txt
	@touch $@

.venv-bench-old-sdk/.ready: pyproject.toml benchmarks/constraints-old-sdk.txt
	$(PYTHON) -m venv .venv-bench-old-sdk
	$(OLD_SDK)/python -m pip install --quiet --disable-pip-version-check -c benchmarks/constraints-old-sdk.txt pip
	$(OLD_SDK)/python -m pip install --quiet --group bench-old-sdk -e .[llamaindex] -c benchmarks/constraints-old-sdk.txt
	@touch $@

bench: $(BENCH_READY) ## measure beside the peers: writes benchmarks/RESULTS.md and results.svg, fails on a missed ratio
	$(BENCH)/python -m benchmarks --old-sdk-python $(OLD_SDK)/python

smoke: $(READY) ## run each benchmark once, tiny, to see that it runs
	$(BIN)/python -m benchmarks --smoke --driver bare_httpx --driver core --driver vendor_sdk \
		--driver langchain_ours --driver llamaindex_ours

soak: $(READY) ## thousands of calls among random faults, for two minutes
	$(BIN)/python -m tests.soak.soak --seconds 110

fuzz: $(READY) ## the pure readers under a fuzzer, FUZZ_SECONDS each, 20 if not given
	$(BIN)/python -m tests.fuzz --seconds $(FUZZ_SECONDS)

reliability: $(READY) ## write benchmarks/RELIABILITY.md from a run of the faults
	$(BIN)/python -m tests.faults.report

clean: ## remove what the targets made
	rm -rf .venv .venv-bench .venv-bench-old-sdk .pytest_cache .mypy_cache .ruff_cache .hypothesis dist
