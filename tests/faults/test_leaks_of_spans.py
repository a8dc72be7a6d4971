"""Spans of OpenTelemetry show the requests of the clients, and neither secret nor prompt nor answer (X19)."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from claude_foundry import AsyncFoundryClient, FoundryClient, FoundryError
from claude_foundry.langchain import ChatClaudeFoundry
from claude_foundry.llamaindex import ClaudeFoundry
from tests.faults import wire
from tests.faults.server import Chooser, Exchange, FaultServer, Request, Script
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


PROMPT = "Keep what I say, a canary sentence, to yourself."
BEGUN = ("Grüße", r"Gr\u00fc\u00dfe")
ASKED = {**REQUEST, "messages": [{"role": "user", "content": PROMPT}]}


def plain(url: str, **sign_in: object) -> None:
    with FoundryClient(base_url=url, max_retries=0, **sign_in) as client:
        client.messages.create(**ASKED)


def looped(url: str, **sign_in: object) -> None:
    async def ask() -> None:
        async with AsyncFoundryClient(base_url=url, max_retries=0, **sign_in) as client:
            await client.messages.create(**ASKED)

    asyncio.run(ask())


def langchain(url: str, **sign_in: object) -> None:
    ChatClaudeFoundry(model=REQUEST["model"], base_url=url, max_retries=0, **sign_in).invoke(PROMPT)


def llamaindex(url: str, **sign_in: object) -> None:
    ClaudeFoundry(model=REQUEST["model"], base_url=url, max_retries=0, **sign_in).complete(PROMPT)


def streamed(url: str, **sign_in: object) -> None:
    with (
        FoundryClient(base_url=url, max_retries=0, **sign_in) as client,
        client.messages.stream(**ASKED) as stream,
    ):
        stream.get_final_message()


def streamed_in_a_loop(url: str, **sign_in: object) -> None:
    async def ask() -> None:
        async with (
            AsyncFoundryClient(base_url=url, max_retries=0, **sign_in) as client,
            client.messages.stream(**ASKED) as stream,
        ):
            await stream.get_final_message()

    asyncio.run(ask())


def langchain_in_a_loop(url: str, **sign_in: object) -> None:
    model = ChatClaudeFoundry(model=REQUEST["model"], base_url=url, max_retries=0, **sign_in)

    async def ask() -> None:
        [chunk async for chunk in model.astream(PROMPT)]

    asyncio.run(ask())


def llamaindex_in_a_loop(url: str, **sign_in: object) -> None:
    llm = ClaudeFoundry(model=REQUEST["model"], base_url=url, max_retries=0, **sign_in)

    async def ask() -> None:
        [piece async for piece in await llm.astream_complete(PROMPT)]

    asyncio.run(ask())


@pytest.mark.parametrize("sign_in", SIGN_INS)
@pytest.mark.parametrize("answer", ["well", "echoed", "reset", "redirected"])
@pytest.mark.parametrize("ask", [plain, looped, streamed, streamed_in_a_loop, langchain, llamaindex])
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


def telling(request: Request, _: int) -> Exchange:
    return Exchange((wire.refusal(400, text=request.body.decode()),))


OUTCOMES: dict[str, Chooser] = {"well": ANSWERS["well"], "told again": telling, "cut": ANSWERS["cut"]}


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize(
    "ask",
    [
        *(plain, looped, streamed, streamed_in_a_loop),
        *(langchain, langchain_in_a_loop, llamaindex, llamaindex_in_a_loop),
    ],
)
def test_no_content_in_spans(
    ask: Callable[..., None],
    outcome: str,
    server: FaultServer,
    spans: InMemorySpanExporter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither prompt nor answer stands in a span, whatever variables of others ask for them (X19)."""
    monkeypatch.setenv("ANTHROPIC_OPEN_TELEMETRY_TRACES_CONTENT_MODE", "content")
    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true")
    script = Script(OUTCOMES[outcome])

    with suppress(FoundryError):
        ask(server.url(script), api_key="k")

    told = "".join(span.to_json() for span in spans.get_finished_spans())
    assert "POST" in told
    assert PROMPT.encode() in script.requests[-1].body
    assert [words for words in ("canary sentence", "all is well", *BEGUN) if words in told] == []
