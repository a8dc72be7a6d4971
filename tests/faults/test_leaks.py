"""A planted key and a planted token turn up in none of the places where secrets are found in other programs."""

import asyncio
import copy
import dataclasses
import io
import logging
import pickle
import traceback
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.load import dumpd, dumps
from langchain_core.tracers.run_collector import RunCollectorCallbackHandler
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from rich.console import Console
from rich.traceback import Traceback

from claude_foundry import AsyncFoundryClient, FoundryClient
from claude_foundry.emulator import Emulator
from claude_foundry.langchain import ChatClaudeFoundry
from claude_foundry.llamaindex import ClaudeFoundry
from tests.faults import wire
from tests.faults.echo import echoed
from tests.faults.faces import MAX_TOKENS, MODEL
from tests.faults.server import Chooser, End, Exchange, FaultServer, Script

KEY = "canary-key-4f1c9a72e0"
TOKEN = "canary-token-b83d05e6f1"
REQUEST: dict[str, Any] = {"model": MODEL, "max_tokens": MAX_TOKENS, "messages": [{"role": "user", "content": "Hello"}]}
CUT = wire.chunked(wire.encoded(wire.told())[:6])


def always(*steps: bytes, end: End = "keep") -> Chooser:
    return lambda *_: Exchange(steps, end)


ANSWERS = {
    "well": always(wire.document(wire.message())),
    "refused": always(wire.refusal(401, "authentication_error")),
    "echoed": echoed,
    "failed": always(wire.refusal(500)),
    "reset": always(end="rst"),
    "cut": always(CUT),
    "redirected": always(wire.sized(b"", status=307, headers="location: https://elsewhere.example/\r\n")),
    "malformed": always(wire.sized(b"<html>", kind="text/html")),
}


class Credential:
    """A credential as azure-identity's are; its representation is its own matter, and holds nothing."""

    def get_token(self, *_: str, **__: Any) -> AccessToken:
        return AccessToken(TOKEN, 4_102_444_800)


SIGN_INS: dict[str, Callable[[], dict[str, Any]]] = {
    "key": lambda: {"api_key": KEY},
    "provider": lambda: {"azure_ad_token_provider": lambda: TOKEN},
    "credential": lambda: {"credential": Credential()},
    "header": lambda: {"api_key": "k", "default_headers": {"x-gateway-key": KEY}},
}


def leaks(sinks: dict[str, str | bytes]) -> list[str]:
    """Gives the names of the sinks that hold a secret."""
    texts = {name: sink.decode("latin-1") if isinstance(sink, bytes) else sink for name, sink in sinks.items()}
    return [name for name, text in texts.items() if KEY in text or TOKEN in text]


def pickled(thing: Any) -> bytes:
    """Gives the pickle, or nothing where a thing refuses to be pickled."""
    try:
        return pickle.dumps(thing)
    except (TypeError, AttributeError, pickle.PicklingError):
        return b""


def of_error(error: BaseException | None) -> dict[str, str | bytes]:
    """Gives what is shown of an error: to people, to monitoring, and to other processes."""
    if error is None:
        return {}
    chain = _chain(error)
    captured = traceback.TracebackException.from_exception(error, capture_locals=True)
    rich = io.StringIO()
    shown = Traceback.from_exception(type(error), error, error.__traceback__, show_locals=True, locals_max_string=None)
    Console(file=rich, width=200).print(shown)
    return {
        "message": "".join(map(str, chain)),
        "repr": "".join(map(repr, chain)),
        "fields": "".join(repr(vars(link)) + repr(link.args) for link in chain),
        "traceback with locals": "".join(captured.format()),
        "rich traceback": rich.getvalue(),
        "pickle of the error": pickled(error),
    }


