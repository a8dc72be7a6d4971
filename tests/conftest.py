"""What holds for every test: no network but loopback, no settings of the machine, one emulator for all."""

import ipaddress
import os
import re
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

# Pytester forgets what a project was the first to import; of two copies of it one would not know the other's errors.
import httpcore  # noqa: F401
import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from claude_foundry.emulator import Emulator
    from claude_foundry.testing._service import Service
    from tests.cassette_shells import CassetteShell

pytest_plugins = ["claude_foundry.testing", "pytester"]

settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")

_SETTING = re.compile(r"(?:ANTHROPIC|AZURE)_.*|(?:ALL|HTTP|HTTPS|NO)_PROXY", re.IGNORECASE)


class NetworkError(RuntimeError):
    """A test tried to reach what is not on this machine."""


class NetworkGuard:
    """Stops each way of Python's sockets to another machine, and remembers who tried, though the error be caught.

    Source: https://docs.python.org/3/library/audit_events.html
    """

    def __init__(self) -> None:
        self.up = True
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


_GUARD = NetworkGuard()


def pytest_configure() -> None:
    """Puts the guard up; Python has no way to take an audit hook off again."""
    sys.addaudithook(_GUARD)


def pytest_unconfigure() -> None:
    """Lets the guard rest."""
    _GUARD.up = False


@pytest.fixture(autouse=True)
def network_guard(request: pytest.FixtureRequest) -> Iterator[NetworkGuard]:
    """Fails a test that tried to leave this machine; only a recording of the real service may."""
    _GUARD.up, _GUARD.attempts = not _records_the_real_service(request), []
    yield _GUARD
    _GUARD.up = True
    if _GUARD.attempts:
        pytest.fail(f"The test tried to reach another machine: {', '.join(_GUARD.attempts)}.", pytrace=False)


def _records_the_real_service(request: pytest.FixtureRequest) -> bool:
    if request.node.get_closest_marker("vcr") is None:
        return False
    service: Service = request.getfixturevalue("foundry_service")
    return service.recorded_from == "Microsoft Foundry"


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, record_mode: str) -> None:
    """Takes the machine's endpoint, credentials and proxies out of the environment; a recording needs them."""
    if record_mode == "none":
        for name in filter(_SETTING.fullmatch, list(os.environ)):
            monkeypatch.delenv(name)


@pytest.fixture(params=["sync", "async"])
def recorded(request: pytest.FixtureRequest, foundry_endpoint: dict[str, Any]) -> "CassetteShell":
    """Each of the two clients, for a test with a cassette."""
    from tests.cassette_shells import AsyncCassetteShell, SyncCassetteShell

    kind = SyncCassetteShell if request.param == "sync" else AsyncCassetteShell
    return kind(foundry_endpoint)


@pytest.fixture(scope="session")
def emulator(foundry_emulator: "Emulator") -> "Emulator":
    """The emulator that listens for the whole session."""
    return foundry_emulator


@pytest.fixture
def emulator_settings(emulator: "Emulator") -> dict[str, str]:
    """The keyword arguments that point a client at the emulator."""
    return {"base_url": emulator.base_url, "api_key": emulator.api_key}
