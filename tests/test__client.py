"""What the clients offer beside sending."""

import asyncio
import copy
import pickle
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from claude_foundry import (
    AsyncFoundryClient,
    ConfigurationError,
    FeatureNotSupportedError,
    FoundryClient,
    FoundryError,
    StreamInterruptedError,
    UnsupportedOnFoundryError,
)
from tests.answers import message, pieces_of, streamed, whole
from tests.shells import REQUEST, FakeTime, Script, Shell, both

CLIENTS = pytest.mark.parametrize("kind", [FoundryClient, AsyncFoundryClient])


USES: list[Callable[[Any], Any]] = [
    lambda client: client,
    lambda client: client.messages,
    lambda client: client.messages.with_raw_response,
    lambda client: client.files,
    lambda client: client.messages.stream(**REQUEST),
    lambda client: client.messages.parse_stream(output_type=str, **REQUEST),
    lambda client: client.messages.stream_tools(tools=[], **REQUEST),
]


@CLIENTS
@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("copied", [pickle.dumps, copy.deepcopy])
def test_what_belongs_to_one_process(kind: type, use: Callable[[Any], Any], copied: Callable[[Any], Any]) -> None:
    """What has connections is neither pickled nor deep-copied, and says what to do instead."""
    used = use(kind("a", api_key="k"))

    with pytest.raises(TypeError, match="a client in each process"):
        copied(used)


@CLIENTS
def test_what_foundry_does_not_have(kind: type) -> None:
    """What Foundry does not have is refused by name before any request, saying what to use instead."""
    client = kind("a", api_key="k")

    for use in (
        lambda: client.models.list(),
        lambda: client.messages.batches.create(requests=[]),
        lambda: client.admin.users,
        lambda: client.models(),
    ):
        with pytest.raises(UnsupportedOnFoundryError, match="Microsoft Foundry does not have"):
            use()


@CLIENTS
def test_with_options(kind: type) -> None:
    """Options give another client on the same connections; the first stays as it was."""
    client = kind("a", api_key="k", default_headers={"x-a": "1"})

    other = client.with_options(timeout=3, max_retries=0, default_headers={"x-b": "2"})

    assert other._sender.pool is client._sender.pool
    assert (other._sender.config.max_retries, client._sender.config.max_retries) == (0, 2)
    assert dict(other._sender.config.default_headers) == {"x-a": "1", "x-b": "2"}
    with pytest.raises(ConfigurationError, match="timeout"):
        client.with_options(timeout=0)


@CLIENTS
def test_streams_are_entered(kind: type) -> None:
    """A stream that is not entered says how to."""
    stream = kind("a", api_key="k").messages.stream(
        model="m", max_tokens=1, messages=[{"role": "user", "content": "Hi"}]
    )

    with pytest.raises(ConfigurationError, match=r"with client\.messages\.stream"):
        iter(stream) if kind is FoundryClient else aiter(stream)


def ask(client: FoundryClient | AsyncFoundryClient, **request: Any) -> Any:
    if isinstance(client, FoundryClient):
        return client.messages.create(**request)
    return asyncio.run(client.messages.create(**request))


def lacking(*names: str) -> Any:
    said = f"{', '.join(names)} not supported in your workspace."
    return whole({"type": "error", "error": {"type": "invalid_request_error", "message": said}}, status=400)


@both
def test_capabilities(shell: type[Shell]) -> None:
    """A client tells what is known of a deployment; the base model beats the name, and nothing is sent."""
    script = Script()
    client = shell(script, FakeTime()).client()  # type: ignore[attr-defined]

    assert client.capabilities("claude-opus-5-5").model.default_effort == "medium"
    assert client.capabilities("claude-opus-5-5", base_model="claude-haiku-4-5").model.name == "claude-haiku-4-5"
    assert client.capabilities("team-a").model.name is None
    assert client.capabilities("team-a").has("structured_outputs") is True
    assert script.requests == []


