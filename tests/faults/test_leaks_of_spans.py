"""Spans of OpenTelemetry show the requests of the clients, and no secret."""

import asyncio
from collections.abc import Iterator

import pytest
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from claude_foundry import AsyncFoundryClient, FoundryClient, FoundryError
from claude_foundry.langchain import ChatClaudeFoundry
from claude_foundry.llamaindex import ClaudeFoundry
from tests.faults.server import FaultServer, Script
from tests.faults.test_leaks import ANSWERS, REQUEST, SIGN_INS, leaks

# OpenTelemetry's instrumentation reads the distributions by a name that importlib has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """Collects the spans that OpenTelemetry makes of httpx's requests."""
    exporter, provider, instrumentor = InMemorySpanExporter(), TracerProvider(), HTTPXClientInstrumentor()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    instrumentor.instrument(tracer_provider=provider)
    yield exporter
    instrumentor.uninstrument()


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    with FaultServer() as listening:
        yield listening


def plain(url: str, **sign_in: object) -> None:
    with FoundryClient(base_url=url, max_retries=0, **sign_in) as client:
        client.messages.create(**REQUEST)


def looped(url: str, **sign_in: object) -> None:
    async def ask() -> None:
        async with AsyncFoundryClient(base_url=url, max_retries=0, **sign_in) as client:
            await client.messages.create(**REQUEST)

    asyncio.run(ask())


def langchain(url: str, **sign_in: object) -> None:
    ChatClaudeFoundry(model=REQUEST["model"], base_url=url, max_retries=0, **sign_in).invoke("Hello")


def llamaindex(url: str, **sign_in: object) -> None:
    ClaudeFoundry(model=REQUEST["model"], base_url=url, max_retries=0, **sign_in).complete("Hello")


@pytest.mark.parametrize("sign_in", SIGN_INS)
@pytest.mark.parametrize("answer", ["well", "echoed", "reset", "redirected"])
@pytest.mark.parametrize("ask", [plain, looped, langchain, llamaindex])
def test_spans(ask: object, answer: str, sign_in: str, server: FaultServer, spans: InMemorySpanExporter) -> None:
    """Each request is a span with method, address and status, whatever becomes of it; key and token are in none."""
    failed: Exception | None = None
    try:
        ask(server.url(Script(ANSWERS[answer])), **SIGN_INS[sign_in]())
    except FoundryError as error:
        failed = error

    told = [span.to_json() for span in spans.get_finished_spans()]

    assert (failed is None) == (answer == "well")
    assert told
    assert all("POST" in span for span in told)
    assert leaks({f"span {at}": span for at, span in enumerate(told)}) == []
