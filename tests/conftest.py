"""What holds for every test: no network but loopback, no settings of the machine, one emulator for all."""

import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

# Pytester forgets what a project was the first to import; of two copies of it one would not know the other's errors.
import httpcore  # noqa: F401
import network_guard
import pytest
from hypothesis import settings
from network_guard import GUARD

if TYPE_CHECKING:
    from claude_foundry.emulator import Emulator
    from claude_foundry.testing._service import Service
    from tests.cassette_shells import CassetteShell

pytest_plugins = ["claude_foundry.testing", "pytester"]

settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")

_SETTING = re.compile(r"(?:ANTHROPIC|AZURE)_.*|(?:ALL|HTTP|HTTPS|NO)_PROXY", re.IGNORECASE)


def pytest_configure() -> None:
    """Puts the guard up, here and in every process that a test starts."""
    network_guard.put_up()
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [network_guard.FOLDER, os.environ.get("PYTHONPATH")]))


def pytest_unconfigure() -> None:
    """Lets the guard rest."""
    GUARD.up = False


@pytest.fixture(autouse=True)
def guard(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails a test that tried to leave this machine; only a recording of the real service may."""
    GUARD.up, GUARD.attempts = not _records_the_real_service(request), []
    yield
    GUARD.up = True
    if GUARD.attempts:
        pytest.fail(f"The test tried to reach another machine: {', '.join(GUARD.attempts)}.", pytrace=False)


def _records_the_real_service(request: pytest.FixtureRequest) -> bool:
    if request.node.get_closest_marker("vcr") is None:
        return False
    service: Service = request.getfixturevalue("foundry_service")
    return service.recorded_from == "Microsoft Foundry"


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, record_mode: str) -> None:
    """Takes the machine's endpoint, credentials and proxies out of the environment; a recording needs them.

    The servers that tests start themselves speak plain http on this machine, which is allowed here once.
    """
    if record_mode == "none":
        for name in filter(_SETTING.fullmatch, list(os.environ)):
            monkeypatch.delenv(name)
    monkeypatch.setenv("ANTHROPIC_FOUNDRY_ALLOW_INSECURE_LOOPBACK", "1")


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
