"""The guard of tests: no way of Python's sockets leads to another machine. Children load it by ``sitecustomize``."""

import ipaddress
import sys
from pathlib import Path
from typing import Any

FOLDER = str(Path(__file__).parent)


class NetworkError(RuntimeError):
    """A test tried to reach what is not on this machine."""


class NetworkGuard:
    """Stops each way of Python's sockets to another machine, and remembers who tried, though the error be caught.

    Source: https://docs.python.org/3/library/audit_events.html
    """

    def __init__(self) -> None:
        self.up = False
        self.attempts: list[str] = []

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.up and event.startswith("socket.") and (host := _foreign_host(event, arguments)):
            self.attempts.append(f"{event} to {host}")
            raise NetworkError(f"Tests reach this machine only: {self.attempts[-1]}.")


def _foreign_host(event: str, arguments: tuple[Any, ...]) -> str | None:
    match event, arguments:
        case "socket.connect" | "socket.sendto" | "socket.sendmsg", (_, (host, *_)):
            pass
        case "socket.getaddrinfo" | "socket.gethostbyname" | "socket.gethostbyaddr", (host, *_):
            pass
        case _:
            return None
    name = host.decode() if isinstance(host, bytes) else host
    return None if not name or _is_here(name) else name


def _is_here(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return address.is_loopback or address.is_unspecified


GUARD = NetworkGuard()
_ASKED: list[NetworkGuard] = []


def put_up() -> None:
    """Puts the guard of this process up; Python has no way to take an audit hook off again."""
    GUARD.up = True
    if not _ASKED:
        _ASKED.append(GUARD)
        sys.addaudithook(GUARD)
