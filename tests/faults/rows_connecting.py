"""Faults before there is a connection (C1-C8)."""

import socket
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest

from claude_foundry import APIConnectionError, APITimeoutError, FoundryError, Timeout
from tests.faults.faces import FACES, OWN
from tests.faults.matrix import Fault, Servers, failure
from tests.faults.rows_connection import BROKEN
from tests.faults.server import Script, closing_port, full_port, refusing_port
from tests.wire import Wire, raw


@contextmanager
def _on_port(port: AbstractContextManager[int], *, scheme: str = "http") -> Iterator[str]:
    with port as number:
        yield f"{scheme}://127.0.0.1:{number}/anthropic"


def _refused(_: Servers, __: Script) -> AbstractContextManager[str]:
    return _on_port(refusing_port())


def _full(_: Servers, __: Script) -> AbstractContextManager[str]:
    return _on_port(full_port())


def _closed(_: Servers, __: Script) -> AbstractContextManager[str]:
    return _on_port(closing_port("fin"))


def _reset(_: Servers, __: Script) -> AbstractContextManager[str]:
    return _on_port(closing_port("rst"))


def _speaks_ftp(_: Servers, __: Script) -> AbstractContextManager[str]:
    return _on_port(closing_port("fin", [b"220 files ready\r\n"]), scheme="https")


@contextmanager
def _alerting(_: Servers, __: Script, *, alert: int) -> Iterator[str]:
    """Gives the address of a service that answers the greeting of TLS with a fatal alert."""

    def refuse(wire: Wire) -> None:
        wire.peer.recv(65536)
        wire.send(bytes((21, 3, 3, 0, 2, 2, alert)))

    with raw(refuse) as url:
        yield f"{url.replace('http', 'https')}/anthropic"


@contextmanager
def _stammering(_: Servers, __: Script) -> Iterator[str]:
    """Gives the address of a service that begins to answer the greeting of TLS and falls silent."""

    def begin(wire: Wire) -> None:
        wire.peer.recv(65536)
        # What comes while the greeting is still being sent is not told from silence.
        wire.left.wait(0.1)
        wire.send(b"\x16")
        wire.peer.recv(1)

    with raw(begin) as url:
        yield f"{url.replace('http', 'https')}/anthropic"


@contextmanager
def _silent_tls(servers: Servers, script: Script) -> Iterator[str]:
    """Gives the address of TLS's own port on this machine, behind which a plain one listens."""
    port = urlsplit(servers.plain.url(script)).port
    asked = socket.getaddrinfo
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", lambda host, _, **how: asked(host, port, **how))
        yield "https://127.0.0.1/anthropic"


@contextmanager
def _unknown(_: Servers, __: Script, *, pause: float = 0.0) -> Iterator[str]:
    """Gives the address of a host that no resolver knows; the question leaves this machine in no case."""
    asked = socket.getaddrinfo

    def refused(host: Any, *more: Any, **how: Any) -> Any:
        if host in (_NOBODY, _NOBODY.encode()):
            time.sleep(pause)
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return asked(host, *more, **how)

    socket.getaddrinfo = refused
    try:
        yield f"https://{_NOBODY}/anthropic"
    finally:
        socket.getaddrinfo = asked


@contextmanager
def _through(servers: Servers, script: Script, *, name: str, scheme: str, host: str) -> Iterator[str]:
    yield getattr(servers, name).url(script, scheme=scheme, host=host)


_untrusted = partial(_through, name="tls", scheme="https", host="127.0.0.1")
_misnamed = partial(_through, name="tls", scheme="https", host="localhost")
_plain_port = partial(_through, name="plain", scheme="https", host="127.0.0.1")
_tls_port = partial(_through, name="tls", scheme="http", host="127.0.0.1")

_NOBODY = "misspelt.invalid"
MUTE = failure(APITimeoutError, says="said nothing to the greeting of TLS.*base_url, its port")
SHORT_WAIT = {"timeout": Timeout(connect=0.2)}
NO_WAIT = {"timeout": Timeout(connect=0.05)}

