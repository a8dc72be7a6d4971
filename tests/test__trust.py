"""What an HTTP client of the caller's gives away: certificates of anyone, and proxies for requests in clear."""

import logging
import ssl
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from claude_foundry import AsyncFoundryClient, ConfigurationError, FoundryClient
from claude_foundry.langchain import ChatClaudeFoundry
from claude_foundry.llamaindex import ClaudeFoundry
from tests.answers import whole
from tests.shells import Script

KINDS = [
    (FoundryClient, httpx.Client, httpx.HTTPTransport),
    (AsyncFoundryClient, httpx.AsyncClient, httpx.AsyncHTTPTransport),
]
ADAPTERS: list[Callable[..., Any]] = [
    lambda given, **settings: ChatClaudeFoundry(model="m", http_client=given, **settings).client,
    lambda given, **settings: ChatClaudeFoundry(model="m", http_async_client=given, **settings).async_client,
    lambda given, **settings: ClaudeFoundry(model="m", http_client=given, **settings).client,
    lambda given, **settings: ClaudeFoundry(model="m", async_http_client=given, **settings).async_client,
]


def _anyones() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    return context


class Around(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Stands around another transport, as one does that tries again or keeps answers."""

    def __init__(self, inner: Any) -> None:
        self.name = "around"
        self._inner = inner


class AroundInVain(httpx.HTTPTransport, httpx.AsyncBaseTransport):
    """Has connections of its own, which it does not use."""

    def __init__(self, inner: Any) -> None:
        super().__init__()
        self.wrapped = inner


def careless(client: type, transport: type) -> list[Any]:
    """Gives clients that take certificates of anyone, or of any name."""
    return [
        client(verify=False),
        client(verify=_anyones()),
        client(proxy="http://127.0.0.1:9", verify=False),
        client(mounts={"https://": transport(verify=False)}),
        client(mounts={"all://": transport(proxy="http://127.0.0.1:9", verify=_anyones())}),
        client(mounts={"https://a.services.ai.azure.com": transport(verify=False)}),
        client(transport=Around(transport(verify=False))),
        client(transport=AroundInVain(Around(transport(verify=_anyones())))),
        client(mounts={"https://": Around(Around(transport(verify=False)))}),
    ]


@pytest.mark.parametrize(("foundry", "client", "transport"), KINDS)
def test_no_key_to_anyone(foundry: type, client: type, transport: type) -> None:
    """A key is not given to a client that does not verify certificates or their names, wherever in it that is."""
    for given in careless(client, transport):
        with pytest.raises(ConfigurationError, match="dangerously_allow_unverified_tls=True") as refused:
            foundry("a", api_key="the-key", http_client=given)
        assert "the-key" not in str(refused.value)


@pytest.mark.parametrize(("foundry", "client", "transport"), KINDS)
def test_a_key_to_anyone_on_demand(foundry: type, client: type, transport: type) -> None:
    """Whoever allows it by name is warned, at their line, and served."""
    for given in careless(client, transport):
        with pytest.warns(RuntimeWarning, match="can read the key") as told:
            foundry("a", api_key="k", http_client=given, dangerously_allow_unverified_tls=True)
        assert [warning.filename for warning in told] == [__file__]


@pytest.mark.parametrize(("foundry", "client", "transport"), KINDS)
def test_a_token_to_anyone(foundry: type, client: type, transport: type) -> None:
    """With Microsoft Entra ID, whose tokens expire, such a client is warned of."""
    for given in careless(client, transport):
        with pytest.warns(RuntimeWarning, match="can read each token"):
            foundry("a", azure_ad_token_provider=lambda: "t", http_client=given)


@pytest.mark.parametrize(("foundry", "client", "transport"), KINDS)
def test_clients_that_verify(foundry: type, client: type, transport: type) -> None:
    """A client that verifies the certificates of the service is taken, whatever it does elsewhere."""
    elsewhere = {"http://": transport(verify=False), "https://b.example": transport(verify=False), "all://": None}

    with warnings.catch_warnings(action="error"):
        foundry("a", api_key="k", http_client=client())
        foundry("a", api_key="k", http_client=client(transport=httpx.MockTransport(Script(whole()))))
        foundry("a", api_key="k", http_client=client(mounts=elsewhere))
        foundry("a", api_key="k", http_client=client(transport=Around(transport())))
        foundry(base_url="http://127.0.0.1:8000", api_key="k", http_client=client(verify=False))


@pytest.mark.parametrize("of", ADAPTERS)
def test_adapters_give_no_key_to_anyone(of: Callable[..., Any]) -> None:
    """The adapters refuse such a client before they send anything, and take it on demand."""
    kind = httpx.AsyncClient if ADAPTERS.index(of) % 2 else httpx.Client
    given = kind(verify=False)

    with pytest.raises(ConfigurationError, match="dangerously_allow_unverified_tls=True"):
        of(given, resource="a", api_key="k")
    with pytest.warns(RuntimeWarning, match="can read the key"):
        of(given, resource="a", api_key="k", dangerously_allow_unverified_tls=True)


@pytest.mark.parametrize(("foundry", "client", "transport"), KINDS)
def test_no_key_in_clear_to_a_proxy(foundry: type, client: type, transport: type) -> None:
    """What goes to this machine in clear goes through no proxy on another one, which would read the key."""
    for given in (
        client(proxy="http://user:word@proxy.example:3128"),
        client(mounts={"http://": transport(proxy="https://10.0.0.1:1080")}),
        client(transport=AroundInVain(Around(transport(proxy="http://user:word@proxy.example:3128")))),
    ):
        with pytest.raises(ConfigurationError, match="through the proxy") as refused:
            foundry(base_url="http://localhost:8000", api_key="the-key", http_client=given)
        assert "word" not in str(refused.value)
        assert "the-key" not in str(refused.value)


@pytest.mark.parametrize(("foundry", "client", "transport"), KINDS)
def test_proxies_that_read_nothing(foundry: type, client: type, transport: type) -> None:
    """A proxy on this machine, one that is mounted for others, and one below TLS are taken."""
    foundry(base_url="http://localhost:8000", api_key="k", http_client=client(proxy="http://127.0.0.1:9"))
    foundry(
        base_url="http://[::1]:8000",
        api_key="k",
        http_client=client(proxy="http://b.example", mounts={"http://": None}),
    )
    foundry("a", api_key="k", http_client=client(proxy="http://proxy.example:3128"))


@pytest.mark.parametrize(("foundry", "client", "transport"), KINDS)
def test_transports_around_themselves(foundry: type, client: type, transport: type) -> None:
    """A transport that stands around itself is looked through as others are."""
    around = Around(transport(verify=False))
    around.itself = around

    with pytest.raises(ConfigurationError, match="dangerously_allow_unverified_tls=True"):
        foundry("a", api_key="k", http_client=client(transport=around))


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Collects what HTTP/2 says of headers, as in a process where no client was given before."""
    loggers = [logging.getLogger(name) for name in ("hpack.hpack", "hpack.table")]
    before = [list(logger.filters) for logger in loggers]
    for logger in loggers:
        logger.filters.clear()
    with caplog.at_level(logging.DEBUG):
        yield caplog
    for logger, filters in zip(loggers, before, strict=True):
        logger.filters[:] = filters


def speaking_http2(client: type, transport: type) -> list[Any]:
    """Gives clients that speak HTTP/2, for which httpx asks only when a connection is made."""
    given = [client(), client(mounts={"https://": transport()}), client(transport=Around(transport()))]
    for one in given:
        serving = one._transport_for_url(httpx.URL("https://a.services.ai.azure.com"))
        getattr(serving, "_inner", serving)._pool._http2 = True
    return given


@pytest.mark.parametrize(("foundry", "client", "transport"), KINDS)
@pytest.mark.parametrize("at", range(3))
def test_no_headers_of_http2_in_logs(
    foundry: type, client: type, transport: type, at: int, log: pytest.LogCaptureFixture
) -> None:
    """Once a client that speaks HTTP/2 is taken, no header, plain or encoded, is written to its loggers."""
    foundry("a", api_key="k", http_client=speaking_http2(client, transport)[at])

    of_headers, of_table = logging.getLogger("hpack.hpack"), logging.getLogger("hpack.table")
    of_headers.debug("Adding %s=%s to the header table, sensitive:%s", b"x-api-key", b"the-key", False)
    of_headers.debug("Decoded %s, consumed %d", (b"x-api-key", b"the-key"), 7)
    of_headers.debug("Encoded header block to %s", b"the-key")
    of_headers.debug("Adding the-key")
    of_table.debug("Evicting %s: %s from the header table", b"authorization", b"the-key")
    of_headers.debug("Encoding %d with %d bits", 5, 7)

    assert [record.getMessage() for record in log.records] == ["Encoding 5 with 7 bits"]


@pytest.mark.parametrize(("foundry", "client", "transport"), KINDS)
def test_logs_of_others(foundry: type, client: type, transport: type, log: pytest.LogCaptureFixture) -> None:
    """Without HTTP/2 the loggers are left as they are."""
    foundry("a", api_key="k", http_client=client(transport=Around(transport())))

    logging.getLogger("hpack.hpack").debug("Encoded header block to %s", b"of others")

    assert "of others" in log.text
