"""What a caller's hooks are told, and what follows when they fail."""

import asyncio
import pickle
from dataclasses import replace
from typing import Any

import httpx
import pytest

from claude_foundry import AsyncFoundryClient, BadRequestError, ConfigurationError, FoundryClient, ResponseFormatError
from claude_foundry._hooks import SECRET, RequestInfo, ResponseInfo
from tests.answers import SSE, message, pieces_of, refused, streamed, whole
from tests.shells import REQUEST, Body, FakeTime, Script, Shell, both

Kind = type[Shell]


class Heard:
    """Hooks that write down what they are told."""

    def __init__(self) -> None:
        self.requests: list[RequestInfo] = []
        self.responses: list[ResponseInfo] = []

    def settings(self) -> dict[str, Any]:
        return {"on_request": self.requests.append, "on_response": self.responses.append}


def ticking(time: FakeTime) -> Any:
    ticks = iter(range(100))
    return replace(time.clock(), monotonic=lambda: float(next(ticks)))


@both
def test_each_attempt_is_told(shell: Kind) -> None:
    """Before and after each attempt the hooks are told what is known by then."""
    heard, service = Heard(), Script(refused(529, kind="overloaded_error"), httpx.ConnectError("refused"), whole())
    asked = shell(service, FakeTime(), **heard.settings())
    asked.clock = ticking(FakeTime())

    asked.create(**REQUEST)

    assert [(it.method, it.path, it.attempt, it.model) for it in heard.requests] == [
        ("POST", "/anthropic/v1/messages", attempt, "claude-opus-5-5") for attempt in (1, 2, 3)
    ]
    assert [it.request for it in heard.responses] == heard.requests
    assert [(it.status_code, it.request_id, it.error, it.retry_delay, it.elapsed) for it in heard.responses] == [
        (529, "req_1", "OverloadedError", 0.125, 1.0),
        (None, None, "APIConnectionError", 0.25, 1.0),
        (200, "req_1", None, None, 1.0),
    ]
    assert heard.responses[2].apim_request_id == "apim-1"


@both
def test_last_failure_is_told(shell: Kind) -> None:
    """A failure that is raised is told without a next attempt, also when it is the answer's form."""
    heard = Heard()
    page = httpx.Response(200, headers={"content-type": "text/html"}, text="<html></html>")

    with pytest.raises(BadRequestError):
        shell(Script(refused(400)), FakeTime(), **heard.settings()).create(**REQUEST)
    with pytest.raises(ResponseFormatError):
        shell(Script(page), FakeTime(), **heard.settings()).stream(**REQUEST)

    assert [(it.error, it.retry_delay) for it in heard.responses] == [
        ("BadRequestError", None),
        ("ResponseFormatError", None),
    ]


@both
def test_streams_are_told(shell: Kind) -> None:
    """A stream's attempt has ended when its first content is there."""
    heard = Heard()

    shell(Script(streamed([]), streamed()), FakeTime(), **heard.settings()).stream(**REQUEST)

    assert [(it.status_code, it.error, it.request.attempt) for it in heard.responses] == [
        (None, "APIConnectionError", 1),
        (200, None, 2),
    ]


@both
def test_no_secrets(shell: Kind) -> None:
    """Headers come without the key, without other secrets, and bodies do not come at all."""
    heard = Heard()
    headers = {"x-team": "blue", "ocp-apim-subscription-key": "s3cret-gateway", "cookie": "s3cret-cookie"}
    service = Script(whole())

    shell(service, FakeTime(), api_key="s3cret-key", default_headers=headers, **heard.settings()).create(
        **{**REQUEST, "messages": [{"role": "user", "content": "s3cret-prompt"}]}
    )

    assert heard.requests[0].headers["x-team"] == "blue"
    assert "s3cret" not in repr(heard.requests) + repr(heard.responses)
    assert service.requests[0].headers["ocp-apim-subscription-key"] == "s3cret-gateway"


