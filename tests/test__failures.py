"""What failures of the transport mean: typed, with a way out, and without secrets in any frame."""

import asyncio
import io
import pickle
import socket
import ssl
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from rich.console import Console
from rich.traceback import Traceback

from claude_foundry import (
    APIConnectionError,
    AsyncFoundryClient,
    ConfigurationError,
    FoundryClient,
    FoundryError,
    Timeout,
)
from claude_foundry._failures import Break
from tests.shells import REQUEST, FakeTime, Script, Shell, both
from tests.wire import Wire, raw

Kind = type[Shell]
SECRET = "canary-7f3a9c"
PROMPT = "prompt-51ab"


def asked(**settings: Any) -> FoundryError:
    with FoundryClient(**settings) as client, pytest.raises(FoundryError) as caught:
        client.messages.create(**{**REQUEST, "messages": [{"role": "user", "content": PROMPT}]})
    return caught.value


def asked_in_a_loop(**settings: Any) -> FoundryError:
    async def ask() -> FoundryError:
        async with AsyncFoundryClient(**settings) as client:
            with pytest.raises(FoundryError) as caught:
                await client.messages.create(**{**REQUEST, "messages": [{"role": "user", "content": PROMPT}]})
        return caught.value

    return asyncio.run(ask())


both_real = pytest.mark.parametrize("ask", [asked, asked_in_a_loop], ids=["sync", "async"])
Ask = Callable[..., FoundryError]


@both
def test_untrusted_certificates_are_final(shell: Kind) -> None:
    """A certificate that is not trusted is told with its reason and a way out, and not tried again."""
    refused = ssl.SSLCertVerificationError("certificate verify failed")
    refused.verify_message = "self-signed certificate"
    error = httpx.ConnectError("failed")
    error.__cause__ = refused
    service = Script(error)

    with pytest.raises(APIConnectionError, match=r"not trusted: self-signed certificate.*SSL_CERT_FILE") as caught:
        shell(service, FakeTime()).create(**REQUEST)

    assert not caught.value.retryable
    assert len(service.requests) == 1


@both
@pytest.mark.parametrize("location", ["javascript:1", "https:\\\\elsewhere", f"https://elsewhere.example:{SECRET}/"])
def test_what_points_to_no_url(shell: Kind, location: str) -> None:
    """A redirect to what is no URL, which httpx reads before it can be refused, is told as one, and is final."""
    service = Script(httpx.Response(307, headers={"location": location}))

    with pytest.raises(APIConnectionError, match=r"points to what is no URL|Invalid URL in location header") as caught:
        shell(service, FakeTime(), api_key=SECRET).create(**REQUEST)

    assert (caught.value.retryable, len(service.requests)) == (False, 1)
    assert SECRET not in f"{caught.value} {caught.value.__cause__}"


@pytest.mark.parametrize(
    "said", [f"HTTP/1.1 abc {SECRET}", f"HTTP/1.1 200 OK\r\nno header {SECRET}", f"{SECRET} nonsense"]
)
def test_causes_quote_no_answer(said: str) -> None:
    """What is no HTTP is in no cause of its error, though httpx's own transport quotes it."""

    def serve(wire: Wire) -> None:
        wire.asked()
        wire.send(f"{said}\r\n\r\n".encode())

    with (
        raw(serve) as url,
        httpx.Client() as http,
        FoundryClient(base_url=url, api_key=SECRET, http_client=http, max_retries=0) as client,
        pytest.raises(APIConnectionError) as caught,
    ):
        client.messages.create(**REQUEST)

    cause = caught.value.__cause__
    assert cause is not None
    assert SECRET not in f"{caught.value} {cause} {cause.__cause__} {cause.__context__}"


@both
@pytest.mark.parametrize(
    ("reason", "attempts"), [("TLSV13_ALERT_CERTIFICATE_REQUIRED", 1), ("SSLV3_ALERT_BAD_RECORD_MAC", 3)]
)
def test_bare_errors_of_tls(shell: Kind, reason: str, attempts: int) -> None:
    """An error of TLS that the HTTP library lets through is one of this package, and tried again if it may pass."""
    refused = ssl.SSLError(1, f"[SSL: {reason}]")
    refused.reason = reason
    service = Script(*[refused] * 3)

    with pytest.raises(APIConnectionError, match=reason):
        shell(service, FakeTime()).create(**REQUEST)

    assert len(service.requests) == attempts


@pytest.mark.parametrize(
    ("answer", "attempts"),
    [(b"HTTP/1.1 200 OK\r\nno header\r\n\r\n", 1), (b"HTTP/1.1 200 OK\r\nx-cut: ", 3), (b"", 3)],
    ids=["malformed", "cut", "nothing"],
)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_what_is_no_http_is_final(stream: bool, answer: bytes, attempts: int) -> None:
    """An answer that is malformed comes no better a second time; one that was cut may."""
    asked_for: list[int] = []

    def serve(wire: Wire) -> None:
        asked_for.append(1)
        wire.asked()
        wire.send(answer)

    with (
        raw(serve) as url,
        FoundryClient(base_url=url, api_key="k", _clock=FakeTime().clock()) as client,
        pytest.raises(APIConnectionError),
    ):
        client.messages.stream(**REQUEST).__enter__() if stream else client.messages.create(**REQUEST)

    assert len(asked_for) == attempts


@both
def test_unknown_hosts_are_tried_twice(shell: Kind) -> None:
    """A name that is not known is looked up twice, then told as one that may be wrong."""
    errors = []
    for _ in range(3):
        error = httpx.ConnectError("not known")
        error.__cause__ = socket.gaierror(socket.EAI_NONAME, "not known")
        errors.append(error)
    service = Script(*errors)

    with pytest.raises(APIConnectionError, match="Check the resource name"):
        shell(service, FakeTime(), max_retries=5).create(**REQUEST)

    assert len(service.requests) == 2


