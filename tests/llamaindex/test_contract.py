"""The contract of LlamaIndex's LLMs, on this LLM and, so that it is not cut to its measure, on LlamaIndex's own."""

import pytest
from llama_index.core.llms import LLM, MockLLM
from llama_index.core.llms.mock import MockFunctionCallingLLM

from claude_foundry.llamaindex import ClaudeFoundry
from tests.llamaindex import contract

MODELS = ["claude-haiku-4-5", "claude-sonnet-5", "claude-opus-5-5"]


class TestClaudeFoundry(contract.LLMContract):
    """All of it holds, for models of each generation."""

    @pytest.fixture(params=MODELS)
    def llm(self, request: pytest.FixtureRequest, emulator_settings: dict[str, str]) -> LLM:
        return ClaudeFoundry(model=request.param, base_url=emulator_settings["base_url"])

    @pytest.fixture(autouse=True)
    def key(self, monkeypatch: pytest.MonkeyPatch, emulator_settings: dict[str, str]) -> None:
        """Copies carry no key: it is taken from the environment."""
        monkeypatch.setenv("ANTHROPIC_FOUNDRY_API_KEY", emulator_settings["api_key"])


class TestStructuredByTool(contract.StructuredContract):
    """Objects come the same by function calling."""

    @pytest.fixture(params=MODELS)
    def llm(self, request: pytest.FixtureRequest, emulator_settings: dict[str, str]) -> LLM:
        return ClaudeFoundry(model=request.param, structured_mode="function_calling", **emulator_settings)


class TestMockLLM(contract.ChatContract, contract.StreamContract, contract.CopyContract, contract.ConcurrencyContract):
    """LlamaIndex's own LLM repeats what it is asked: it has no tools, objects and counts, and streams whole texts."""

    @pytest.fixture
    def llm(self) -> LLM:
        return MockLLM()


class TestMockFunctionCallingLLM(contract.ChatContract, contract.StreamContract, contract.ToolContract):
    """LlamaIndex's own LLM with tools calls each of them without arguments."""

    @pytest.fixture
    def llm(self) -> LLM:
        return MockFunctionCallingLLM()
