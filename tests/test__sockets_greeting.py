"""The greeting of TLS without an event loop: a port that says nothing is told from one that does."""

import socket
import ssl
from typing import Any, cast

import pytest

from claude_foundry._deadline import SilentError, waiting
from claude_foundry._sockets import greeted


class Sealed:
    """One end of a pair of sockets that agrees with the other side once it has been asked so often, or never."""

    def __init__(self, plain: socket.socket, *, agrees: int | None) -> None:
        self._plain = plain
        self._agrees = agrees
        self.asked = 0

    def do_handshake(self) -> None:
        self.asked += 1
        if self.asked == self._agrees:
            return
        raise ssl.SSLWantReadError if self._plain.gettimeout() == 0 else TimeoutError

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plain, name)


def greet(port: int, *, said: bytes = b"", agrees: int | None = None) -> int:
    """Greets, and gives how often the other side was asked."""
    here, there = socket.socketpair()
    with here, there, waiting(0.02):
        there.sendall(said)
        sealed = Sealed(here, agrees=agrees)
        greeted(cast(ssl.SSLSocket, sealed), port)
    return sealed.asked


def test_silence() -> None:
    """On a port that may speak no TLS silence is told from other time-outs; on TLS's own it is one like others."""
    with pytest.raises(SilentError):
        greet(8443)
    with pytest.raises(TimeoutError) as caught:
        greet(443)

    assert type(caught.value) is TimeoutError


def test_a_beginning() -> None:
    """Where anything came, what follows too late is a time-out like others."""
    with pytest.raises(TimeoutError) as caught:
        greet(8443, said=b"\x16")

    assert type(caught.value) is TimeoutError


def test_agreement() -> None:
    """Who has agreed, at once or later, is waited for no more."""
    assert greet(8443, agrees=1) == 1
    assert greet(8443, said=b"\x16", agrees=2) == 2
