"""Whom the tests of a run talk to: their cassettes, the real service, or an emulator."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import claude_foundry
from claude_foundry._config import BASE_URL_VARIABLE, RESOURCE_VARIABLE, KeySignIn, Settings, resolve
from claude_foundry.errors import ConfigurationError
from claude_foundry.testing._cassette import ENDPOINT, RESOURCE

if TYPE_CHECKING:
    from claude_foundry.emulator import Emulator


@dataclass(frozen=True, kw_only=True)
class Service:
    """Who answers: where, what a client is given to reach them, and what a cassette calls them."""

    base_url: str
    endpoint: Mapping[str, Any]
    recorded_from: str

    @property
    def host(self) -> str:
        """The host, with its port."""
        return urlsplit(self.base_url).netloc


CASSETTES = Service(
    base_url=ENDPOINT, endpoint={"resource": RESOURCE, "api_key": "replayed"}, recorded_from="a cassette"
)


def real_service(environ: Mapping[str, str], *, entra_installed: bool) -> Service | None:
    """Gives the service that the environment names, or None.

    Raises:
        ConfigurationError: it names one that cannot be used, or one on this machine.
    """
    if not any(environ.get(variable) for variable in (RESOURCE_VARIABLE, BASE_URL_VARIABLE)):
        return None
    config = resolve(Settings(allow_insecure_loopback=True), environ=environ, entra_installed=entra_installed)
    # Plain http is for loopback addresses only: whoever answers there is not Microsoft Foundry.
    if config.base_url.startswith("http:"):
        raise ConfigurationError(f"{BASE_URL_VARIABLE} names this machine: unset it to record from an emulator.")
    key = {"api_key": config.sign_in.key} if isinstance(config.sign_in, KeySignIn) else {}
    return Service(
        base_url=config.base_url, endpoint={"base_url": config.base_url, **key}, recorded_from="Microsoft Foundry"
    )


def emulated(emulator: "Emulator") -> Service:
    """Gives the service that a listening emulator is."""
    return Service(
        base_url=emulator.base_url,
        endpoint=emulator.endpoint(),
        recorded_from=f"emulator {claude_foundry.__version__}",
    )