@both
def test_refused_features_are_remembered(shell: type[Shell]) -> None:
    """A feature that a deployment refuses is remembered for it, by the client and by those made from it, unasked."""
    script = Script(lacking("structured_outputs"), lacking("code_execution", "skills"), whole())
    client = shell(script, FakeTime()).client()  # type: ignore[attr-defined]
    before = client.with_options(max_retries=0)

    with pytest.raises(FeatureNotSupportedError) as caught:
        ask(client, **REQUEST)
    with pytest.raises(FeatureNotSupportedError):
        ask(before, **REQUEST)
    ask(client, **REQUEST)

    assert (caught.value.features, caught.value.deployment) == (("structured_outputs",), REQUEST["model"])
    for other in (client, before, client.with_options(timeout=3)):
        found = other.capabilities(REQUEST["model"])
        assert found.refused == {"structured_outputs", "code_execution", "skills"}
        assert (found.has("structured_outputs"), found.has("code_execution"), found.has("vision")) == (
            False,
            False,
            True,
        )
        assert other.capabilities("other").refused == frozenset()
    assert len(script.requests) == 3


@both
def test_refused_features_of_a_stream(shell: type[Shell]) -> None:
    """What is refused to a stream or to a count is typed and told alike."""
    for call in ("stream", "count_tokens"):
        asked = shell(Script(lacking("structured_outputs")), FakeTime())
        with pytest.raises(FeatureNotSupportedError) as caught:
            getattr(asked, call)(**REQUEST)
        assert (caught.value.features, caught.value.deployment) == (("structured_outputs",), REQUEST["model"])


@both
def test_betas_are_sent(shell: type[Shell]) -> None:
    """Creating, streaming and counting name the betas of what they use."""
    edits = {"context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}}
    script = Script(lacking("x"), lacking("x"), lacking("x"))
    for call in ("create", "stream", "count_tokens"):
        with pytest.raises(FeatureNotSupportedError):
            getattr(shell(script, FakeTime()), call)(**REQUEST, **edits)

    assert [request.headers["anthropic-beta"] for request in script.requests] == ["context-management-2025-06-27"] * 3


def test_unknown_arguments() -> None:
    """An argument that does not exist is refused by Python itself."""
    with pytest.raises(TypeError, match="ressource"):
        FoundryClient(ressource="a")  # type: ignore[call-arg]


@CLIENTS
def test_options_keep_the_sign_in(kind: type) -> None:
    """A client with other options signs in as the first does, with what was learnt for it."""
    client = kind("a", api_key="k")

    assert client.with_options(timeout=3)._sender._auth is client._sender._auth


def test_streams_are_entered_once() -> None:
    """A stream is one request: entering it again is refused."""
    http = httpx.Client(transport=httpx.MockTransport(lambda _: streamed()))
    stream = FoundryClient("a", api_key="k", http_client=http).messages.stream(**REQUEST)

    with stream:
        pass
    with pytest.raises(ConfigurationError, match="entered before"), stream:
        pass


def test_a_stream_can_be_closed_from_another_thread() -> None:
    """Closing a stream that another thread is reading closes its connection, without an error of its own."""
    waits, closed = threading.Event(), threading.Event()

    class Slow(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield from pieces_of(message())[:4]
            waits.set()
            closed.wait(10)

        def close(self) -> None:
            closed.set()

    answer = httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=Slow())
    http = httpx.Client(transport=httpx.MockTransport(lambda _: answer))
    errors: list[BaseException] = []

    def read() -> None:
        try:
            list(stream)
        except FoundryError as error:
            errors.append(error)

    with FoundryClient("a", api_key="k", http_client=http).messages.stream(**REQUEST) as stream:
        reader = threading.Thread(target=read)
        reader.start()
        assert waits.wait(10)
        stream.close()
        reader.join(10)

    assert closed.is_set()
    assert [type(error) for error in errors] == [StreamInterruptedError]


@pytest.mark.parametrize("kind", [FoundryClient, AsyncFoundryClient])
def test_base_url_of_httpx(kind: type) -> None:
    """A base URL may be one of httpx."""
    client = kind(base_url=httpx.URL("https://gateway.example/team"), api_key="key")

    assert client.base_url == "https://gateway.example/team"