@both
def test_no_token_for_a_later_attempt(shell: Kind) -> None:
    """An attempt that fails before it is sent has ended too, and its error tells of those before."""

    def provide() -> str:
        provided.append(True)
        if len(provided) == 2:
            raise OSError("no network")
        return "token"

    provided, heard = list[bool](), Heard()
    sign_in = {"api_key": None, "azure_ad_token_provider": provide}

    with pytest.raises(ConfigurationError) as caught:
        shell(Script(refused(500)), FakeTime(), **sign_in, **heard.settings()).create(**REQUEST)

    ended = [(500, "InternalServerError"), (None, "SignInError")]
    assert len(heard.requests) == 2
    assert [(it.status_code, it.error) for it in heard.responses] == ended
    assert [(it.status_code, it.error) for it in caught.value.attempts] == ended
    assert caught.value.retries_taken == 1
    assert pickle.loads(pickle.dumps(caught.value)).attempts == caught.value.attempts


class OwnError(Exception):
    """What a hook raises."""


def failing(_: object) -> None:
    raise OwnError


@both
def test_failing_before(shell: Kind) -> None:
    """What the first hook raises comes unchanged, and nothing was sent."""
    service = Script()

    with pytest.raises(OwnError):
        shell(service, FakeTime(), on_request=failing).create(**REQUEST)

    assert service.requests == []


@both
@pytest.mark.parametrize("streaming", [False, True])
def test_failing_after(shell: Kind, streaming: bool) -> None:
    """What the second hook raises comes unchanged, is not retried, and leaves no connection open."""
    body = Body(pieces_of(message())) if streaming else Body([b"{}"])
    service = Script(httpx.Response(200, headers=SSE if streaming else {}, stream=body))
    asked = shell(service, FakeTime(), on_response=failing)

    with pytest.raises(OwnError):
        (asked.stream if streaming else asked.create)(**REQUEST)

    assert body.closed
    assert len(service.requests) == 1


@both
def test_failing_after_a_failure(shell: Kind) -> None:
    """A hook that raises on a failure ends the retries."""
    service = Script(refused(529))

    with pytest.raises(OwnError):
        shell(service, FakeTime(), on_response=failing).create(**REQUEST)

    assert len(service.requests) == 1


def test_asynchronous_hooks() -> None:
    """The asynchronous client awaits its hooks; the synchronous one refuses them."""
    told: list[object] = []

    async def hook(info: object) -> None:
        await asyncio.sleep(0)
        told.append(info)

    async def asked() -> None:
        http = httpx.AsyncClient(transport=httpx.MockTransport(Script(whole())))
        client = AsyncFoundryClient("a", api_key="k", http_client=http, on_request=hook, on_response=hook)
        await client.messages.create(**REQUEST)

    asyncio.run(asked())

    assert [type(info) for info in told] == [RequestInfo, ResponseInfo]
    with pytest.raises(ConfigurationError, match="on_response is asynchronous"):
        FoundryClient("a", api_key="k", on_response=hook)


@pytest.mark.parametrize("kind", [FoundryClient, AsyncFoundryClient])
def test_hooks_are_checked_and_kept(kind: Any) -> None:
    """A hook that cannot be called is refused; a client with other options keeps its hooks."""
    client = kind("a", api_key="k", on_request=failing)

    assert client.with_options(max_retries=0)._sender.hooks.on_request is failing
    with pytest.raises(ConfigurationError, match="on_request is not callable"):
        kind("a", api_key="k", on_request="print")


@pytest.mark.parametrize(
    "name",
    [
        *(
            "authorization",
            "api-key",
            "ocp-apim-subscription-key",
            "cookie",
            "x-ms-client-principal",
            "x-amzn-oidc-data",
        ),
        *("cf-access-jwt-assertion", "x-goog-iap-jwt-assertion", "x-session-id", "x-sso", "x-saml-response"),
        *("x-passwd", "x-pwd", "x-pass", "x-passphrase", "x-sas", "x-sig", "x-bearer", "x-hmac"),
    ],
)
def test_names_of_secrets(name: str) -> None:
    """A header whose name speaks of a secret is known for one."""
    assert SECRET.search(name)


@pytest.mark.parametrize(
    "name",
    [
        *("accept", "accept-encoding", "content-type", "content-length", "user-agent", "host", "traceparent"),
        *("anthropic-beta", "anthropic-version", "x-ms-client-request-id", "x-request-id", "x-correlation-id"),
        *("x-team", "x-bypass-cache", "x-forwarded-for", "x-design", "x-signal", "x-assigned-to"),
    ],
)
def test_names_of_others(name: str) -> None:
    """A header whose name speaks of none is told."""
    assert not SECRET.search(name)