def _chain(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def of_thing(thing: Any) -> dict[str, str | bytes]:
    """Gives what is shown of a client or model."""
    return {
        "representation": f"{thing!r} {thing} {vars(thing)!r}",
        "pickle": pickled(thing),
        "fields of its parts": "".join(map(repr, vars(getattr(thing, "_sender", thing)).values())),
    }


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    with FaultServer() as listening:
        yield listening


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    for name in ("httpx", "httpcore", "aiohttp", "asyncio", "claude_foundry", "azure"):
        caplog.set_level(logging.DEBUG, logger=name)
    with caplog.at_level(logging.DEBUG):
        yield caplog


def settings(server: FaultServer, answer: str, sign_in: str) -> dict[str, Any]:
    url = server.url(Script(ANSWERS[answer]))
    return {"base_url": url, "max_retries": 0, "timeout": 5.0, **SIGN_INS[sign_in]()}


def failing(use: Callable[[], Any]) -> BaseException | None:
    try:
        use()
    except Exception as error:  # noqa: BLE001 - whatever it is, it must hold no secret
        return error
    return None


every = pytest.mark.parametrize("answer", ANSWERS)
each = pytest.mark.parametrize("sign_in", SIGN_INS)
some = pytest.mark.parametrize(
    ("answer", "sign_in"),
    [*((answer, "key") for answer in ANSWERS), *(("echoed", sign_in) for sign_in in list(SIGN_INS)[1:])],
)
"""Each answer and each way to sign in, where the core below was asked for all of both."""


@every
@each
def test_core(answer: str, sign_in: str, server: FaultServer, log: pytest.LogCaptureFixture) -> None:
    """The plain client keeps its secret, whole and streamed."""
    with FoundryClient(**settings(server, answer, sign_in)) as client, warnings.catch_warnings(record=True) as noise:
        errors = [
            failing(lambda: client.messages.create(**REQUEST)),
            failing(lambda: client.messages.stream(**REQUEST).__enter__().get_final_message()),
        ]
        found = [leaks(of_error(error)) for error in errors]
        shown = leaks({**of_thing(client), "log": log.text, "warnings": str([str(item) for item in noise])})

    assert (found, shown) == ([[], []], [])


@every
@each
def test_async_core(answer: str, sign_in: str, server: FaultServer, log: pytest.LogCaptureFixture) -> None:
    """The asynchronous client keeps its secret, whole and streamed."""

    async def ask() -> list[list[str]]:
        async with AsyncFoundryClient(**settings(server, answer, sign_in)) as client:
            errors = []
            for use in (_acreate, _astream):
                try:
                    await use(client)
                except Exception as error:  # noqa: BLE001 - whatever it is, it must hold no secret
                    errors.append(error)
            return [*(leaks(of_error(error)) for error in errors), leaks(of_thing(client))]

    found = asyncio.run(ask())

    assert [*found, leaks({"log": log.text})] == [[]] * (len(found) + 1)


async def _acreate(client: AsyncFoundryClient) -> None:
    await client.messages.create(**REQUEST)


async def _astream(client: AsyncFoundryClient) -> None:
    async with client.messages.stream(**REQUEST) as stream:
        await stream.get_final_message()


class Listener(BaseCallbackHandler):
    """Writes down all that LangChain tells its callbacks."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def on_chat_model_start(self, *told: Any, **more: Any) -> None:
        self.told.append(repr((told, more)))

    def on_llm_error(self, *told: Any, **more: Any) -> None:
        self.told.append(repr((told, more)))


@some
def test_langchain(answer: str, sign_in: str, server: FaultServer, log: pytest.LogCaptureFixture) -> None:
    """The chat model keeps its secret: in dumps, callbacks, traced runs, copies and pickles too."""
    model = ChatClaudeFoundry(model=MODEL, max_tokens=MAX_TOKENS, **settings(server, answer, sign_in))
    listener, runs = Listener(), RunCollectorCallbackHandler()
    error = failing(lambda: model.invoke("Hello", config={"callbacks": [listener, runs]}))
    shown = {
        "log": log.text,
        "callbacks": "".join(listener.told),
        "traced runs": "".join(run.model_dump_json(exclude={"child_runs"}) for run in runs.traced_runs),
        "dumpd": repr(dumpd(model)),
        "dumps": dumps(model),
        "model_dump": repr(model.model_dump()) + repr(model.model_dump_json(warnings=False)),
        "parameters": repr(model._identifying_params) + repr(model._get_ls_params()),
        "representation": f"{model!r} {model}",
        "pickle": pickled(model),
        "copy": repr(copy.deepcopy(model)),
    }

    assert leaks({**of_error(error), **shown}) == []


class Events(BaseEventHandler):
    """Writes down all that LlamaIndex tells its event handlers."""

    told: list[str] = []

    @classmethod
    def class_name(cls) -> str:
        return "Events"

    def handle(self, event: Any, **_: Any) -> None:
        self.told.append(repr(event) + event.model_dump_json(fallback=repr))


@some
def test_llamaindex(answer: str, sign_in: str, server: FaultServer, log: pytest.LogCaptureFixture) -> None:
    """The LLM keeps its secret: in dicts, events and pickles too."""
    llm = ClaudeFoundry(model=MODEL, max_tokens=MAX_TOKENS, **settings(server, answer, sign_in))
    events, dispatcher = Events(), get_dispatcher()
    dispatcher.add_event_handler(events)
    try:
        error = failing(lambda: llm.complete("Hello"))
    finally:
        dispatcher.event_handlers.remove(events)
    shown = {
        "log": log.text,
        "events": "".join(events.told),
        "to_dict": repr(llm.to_dict()) + llm.to_json(),
        "model_dump": repr(llm.model_dump()),
        "representation": f"{llm!r} {llm}",
        "pickle": pickled(llm),
    }

    assert leaks({**of_error(error), **shown}) == []


def test_emulator(log: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    """The emulator writes no key anywhere, nor what it was sent in its place."""
    with Emulator(api_key=KEY) as emulator:
        for sign_in in ({"api_key": KEY}, {"api_key": TOKEN}, {"azure_ad_token_provider": lambda: TOKEN}):
            with FoundryClient(base_url=emulator.base_url, max_retries=0, **sign_in) as client:
                failing(lambda client=client: client.messages.create(**REQUEST))
        seen = [repr(dataclasses.asdict(request)) for request in emulator.requests]
    written = capfd.readouterr()

    assert len(seen) >= 2
    assert leaks({"requests": "".join(seen), "log": log.text, "output": written.out + written.err}) == []


def test_the_search_finds_what_is_there() -> None:
    """A secret in a frame's variables, in a message or in a pickle is found by the same search."""

    def leak() -> None:
        secret = KEY
        raise ValueError(secret)

    found = leaks(of_error(failing(leak)))

    assert found == ["message", "repr", "fields", "traceback with locals", "rich traceback", "pickle of the error"]
