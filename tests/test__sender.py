"""What both clients do between a call and its answer."""

import json
from typing import Any

import httpx
import pytest

from claude_foundry import (
    APIConnectionError,
    APITimeoutError,
    AuthenticationError,
    ConfigurationError,
    OverloadedError,
    RateLimitError,
    ResponseFormatError,
)
from claude_foundry.errors import APIStatusError
from tests.answers import error_event, message, pieces_of, refused, streamed, whole
from tests.shells import REQUEST, Body, FakeTime, Script, Shell, both

Kind = type[Shell]
SECRET = "top-secret-word"


@both
def test_whole_answer(shell: Kind) -> None:
    """An answer comes as a typed message with both ids."""
    service = Script(whole())

    answer = shell(service, FakeTime()).create(**REQUEST)

    assert (answer.text, answer.stop_reason) == ("Hello there.", "end_turn")
    assert (answer.request_id, answer.apim_request_id) == ("req_1", "apim-1")
    assert json.loads(service.requests[0].content) == REQUEST
    assert str(service.requests[0].url) == "https://my-resource.services.ai.azure.com/anthropic/v1/messages"


class Index:
    """A whole number of another library."""

    def __index__(self) -> int:
        return 64_000


@both
@pytest.mark.parametrize("max_tokens", [64_000, Index()], ids=["int", "index"])
def test_long_answer(shell: Kind, max_tokens: Any) -> None:
    """An answer that may take longer than the time limit is streamed below, and given whole."""
    service = Script(streamed(), whole())

    long = shell(service, FakeTime()).create(**{**REQUEST, "max_tokens": max_tokens})
    short = shell(service, FakeTime()).create(**{**REQUEST, "max_tokens": 64_000}, timeout=3600)

    assert long.text == short.text == "Hello there."
    assert ["stream" in json.loads(request.content) for request in service.requests] == [True, False]


@both
def test_count_tokens(shell: Kind) -> None:
    """A token count comes with both ids."""
    service = Script(whole({"input_tokens": 7}))

    counted = shell(service, FakeTime()).count_tokens(model="m", messages=REQUEST["messages"])

    assert (counted.input_tokens, counted.request_id, counted.apim_request_id) == (7, "req_1", "apim-1")
    assert service.requests[0].url.path.endswith("/v1/messages/count_tokens")


@both
def test_streamed_answer(shell: Kind) -> None:
    """A stream gives its events as on the wire, then the message they describe."""
    service, taken = Script(streamed()), []

    answer = shell(service, FakeTime()).stream(take=taken.append, **REQUEST)

    assert taken[0]["type"] == "message_start"
    assert taken[-1] == {"type": "message_stop"}
    assert answer.text == "Hello there."
    assert (answer.request_id, answer.apim_request_id) == ("req_1", "apim-1")
    assert json.loads(service.requests[0].content)["stream"] is True


@both
@pytest.mark.parametrize("status", [408, 429, 500, 503, 529])
def test_retried_statuses(shell: Kind, status: int) -> None:
    """A passing refusal is tried again, with growing and spread waits, and stays invisible."""
    service, time = Script(refused(status), refused(status), whole()), FakeTime()

    answer = shell(service, time).create(**REQUEST)

    first = 1.0 if status == 429 else 0.25
    assert answer.text == "Hello there."
    assert time.slept == [first / 2, first]


@both
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422, 501, 505, 307])
def test_final_statuses(shell: Kind, status: int) -> None:
    """A refusal that cannot pass is raised at once, with its ids."""
    service, time = Script(refused(status)), FakeTime()

    with pytest.raises(APIStatusError, match=r"req_1.*apim-1") as caught:
        shell(service, time).create(**REQUEST)

    assert (caught.value.status_code, caught.value.request_id, time.slept) == (status, "req_1", [])


@both
def test_retries_end(shell: Kind) -> None:
    """After the retries the last refusal is raised."""
    service = Script(*[refused(529, kind="overloaded_error")] * 3)

    with pytest.raises(OverloadedError):
        shell(service, FakeTime()).create(**REQUEST)

    assert len(service.requests) == 3


@both
def test_service_decides_on_retry(shell: Kind) -> None:
    """``x-should-retry`` beats the status, either way."""
    time = FakeTime()
    once = Script(refused(500, headers={"x-should-retry": "false"}))
    again = Script(refused(400, headers={"x-should-retry": "true"}), whole())

    with pytest.raises(APIStatusError):
        shell(once, time).create(**REQUEST)
    answer = shell(again, time).create(**REQUEST)

    assert (len(once.requests), len(again.requests), answer.text) == (1, 2, "Hello there.")


@both
@pytest.mark.parametrize(
    ("headers", "slept"),
    [
        ({"retry-after": "3"}, 3.0),
        ({"retry-after-ms": "250", "retry-after": "3"}, 0.25),
        ({"retry-after-ms": "0", "retry-after": "1"}, 1.0),
        ({"retry-after": "Tue, 14 Nov 2023 22:13:30 GMT"}, 10.0),
        ({"retry-after": "Tue, 14 Nov 2023 22:13:30 GMT", "date": "Tue, 14 Nov 2023 22:13:26 GMT"}, 4.0),
        ({"retry-after": "nan"}, 0.5),
        ({"retry-after": "-4"}, 0.5),
    ],
)
def test_service_names_the_wait(shell: Kind, headers: dict[str, str], slept: float) -> None:
    """The wait that the service names is kept to; one that makes no sense is not."""
    service, time = Script(refused(429, headers=headers), whole()), FakeTime()

    shell(service, time).create(**REQUEST)

    assert time.slept == [slept]


