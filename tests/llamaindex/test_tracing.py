"""Token counts where tracing of others reads them."""

from collections.abc import Iterator
from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.instrumentation import get_dispatcher
from openinference.instrumentation.llama_index import LlamaIndexInstrumentor
from openinference.semconv.trace import SpanAttributes
from opentelemetry.instrumentation.llamaindex import LlamaIndexInstrumentor as OpenLLMetryInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.llamaindex.faces import Face, both, llm_on, message, played, whole
from tests.shells import Script

# OpenInference reads fields that LlamaIndex and pydantic have deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

ASK = [ChatMessage(role="user", content="Hi")]
TEXT = {"type": "text", "text": "Hello there"}


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """Collects the spans of OpenInference for one test."""
    exporter, provider, instrumentor = InMemorySpanExporter(), TracerProvider(), LlamaIndexInstrumentor()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    instrumentor.instrument(tracer_provider=provider)
    yield exporter
    instrumentor.uninstrument()


@pytest.fixture
def openllmetry() -> Iterator[InMemorySpanExporter]:
    """Collects the spans of OpenLLMetry for one test; it leaves its handlers where they are."""
    exporter, provider, dispatcher = InMemorySpanExporter(), TracerProvider(), get_dispatcher()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    before = [*dispatcher.span_handlers], [*dispatcher.event_handlers]
    OpenLLMetryInstrumentor().instrument(tracer_provider=provider)
    yield exporter
    OpenLLMetryInstrumentor().uninstrument()
    dispatcher.span_handlers, dispatcher.event_handlers = before


@both
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_openinference(face: Face, spans: InMemorySpanExporter, stream: bool) -> None:
    """OpenInference's span of a call has the tokens, those of the cache among the prompt's, and no secret."""
    llm = llm_on(Script(played(TEXT) if stream else whole(message(TEXT))), api_key="sealed")
    (face.stream_chat if stream else face.chat)(llm, ASK)
    [told] = [dict(span.attributes or {}) for span in spans.get_finished_spans()]
    counts: list[Any] = [
        told[SpanAttributes.LLM_TOKEN_COUNT_PROMPT],
        told[SpanAttributes.LLM_TOKEN_COUNT_COMPLETION],
        told[SpanAttributes.LLM_TOKEN_COUNT_TOTAL],
        told[SpanAttributes.LLM_TOKEN_COUNT_PROMPT_DETAILS_CACHE_READ],
    ]
    assert counts == [110, 5, 115, 100]
    assert told[SpanAttributes.LLM_MODEL_NAME] == "claude-haiku-4-5"
    assert "sealed" not in str(told)


@both
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_openllmetry(face: Face, openllmetry: InMemorySpanExporter, stream: bool) -> None:
    """OpenLLMetry's span of a call has the deployment, the tokens with those of the cache, and no secret."""
    script = Script(played(TEXT) if stream else whole(message(TEXT)))
    (face.stream_chat if stream else face.chat)(llm_on(script, api_key="sealed", temperature=0.5), ASK)
    told = [dict(span.attributes or {}) for span in openllmetry.get_finished_spans()]
    [chat] = [attributes for attributes in told if "gen_ai.request.model" in attributes]
    counts = [chat[f"gen_ai.usage.{name}_tokens"] for name in ("input", "output", "total")]
    assert counts == [110, 5, 115]
    assert (chat["gen_ai.request.model"], chat["gen_ai.request.temperature"]) == ("claude-haiku-4-5", 0.5)
    assert chat["gen_ai.response.id"] == "msg_1"
    assert "sealed" not in str(told)