ROWS = [
    Fault(
        id="C1",
        how="connection refused",
        address=_refused,
        counted=False,
        stream=failure(APIConnectionError, attempts=3, says=r"127\.0\.0\.1:\d+"),
        whole=failure(APIConnectionError, attempts=3, says=r"emulat"),
    ),
    Fault(
        id="C2",
        how="the host's name is not known",
        address=_unknown,
        counted=False,
        stream=failure(APIConnectionError, attempts=2, says=r"misspelt\.invalid.*resource name"),
        whole=failure(APIConnectionError, attempts=2, says=r"misspelt\.invalid.*resource name"),
    ),
    Fault(
        id="C2b",
        how="the host's name is not known, in a call with a limit",
        address=_unknown,
        counted=False,
        settings={"timeout": Timeout(total=9.0)},
        whole=failure(APIConnectionError, attempts=2, says=r"misspelt\.invalid.*resource name"),
        faces=("core",),
    ),
    Fault(
        id="C2c",
        how="a resolver that takes longer than the call may",
        address=partial(_unknown, pause=1.5),
        counted=False,
        settings={"timeout": Timeout(total=0.2)},
        whole=failure(APITimeoutError, within=1.0, says=r"total=0\.2"),
        # An event loop that closes waits for the resolver's thread.
        faces=("core", "langchain", "llamaindex"),
    ),
    Fault(
        id="C2d",
        how="a resolver that takes longer than a connection may",
        address=partial(_unknown, pause=0.5),
        counted=False,
        settings=NO_WAIT,
        whole=failure(APITimeoutError, attempts=3, says="timeout: connect"),
        faces=("core", "langchain", "llamaindex"),
    ),
    Fault(
        id="C3",
        how="certificate of nobody we trust",
        address=_untrusted,
        counted=False,
        stream=failure(APIConnectionError, says="(?i)certificate"),
        whole=failure(APIConnectionError, says="(?i)certificate"),
    ),
    Fault(
        id="C3b",
        how="certificate of another host",
        address=_misnamed,
        counted=False,
        whole=failure(APIConnectionError, says="(?i)certificate"),
    ),
    Fault(
        id="C4",
        how="https to a plain port",
        address=_plain_port,
        counted=False,
        settings=SHORT_WAIT,
        stream=MUTE,
        whole=MUTE,
        faces=OWN,
    ),
    # httpx does not tell how far a connection had come.
    Fault(
        id="C4-httpx",
        how="https to a plain port, over httpx",
        address=_plain_port,
        counted=False,
        settings=NO_WAIT,
        stream=failure(APITimeoutError, attempts=3, says="TLS that https asks for"),
        whole=failure(APITimeoutError, attempts=3, says="TLS that https asks for"),
        faces=("core-httpx", "async-core-httpx"),
    ),
    Fault(
        id="C4b",
        how="https to a port that greets in clear",
        address=_speaks_ftp,
        counted=False,
        settings=NO_WAIT,
        stream=failure(APIConnectionError, says="does not speak TLS on this port"),
        whole=failure(APIConnectionError, says="does not speak TLS on this port"),
        faces=tuple(FACES),
    ),
    Fault(
        id="C4c", how="http to a TLS port", address=_tls_port, counted=False, whole=failure(FoundryError, attempts=None)
    ),
    Fault(
        id="C4d",
        how="TLS refused for want of anything in common",
        address=partial(_alerting, alert=40),
        counted=False,
        stream=failure(APIConnectionError, says="refused the TLS.*HANDSHAKE_FAILURE.*ciphers"),
        whole=failure(APIConnectionError, says="refused the TLS.*HANDSHAKE_FAILURE.*ciphers"),
    ),
    Fault(
        id="C4e",
        how="TLS refused for its version",
        address=partial(_alerting, alert=70),
        counted=False,
        whole=failure(APIConnectionError, says="no version of TLS.*PROTOCOL_VERSION"),
    ),
    Fault(
        id="C4f",
        how="TLS that wants a certificate of the client",
        address=partial(_alerting, alert=116),
        counted=False,
        whole=failure(APIConnectionError, says="certificate of the client.*CERTIFICATE_REQUIRED.*http_client"),
    ),
    Fault(
        id="C4g",
        how="TLS that fails for a fault inside the service",
        address=partial(_alerting, alert=80),
        counted=False,
        whole=failure(APIConnectionError, attempts=3, says="INTERNAL_ERROR"),
    ),
    Fault(
        id="C4h",
        how="a port that says a byte to the greeting of TLS, and then nothing",
        address=_stammering,
        counted=False,
        settings={"timeout": Timeout(connect=0.6), "max_retries": 1},
        whole=failure(APITimeoutError, attempts=2, says="timeout: connect"),
        faces=("core", "async-core"),
    ),
    Fault(
        id="C4i",
        how="TLS's own port, silent after the greeting: the network is ill",
        address=_silent_tls,
        counted=False,
        settings=NO_WAIT,
        whole=failure(APITimeoutError, attempts=3, says="timeout: connect"),
        faces=OWN,
    ),
    Fault(
        id="C5",
        how="connection never accepted",
        address=_full,
        counted=False,
        settings=NO_WAIT,
        stream=failure(APITimeoutError, attempts=3),
        whole=failure(APITimeoutError, attempts=3),
    ),
    Fault(id="C8a", how="closed when accepted", address=_closed, counted=False, stream=BROKEN, whole=BROKEN),
    Fault(id="C8b", how="reset when accepted", address=_reset, counted=False, stream=BROKEN, whole=BROKEN),
]
