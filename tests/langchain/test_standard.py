"""LangChain's own suite for chat models, against the emulator."""

import base64
from typing import Any, Literal

import httpx
import pytest
from langchain_core.messages import AIMessage
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests

from claude_foundry.langchain import ChatClaudeFoundry

MODEL = "claude-haiku-4-5"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PAGE = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>"


class TestUnit(ChatModelUnitTests):
    @property
    def chat_model_class(self) -> type[ChatClaudeFoundry]:
        return ChatClaudeFoundry

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": MODEL, "resource": "my-resource"}

    @property
    def init_from_env_params(self) -> tuple[dict[str, str], dict[str, Any], dict[str, Any]]:
        environ = {"ANTHROPIC_FOUNDRY_RESOURCE": "from-environment", "ANTHROPIC_FOUNDRY_API_KEY": "key"}
        return environ, {"model": MODEL}, {"endpoint": "https://from-environment.services.ai.azure.com/anthropic"}

    @pytest.mark.xfail(reason="langchain-core revives no class outside its own mapping of packages")
    def test_serdes(self, model: Any, snapshot: Any) -> None:
        super().test_serdes(model, snapshot)


# While a cassette is recorded, the suite's benchmark measures nothing.
@pytest.mark.filterwarnings("ignore:Benchmark fixture was not used:pytest_benchmark.logger.PytestBenchmarkWarning")
class TestIntegration(ChatModelIntegrationTests):
    """Audio is skipped by the suite: Claude hears none."""

    @pytest.fixture(autouse=True)
    def service(self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
        """Points the suite's models at the emulator or a cassette, and its downloads at files held here."""
        on_cassette = request.node.get_closest_marker("vcr") is not None
        self.endpoint = request.getfixturevalue("foundry_endpoint" if on_cassette else "emulator_settings")
        monkeypatch.setattr(httpx, "get", downloaded)

    @pytest.fixture
    def vcr_config(self, request: pytest.FixtureRequest, vcr_config: dict[str, Any]) -> dict[str, Any]:
        """Lets a benchmark play its cassette more than once, and a test be that makes up the ids of its calls anew."""
        match request.node.name:
            case "test_stream_time":
                return {**vcr_config, "allow_playback_repeats": True}
            case "test_structured_few_shot_examples":
                return {**vcr_config, "match_on": ["method", "host", "path"]}
        return vcr_config

    @property
    def chat_model_class(self) -> type[ChatClaudeFoundry]:
        return ChatClaudeFoundry

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": MODEL, **self.endpoint}

    enable_vcr_tests = True
    supports_image_inputs = True
    supports_image_urls = True
    supports_pdf_inputs = True
    supports_image_tool_message = True
    supports_pdf_tool_message = True
    supports_anthropic_inputs = True
    supports_json_mode = True
    model_override_value = "claude-sonnet-4-6"

    @property
    def supported_usage_metadata_details(self) -> dict[Literal["invoke", "stream"], list[Any]]:
        details = ["reasoning_output", "cache_read_input", "cache_creation_input"]
        return {"invoke": details, "stream": details}

    def invoke_with_cache_creation_input(self, *, stream: bool = False) -> AIMessage:
        return self._cached(stream=stream, times=1)

    def invoke_with_cache_read_input(self, *, stream: bool = False) -> AIMessage:
        return self._cached(stream=stream, times=2)

    def invoke_with_reasoning_output(self, *, stream: bool = False) -> AIMessage:
        model = self._model(thinking={"type": "enabled", "budget_tokens": 1024}, max_tokens=4096)
        return _asked(model, "How many days has a leap year?", stream=stream)

    def _model(self, **settings: Any) -> ChatClaudeFoundry:
        return ChatClaudeFoundry(model=MODEL, **settings, **self.endpoint)

    def _cached(self, *, stream: bool, times: int) -> AIMessage:
        text = f"The handbook, kept for {'streams' if stream else 'answers'} {times}. " * 2000
        block = {"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}
        model = self._model()
        answers = [_asked(model, [{"role": "user", "content": [block]}], stream=stream) for _ in range(times)]
        return answers[-1]


@pytest.mark.vcr
class TestReplayed(TestIntegration):
    """The same suite on cassettes."""


def _asked(model: ChatClaudeFoundry, prompt: Any, *, stream: bool) -> AIMessage:
    if not stream:
        return model.invoke(prompt)
    first, *rest = model.stream(prompt)
    return sum(rest, first)


def downloaded(url: str, **_: Any) -> httpx.Response:
    """Stands for the suite's example files: a test reaches no other machine."""
    return httpx.Response(200, content=PAGE if url.endswith("pdf") else PIXEL, request=httpx.Request("GET", url))