@both
def test_too_long_a_wait(shell: Kind) -> None:
    """A wait beyond two minutes is not slept: the caller is told and decides."""
    service, time = Script(refused(429, headers={"retry-after": "3600"})), FakeTime()

    with pytest.raises(RateLimitError) as caught:
        shell(service, time).create(**REQUEST)

    assert (caught.value.retry_after, time.slept) == (3600.0, [])


@both
@pytest.mark.parametrize(
    "fault", [httpx.ConnectError("refused"), httpx.ConnectTimeout("late"), httpx.ReadError("reset")]
)
def test_failed_connection_is_retried(shell: Kind, fault: Exception) -> None:
    """A connection that failed is tried again."""
    service = Script(fault, whole())

    answer = shell(service, FakeTime()).create(**REQUEST)

    assert (answer.text, len(service.requests)) == ("Hello there.", 2)


@both
def test_connection_error_names_the_host(shell: Kind) -> None:
    """A connection that keeps failing is told with its host and reason."""
    service = Script(httpx.ConnectError("refused"))

    with pytest.raises(APIConnectionError, match=r"my-resource\.services\.ai\.azure\.com: refused"):
        shell(service, FakeTime(), max_retries=0).create(**REQUEST)


@both
def test_sent_whole_request_is_not_repeated(shell: Kind) -> None:
    """A whole answer that is late may be under way and billed: it is not asked for twice."""
    service = Script(httpx.ReadTimeout("late"))

    with pytest.raises(APITimeoutError, match="within the time limit"):
        shell(service, FakeTime()).create(**REQUEST)

    assert len(service.requests) == 1


@both
def test_failed_attempts_are_closed(shell: Kind) -> None:
    """An attempt that fails leaves no connection open."""
    bodies = [Body([error_event()]), Body(pieces_of(message()))]
    service = Script(
        *[httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=body) for body in bodies]
    )

    shell(service, FakeTime()).stream(**REQUEST)

    assert all(body.closed for body in bodies)


@both
def test_page_for_a_message(shell: Kind) -> None:
    """A page where a message should be is told as what it is."""
    page = httpx.Response(200, headers={"content-type": "text/html"}, text="<html></html>")

    with pytest.raises(ResponseFormatError, match="text/html"):
        shell(Script(page), FakeTime()).create(**REQUEST)


@both
def test_redirects_are_refused(shell: Kind) -> None:
    """A redirect is refused, naming where it leads; nothing is sent there."""
    elsewhere = httpx.Response(307, headers={"location": "https://elsewhere.example/x"})
    service = Script(elsewhere)

    with pytest.raises(APIStatusError, match=r"elsewhere\.example"):
        shell(service, FakeTime()).create(**REQUEST)

    assert len(service.requests) == 1


@both
def test_nothing_is_sent_for_bad_input(shell: Kind) -> None:
    """A wrong argument is named before anything is sent."""
    service = Script()

    with pytest.raises(ConfigurationError, match="messages is empty"):
        shell(service, FakeTime()).create(model="m", max_tokens=1, messages=[])

    assert service.requests == []


@both
def test_refused_key(shell: Kind) -> None:
    """A refused key gives a typed error with the provider's advice, and no key."""
    service = Script(refused(401, kind="authentication_error"))

    with pytest.raises(AuthenticationError, match="key belongs to this resource") as caught:
        shell(service, FakeTime(), api_key="top-secret").create(**REQUEST)

    assert "top-secret" not in repr(caught.value) + str(vars(caught.value))


@both
@pytest.mark.parametrize("max_tokens", [64, 64_000])
def test_create_does_not_stream_for_the_caller(shell: Kind, max_tokens: int) -> None:
    """``stream=False`` is what ``create`` does, and ``stream=True`` is refused, however long the answer may be."""
    service = Script(streamed() if max_tokens > 64 else whole())

    answer = shell(service, FakeTime()).create(**{**REQUEST, "max_tokens": max_tokens, "stream": False})

    assert answer.text == "Hello there."
    with pytest.raises(ConfigurationError, match="stream"):
        shell(service, FakeTime()).create(**{**REQUEST, "max_tokens": max_tokens, "stream": True})


@both
@pytest.mark.parametrize("name", ["x-api-key", "api-key", "authorization"])
def test_echoed_credentials(shell: Kind, name: str) -> None:
    """A credential that a gateway tells in body or ids is in no part of the error."""

    def service(request: httpx.Request) -> httpx.Response:
        told = request.headers[name]
        return whole({"error": {"message": f"{name}: {told}"}}, status=401, headers={"request-id": told})

    sign_in = {"api_key": None, "azure_ad_token_provider": lambda: SECRET} if name == "authorization" else {}
    with pytest.raises(AuthenticationError, match=r": (Bearer )?\[sealed\]") as caught:
        shell(service, FakeTime(), **{"api_key": SECRET, **sign_in}).create(**REQUEST)

    assert SECRET not in f"{caught.value} {vars(caught.value)}"


@both
def test_causes_hold_no_credentials(shell: Kind) -> None:
    """The HTTP library's error, which stays as the cause, holds neither credentials nor the prompt."""

    def service(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(APIConnectionError) as caught:
        shell(service, FakeTime(), max_retries=0, api_key="top-secret").create(**REQUEST)

    cause = caught.value.__cause__
    assert isinstance(cause, httpx.ConnectError)
    assert "top-secret" not in str(cause.request.headers.multi_items())
    assert cause.request.content == b""