@both
def test_full_pool(shell: Kind) -> None:
    """When no connection becomes free, how many there are is told where it is known, and the setting to raise."""
    service = Script(httpx.PoolTimeout("1000 of the client's own"))

    with pytest.raises(APIConnectionError, match=r"1000 of the client's own.*Timeout\(pool=\.\.\.\).*max_connections"):
        shell(service, FakeTime(), max_retries=0).create(**REQUEST)


def test_closed_client_of_the_user() -> None:
    """A closed client that was passed in is named before anything is sent."""
    given = httpx.Client()
    given.close()

    with pytest.raises(ConfigurationError, match="http_client is closed"):
        FoundryClient("a", api_key="k", http_client=given).messages.create(**REQUEST)


async def test_closed_asynchronous_client_of_the_user() -> None:
    """A closed asynchronous client that was passed in is named before anything is sent."""
    given = httpx.AsyncClient()
    await given.aclose()

    with pytest.raises(ConfigurationError, match="http_client is closed"):
        await AsyncFoundryClient("a", api_key="k", http_client=given).messages.create(**REQUEST)


def shown(error: BaseException) -> Iterator[str]:
    """Gives an error as logs, reports and debuggers show it, with the locals of its frames."""
    out = io.StringIO()
    Console(file=out, width=400).print(
        Traceback.from_exception(type(error), error, error.__traceback__, show_locals=True, locals_max_string=100_000)
    )
    yield out.getvalue()
    yield "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    link: BaseException | None = error
    while link is not None:
        yield repr(link) + str(vars(link))
        link = link.__cause__ or link.__context__


def _here(error: BaseException) -> BaseException:
    """Takes the test's own frames away, which hold what they pass."""
    trace = error.__traceback__
    while trace is not None and not trace.tb_frame.f_code.co_filename.endswith(("sender.py", "message_stream.py")):
        trace = trace.tb_next
    return error.with_traceback(trace)


def dead(wire: Wire) -> None:
    wire.asked()


def silent(wire: Wire) -> None:
    wire.asked()
    wire.wait()


def garbled(wire: Wire) -> None:
    wire.asked()
    wire.send(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")


def unread(wire: Wire) -> None:
    wire.wait()


@both_real
@pytest.mark.parametrize("serve", [dead, silent, garbled, unread])
@pytest.mark.parametrize(
    "sign_in", [{"api_key": SECRET}, {"azure_ad_token_provider": lambda: SECRET}], ids=["key", "token"]
)
def test_tracebacks_with_locals(ask: Ask, serve: Callable[[Wire], None], sign_in: dict[str, Any]) -> None:
    """No frame of an error shows a credential or the prompt, however it is printed, and no pickle holds one."""
    with raw(serve) as url:
        error = ask(
            base_url=url,
            max_retries=0,
            timeout=Timeout(read=0.2, write=0.2),
            default_headers={"x-team": f"{SECRET}-too"},
            **sign_in,
        )

    assert not any(SECRET in text for text in shown(_here(error)))
    assert "SSH-2.0" not in str(error)
    assert not any(PROMPT in text for text in shown(_here(error)))
    assert SECRET.encode() not in pickle.dumps(error)


@both_real
@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize(
    ("said", "attempts"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", 1),
        (b"HTTP/1.1 200 OK\r\nno header\r\n\r\n", 1),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\nhalf", 3),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n", 3),
        (b"", 3),
    ],
)
def test_malformed_answers_are_final(ask: Ask, given: bool, said: bytes, attempts: int) -> None:
    """What is no HTTP is not asked for again, over httpx's transports as over ours; what was cut is."""
    kind = httpx.Client if ask is asked else httpx.AsyncClient

    def serve(wire: Wire) -> None:
        wire.asked()
        wire.send(said)

    with raw(serve) as url:
        http = {"http_client": kind(trust_env=False)} if given else {}
        error = ask(base_url=url, api_key="k", _clock=FakeTime().clock(), **http)

    assert len(error.attempts) == attempts  # type: ignore[attr-defined]


class Http:
    """A client, as far as it tells whether it is closed."""

    def __init__(self, *, is_closed: bool) -> None:
        self.is_closed = is_closed


@pytest.mark.parametrize(
    ("kind", "is_closed", "noted"), [(KeyError, False, True), (KeyError, True, False), (OSError, False, False)]
)
def test_what_broke_an_answer_off(kind: type[Exception], is_closed: bool, noted: bool) -> None:
    """An error of one of the kinds is known again, and once, unless the client was closed."""
    broken, fault = Break(), kind()

    with pytest.raises(kind), broken.noted(Http(is_closed=is_closed), KeyError, ValueError):
        raise fault

    assert [broken.is_by(fault), broken.is_by(fault)] == [noted, False]


def test_what_looks_like_it() -> None:
    """Another error of the same kind is not what broke an answer off."""
    broken = Break()

    with pytest.raises(KeyError), broken.noted(Http(is_closed=False), KeyError):
        raise KeyError

    assert not broken.is_by(KeyError())


def test_what_broke_the_answer_before_off() -> None:
    """Of an answer that nothing broke off, what broke the one before off is not known."""
    broken, fault = Break(), KeyError()
    with pytest.raises(KeyError), broken.noted(Http(is_closed=False), KeyError):
        raise fault

    with broken.noted(Http(is_closed=False), KeyError):
        pass

    assert not broken.is_by(fault)
