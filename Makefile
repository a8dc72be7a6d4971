# Sets itself up in .venv: needs Python >= 3.11, git and make, and nothing else.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: help demo test check format record clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile

$(READY): pyproject.toml requirements-dev.txt constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt -c constraints.txt
	@touch $(READY)

demo: $(READY) ## run the examples: on Foundry if its variables are set, else on the embedded emulator
	@for example in plain_client langchain_agent llamaindex_rag one_transport structured_extraction citations files; do \
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

clean: ## remove what the targets made
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis dist
